/**
 * What can happen to an inventory between two cycles, by name. The kinds of change are those that execution makes in the
 * database: copies are completed, re-owned and removed; datasets and blocks appear; subscriptions open and end.
 */
import type { DatasetRow, UsageRow } from '../snapshot/builder.js';

export interface NewBlock {
  /** Without the dataset's name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly files: number;
  readonly open: boolean;
  /** Seconds since the epoch. */
  readonly lastUpdate: number;
}

export interface NewDataset {
  readonly row: DatasetRow;
  readonly usage: UsageRow;
  readonly blocks: readonly NewBlock[];
}

/** Some or all (null) of a dataset's blocks at a site. */
interface AtSite {
  readonly dataset: string;
  readonly site: string;
  readonly blocks: readonly string[] | null;
}

export type ReplicaChange =
  /** They are there, complete: made where they were not, finished where a part was, left alone where nothing was missing. */
  | ({ readonly type: 'complete'; readonly owner: string; readonly at: number } & AtSite)
  | ({ readonly type: 'reassign'; readonly owner: string } & AtSite)
  /** A replica that loses its last block this way loses its subscription too. */
  | ({ readonly type: 'remove' } & AtSite);

/** New blocks follow to the site under this owner; with `owner: null` they no longer do. */
export interface SubscriptionChange {
  readonly dataset: string;
  readonly site: string;
  readonly owner: string | null;
}

/** Applied in this order, each list from first to last; names that the inventory does not know are passed over. */
export interface SnapshotChanges {
  /** Names that the inventory does not have yet. */
  readonly datasets: readonly NewDataset[];
  /** More blocks of datasets that exist; names that these do not have yet. */
  readonly blocks: readonly { readonly dataset: string; readonly block: NewBlock }[];
  readonly replicas: readonly ReplicaChange[];
  readonly subscriptions: readonly SubscriptionChange[];
}

export const noChanges: SnapshotChanges = { datasets: [], blocks: [], replicas: [], subscriptions: [] };
