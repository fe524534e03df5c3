/**
 * First evaluations, which one plan leaves to the next: what each Retention decided of every replica before anything was
 * deleted. It stands for datasets of which nothing has changed, until a moment passes at which one of the rules that were
 * asked turns (docs/adr/0024-decisions-that-stand.md).
 */
import type { RetentionAction, RetentionRule } from '../../desired/state.js';
import { flagAt, floatAt, intAt } from '../../snapshot/column.js';
import type { Snapshot } from '../../snapshot/snapshot.js';
import type { PlanClock } from '../plan-clock.js';
import { isSameValue } from '../same-value.js';
import type { Unchanged } from '../unchanged.js';
import type { World } from '../world.js';
import type { Unit } from './decisions.js';

/** What one Retention decided. Replicas and block replicas are those of the inventory that it was decided of. */
export interface Evaluation {
  readonly partition: number;
  readonly atSite: Uint8Array;
  /** Rules in force. */
  readonly rules: readonly RetentionRule[];
  readonly default: RetentionAction;
  /** Which rule decided each replica, as `Decisions` numbers them. */
  readonly ruleOf: Int32Array;
  /** Bytes decided `protect` of each replica. */
  readonly protectedOf: Float64Array;
  /** Replicas that several rules decided. */
  readonly mixed: ReadonlyMap<number, readonly Unit[]>;
  /** Until when it stands, per dataset; seconds since the epoch. */
  readonly until: Float64Array;
  /** Placements that needed each replica; null where no rule asks for that. */
  readonly requiredBy: ReadonlyMap<number, readonly string[]> | null;
}

/** How rules in force differ from those before: so many at the beginning, and so many at the end, are the same. */
export interface RuleChange {
  readonly first: number;
  readonly last: number;
  /** All that differ decide whole replicas. */
  readonly ofReplicas: boolean;
}

/** What a Retention decided before, as far as it stands now. */
export class Standing {
  readonly evaluation: Evaluation;
  /** null: the rules are the same. */
  readonly change: RuleChange | null;
  readonly #world: World;
  readonly #before: Snapshot;
  readonly #clockBefore: PlanClock;
  readonly #datasets: Int32Array;

  constructor(
    world: World,
    before: Snapshot,
    clockBefore: PlanClock,
    datasets: Int32Array,
    evaluation: Evaluation,
    rules: readonly RetentionRule[],
  ) {
    this.evaluation = evaluation;
    this.change = changeOf(evaluation.rules, rules);
    this.#world = world;
    this.#before = before;
    this.#clockBefore = clockBefore;
    this.#datasets = datasets;
  }

  /** The dataset of the inventory before whose decisions stand for a dataset, or -1. */
  datasetOf(dataset: number): number {
    const before = intAt(this.#datasets, dataset);
    if (before < 0 || !this.#world.clock.isBetween(this.#clockBefore, floatAt(this.evaluation.until, before)))
      return -1;
    return this.#isRequiredAlike(dataset, before) ? before : -1;
  }

  /** How far on a dataset's replicas were in the inventory before. */
  replicaShift(dataset: number, before: number): number {
    return (
      intAt(this.#before.datasets.replicaStart, before) - intAt(this.#world.snapshot.datasets.replicaStart, dataset)
    );
  }

  /** The units of a replica that several rules decided, with today's block replicas. */
  unitsOf(replica: number, before: number): readonly Unit[] {
    const shift = intAt(this.#world.snapshot.replicas.start, replica) - intAt(this.#before.replicas.start, before);
    const units = this.evaluation.mixed.get(before) ?? [];
    if (shift === 0) return units;
    return units.map((unit) => ({ ...unit, blockReplicas: unit.blockReplicas.map((br) => br + shift) }));
  }

  #isRequiredAlike(dataset: number, before: number): boolean {
    const { requiredBy } = this.evaluation;
    if (requiredBy === null) return true;
    const { replicaStart } = this.#world.snapshot.datasets;
    const shift = this.replicaShift(dataset, before);
    for (let r = intAt(replicaStart, dataset); r < intAt(replicaStart, dataset + 1); r++) {
      if (!isSameValue(this.#world.requiredBy.get(r), requiredBy.get(r + shift))) return false;
    }
    return true;
  }
}

/** What is kept of all Retentions of a plan, and what stands of the plan before while this one is made. */
export class Evaluations {
  readonly #clock: PlanClock;
  readonly #unchanged: Unchanged;
  readonly #byName = new Map<string, Evaluation>();
  #before: Evaluations | null;

  /** @param before of the plan before; null: nothing is known */
  constructor(clock: PlanClock, unchanged: Unchanged, before: Evaluations | null) {
    this.#clock = clock;
    this.#unchanged = unchanged;
    this.#before = before;
  }

  /** Lets go what the plan before left. */
  forgetBefore(): void {
    this.#before = null;
  }

  keep(name: string, evaluation: Evaluation | null): void {
    if (evaluation !== null && this.#unchanged.basis.surroundings !== null) this.#byName.set(name, evaluation);
  }

  /** What a Retention of that name decided before; null where it covered other data, or stands for nothing. */
  standing(
    world: World,
    name: string,
    now: Pick<Evaluation, 'partition' | 'atSite' | 'rules' | 'default'>,
  ): Standing | null {
    const before = this.#before;
    const { datasets, snapshotBefore } = this.#unchanged;
    if (before === null || datasets === null || snapshotBefore === null) return null;
    const evaluation = before.#byName.get(name);
    if (evaluation === undefined) return null;
    const covers =
      evaluation.partition === now.partition &&
      evaluation.default === now.default &&
      evaluation.atSite.every((flag, site) => flag === flagAt(now.atSite, site));
    if (!covers) return null;
    return new Standing(world, snapshotBefore, before.#clock, datasets, evaluation, now.rules);
  }
}

function changeOf(before: readonly RetentionRule[], now: readonly RetentionRule[]): RuleChange | null {
  const shorter = Math.min(before.length, now.length);
  let first = 0;
  while (first < shorter && isSameRule(before[first], now[first])) first++;
  if (first === before.length && first === now.length) return null;
  let last = 0;
  while (last < shorter - first && isSameRule(before.at(-1 - last), now.at(-1 - last))) last++;
  const changed = [...before.slice(first, before.length - last), ...now.slice(first, now.length - last)];
  return { first, last, ofReplicas: changed.every(({ scope }) => scope === 'replica') };
}

/** Whether both decide the same, wherever they stand. */
function isSameRule(a: RetentionRule | undefined, b: RetentionRule | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    (a === b ||
      (a.action === b.action &&
        a.scope === b.scope &&
        a.when.scope.name === b.when.scope.name &&
        a.when.canonical === b.when.canonical))
  );
}
