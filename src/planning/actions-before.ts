/**
 * Actions that one plan leaves to the next. A deletion or change of owner of a whole replica follows from the replica, the
 * rule, and how many such actions have finished: where those are as they were it is the same action, and its
 * identity (two hashes) and text need not be made again.
 */
import type { RuleRef } from '../desired/state.js';
import { intAt } from '../snapshot/column.js';
import type { ActionRecord } from './actions.js';
import type { Cause, Held, PlannedAction } from './plan.js';
import type { Unchanged } from './unchanged.js';

/** What an action of a whole replica follows from, besides the replica. */
export interface Wanted {
  readonly type: 'delete' | 'reassign';
  readonly dataset: number;
  readonly site: string;
  /** null: the owners it has. */
  readonly owner: string | null;
  readonly why: Why;
}

/** Which rule wants it, and why. */
export interface Why {
  readonly cause: Cause;
  readonly rule: RuleRef;
  readonly ruleHash: string;
  readonly reason: string;
}

interface Known {
  readonly record: ActionRecord;
  /** Of its identity. */
  readonly key: string;
  readonly epoch: number;
}

export class ActionsBefore {
  /** Canonical texts of actions. */
  readonly texts: WeakMap<PlannedAction, string>;
  /** What an action is while it waits for something. */
  readonly #held: WeakMap<PlannedAction, ActionRecord>;
  readonly #unchanged: Unchanged;
  readonly #epochs: ReadonlyMap<string, number>;
  #before: ReadonlyMap<number, readonly Known[]>;
  /** Per dataset. */
  readonly #now = new Map<number, Known[]>();

  /**
   * @param before of the plan before; null: nothing is known
   * @param epochs how many actions of each key have finished
   */
  constructor(unchanged: Unchanged, epochs: ReadonlyMap<string, number>, before: ActionsBefore | null) {
    this.#unchanged = unchanged;
    this.#epochs = epochs;
    this.#before = before === null ? new Map() : before.#now;
    this.texts = before?.texts ?? new WeakMap();
    this.#held = before === null ? new WeakMap() : before.#held;
  }

  /** The action of the plan before, where it is the same; null otherwise. */
  find(wanted: Wanted): ActionRecord | null {
    const { datasets } = this.#unchanged;
    const before = datasets === null ? -1 : intAt(datasets, wanted.dataset);
    if (before < 0) return null;
    const known = this.#before.get(before)?.find(({ record }) => isWanted(record, wanted));
    if (known === undefined || (this.#epochs.get(known.key) ?? 0) !== known.epoch) return null;
    const { record } = known;
    const same = record.dataset === wanted.dataset ? record : { ...record, dataset: wanted.dataset };
    this.keep(same, known.key, known.epoch);
    return same;
  }

  /** An action of a whole replica, for the next plan. */
  keep(record: ActionRecord, key: string, epoch: number): void {
    const list = this.#now.get(record.dataset);
    if (list === undefined) this.#now.set(record.dataset, [{ record, key, epoch }]);
    else list.push({ record, key, epoch });
  }

  /** The same action, held. */
  held(record: ActionRecord, held: Held): ActionRecord {
    const known = this.#held.get(record.action);
    const isSame =
      known !== undefined &&
      known.dataset === record.dataset &&
      known.site === record.site &&
      known.action.held?.code === held.code &&
      known.action.held.message === held.message;
    if (isSame) return known;
    const made = { ...record, action: { ...record.action, held } };
    this.#held.set(record.action, made);
    return made;
  }

  /** Lets go what the plan before left. */
  forgetBefore(): void {
    this.#before = new Map();
  }
}

function isWanted({ action, ruleHash }: ActionRecord, { type, site, owner, why }: Wanted): boolean {
  return (
    action.type === type &&
    action.site === site &&
    (owner === null || action.owner === owner) &&
    action.cause === why.cause &&
    ruleHash === why.ruleHash &&
    action.reason === why.reason &&
    isSameRule(action.rule, why.rule)
  );
}

function isSameRule(a: RuleRef, b: RuleRef): boolean {
  return a === b || (a.kind === b.kind && a.name === b.name && a.id === b.id && a.file === b.file && a.line === b.line);
}
