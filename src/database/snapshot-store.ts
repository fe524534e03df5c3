/**
 * Loading the inventory again and again without reading it again: what was loaded last, in memory or in a file, is brought up
 * to date from the change log.
 *
 * What comes of it is column by column what a full load gives. Where that cannot be known, it is a full load: when the
 * file is not whole, was written by another version or for another schema, when the log does not reach back to it or
 * belongs to another history (a backup that was restored), when too much has changed, or when the totals that the database
 * keeps are not those of the columns.
 */
import { writeCacheFile } from '../cache-file.js';
import { messageOf } from '../error.js';
import { encodeSnapshot, replaceDatasets, type Snapshot, type SnapshotColumns } from '../snapshot/index.js';
import { changesSince, type InventoryHead, type InventoryMark, readInventoryHead } from './change-log.js';
import type { Database } from './connection.js';
import { hasTotals, type LoadOptions, readChanged, readSnapshot, snapshotHead } from './load-snapshot.js';
import { migrations } from './migrations/index.js';
import { type RawReader, withConsistentRead } from './raw-reader.js';
import { withSnapshotCache } from './snapshot-cache-file.js';

export interface SnapshotStoreOptions {
  /** Where the snapshot is kept between processes; null: nowhere. */
  readonly file: string | null;
  /** Name and version of the program: another version's file is not used. */
  readonly engine: string;
  /** Inventories of fewer block replicas are not kept in a file: reading them is as fast. */
  readonly smallest?: number;
  /** Told what came of the file: `info` when it could not be used, `debug` otherwise. */
  readonly note?: (level: 'debug' | 'info', line: string) => void;
}

const defaultSmallest = 50_000;

/** Above both, reading everything is simpler and as fast. */
const mostChanged = { datasets: 100, share: 0.25 };

/** A file is written again when as many datasets differ, or as many generations have passed. */
const worthWriting = { datasets: 100, share: 0.02, generations: 2000 };

interface Kept {
  readonly mark: InventoryMark;
  readonly columns: SnapshotColumns;
  /** The generation in the file, and how many datasets have changed since; null where the file is of no use. */
  readonly filed: { readonly generation: number; readonly changed: number } | null;
}

interface Loaded {
  readonly snapshot: Snapshot;
  readonly kept: Kept | null;
  readonly notes: readonly (readonly ['debug' | 'info', string])[];
}

export class SnapshotStore {
  readonly #options: SnapshotStoreOptions;
  readonly #writer: string;
  #kept: Kept | null = null;

  constructor(options: SnapshotStoreOptions) {
    this.#options = options;
    this.#writer = JSON.stringify([options.engine, migrations.map((step) => step.name)]);
  }

  /** As {@link loadSnapshot}, from one consistent state. Not for several databases in turn. */
  async load(db: Database, options: LoadOptions): Promise<Snapshot> {
    const { snapshot, kept, notes } = await withConsistentRead(db, (reader) => this.#read(db, reader, options));
    this.#kept = kept;
    for (const [level, line] of notes) this.#note(level, line);
    return snapshot;
  }

  /** Keeps what was loaded last in the file, where the file is too far behind. A file that cannot be written is no error. */
  async save(): Promise<void> {
    const { file, smallest } = this.#options;
    const kept = this.#kept;
    if (file === null || kept === null) return;
    const { columns, mark, filed } = kept;
    if (columns.blockReplicas.count < (smallest ?? defaultSmallest)) return;
    const few = Math.max(worthWriting.datasets, columns.datasets.count * worthWriting.share);
    const isNear =
      filed !== null && filed.changed < few && mark.generation - filed.generation < worthWriting.generations;
    if (isNear) return;
    try {
      await writeCacheFile(file, encodeSnapshot(columns, { ...mark, writer: this.#writer }));
      this.#kept = { ...kept, filed: { generation: mark.generation, changed: 0 } };
      this.#note('debug', `written: ${file}, generation ${mark.generation}`);
    } catch (error) {
      this.#note('info', `cannot be written: ${file}: ${messageOf(error)}`);
    }
  }

  async #read(db: Database, reader: RawReader, options: LoadOptions): Promise<Loaded> {
    const head = await readInventoryHead(reader);
    const notes: ['debug' | 'info', string][] = [];
    const { generation, token } = head;
    if (token !== null) {
      const present = { generation, token };
      const update = new Update(reader, head, present, options);
      const loaded = (await this.#fromMemory(update)) ?? (await this.#fromFile(update, notes));
      if (loaded !== null) return { ...loaded, notes };
    }
    const snapshot = await readSnapshot(db, reader, options);
    return {
      snapshot,
      kept: token === null ? null : { mark: { generation, token }, columns: columnsOf(snapshot), filed: null },
      notes,
    };
  }

  async #fromMemory(update: Update): Promise<Omit<Loaded, 'notes'> | null> {
    const kept = this.#kept;
    if (kept === null) return null;
    const updated = await update.of(kept.mark, async () => kept.columns);
    if (typeof updated === 'string') return null;
    const { snapshot, changed } = updated;
    const filed = kept.filed === null ? null : { ...kept.filed, changed: kept.filed.changed + changed };
    return { snapshot, kept: { mark: update.present, columns: columnsOf(snapshot), filed } };
  }

  async #fromFile(update: Update, notes: ['debug' | 'info', string][]): Promise<Omit<Loaded, 'notes'> | null> {
    const { file } = this.#options;
    if (file === null) return null;
    const read = await withSnapshotCache(file, async ({ key, columns }) => {
      if (key.writer !== this.#writer) return 'it was written by another version';
      const updated = await update.of(key, columns);
      return typeof updated === 'string' ? updated : { key, ...updated };
    });
    const usable = 'result' in read ? read.result : read.unusable;
    if (typeof usable === 'string') {
      notes.push(['info', `not used: ${file}: ${usable}; the inventory is read from the database`]);
      return null;
    }
    const { key, snapshot, changed } = usable;
    notes.push(['debug', `used: ${file}, generation ${key.generation}, and ${changed} datasets changed since`]);
    const filed = { generation: key.generation, changed };
    return { snapshot, kept: { mark: update.present, columns: columnsOf(snapshot), filed } };
  }

  #note(level: 'debug' | 'info', line: string): void {
    this.#options.note?.(level, `snapshot cache ${line}`);
  }
}

/** Brings columns up to date. */
class Update {
  readonly present: InventoryMark;
  readonly #reader: RawReader;
  readonly #head: InventoryHead;
  readonly #options: LoadOptions;

  constructor(reader: RawReader, head: InventoryHead, present: InventoryMark, options: LoadOptions) {
    this.#reader = reader;
    this.#head = head;
    this.present = present;
    this.#options = options;
  }

  /** @returns the snapshot and how many datasets had changed; or why there is none */
  async of(
    mark: InventoryMark,
    read: () => Promise<SnapshotColumns>,
  ): Promise<{ readonly snapshot: Snapshot; readonly changed: number } | string> {
    const changes = await changesSince(this.#reader, mark, this.present);
    if (changes === null) return 'the change log does not lead from it to the present inventory';
    const base = snapshotOf(snapshotHead(this.#head, this.#options), await read());
    const most = Math.max(mostChanged.datasets, base.datasets.count * mostChanged.share);
    if (changes.count > most) return `${changes.count} datasets have changed since`;
    let snapshot: Snapshot = base;
    if (changes.count > 0) {
      const changed = await readChanged(this.#reader, this.#head, this.#options, { changes, before: base });
      if (changed.datasets.count !== changes.count) return 'datasets that changed are gone';
      snapshot = replaceDatasets(base, changed);
    }
    // A change that kept the totals and forgot the log is seen here: something must be wrong in the program then.
    if (!hasTotals(snapshot, this.#head)) return 'its totals are not those of the database';
    return { snapshot, changed: changes.count };
  }
}

/** Field by field, so that snapshots keep one shape: see {@link replaceDatasets}. */
function snapshotOf(head: ReturnType<typeof snapshotHead>, columns: SnapshotColumns): Snapshot {
  const { generation, takenAt, completeness, memory } = head;
  const { sites, owners, datasets, blocks, replicas, blockReplicas } = columns;
  return { generation, takenAt, completeness, sites, owners, datasets, blocks, replicas, blockReplicas, memory };
}

function columnsOf({ sites, owners, datasets, blocks, replicas, blockReplicas }: Snapshot): SnapshotColumns {
  return { sites, owners, datasets, blocks, replicas, blockReplicas };
}
