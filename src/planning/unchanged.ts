/** What is as it was in the plan before: datasets with all that is theirs, among surroundings that are as they were. */
import type { Snapshot } from '../snapshot/snapshot.js';
import { datasetsBefore } from './datasets-before.js';
import { isSameSurroundings, type Surroundings, surroundingsOf } from './surroundings.js';
import type { World } from './world.js';

/** What a plan was made of. */
export interface Basis {
  readonly snapshot: Snapshot;
  /** null: time alone changes them. */
  readonly surroundings: Surroundings | null;
}

export class Unchanged {
  readonly #snapshot: Snapshot;
  readonly #rows: Int32Array;
  #before: Basis | null;
  #surroundings: Surroundings | null = null;
  #datasets: Int32Array | null = null;

  /**
   * @param before of the plan before; null: nothing is known
   * @param rows datasets whose own rows are the same as then ({@link rowsBefore})
   */
  constructor(snapshot: Snapshot, before: Basis | null, rows: Int32Array) {
    this.#snapshot = snapshot;
    this.#before = before;
    this.#rows = rows;
  }

  /** Finds out what is as it was. */
  begin(world: Pick<World, 'desired' | 'sites' | 'clock'>): void {
    this.#surroundings = surroundingsOf(world);
    if (this.#before === null) return;
    if (!isSameSurroundings(this.#surroundings, this.#before.surroundings)) this.#before = null;
    else this.#datasets = datasetsBefore(this.#rows, this.#snapshot, this.#before.snapshot);
  }

  /** What the next plan compares with. */
  get basis(): Basis {
    return { snapshot: this.#snapshot, surroundings: this.#surroundings };
  }

  /** The inventory before; null where nothing is as it was, or it has been let go. */
  get snapshotBefore(): Snapshot | null {
    return this.#before?.snapshot ?? null;
  }

  /** The dataset that each was in the inventory before, or -1 where it has changed; null where nothing is as it was. */
  get datasets(): Int32Array | null {
    return this.#datasets;
  }

  /** Lets the inventory before go. */
  forgetBefore(): void {
    this.#before = null;
  }
}
