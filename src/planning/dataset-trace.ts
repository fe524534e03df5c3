/**
 * How one dataset fares in a plan: what every rule answered for its replicas, and what every placement made of every
 * site. A plan fills it in while it is made ({@link DatasetWatch}), so that what is told is what decided.
 */
import type { Placement, RetentionAction, RuleRef } from '../desired/state.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import { type ConditionTrace, traceCondition } from './condition-trace.js';
import type { Rejection } from './copies.js';
import type { Need } from './needs.js';
import type { Decisions } from './retention/decisions.js';
import type { Retirement } from './retention/retire.js';
import type { World } from './world.js';

export interface DatasetTrace {
  /** Per replica and Retention, in the order of the sites' names. */
  readonly retentions: readonly RetentionTrace[];
  /** Every placement, in the order in which they were asked. */
  readonly placements: readonly PlacementTrace[];
}

/** What one Retention says of one replica, before anything is deleted. */
export interface RetentionTrace {
  readonly retention: RuleRef;
  readonly partition: string;
  readonly site: string;
  /** Set where it decides nothing here: its `sites` does not hold, or no block replica is in its partition. */
  readonly outside: { readonly kind: 'sites'; readonly sites: ConditionTrace } | { readonly kind: 'partition' } | null;
  /** null: never triggered, or {@link outside}. */
  readonly trigger: ConditionTrace | null;
  /** From the first to the last that was asked. */
  readonly rules: readonly RuleTrace[];
  readonly decided: readonly {
    readonly ref: RuleRef;
    readonly action: RetentionAction;
    readonly blocks: readonly string[];
    /** Present bytes. */
    readonly bytes: number;
  }[];
}

export interface RuleTrace {
  readonly ref: RuleRef;
  readonly action: RetentionAction;
  readonly scope: 'replica' | 'block';
  /** Set for a rule that is not in force at the clock. */
  readonly inert: { readonly kind: 'not-before' | 'expired'; readonly at: number } | null;
  /** Blocks it was asked for, and those it matched; a rule over the replica is asked for what earlier ones left. */
  readonly asked: number;
  readonly matched: number;
  /** For a rule over blocks: which block {@link condition} is about (the first that did not match, or the only one). */
  readonly block: string | null;
  /** null where it is not in force. */
  readonly condition: ConditionTrace | null;
}

export interface PlacementTrace {
  readonly placement: RuleRef;
  /** null: it wants the dataset. */
  readonly against: Against | null;
  /** One for the dataset, or one per block where `level: block`; empty where it does not want it. */
  readonly items: readonly PlacementItem[];
}

/** Why a placement does not want a dataset. */
export type Against =
  | { readonly kind: 'expired'; readonly at: number }
  | { readonly kind: 'status'; readonly status: string; readonly statuses: readonly string[] }
  | { readonly kind: 'no-blocks' }
  | { readonly kind: 'datasets'; readonly condition: ConditionTrace }
  | { readonly kind: 'keep-for'; readonly ended: number }
  | { readonly kind: 'tenant'; readonly tenants: string };

export interface PlacementItem {
  readonly block: string | null;
  readonly wanted: number;
  /** Sites whose copies count, or will once they have arrived. */
  readonly counted: readonly string[];
  /** Copies that are neither there nor on their way. */
  readonly missing: number;
  /** Why there is nothing to copy from, or null. */
  readonly noSource: string | null;
  /** Every site with a document, by name. */
  readonly sites: readonly SiteAnswer[];
}

/** What a placement made of a site. */
export interface SiteAnswer {
  readonly site: string;
  readonly answer: /** `completion`: why what lacks cannot be brought now. */
    | { readonly kind: 'counted'; readonly full: boolean; readonly completion: Rejection | null }
    /** It has, or will have, a copy that is one more than are wanted, or that `spread` or `relativeTo` does not count. */
    | { readonly kind: 'surplus' }
    | { readonly kind: 'chosen' }
    /** `tenants`: set where it holds, but the placement is a tenant's and may not speak about the site. */
    | { readonly kind: 'not-matching'; readonly to: ConditionTrace; readonly tenants: string | null }
    /** As many as wanted exist; `besides` says what would speak against one more here. */
    | { readonly kind: 'enough'; readonly besides: Rejection | null }
    | { readonly kind: 'rejected'; readonly rejection: Rejection }
    /** It could take the copy; another site won by weight and rendezvous hashing. */
    | { readonly kind: 'lower-score'; readonly score: number; readonly best: number; readonly winner: string }
    /** There is no source, or a copy that is planned for another placement serves this one too. */
    | { readonly kind: 'not-asked' };
}

interface Item {
  readonly need: Need;
  readonly block: string | null;
  readonly wanted: number;
  readonly missing: number;
  readonly counted: readonly number[];
  readonly answers: Map<number, SiteAnswer['answer']>;
  noSource: string | null;
}

/** Fills a {@link DatasetTrace} in while a plan is made. Planning tells it what it does; it changes nothing. */
export class DatasetWatch {
  /** -1: no such dataset. */
  readonly dataset: number;
  readonly #world: World;
  /** Of a rule over blocks, the block that is asked about; -1: any. */
  readonly #block: number;
  readonly #retentions: RetentionTrace[] = [];
  readonly #placements: { readonly placement: RuleRef; readonly against: Against | null; readonly items: Item[] }[] =
    [];
  readonly #items = new Map<string, Item>();

  constructor(world: World, dataset: string, block: string | null) {
    this.#world = world;
    this.dataset = world.findDataset(dataset);
    this.#block = block === null || this.dataset < 0 ? -1 : world.findBlock(this.dataset, block);
  }

  get trace(): DatasetTrace {
    const world = this.#world;
    return {
      retentions: this.#retentions,
      placements: this.#placements.map(({ placement, against, items }) => ({
        placement,
        against,
        items: items.map(({ block, wanted, missing, counted, answers, noSource }) => ({
          block,
          wanted,
          counted: counted.map((site) => world.siteName(site)),
          missing,
          noSource,
          sites: [...answers]
            .sort(([a], [b]) => a - b)
            .map(([site, answer]) => ({ site: world.siteName(site), answer })),
        })),
      })),
    };
  }

  // ---- Retention ---------------------------------------------------------------------------------------------------

  /** Right after the first evaluation, with nothing deleted. */
  evaluated(retirement: Retirement): void {
    if (this.dataset < 0) return;
    const { replicaStart } = this.#world.snapshot.datasets;
    for (let r = intAt(replicaStart, this.dataset); r < intAt(replicaStart, this.dataset + 1); r++) {
      for (const decisions of retirement.decisions) this.#retentions.push(this.#retention(decisions, r));
    }
  }

  #retention(decisions: Decisions, replica: number): RetentionTrace {
    const world = this.#world;
    const { reader } = world;
    const { retention, partition } = decisions;
    const site = shortAt(world.replicaSite, replica);
    const rules = new RuleTraces(world, decisions, this.#block);
    const units = decisions.trace(replica, (rule, br, held) => rules.note(rule, br, held));
    const ask = (condition: typeof retention.sites): ConditionTrace => {
      reader.moveToSite(site);
      reader.partition = partition;
      return traceCondition(condition, condition.bind(reader)(), reader);
    };
    const covered = flagAt(decisions.atSite, site) === 1;
    const outside = !covered
      ? ({ kind: 'sites', sites: ask(retention.sites) } as const)
      : units.length === 0
        ? ({ kind: 'partition' } as const)
        : null;
    const { block, size } = world.snapshot.blockReplicas;
    return {
      retention: retention.origin.ref,
      partition: retention.partition,
      site: world.siteName(site),
      outside,
      trigger: outside !== null || retention.trigger === null ? null : ask(retention.trigger),
      rules: outside === null ? rules.list() : [],
      decided: units
        .map((unit) => ({
          ...unit,
          blockReplicas: unit.blockReplicas.filter((br) => this.#block < 0 || intAt(block, br) === this.#block),
        }))
        .filter(({ blockReplicas }) => blockReplicas.length > 0)
        .map((unit) => ({
          ref: decisions.refOf(unit.rule, replica).ref,
          action: unit.action,
          blocks: unit.blockReplicas.map((br) => world.blockName(intAt(block, br))),
          bytes: unit.blockReplicas.reduce((sum, br) => sum + floatAt(size, br), 0),
        })),
    };
  }

  // ---- Placement ---------------------------------------------------------------------------------------------------

  /** A placement does not want the dataset. */
  against(placement: Placement, against: Against): void {
    this.#placements.push({ placement: placement.origin.ref, against, items: [] });
  }

  /** A placement wants so many copies of the dataset, or of a block of it. */
  wanted(
    need: Need,
    item: {
      readonly wanted: number;
      readonly missing: number;
      /** Counted copies and, in `all`, also those that exist beyond what is wanted. */
      readonly counted: readonly { readonly site: number; readonly full: boolean }[];
      readonly all: ReadonlySet<number>;
      readonly notMatching: (site: number) => { readonly to: ConditionTrace; readonly tenants: string | null };
    },
  ): void {
    if (need.placement === null) return;
    const [block] = need.blocks ?? [];
    if (this.#block >= 0 && block !== undefined && block !== this.#block) return;
    const { sites } = this.#world;
    const answers: Item['answers'] = new Map();
    for (let site = 0; site < sites.count; site++) {
      if (sites.documents[site] === null) continue;
      const counted = item.counted.find((candidate) => candidate.site === site);
      if (counted !== undefined) answers.set(site, { kind: 'counted', full: counted.full, completion: null });
      else if (need.to !== null && flagAt(need.to, site) === 0) {
        answers.set(site, { kind: 'not-matching', ...item.notMatching(site) });
      } else if (item.all.has(site)) answers.set(site, { kind: 'surplus' });
      else answers.set(site, item.missing > 0 ? { kind: 'not-asked' } : { kind: 'enough', besides: null });
    }
    const entry: Item = {
      need,
      block: block === undefined ? null : this.#world.blockName(block),
      wanted: item.wanted,
      missing: item.missing,
      counted: item.counted.map(({ site }) => site),
      answers,
      noSource: null,
    };
    this.#items.set(keyOf(need), entry);
    const ref = need.placement.origin.ref;
    const known = this.#placements.find(({ placement }) => placement === ref);
    if (known === undefined) this.#placements.push({ placement: ref, against: null, items: [entry] });
    else known.items.push(entry);
  }

  /** What came of a site when a need was served. What was chosen in one round stays chosen in the next. */
  answered(need: Need, site: number, answer: SiteAnswer['answer']): void {
    const item = this.#items.get(keyOf(need));
    const known = item?.answers.get(site);
    if (item === undefined || known?.kind === 'chosen' || known?.kind === 'surplus') return;
    if (known?.kind === 'counted') {
      if (need.site === site && answer.kind === 'rejected') {
        item.answers.set(site, { ...known, completion: answer.rejection });
      }
      return;
    }
    item.answers.set(site, answer);
  }

  noSource(need: Need, reason: string): void {
    const item = this.#items.get(keyOf(need));
    if (item !== undefined) item.noSource = reason;
  }

  /** When everything is served: what would speak against a copy where none is needed. */
  askElsewhere(ask: (need: Need, site: number) => Rejection | null): void {
    for (const { need, answers } of this.#items.values()) {
      for (const [site, { kind }] of answers) {
        if (kind === 'enough') answers.set(site, { kind: 'enough', besides: ask(need, site) });
      }
    }
  }
}

function keyOf(need: Need): string {
  const level = need.placement?.level === 'block' ? (need.blocks?.[0] ?? '') : '';
  return `${need.chooser}\n${need.dataset}\n${level}`;
}

/** Gathers what the rules of a Retention answer for one replica. */
class RuleTraces {
  readonly #world: World;
  readonly #decisions: Decisions;
  readonly #block: number;
  readonly #asked = new Map<number, { asked: number; matched: number; block: number; condition: ConditionTrace }>();
  /** The block that is asked about was taken by a rule: later ones are not about it. */
  #taken = false;

  constructor(world: World, decisions: Decisions, block: number) {
    this.#world = world;
    this.#decisions = decisions;
    this.#block = block;
  }

  note(index: number, blockReplica: number, held: boolean): void {
    const rule = this.#decisions.rules[index];
    const block = blockReplica < 0 ? -1 : intAt(this.#world.snapshot.blockReplicas.block, blockReplica);
    if (rule === undefined || this.#taken || (this.#block >= 0 && block >= 0 && block !== this.#block)) return;
    if (this.#block >= 0 && held) this.#taken = true;
    const known = this.#asked.get(index);
    const { reader } = this.#world;
    if (known === undefined) {
      const condition = traceCondition(rule.when, held, reader);
      this.#asked.set(index, { asked: 1, matched: held ? 1 : 0, block, condition });
      return;
    }
    known.asked++;
    if (held) known.matched++;
    else if (known.condition.held) {
      known.block = block;
      known.condition = traceCondition(rule.when, held, reader);
    }
  }

  list(): RuleTrace[] {
    const { clock } = this.#world;
    const { retention, rules } = this.#decisions;
    const last = Math.max(-1, ...this.#asked.keys());
    const result: RuleTrace[] = [];
    for (const rule of retention.rules) {
      const { action, scope, notBefore, expires } = rule;
      const about = { ref: rule.origin.ref, action, scope };
      const index = rules.indexOf(rule);
      const asked = this.#asked.get(index);
      if (asked !== undefined) {
        const block = asked.block < 0 ? null : this.#world.blockName(asked.block);
        result.push({
          ...about,
          inert: null,
          asked: asked.asked,
          matched: asked.matched,
          block,
          condition: asked.condition,
        });
        // It took all that was left: what comes after it had no say.
        if (index === last && asked.matched === asked.asked) break;
      } else if (index < 0) {
        const inert =
          notBefore !== null && clock.now < notBefore
            ? ({ kind: 'not-before', at: notBefore } as const)
            : ({ kind: 'expired', at: expires ?? clock.now } as const);
        result.push({ ...about, inert, asked: 0, matched: 0, block: null, condition: null });
      }
    }
    return result;
  }
}
