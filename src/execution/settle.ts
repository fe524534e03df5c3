/**
 * What becomes of an action, from its tasks: finished when all are, failed when one has failed and none is left to try,
 * cancelled when that was asked for and nothing of it is under way.
 */
import {
  type ActionRow,
  type ActionState,
  actionsToSettle,
  blocksToComplete,
  changeAction,
  errorsOf,
  findAction,
  inventoryGeneration,
  listTasks,
  lockDataset,
  tallyTasks,
} from '../database/index.js';
import { completeBlocks, putBack, recordPartialBlocks } from './block-outcome.js';
import type { Execution } from './execution.js';
import { removedOf } from './start-actions.js';

/** Settles what was touched, and all that is being called off. @returns whether any action ended */
export async function settleActions(execution: Execution): Promise<boolean> {
  const { kysely } = execution.database;
  const touched = [...execution.touched].sort();
  execution.touched.clear();
  let ended = false;
  for (const id of touched) {
    const action = await findAction(kysely, id);
    if (action !== undefined && action.expanded === 1) ended = (await settle(execution, action)) || ended;
  }
  return ended;
}

/** Marks what must be looked at when a run begins: an earlier one may have been cut short after its last task. */
export async function touchOpenActions(execution: Execution): Promise<void> {
  for (const id of await actionsToSettle(execution.database.kysely)) execution.touched.add(id);
}

async function settle(execution: Execution, action: ActionRow): Promise<boolean> {
  if (action.finished !== null) return false;
  const { kysely } = execution.database;
  if (action.cancel_reason !== null) {
    const change = { state: 'cancelled' as const, finished: execution.now() };
    await execution.write((trx) =>
      trx
        .updateTable('tasks')
        .set(change)
        .where('action', '=', action.id)
        .where('state', 'in', ['ready', 'retrying'])
        .execute(),
    );
  }
  // Before the blocks are looked at: a task that is done after this only makes more of them complete, so that an action
  // never ends with a block that was not.
  const tally = await tallyTasks(kysely, action.id);
  if (action.type === 'copy') {
    await completeBlocks(execution, action, await blocksToComplete(kysely, action.id, action.dataset, action.site));
  }
  const count = (state: 'ready' | 'running' | 'retrying' | 'failed' | 'cancelled'): number =>
    tally.get(state)?.count ?? 0;
  if (count('running') + count('ready') + count('retrying') === 0) {
    await end(execution, action, count('failed'));
    return true;
  }
  const state: ActionState = count('running') > 0 ? 'running' : count('ready') > 0 ? 'ready' : 'retrying';
  const keepsRunning = action.type === 'delete' && state === 'ready' ? 'running' : state;
  if (action.state !== 'held' && action.state !== keepsRunning) {
    await execution.write((trx) => changeAction(trx, action.id, { state: keepsRunning }));
    execution.tell(action, keepsRunning);
  }
  return false;
}

async function end(execution: Execution, action: ActionRow, failed: number): Promise<void> {
  const { database } = execution;
  const now = execution.now();
  const error = failed === 0 ? null : await summaryOf(execution, action, failed);
  const state: ActionState = action.cancel_reason !== null ? 'cancelled' : failed > 0 ? 'failed' : 'done';
  const outcome = await database.transaction(async (trx) => {
    const known = await lockDataset(trx, action.dataset);
    const before = await inventoryGeneration(trx);
    if (action.type === 'delete') {
      const back =
        state === 'done' || !known
          ? { blockReplicas: 0, bytes: 0 }
          : await putBack(trx, action, removedOf(action), now);
      const removed = removedOf(action);
      await trx
        .updateTable('deletions')
        .set({
          finished: now,
          block_replicas: removed.length - back.blockReplicas,
          bytes: removed.reduce((sum, row) => sum + row.size, 0) - back.bytes,
        })
        .where('action', '=', action.id)
        .execute();
    } else if (state !== 'done' && known) {
      await recordPartialBlocks(trx, action, now);
    }
    await changeAction(trx, action.id, {
      state,
      finished: now,
      started: action.started ?? now,
      error,
      held_code: null,
      held_message: null,
    });
    return { before, after: await inventoryGeneration(trx) };
  });
  if (outcome.after !== outcome.before) execution.changedInventory(outcome.before, outcome.after);
  execution.tell(action, state, action.cancel_reason ?? error);
}

async function summaryOf(execution: Execution, action: ActionRow, failed: number): Promise<string> {
  const [first] = await listTasks(execution.database.kysely, { action: action.id, states: ['failed'], limit: 1 });
  const errors = first === undefined ? [] : errorsOf(first);
  const texts = [
    ...new Set(errors.map((one) => (one.source === null ? one.message : `from ${one.source}: ${one.message}`))),
  ];
  const files = failed === 1 ? 'one file' : `${failed} files`;
  return `${files} failed; ${first?.file ?? ''}: ${texts.join('; ')}`;
}
