/** What goes wrong, the first time it does: per site where it is about a site, else per rule. */
import { compareBytes } from '../order.js';
import type { Plan } from '../planning/plan.js';
import { formatBytes } from '../policy/units.js';

export type ViolationCode =
  /** More is there than the quota. */
  | 'over-quota'
  /** A Retention cannot bring the site below its mark. */
  | 'watermark-unreachable'
  /** A need that no copy can serve. */
  | 'unsatisfied'
  /** What waits for room has become more on three days running. */
  | 'deferred-growing'
  /** Deletions that only a person can release. */
  | 'approval-required'
  /** Nothing is deleted at all. */
  | 'stale';

export interface Violation {
  /** The first day, from 0; 0 is before anything happened. */
  readonly day: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly code: ViolationCode;
  /** null where it is not about a site. */
  readonly site: string | null;
  /** null where it is not about a rule: `Placement name`. */
  readonly rule: string | null;
  readonly message: string;
}

/** Days in a row on which what is deferred has to grow. */
const growingDays = 3;

export class Violations {
  readonly #first = new Map<string, Violation>();
  /** Deferred bytes of the last day, and on how many days running they grew, per rule. */
  #deferred = new Map<string, { readonly bytes: number; readonly days: number }>();

  /** By day, then as they were found; the same thing stands here once. */
  get all(): readonly Violation[] {
    return [...this.#first.values()].sort(
      (a, b) =>
        a.time - b.time ||
        compareBytes(a.code, b.code) ||
        compareBytes(a.site ?? '', b.site ?? '') ||
        compareBytes(a.rule ?? '', b.rule ?? '') ||
        compareBytes(a.message, b.message),
    );
  }

  /** Looks at the plan of one cycle. */
  look(plan: Plan, day: number, time: number): void {
    const when = { day, time };
    for (const line of plan.sites) {
      if (line.quota === null || line.usedBefore <= line.quota) continue;
      const message = `partition ${line.partition} holds ${formatBytes(line.usedBefore)} of ${formatBytes(line.quota)}`;
      this.#add({ ...when, code: 'over-quota', site: line.site, rule: null, message }, line.partition);
    }
    const sites = [...new Set(plan.sites.map(({ site }) => site))];
    for (const { code, message } of plan.diagnostics) {
      const isDoubt = code === 'stale' || code === 'inventory-partial';
      if (isDoubt) this.#add({ ...when, code: 'stale', site: null, rule: null, message });
      if (code !== 'watermark-unreachable') continue;
      const site = siteOf(message, sites);
      this.#add({ ...when, code, site, rule: null, message: message.slice(site === null ? 0 : site.length + 1) });
    }
    for (const item of plan.unsatisfied) {
      // What a draining site cannot give up is decided by the Site itself.
      const site = item.rule.kind === 'Site' ? item.rule.name : null;
      const rule = `${item.rule.kind} ${item.rule.name}`;
      const message = `${item.dataset}: ${item.reason}`;
      this.#add({ ...when, code: 'unsatisfied', site, rule, message }, item.code);
    }
    const waiting = new Map<string, { bytes: number; readonly why: string }>();
    for (const { site, bytes, held } of plan.actions) {
      if (held?.code !== 'approval-required') continue;
      const known = waiting.get(site);
      if (known === undefined) waiting.set(site, { bytes, why: held.message });
      else known.bytes += bytes;
    }
    for (const [site, { bytes, why }] of waiting) {
      const message = `${formatBytes(bytes)} wait for an approval; ${why}`;
      this.#add({ ...when, code: 'approval-required', site, rule: null, message });
    }
  }

  /** Looks at the plan at the end of a day. */
  lookAtDay(plan: Plan, day: number, time: number): void {
    const bytes = new Map<string, number>();
    for (const item of plan.deferred) {
      const rule = `${item.rule.kind} ${item.rule.name}`;
      bytes.set(rule, (bytes.get(rule) ?? 0) + item.bytes);
    }
    const before = this.#deferred;
    this.#deferred = new Map();
    for (const [rule, now] of bytes) {
      const known = before.get(rule);
      const days = known !== undefined && now > known.bytes ? known.days + 1 : 0;
      this.#deferred.set(rule, { bytes: now, days });
      if (days < growingDays) continue;
      const message = `${formatBytes(now)} are deferred, more every day for ${growingDays} days`;
      this.#add({ day, time, code: 'deferred-growing', site: null, rule, message });
    }
  }

  #add(violation: Violation, detail = ''): void {
    const key = JSON.stringify([violation.code, violation.site, violation.rule, detail]);
    if (!this.#first.has(key)) this.#first.set(key, violation);
  }
}

/** A diagnostic about a site begins with its name; where one name begins another, the longer one is meant. */
function siteOf(message: string, sites: readonly string[]): string | null {
  const named = sites.filter((site) => message.startsWith(`${site} `));
  return named.sort((a, b) => b.length - a.length)[0] ?? null;
}
