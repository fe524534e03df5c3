/** The columns of a snapshot as the bytes of a file, and back. */
import {
  type ColumnFileParts,
  ColumnFileReader,
  ColumnFileWriter,
  type ContentKey,
  isNumberColumn,
} from './column-file.js';
import { NameColumn } from './name-column.js';
import type { Snapshot } from './snapshot.js';

/** Everything of a snapshot that the inventory alone determines, without what changes with every look at it. */
export type SnapshotColumns = Pick<Snapshot, 'sites' | 'owners' | 'datasets' | 'blocks' | 'replicas' | 'blockReplicas'>;

/** The file, piece by piece. */
export function encodeSnapshot(columns: SnapshotColumns, key: ContentKey): readonly Uint8Array[] {
  const { datasets, blocks } = columns;
  const file = new ColumnFileWriter();
  file.names('sites', columns.sites);
  file.names('owners', columns.owners);
  file.names('datasets.name', datasets.name);
  file.dictionary('datasets.status', datasets.status);
  file.dictionary('datasets.type', datasets.type);
  file.names('labels', [...datasets.labels.keys()]);
  for (const [label, column] of datasets.labels) file.dictionary(labelColumn(label), column);
  file.numbers('blocks.name bytes', blocks.name.bytes);
  file.numbers('blocks.name ends', blocks.name.ends);
  for (const table of ['datasets', 'blocks', 'replicas', 'blockReplicas'] as const) {
    for (const [name, column] of Object.entries(columns[table])) {
      if (isNumberColumn(column)) file.numbers(`${table}.${name}`, column);
    }
  }
  return file.file(key);
}

const labelColumn = (label: string) => `datasets.labels ${label}`;

/** @throws UnusableColumnFile unless the file is whole and has everything that a snapshot has */
export function decodeSnapshot(parts: ColumnFileParts): SnapshotColumns {
  const from = new ColumnFileReader(parts);
  const datasetName = from.names('datasets.name');
  const blockName = new NameColumn({ bytes: from.u8('blocks.name bytes'), ends: from.i32('blocks.name ends') });
  const datasets = datasetName.length;
  const blocks = blockName.length;
  const replicaSite = from.u16('replicas.site');
  const replicas = replicaSite.length;
  const copySite = from.u16('blockReplicas.site');
  const copies = copySite.length;
  return {
    sites: from.names('sites'),
    owners: from.names('owners'),
    datasets: {
      count: datasets,
      name: datasetName,
      status: from.dictionary('datasets.status', datasets),
      type: from.dictionary('datasets.type', datasets),
      open: from.u8('datasets.open', datasets),
      created: from.f64('datasets.created', datasets),
      lastUpdate: from.f64('datasets.lastUpdate', datasets),
      tapeRequested: from.u8('datasets.tapeRequested', datasets),
      copyRequested: from.u8('datasets.copyRequested', datasets),
      lastAccess: from.f64('datasets.lastAccess', datasets),
      accesses: from.f64('datasets.accesses', datasets),
      usageRank: from.f64('datasets.usageRank', datasets),
      demand: from.f64('datasets.demand', datasets),
      labels: new Map(from.names('labels').map((label) => [label, from.dictionary(labelColumn(label), datasets)])),
      blockStart: from.i32('datasets.blockStart', datasets + 1),
      replicaStart: from.i32('datasets.replicaStart', datasets + 1),
      size: from.f64('datasets.size', datasets),
      files: from.f64('datasets.files', datasets),
    },
    blocks: {
      count: blocks,
      dataset: from.i32('blocks.dataset', blocks),
      name: blockName,
      size: from.f64('blocks.size', blocks),
      files: from.i32('blocks.files', blocks),
      open: from.u8('blocks.open', blocks),
      lastUpdate: from.f64('blocks.lastUpdate', blocks),
      copyStart: from.i32('blocks.copyStart', blocks + 1),
      copyIndex: from.i32('blocks.copyIndex', copies),
    },
    replicas: {
      count: replicas,
      dataset: from.i32('replicas.dataset', replicas),
      site: replicaSite,
      start: from.i32('replicas.start', replicas + 1),
      growing: from.u8('replicas.growing', replicas),
      growingOwner: from.u16('replicas.growingOwner', replicas),
    },
    blockReplicas: {
      count: copies,
      block: from.i32('blockReplicas.block', copies),
      replica: from.i32('blockReplicas.replica', copies),
      site: copySite,
      owner: from.u16('blockReplicas.owner', copies),
      size: from.f64('blockReplicas.size', copies),
      complete: from.u8('blockReplicas.complete', copies),
      custodial: from.u8('blockReplicas.custodial', copies),
      managed: from.u8('blockReplicas.managed', copies),
      lastUpdate: from.f64('blockReplicas.lastUpdate', copies),
    },
  };
}
