/** What of the inventory is in a partition: asked for millions of block replicas, and mostly answered per replica. */
import { flagAt, intAt, shortAt } from '../snapshot/column.js';

export class Membership {
  /** 1: the class is in the partition. */
  readonly #includes: Uint8Array;
  readonly #classOf: Uint16Array;
  readonly #classOfReplica: Int32Array;

  /**
   * @param includes 1: the partition includes that class of block replicas
   * @param classOf class of each block replica
   * @param classOfReplica class of all block replicas of each replica; -1 where they differ, or there are none
   */
  constructor(includes: Uint8Array, classOf: Uint16Array, classOfReplica: Int32Array) {
    this.#includes = includes;
    this.#classOf = classOf;
    this.#classOfReplica = classOfReplica;
  }

  has(blockReplica: number): boolean {
    return flagAt(this.#includes, shortAt(this.#classOf, blockReplica)) === 1;
  }

  /** Whether all of a replica is in the partition, or nothing of it; null where that takes a look at its block replicas. */
  ofAll(replica: number): boolean | null {
    const ofAll = intAt(this.#classOfReplica, replica);
    return ofAll < 0 ? null : flagAt(this.#includes, ofAll) === 1;
  }
}
