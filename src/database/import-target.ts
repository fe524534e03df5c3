/** What an import needs of a database: the same on both, done differently. */

import type { RowStore } from './inventory-writer.js';
import type { RawReader } from './raw-reader.js';

export type ImportMode = 'replace' | 'merge';

/** The row of `inventory_state` that an import leaves. */
export interface ImportedState {
  readonly generation: number;
  readonly completeness: 'complete' | 'partial';
  readonly reason: string | null;
  readonly digest: string | null;
  readonly shrinkAccepted: number | null;
  readonly updatedAt: number;
}

export interface ImportedTotals {
  readonly blockReplicas: number;
  readonly bytes: bigint;
}

export interface ImportTargetOptions {
  readonly mode: ImportMode;
  /** The `managed` flag that block replicas are written with. */
  readonly managed: boolean;
}

/**
 * One import: rows are written to it, and become visible to others together, by `replace` or `merge`, or not at all.
 */
export interface ImportTarget extends RowStore {
  /** Reads the inventory as it was before. */
  readonly reader: RawReader;
  /**
   * Makes what was written the inventory. Block replicas that were there before keep their `managed` flag.
   *
   * @returns the generation, which is later than `state.generation` where somebody changed the inventory meanwhile
   */
  replace(state: ImportedState, totals: ImportedTotals): Promise<number>;
  /**
   * Adds what was written to the inventory and updates what differs. Nothing happens where nothing differs, unless
   * `always`.
   *
   * @returns whether anything changed
   * @throws OutdatedMergeError where the inventory is no longer of generation `state.generation - 1`
   */
  merge(state: ImportedState, always: boolean): Promise<boolean>;
  /** Records that the inventory may be as small as it is. Changes nothing else. */
  acceptShrink(generation: number): Promise<void>;
}

/** Somebody changed the inventory since the merge looked at it: it must look again. */
export class OutdatedMergeError extends Error {}

/** Values of an `inventory_state` row, without its id and totals. */
export function stateValues(state: ImportedState): readonly (string | number | null)[] {
  return [
    state.generation,
    state.completeness,
    state.reason,
    state.digest,
    state.digest === null ? null : state.generation,
    state.shrinkAccepted,
    state.updatedAt,
  ];
}

export const stateColumns = [
  'generation',
  'completeness',
  'reason',
  'digest',
  'digest_generation',
  'shrink_accepted',
  'updated_at',
] as const;
