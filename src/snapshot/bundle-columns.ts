/** The tables of an inventory bundle and their columns: the public format. */

export const bundleTables = ['datasets', 'blocks', 'files', 'replicas', 'subscriptions', 'usage'] as const;
export type BundleTable = (typeof bundleTables)[number];

export type BundleFormat = 'jsonl' | 'tsv';

interface TableFormat {
  /** In the order in which an export writes them. `labels` is one object in JSON, columns `labels.KEY` in TSV. */
  readonly columns: readonly string[];
  /** Must be given in every row; all others have a default. */
  readonly required: readonly string[];
  /** The file must be there. */
  readonly mandatory: boolean;
}

export const bundleFormat: Readonly<Record<BundleTable, TableFormat>> = {
  datasets: {
    columns: ['name', 'status', 'type', 'open', 'created', 'lastUpdate', 'labels', 'tapeRequested', 'copyRequested'],
    required: ['name'],
    mandatory: true,
  },
  blocks: {
    columns: ['dataset', 'name', 'size', 'files', 'open', 'lastUpdate'],
    required: ['dataset', 'name', 'size'],
    mandatory: true,
  },
  files: {
    columns: ['dataset', 'block', 'name', 'size', 'adler32', 'md5', 'sha256'],
    required: ['dataset', 'block', 'name', 'size'],
    mandatory: false,
  },
  replicas: {
    columns: ['dataset', 'block', 'site', 'owner', 'size', 'complete', 'custodial', 'lastUpdate', 'fileNames'],
    required: ['dataset', 'block', 'site'],
    mandatory: true,
  },
  subscriptions: {
    columns: ['dataset', 'site', 'owner', 'growing'],
    required: ['dataset', 'site'],
    mandatory: false,
  },
  usage: {
    columns: ['dataset', 'lastAccess', 'accesses', 'usageRank', 'demand'],
    required: ['dataset'],
    mandatory: false,
  },
};

/** How TSV writes an absent value. */
export const tsvNull = '\\N';

export const labelPrefix = 'labels.';

export const datasetStatuses = [
  'VALID',
  'PRODUCTION',
  'DEPRECATED',
  'INVALID',
  'DELETED',
  'IGNORED',
  'UNKNOWN',
] as const;
