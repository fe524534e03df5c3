/** What of the inventory is in a partition: asked for millions of block replicas, and mostly answered per replica. */
import { flagAt, intAt, shortAt } from '../snapshot/column.js';

/** Block replicas of one class are in the same partitions. */
export interface Classes {
  /** Of each block replica. */
  readonly of: Uint16Array;
  /** Of all block replicas of each replica; -1 where they differ, or there are none. */
  readonly ofReplica: Int32Array;
}

export class Membership {
  /** 1: the class is in the partition. */
  readonly #includes: Uint8Array;
  readonly #classes: Classes;

  /** @param includes 1: the partition includes that class of block replicas */
  constructor(includes: Uint8Array, classes: Classes) {
    this.#includes = includes;
    this.#classes = classes;
  }

  has(blockReplica: number): boolean {
    return flagAt(this.#includes, shortAt(this.#classes.of, blockReplica)) === 1;
  }

  /** Whether all of a replica is in the partition, or nothing of it; null where that takes a look at its block replicas. */
  ofAll(replica: number): boolean | null {
    const ofAll = intAt(this.#classes.ofReplica, replica);
    return ofAll < 0 ? null : flagAt(this.#includes, ofAll) === 1;
  }
}
