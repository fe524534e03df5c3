/** The tables an import fills: what a bundle becomes. All of them are replaced, or merged into, at once. */

interface ImportTable {
  /** In the order in which rows are written. */
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** Columns that a merge does not change in rows that exist. */
  readonly kept?: readonly string[];
}

export const importTables = {
  sites: { columns: ['id', 'name'], key: ['id'] },
  owners: { columns: ['id', 'name'], key: ['id'] },
  datasets: {
    columns: [
      'id',
      'name',
      'status',
      'type',
      'open',
      'created',
      'last_update',
      'tape_requested',
      'copy_requested',
      'labels',
    ],
    key: ['id'],
  },
  dataset_usage: { columns: ['dataset', 'last_access', 'accesses', 'usage_rank', 'demand'], key: ['dataset'] },
  blocks: { columns: ['id', 'dataset', 'name', 'size', 'files', 'open', 'last_update'], key: ['id'] },
  files: { columns: ['block', 'name', 'size', 'adler32', 'md5', 'sha256'], key: ['block', 'name'] },
  block_replicas: {
    columns: ['block', 'site', 'owner', 'size', 'complete', 'custodial', 'managed', 'last_update'],
    key: ['block', 'site'],
    kept: ['managed'],
  },
  block_replica_files: { columns: ['block', 'site', 'name'], key: ['block', 'site', 'name'] },
  subscriptions: { columns: ['dataset', 'site', 'owner', 'growing'], key: ['dataset', 'site'] },
} as const satisfies Record<string, ImportTable>;

export type ImportTableName = keyof typeof importTables;

export const importTableNames = Object.keys(importTables) as readonly ImportTableName[];

export function tableOf(name: ImportTableName): ImportTable {
  return importTables[name];
}

export type Value = string | number | null;

/** Takes rows of one table, in the order of its columns. The array may be used again by the caller. */
export interface RowWriter {
  add(row: readonly Value[]): void;
}
