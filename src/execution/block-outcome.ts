/**
 * What the inventory is told when blocks of an action are finished, or when an action ends half-way: it must say what
 * is really there, no more and no less.
 */
import type { Transaction } from 'kysely';
import {
  type ActionRow,
  type BlockReplicaState,
  completeBlockReplicas,
  inventoryGeneration,
  listTasks,
  lockDataset,
  type Schema,
  setBlockReplicas,
  tallyBlocks,
} from '../database/index.js';
import type { Execution } from './execution.js';

/** A block replica as it was when a deletion took it out of the inventory. */
export interface RemovedReplica {
  readonly block: string;
  readonly owner: string;
  readonly size: number;
  readonly complete: boolean;
  readonly custodial: boolean;
  readonly managed: boolean;
}

/** Blocks of a copy become complete at its site: every file of them is verified there. */
export async function completeBlocks(execution: Execution, action: ActionRow, done: readonly string[]): Promise<void> {
  const { database } = execution;
  if (done.length === 0) return;
  const outcome = await database.transaction(async (trx) => {
    if (!(await lockDataset(trx, action.dataset))) return null;
    const before = await inventoryGeneration(trx);
    await completeBlockReplicas(trx, {
      dataset: action.dataset,
      site: action.site,
      blocks: done,
      owner: action.owner,
      at: execution.now(),
    });
    return { before, after: await inventoryGeneration(trx) };
  });
  if (outcome !== null) execution.changedInventory(outcome.before, outcome.after);
}

/** A copy ended with blocks of which some files are there: they are recorded as incomplete, so that they can be used or deleted. */
export async function recordPartialBlocks(trx: Transaction<Schema>, action: ActionRow, at: number): Promise<void> {
  const tallies = await tallyBlocks(trx, action.id);
  const partial = new Map(
    tallies.filter(({ tasks, done }) => done > 0 && done < tasks).map((tally) => [tally.block, tally]),
  );
  if (partial.size === 0) return;
  const files = await listTasks(trx, { action: action.id, states: ['done'] });
  await setBlockReplicas(
    trx,
    action.dataset,
    action.site,
    [...partial.values()].map(({ block, bytes }) => ({
      block,
      owner: action.owner,
      size: bytes,
      complete: false,
      custodial: false,
      managed: true,
      files: files.filter((task) => task.block === block).map((task) => task.file),
    })),
    at,
  );
}

/**
 * A deletion ended half-way: what it did not delete goes back into the inventory, complete where no file of the block
 * was deleted. @returns block replicas and bytes that are back
 */
export async function putBack(
  trx: Transaction<Schema>,
  action: ActionRow,
  removed: readonly RemovedReplica[],
  at: number,
): Promise<{ readonly blockReplicas: number; readonly bytes: number }> {
  const tallies = new Map((await tallyBlocks(trx, action.id)).map((tally) => [tally.block, tally]));
  const left = await listTasks(trx, { action: action.id, states: ['failed', 'cancelled', 'ready', 'retrying'] });
  const rows = removed.flatMap((row): BlockReplicaState[] => {
    const tally = tallies.get(row.block);
    if (tally === undefined || tally.done === 0) return [{ ...row, files: null }];
    const files = left.filter((task) => task.block === row.block);
    if (files.length === 0) return [];
    const size = files.reduce((sum, task) => sum + task.size, 0);
    return [{ ...row, size, complete: false, files: files.map((task) => task.file) }];
  });
  await setBlockReplicas(trx, action.dataset, action.site, rows, at);
  return { blockReplicas: rows.length, bytes: rows.reduce((sum, row) => sum + row.size, 0) };
}
