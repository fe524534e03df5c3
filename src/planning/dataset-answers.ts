/**
 * What conditions say of datasets, where they read nothing but a dataset's row in the inventory and the clock: the same
 * for everybody who asks, and in the next plan too, while the row is the same and no limit of age has passed.
 */
import type { Condition } from '../policy/expression.js';
import { isDatasetColumn } from '../policy/variables.js';
import { flagAt, floatAt, intAt } from '../snapshot/column.js';
import type { DatasetColumns } from '../snapshot/snapshot.js';
import type { PlanClock } from './plan-clock.js';

const unknown = 0;
const no = 1;
const yes = 2;

interface Answers {
  /** Per dataset. */
  readonly of: Uint8Array;
  /** Until when each holds, seconds since the epoch; null where the clock is not asked. */
  readonly until: Float64Array | null;
}

interface Before {
  readonly answers: ReadonlyMap<string, Answers>;
  readonly clock: PlanClock;
  /** The row that each dataset had then, or -1 where it is another now. */
  readonly rows: Int32Array;
}

export class DatasetAnswers {
  readonly #datasets: DatasetColumns;
  readonly #clock: PlanClock;
  /** By what is asked. */
  readonly #answers = new Map<string, Answers>();
  /** Answers of the plan before, while this one is made; not its columns, which hold on to a whole snapshot. */
  #before: Before | null;

  /**
   * @param before answers of a plan before; null: none are known
   * @param rows the row that each dataset had then, or -1 where it is another now ({@link rowsBefore})
   */
  constructor(datasets: DatasetColumns, clock: PlanClock, before: DatasetAnswers | null, rows: Int32Array) {
    this.#datasets = datasets;
    this.#clock = clock;
    this.#before = before === null ? null : { answers: before.#answers, clock: before.#clock, rows };
  }

  /** Lets go what the plan before knew and this one did not ask for. */
  forgetBefore(): void {
    this.#before = null;
  }

  /** The same as `holds`, a test of the dataset at a cursor that a condition was bound to; asked once where that is enough. */
  once(condition: Condition, cursor: { readonly dataset: number }, holds: () => boolean): () => boolean {
    if (condition.selectors.length > 0 || ![...condition.reads].every(isDatasetColumn)) return holds;
    const key = `${condition.scope.name} ${condition.canonical}`;
    const { of, until } = this.#answersTo(key, condition.reads.has('now'));
    return () => {
      const { dataset } = cursor;
      const known = flagAt(of, dataset);
      if (known !== unknown) {
        // Whoever asks now relies on it too.
        if (until !== null) this.#clock.holdsUntil(floatAt(until, dataset) + 1);
        return known === yes;
      }
      if (until === null) {
        const held = holds();
        of[dataset] = held ? yes : no;
        return held;
      }
      const answer = this.#clock.during(holds);
      of[dataset] = answer.result ? yes : no;
      until[dataset] = answer.until;
      return answer.result;
    };
  }

  /** A test of names, whose answers are the same for the same name; made when a name is met whose answer is not known. */
  ofName(what: string, makeTest: () => (name: string) => boolean): (dataset: number) => boolean {
    const { of } = this.#answersTo(`name ${what}`, false);
    let holds: ((name: string) => boolean) | null = null;
    return (dataset) => {
      const known = flagAt(of, dataset);
      if (known !== unknown) return known === yes;
      holds ??= makeTest();
      const held = holds(this.#datasets.name[dataset] ?? '');
      of[dataset] = held ? yes : no;
      return held;
    };
  }

  #answersTo(key: string, asksClock: boolean): Answers {
    let answers = this.#answers.get(key);
    if (answers === undefined) {
      const { count } = this.#datasets;
      answers = { of: new Uint8Array(count), until: asksClock ? new Float64Array(count) : null };
      if (this.#before !== null) this.#carryOver(this.#before, key, answers);
      this.#answers.set(key, answers);
    }
    return answers;
  }

  /** What holds still. */
  #carryOver({ answers, clock, rows }: Before, key: string, { of, until }: Answers): void {
    const before = answers.get(key);
    if (before === undefined) return;
    for (let d = 0; d < of.length; d++) {
      const row = intAt(rows, d);
      if (row < 0 || flagAt(before.of, row) === unknown) continue;
      if (until !== null) {
        const edge = before.until === null ? Number.NaN : floatAt(before.until, row);
        if (!this.#clock.isBetween(clock, edge)) continue;
        until[d] = edge;
        this.#clock.holdsUntil(edge + 1);
      }
      of[d] = flagAt(before.of, row);
    }
  }
}
