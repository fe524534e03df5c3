/** The inventory of the database as a bundle. */
import { formatTime } from '../policy/units.js';
import { at, type BundleFormat, emptyMemory, nameAt, type Snapshot } from '../snapshot/index.js';
import { BundleOutput, prepareDirectory } from './bundle-output.js';
import type { Database } from './connection.js';
import { readSnapshot } from './load-snapshot.js';
import { type RawReader, type RawRow, withConsistentRead } from './raw-reader.js';

export interface ExportOptions {
  /** Default `jsonl`. */
  readonly format?: BundleFormat;
  readonly gzip?: boolean;
}

export interface ExportResult {
  /** A bundle cannot say that it is partial: who exports such an inventory must be told. */
  readonly completeness: Snapshot['completeness'];
  readonly datasets: number;
  readonly blocks: number;
  readonly blockReplicas: number;
  readonly files: number;
}

/** Datasets of which files are read at once: until they have this many blocks or files. */
const batchSize = 20_000;

/**
 * Writes a bundle of one consistent state, sorted by names: the same inventory gives the same bytes. The files appear
 * together when all are complete.
 *
 * @throws StatorError `bundle-exists`, `bundle-directory`, `not-in-tsv`
 */
export async function exportBundle(
  db: Database,
  directory: string,
  options: ExportOptions = {},
): Promise<ExportResult> {
  await prepareDirectory(directory);
  return withConsistentRead(db, async (reader) => {
    const snapshot = await readSnapshot(db, reader, { clock: 0, memory: emptyMemory });
    const output = new BundleOutput(directory, options.format ?? 'jsonl', options.gzip ?? false, [
      ...snapshot.datasets.labels.keys(),
    ]);
    try {
      await writeDatasets(output, snapshot);
      await writeBlocks(output, snapshot);
      const files = await writeFiles(output, snapshot, reader);
      await writeReplicas(output, snapshot, reader);
      await writeSubscriptions(output, reader);
      await writeUsage(output, snapshot);
      await output.publish();
      return {
        completeness: snapshot.completeness,
        datasets: snapshot.datasets.count,
        blocks: snapshot.blocks.count,
        blockReplicas: snapshot.blockReplicas.count,
        files,
      };
    } catch (error) {
      await output.discard();
      throw error;
    }
  });
}

async function writeDatasets(output: BundleOutput, { datasets }: Snapshot): Promise<void> {
  await output.table('datasets', async (row) => {
    for (let d = 0; d < datasets.count; d++) {
      const labels = new Map<string, string>();
      for (const [key, column] of datasets.labels) {
        const value = nameAt(column, d);
        if (value !== '') labels.set(key, value);
      }
      await row([
        nameAt(datasets.name, d),
        nameAt(datasets.status, d),
        nameAt(datasets.type, d),
        at(datasets.open, d) === 1,
        formatTime(at(datasets.created, d)),
        formatTime(at(datasets.lastUpdate, d)),
        labels,
        at(datasets.tapeRequested, d) === 1,
        at(datasets.copyRequested, d) === 1,
      ]);
    }
  });
}

async function writeBlocks(output: BundleOutput, { datasets, blocks }: Snapshot): Promise<void> {
  const time = timeFormat();
  await output.table('blocks', async (row) => {
    for (let b = 0; b < blocks.count; b++) {
      const wait = row([
        nameAt(datasets.name, at(blocks.dataset, b)),
        blocks.name.at(b),
        at(blocks.size, b),
        at(blocks.files, b),
        at(blocks.open, b) === 1,
        time(at(blocks.lastUpdate, b)),
      ]);
      if (wait !== undefined) await wait;
    }
  });
}

async function writeFiles(output: BundleOutput, snapshot: Snapshot, reader: RawReader): Promise<number> {
  if (!(await hasRows(reader, 'files'))) return 0;
  let count = 0;
  await output.table('files', async (row) => {
    for (const { names } of batchesOf(snapshot)) {
      const rows = await all(
        reader,
        `select d.name, b.name, f.name, f.size, f.adler32, f.md5, f.sha256
         from datasets d join blocks b on b.dataset = d.id join files f on f.block = b.id
         where d.name in (${names.map(() => '?').join(', ')}) order by d.name, b.name, f.name`,
        names,
      );
      for (const values of rows) await row(values);
      count += rows.length;
    }
  });
  return count;
}

async function writeReplicas(output: BundleOutput, snapshot: Snapshot, reader: RawReader): Promise<void> {
  const { datasets, blocks, blockReplicas, sites, owners } = snapshot;
  const time = timeFormat();
  const withFiles = await hasRows(reader, 'block_replica_files');
  await output.table('replicas', async (row) => {
    for (const { names, from, to } of batchesOf(snapshot)) {
      const fileNames = withFiles ? await presentFiles(reader, names) : null;
      for (let b = at(datasets.blockStart, from); b < at(datasets.blockStart, to); b++) {
        const dataset = nameAt(datasets.name, at(blocks.dataset, b));
        const block = blocks.name.at(b);
        for (let c = at(blocks.copyStart, b); c < at(blocks.copyStart, b + 1); c++) {
          const copy = at(blocks.copyIndex, c);
          const site = nameAt(sites, at(blockReplicas.site, copy));
          const wait = row([
            dataset,
            block,
            site,
            nameAt(owners, at(blockReplicas.owner, copy)) || null,
            at(blockReplicas.size, copy),
            at(blockReplicas.complete, copy) === 1,
            at(blockReplicas.custodial, copy) === 1,
            time(at(blockReplicas.lastUpdate, copy)),
            fileNames?.get(`${dataset}\n${block}\n${site}`) ?? null,
          ]);
          if (wait !== undefined) await wait;
        }
      }
    }
  });
}

async function presentFiles(reader: RawReader, datasets: readonly string[]): Promise<Map<string, string[]>> {
  const result = new Map<string, string[]>();
  const rows = await all(
    reader,
    `select d.name, b.name, s.name, p.name
     from datasets d join blocks b on b.dataset = d.id join block_replica_files p on p.block = b.id
     join sites s on s.id = p.site
     where d.name in (${datasets.map(() => '?').join(', ')}) order by d.name, b.name, s.name, p.name`,
    datasets,
  );
  for (const [dataset, block, site, name] of rows) {
    const key = `${dataset}\n${block}\n${site}`;
    const names = result.get(key);
    if (names === undefined) result.set(key, [String(name)]);
    else names.push(String(name));
  }
  return result;
}

async function writeSubscriptions(output: BundleOutput, reader: RawReader): Promise<void> {
  // From the table, because a snapshot knows only those that grow.
  const rows = await all(
    reader,
    `select d.name, s.name, o.name, u.growing from subscriptions u join datasets d on d.id = u.dataset
     join sites s on s.id = u.site left join owners o on o.id = u.owner order by d.name, s.name`,
    [],
  );
  if (rows.length === 0) return;
  await output.table('subscriptions', async (row) => {
    for (const [dataset, site, owner, growing] of rows) {
      await row([dataset ?? null, site ?? null, owner ?? null, growing === 1]);
    }
  });
}

async function writeUsage(output: BundleOutput, { datasets }: Snapshot): Promise<void> {
  const used: number[] = [];
  for (let d = 0; d < datasets.count; d++) {
    const figures = [datasets.lastAccess, datasets.accesses, datasets.usageRank, datasets.demand];
    if (figures.some((column) => at(column, d) !== 0)) used.push(d);
  }
  if (used.length === 0) return;
  await output.table('usage', async (row) => {
    for (const d of used) {
      await row([
        nameAt(datasets.name, d),
        formatTime(at(datasets.lastAccess, d)),
        at(datasets.accesses, d),
        at(datasets.usageRank, d),
        at(datasets.demand, d),
      ]);
    }
  });
}

/** Runs of datasets, by name. */
function* batchesOf({ datasets }: Snapshot): Generator<{ names: readonly string[]; from: number; to: number }> {
  let from = 0;
  while (from < datasets.count) {
    let to = from;
    let size = 0;
    while (to < datasets.count && to - from < 500 && size < batchSize) {
      size += at(datasets.blockStart, to + 1) - at(datasets.blockStart, to) + at(datasets.files, to);
      to++;
    }
    yield { names: datasets.name.slice(from, to), from, to };
    from = to;
  }
}

async function hasRows(reader: RawReader, table: string): Promise<boolean> {
  return (await all(reader, `select 1 from ${table} limit 1`, [])).length > 0;
}

async function all(reader: RawReader, sql: string, values: readonly string[]): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  await reader.each(sql, values, (row) => rows.push(row));
  return rows;
}

/** RFC 3339, remembering the last one: neighbouring rows often have the same time. */
function timeFormat(): (seconds: number) => string {
  let lastSeconds = Number.NaN;
  let lastText = '';
  return (seconds) => {
    if (seconds !== lastSeconds) {
      lastSeconds = seconds;
      lastText = formatTime(seconds);
    }
    return lastText;
  };
}
