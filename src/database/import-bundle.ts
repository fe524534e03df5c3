/** Bringing a bundle into the database: all of it or nothing. */

import { messageOf, StatorError } from '../error.js';
import {
  BlockTable,
  type BundleCounts,
  type DatasetRow,
  type PreviousInventory,
  readBundle,
} from '../snapshot/index.js';
import { openBundle } from './bundle-files.js';
import { ProblemCollector } from './bundle-problems.js';
import type { Database } from './connection.js';
import { withMysqlTarget } from './import-mysql.js';
import { withSqliteTarget } from './import-sqlite.js';
import {
  type ImportedState,
  type ImportTarget,
  type ImportTargetOptions,
  OutdatedMergeError,
} from './import-target.js';
import { InventoryWriter, type KnownIds, noKnownIds, type RowStore } from './inventory-writer.js';
import { datasetRow } from './load-snapshot.js';
import type { RawReader } from './raw-reader.js';
import { isAbsence, isTooLarge } from './retry.js';

export interface ImportOptions {
  /** Seconds since the epoch: when the inventory counts as changed. */
  readonly clock: number;
  /** Add and update instead of replacing. What a dataset or block row leaves out keeps its value. */
  readonly merge?: boolean;
  /** A file for the rows that are left out; without it a broken row refuses the bundle. */
  readonly skipInvalid?: string | undefined;
  /** Datasets, blocks or replicas may be empty. */
  readonly allowEmpty?: boolean;
  /** New block replicas are not the loop's to delete (I10). Those that were there keep their flag either way. */
  readonly unmanaged?: boolean;
  /** A person says that the inventory may be as small as it now is. */
  readonly acceptShrink?: boolean;
  /** Told after every few thousand lines. */
  readonly progress?: (progress: { readonly bytesRead: number; readonly bytes: number }) => void;
}

export interface ImportResult {
  /** False where the inventory was the same already: then not even its generation is another. */
  readonly changed: boolean;
  readonly generation: number;
  readonly completeness: 'complete' | 'partial';
  /** Rows imported per table. */
  readonly rows: BundleCounts;
  /** Rows left out. */
  readonly skipped: number;
}

/** How often a merge starts again when others change the inventory while it reads. */
const mergeAttempts = 5;

/**
 * Imports a bundle: streaming, and so that others see all of it or nothing. The inventory is replaced, or merged into.
 * The same bundle again changes nothing.
 *
 * An import that left out rows makes the inventory partial, from which nothing is deleted, until a complete one comes:
 * what was left out is not known to be gone.
 *
 * @throws BundleError with every broken row; StatorError `no-bundle`, `ambiguous-bundle`, `import-running`,
 *   `database-lost`, `transaction-too-large`
 */
export async function importBundle(db: Database, directory: string, options: ImportOptions): Promise<ImportResult> {
  const target: ImportTargetOptions = {
    mode: options.merge === true ? 'merge' : 'replace',
    managed: options.unmanaged !== true,
  };
  const work = (opened: ImportTarget) => importInto(opened, target, directory, options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await (db.dialect === 'sqlite' ? withSqliteTarget(db, target, work) : withMysqlTarget(db, target, work));
    } catch (error) {
      if (isAbsence(error)) throw importLost(error);
      if (isTooLarge(error)) throw tooLarge(error);
      if (!(error instanceof OutdatedMergeError) || attempt === mergeAttempts) throw error;
    }
  }
}

function importLost(error: unknown): StatorError {
  return new StatorError({
    code: 'database-lost',
    what: `the database went away during the import: ${messageOf(error).split('\n')[0]}`,
    todo: 'import again when it is back: the inventory is the old one or the new one, never a part, and the same bundle twice changes nothing',
    actBy: 'admin',
    cause: error,
  });
}

function tooLarge(error: unknown): StatorError {
  return new StatorError({
    code: 'transaction-too-large',
    what: `the cluster does not take a transaction of this size: ${messageOf(error)}`,
    where: 'wsrep_max_ws_size, wsrep_max_ws_rows',
    todo: 'raise the limit at every node, merge in smaller bundles, or import without --merge; nothing was imported',
    actBy: 'admin',
    cause: error,
  });
}

async function importInto(
  target: ImportTarget,
  { mode, managed }: ImportTargetOptions,
  directory: string,
  options: ImportOptions,
): Promise<ImportResult> {
  const bundle = await openBundle(directory);
  const before = await readState(target.reader);
  const previous = mode === 'merge' ? await readPrevious(target.reader) : null;
  const store: RowStore = {
    writer: (table) => target.writer(table),
    drain: () => {
      options.progress?.({ bytesRead: bundle.bytesRead(), bytes: bundle.bytes });
      return target.drain();
    },
  };
  const writer = new InventoryWriter(store, managed, previous?.ids ?? noKnownIds);
  const problems = new ProblemCollector(directory, options.skipInvalid);
  let rows: BundleCounts;
  try {
    rows = await readBundle(bundle.files, writer, {
      allowEmpty: options.allowEmpty ?? false,
      skipInvalid: options.skipInvalid !== undefined,
      onProblem: problems.add,
      ...(previous === null ? {} : { previous: previous.inventory }),
    });
  } finally {
    problems.close();
  }
  problems.refuse();

  const { skipped } = problems;
  const kept = mode === 'merge' ? before : { completeness: 'complete' as const, reason: null };
  const { completeness, reason } =
    skipped === 0
      ? kept
      : {
          completeness: 'partial' as const,
          reason: `${skipped} ${skipped === 1 ? 'row' : 'rows'} of the imported bundle were left out`,
        };
  const sameCompleteness = completeness === before.completeness && reason === before.reason;
  const after: ImportedState = {
    generation: before.generation + 1,
    completeness,
    reason,
    digest: mode === 'merge' ? null : writer.digest.hex(),
    shrinkAccepted: options.acceptShrink === true ? before.generation + 1 : before.shrinkAccepted,
    updatedAt: options.clock,
  };
  let changed: boolean;
  let { generation } = after;
  if (mode === 'merge') {
    changed = await target.merge(after, !sameCompleteness);
  } else {
    changed = !(sameCompleteness && before.digest === after.digest && before.digestGeneration === before.generation);
    if (changed) generation = await target.replace(after, writer.totals);
  }
  if (!changed && options.acceptShrink === true && before.shrinkAccepted !== before.generation) {
    await target.acceptShrink(before.generation);
  }
  return {
    changed,
    generation: changed ? generation : before.generation,
    completeness,
    rows,
    skipped,
  };
}

interface StateBefore {
  readonly generation: number;
  readonly completeness: 'complete' | 'partial';
  readonly reason: string | null;
  readonly digest: string | null;
  readonly digestGeneration: number | null;
  readonly shrinkAccepted: number | null;
}

async function readState(reader: RawReader): Promise<StateBefore> {
  let state: StateBefore | undefined;
  await reader.each(
    'select generation, completeness, reason, digest, digest_generation, shrink_accepted from inventory_state where id = 1',
    [],
    ([generation, completeness, reason, digest, digestGeneration, shrinkAccepted]) => {
      state = {
        generation: Number(generation),
        completeness: completeness === 'complete' ? 'complete' : 'partial',
        reason: reason as string | null,
        digest: digest as string | null,
        digestGeneration: digestGeneration as number | null,
        shrinkAccepted: shrinkAccepted as number | null,
      };
    },
  );
  if (state === undefined) throw new Error('inventory_state has lost its row');
  return state;
}

/** What a merge must know of the inventory: names, ids, and the values that rows may leave out. */
async function readPrevious(reader: RawReader): Promise<{ inventory: PreviousInventory; ids: KnownIds }> {
  const sites = await readIds(reader, 'sites');
  const owners = await readIds(reader, 'owners');
  const datasets: DatasetRow[] = [];
  const datasetIds: number[] = [];
  const positions = new Map<number, number>();
  await reader.each(
    'select id, name, status, type, open, created, last_update, tape_requested, copy_requested, labels from datasets',
    [],
    (row) => {
      positions.set(row[0] as number, datasets.length);
      datasetIds.push(row[0] as number);
      datasets.push(datasetRow(row));
    },
  );
  const blocks = new BlockTable();
  const blockIds: number[] = [];
  await reader.each('select id, dataset, name, size, files, open, last_update from blocks', [], (row) => {
    const dataset = positions.get(row[1] as number);
    if (dataset === undefined) throw new Error(`block ${row[0]} belongs to no dataset`);
    blocks.add(dataset, row[2] as string, row[3] as number, row[4] as number, row[5] === 1, row[6] as number);
    blockIds.push(row[0] as number);
  });
  return { inventory: { datasets, blocks }, ids: { sites, owners, datasets: datasetIds, blocks: blockIds } };
}

async function readIds(reader: RawReader, table: 'sites' | 'owners'): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  await reader.each(`select id, name from ${table}`, [], ([id, name]) => ids.set(name as string, id as number));
  return ids;
}
