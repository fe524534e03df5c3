/** Sequences of cycles: what they did, and what of it they undid. */
import type { RuleRef } from '../../src/desired/index.js';
import type { Plan, PlannedAction } from '../../src/planning/index.js';
import { brief, type Observed } from '../scenarios/loop.js';
import type { WorldModel } from './world.js';

interface Undone {
  readonly what: string;
  readonly type: 'copy' | 'reassign';
  readonly dataset: string;
  /** null: anywhere. */
  readonly site: string | null;
  readonly rule: RuleRef;
}

/** What was done in a sequence of cycles, and what of it was undone. */
export class Past {
  readonly history: string[] = [];
  readonly reversals: string[] = [];
  readonly #done = new Map<string, { readonly what: string; readonly rule: RuleRef }>();
  /** What was done for a rule and undone, until it shows whether the rule asks again. */
  #undone: Undone[] = [];
  readonly #unprotected: ReadonlySet<string>;

  constructor({ placements }: WorldModel) {
    this.#unprotected = new Set(placements.filter(({ protect }) => !protect).map(({ name }) => name));
  }

  add({ actions, unsatisfied }: Plan, state: Observed): void {
    this.history.push(`cycle ${this.history.length}: ${actions.map((action) => this.#told(action)).join('; ')}`);
    // A copy may go, or change its owner, once others have made it superfluous; not where its rule lacks it then. A
    // placement that does not protect its copies lets them go: only if it made another would that be a reversal.
    const lacking = unsatisfied.filter(({ rule }) => !this.#unprotected.has(rule.name));
    const asked = [...actions, ...lacking.map((each) => ({ ...each, type: 'copy' as const, site: null }))];
    const asksAgain = ({ type, dataset, site, rule }: Undone): boolean =>
      asked.some(
        (each) =>
          each.type === type &&
          each.dataset === dataset &&
          (site === null || each.site === site) &&
          each.rule.kind === rule.kind &&
          each.rule.name === rule.name,
      );
    this.reversals.push(...this.#undone.filter(asksAgain).map(({ what }) => what));
    this.#undone = [];
    for (const action of actions) {
      if (action.held !== null) continue;
      for (const row of state.inventory.blocks) {
        if (row.dataset !== action.dataset || !(action.blocks === null || action.blocks.includes(row.name))) continue;
        this.#note(action, `${row.dataset}#${row.name} @ ${action.site}`);
      }
    }
  }

  #told(action: PlannedAction): string {
    return `${brief(action)} (${action.rule.name} ${action.rule.id ?? ''})`;
  }

  #note(action: PlannedAction, where: string): void {
    const now = action.type === 'reassign' ? `owner ${action.owner}` : action.type;
    const kind = action.type === 'reassign' ? `${where} owner` : where;
    const before = this.#done.get(kind);
    this.#done.set(kind, { what: now, rule: action.rule });
    if (before === undefined || before.what === now) return;
    const what = `${before.what} then ${now}: ${where}`;
    // What was deleted is not made again.
    if (now === 'copy') this.reversals.push(what);
    else {
      const { dataset, site } = action;
      const asked = now === 'delete' ? { type: 'copy' as const, site: null } : { type: 'reassign' as const, site };
      this.#undone.push({ what, dataset, rule: before.rule, ...asked });
    }
  }
}
