/**
 * The observed inventory as immutable columns.
 *
 * Everything is sorted: sites and owners by name, datasets by name, blocks by (dataset, name), block replicas by
 * (dataset, site, block). A *replica* is a dataset at a site: a contiguous run of block replicas, possibly empty (a
 * subscription without data). Names compare bytewise (see {@link compareBytes}). Indexes are positions in these orders;
 * because the orders do not depend on the order of the input rows, neither does anything computed from them.
 *
 * Units: sizes bytes, times seconds since the epoch (0 = never). Flags are 0 or 1.
 */
import type { OnRemove, RuleRef } from '../desired/state.js';
import type { NameColumn } from './name-column.js';

export interface DatasetColumns {
  readonly count: number;
  readonly name: readonly string[];
  readonly status: readonly string[];
  readonly type: readonly string[];
  readonly open: Uint8Array;
  readonly created: Float64Array;
  readonly lastUpdate: Float64Array;
  readonly tapeRequested: Uint8Array;
  readonly copyRequested: Uint8Array;
  readonly lastAccess: Float64Array;
  readonly accesses: Float64Array;
  readonly usageRank: Float64Array;
  readonly demand: Float64Array;
  /** Label key -> value per dataset; the empty string where absent. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Blocks of dataset d are `blockStart[d] .. blockStart[d + 1] - 1`. */
  readonly blockStart: Int32Array;
  /** Replicas of dataset d are `replicaStart[d] .. replicaStart[d + 1] - 1`, by site. */
  readonly replicaStart: Int32Array;
  /** Sum of the block sizes. */
  readonly size: Float64Array;
  /** Sum of the blocks' file counts. */
  readonly files: Float64Array;
}

export interface BlockColumns {
  readonly count: number;
  readonly dataset: Int32Array;
  /** Without the dataset's name. */
  readonly name: NameColumn;
  readonly size: Float64Array;
  readonly files: Int32Array;
  readonly open: Uint8Array;
  readonly lastUpdate: Float64Array;
  /** Copies of block b are `copyIndex[copyStart[b] .. copyStart[b + 1] - 1]` (block replica indexes, by site). */
  readonly copyStart: Int32Array;
  readonly copyIndex: Int32Array;
}

/** Datasets at sites. */
export interface ReplicaColumns {
  readonly count: number;
  readonly dataset: Int32Array;
  readonly site: Uint16Array;
  /** Block replicas of replica r are `start[r] .. start[r + 1] - 1`. */
  readonly start: Int32Array;
  /** A subscription makes new blocks follow. */
  readonly growing: Uint8Array;
  /** Owner index of the subscription; 0 (nobody) where there is none. */
  readonly growingOwner: Uint16Array;
}

/** Blocks at sites. */
export interface BlockReplicaColumns {
  readonly count: number;
  readonly block: Int32Array;
  /** The replica (dataset at a site) it belongs to. */
  readonly replica: Int32Array;
  readonly site: Uint16Array;
  /** 0 is nobody: the block replica is being released. */
  readonly owner: Uint16Array;
  /** Present bytes. */
  readonly size: Float64Array;
  readonly complete: Uint8Array;
  readonly custodial: Uint8Array;
  /** 0: the loop neither created it nor was told to manage it (I10). */
  readonly managed: Uint8Array;
  readonly lastUpdate: Float64Array;
}

export type ActionType = 'reassign' | 'copy' | 'delete';

/** An action that was recorded and is not finished. */
export interface OpenAction {
  readonly id: string;
  readonly type: ActionType;
  readonly dataset: string;
  readonly site: string;
  readonly owner: string;
  /** Block names, sorted; null: the whole dataset replica. */
  readonly blocks: readonly string[] | null;
  readonly sources: readonly string[];
  /** Code of what holds it, or null. */
  readonly held: string | null;
  /** True once any of its tasks was handed to a plugin: it can no longer be called off without loss of work. */
  readonly started: boolean;
  readonly rule: RuleRef;
  /** {@link Origin.hash} of the rule that decided it. */
  readonly ruleHash: string;
}

export interface PastDeletion {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly dataset: string;
  readonly site: string;
  readonly bytes: number;
}

/** A Placement as it was when the loop last saw it: what stands for it once it is removed. */
export interface SeenPlacement {
  readonly name: string;
  readonly onRemove: OnRemove;
  readonly rule: RuleRef;
  readonly ruleHash: string;
  readonly commit: string | null;
}

/** A copy that a placement required until it ended, and what is to become of it. */
export interface Ending {
  readonly placement: SeenPlacement;
  readonly dataset: string;
  readonly site: string;
  /** When the placement stopped wanting it, seconds since the epoch. */
  readonly since: number;
}

/** A copy that rebalancing makes at `to`, so that the one at `from` is no longer needed. */
export interface Move {
  readonly dataset: string;
  readonly from: string;
  readonly to: string;
}

/** What the loop itself remembers: part of the snapshot, so that planning has no hidden input. All lists are sorted. */
export interface LoopMemory {
  readonly openActions: readonly OpenAction[];
  /** How many actions of a key have finished; the key is `actionKey` of planning/identity. */
  readonly finishedActions: ReadonlyMap<string, number>;
  /** What placements required in the last cycle. */
  readonly requiredMarks: readonly { readonly placement: string; readonly dataset: string; readonly site: string }[];
  /** Placements of the last cycle, by name. */
  readonly placements: readonly SeenPlacement[];
  /** Copies whose placement ended, with `onRemove: keep` or `delete`. */
  readonly endings: readonly Ending[];
  /** Rebalancing moves whose source still exists. */
  readonly moves: readonly Move[];
  /** Needs the last cycle deferred. */
  readonly deferred: readonly { readonly placement: string; readonly dataset: string }[];
  /** Finished deletions of at least the longest guard window and the last seven days. */
  readonly deletions: readonly PastDeletion[];
  /** Since when (seconds) a site is in its present state. */
  readonly siteStates: ReadonlyMap<string, { readonly state: string; readonly since: number }>;
  readonly approvals: readonly { readonly hash: string; readonly expires: number }[];
  /** What the inventory held after the last cycle, less what was deleted since; null on the first cycle. */
  readonly baseline: { readonly replicas: number; readonly bytes: number } | null;
  /** Why the desired state is not the verified current one (I7), or null when it is. */
  readonly sourceDoubt: string | null;
  /** Time of the last complete pull of a catalog (seconds), or null where no catalog feeds the inventory. */
  readonly inventoryAt: number | null;
}

export interface Snapshot {
  /** 0 for a bundle. */
  readonly generation: number;
  /** Seconds since the epoch. */
  readonly takenAt: number;
  readonly completeness: { readonly state: 'complete' } | { readonly state: 'partial'; readonly reason: string };
  readonly sites: readonly string[];
  /** `owners[0]` is the empty string: nobody. */
  readonly owners: readonly string[];
  readonly datasets: DatasetColumns;
  readonly blocks: BlockColumns;
  readonly replicas: ReplicaColumns;
  readonly blockReplicas: BlockReplicaColumns;
  readonly memory: LoopMemory;
  /** Where most of it was copied from: what was copied need not be compared to know that it is the same. */
  readonly copied?: CopiedDatasets;
}

/** Datasets whose rows in all tables were copied as they were from another inventory in memory. */
export interface CopiedDatasets {
  /** Tables of the other inventory, to know it by; they may have been let go of. */
  readonly from: readonly WeakRef<object>[];
  /** The tables that they were copied into: nothing is known of others. */
  readonly into: readonly object[];
  /** Which dataset of the other inventory each is; -1 where it was not copied. */
  readonly datasets: Int32Array;
}

/** A memory of nothing: a bundle, or the first cycle. */
export const emptyMemory: LoopMemory = {
  openActions: [],
  finishedActions: new Map(),
  requiredMarks: [],
  placements: [],
  endings: [],
  moves: [],
  deferred: [],
  deletions: [],
  siteStates: new Map(),
  approvals: [],
  baseline: null,
  sourceDoubt: null,
  inventoryAt: null,
};
