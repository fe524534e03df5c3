/**
 * The first step of actions: ownership changes are done here and now, deletions take their data out of the inventory,
 * copies get their tasks.
 */
import type { Transaction } from 'kysely';
import {
  type ActionRow,
  type BlockFacts,
  blockFacts,
  blocksOf,
  changeAction,
  countUnfinishedTasks,
  endSubscription,
  findAction,
  findDataset,
  inventoryGeneration,
  listActions,
  loadDatasetSnapshot,
  loadOpenActions,
  lockDataset,
  openStates,
  reassignBlockReplicas,
  removeBlockReplicas,
  type Schema,
} from '../database/index.js';
import { completeBlocks, type RemovedReplica } from './block-outcome.js';
import type { Execution } from './execution.js';
import { insertTasksOf, materialOf, type Obstacle, obstacleOf } from './expand.js';
import { overlap } from './record-plan.js';
import { canDelete, isDestination } from './site.js';

/** Actions looked at in one pass. */
const window = 1000;

/** Starts what can be started. @returns whether anything changed */
export async function startActions(execution: Execution): Promise<boolean> {
  const { kysely } = execution.database;
  let waiting = await countUnfinishedTasks(kysely);
  let changed = false;
  for (const type of ['reassign', 'delete', 'copy'] as const) {
    const planned = await listActions(kysely, {
      states: ['planned', 'ready', 'running', 'retrying'],
      types: [type],
      startableAt: execution.now(),
      limit: window,
    });
    for (const action of planned) {
      if (type !== 'reassign') {
        if (waiting >= execution.options.limits.waitingTasks) break;
        if (type === 'delete' && action.started === null && execution.newDeletionsBlocked() !== null) continue;
        if (await waitsForOpposite(execution, action)) continue;
      }
      changed = (await starters[type](execution, action)) || changed;
      waiting += action.files;
    }
  }
  return changed;
}

const starters = { reassign, delete: startDeletion, copy: startCopy };

/** An opposite action on the same data that is being called off must be over first. */
async function waitsForOpposite(execution: Execution, action: ActionRow): Promise<boolean> {
  const others = await listActions(execution.database.kysely, {
    states: openStates,
    types: [action.type === 'copy' ? 'delete' : 'copy'],
    dataset: action.dataset,
    site: action.site,
  });
  return others.some((other) => other.cancel_reason !== null && overlap(blocksOf(other), blocksOf(action)));
}

async function finish(execution: Execution, action: ActionRow, reason: string | null): Promise<void> {
  const state = reason === null ? 'done' : 'cancelled';
  const now = execution.now();
  await execution.write((trx) =>
    changeAction(trx, action.id, {
      state,
      cancel_reason: reason,
      finished: now,
      started: action.started ?? now,
    }),
  );
  execution.tell(action, state, reason);
}

async function stop(execution: Execution, action: ActionRow, obstacle: Obstacle): Promise<boolean> {
  if (obstacle.state === 'cancelled') await finish(execution, action, obstacle.reason);
  else await execution.hold(action, obstacle.code, obstacle.message);
  return true;
}

async function reassign(execution: Execution, action: ActionRow): Promise<boolean> {
  const { database } = execution;
  const now = execution.now();
  const outcome = await database.transaction(async (trx) => {
    const known = await lockDataset(trx, action.dataset);
    const dataset = await findDataset(trx, action.dataset);
    if (!known || dataset === undefined) return null;
    const before = await inventoryGeneration(trx);
    const present = (await blockFacts(trx, dataset.id, action.site, blocksOf(action))).filter(
      (b) => b.replica !== null,
    );
    if (present.length === 0) return null;
    await reassignBlockReplicas(trx, {
      dataset: action.dataset,
      site: action.site,
      blocks: present.map((block) => block.name),
      owner: action.owner,
      at: now,
    });
    await changeAction(trx, action.id, { state: 'done', started: now, finished: now, expanded: 1 });
    return { before, after: await inventoryGeneration(trx) };
  });
  if (outcome === null) {
    await finish(execution, action, 'there is nothing of it at the site any more');
    return true;
  }
  execution.changedInventory(outcome.before, outcome.after);
  execution.tell(action, 'done');
  return true;
}

async function startCopy(execution: Execution, action: ActionRow): Promise<boolean> {
  const site = execution.run.sites.get(action.site);
  if (!isDestination(site)) {
    await execution.hold(action, 'site-unavailable', `Site ${action.site} is ${site?.state ?? 'not declared'}`);
    return true;
  }
  const material = await materialOf(execution, action);
  if ('state' in material) return await stop(execution, action, material);
  const needed = material.blocks.filter((block) => block.replica?.complete !== true);
  const obstacle = await obstacleOf(execution, action, needed);
  if (obstacle !== null) return await stop(execution, action, obstacle);
  await insertTasksOf(execution, action, needed);
  await completeBlocks(
    execution,
    action,
    needed.filter((block) => block.files === 0).map((block) => block.name),
  );
  execution.tell(action, 'ready');
  execution.touched.add(action.id);
  return true;
}

async function startDeletion(execution: Execution, action: ActionRow): Promise<boolean> {
  const site = execution.run.sites.get(action.site);
  if (!canDelete(site)) {
    await execution.hold(action, 'site-unavailable', `Site ${action.site} is ${site?.state ?? 'not declared'}`);
    return true;
  }
  const material = await materialOf(execution, action);
  if ('state' in material) return await stop(execution, action, material);
  // What was taken out of the inventory by an attempt that was cut short is known from the action itself.
  const taken = new Set(removedOf(action).map((row) => row.block));
  const wanted = material.blocks.filter((block) => block.replica !== null || taken.has(block.name));
  if (wanted.length === 0) {
    return await stop(execution, action, { state: 'cancelled', reason: 'there is nothing of it at the site any more' });
  }
  const obstacle = await obstacleOf(execution, action, wanted);
  if (obstacle !== null) return await stop(execution, action, obstacle);
  if (action.started === null) {
    const begun = await execution.database.transaction((trx) => takeOut(execution, trx, action));
    if (begun.state === 'moved') {
      execution.inventoryMoved();
      return false;
    }
    if (begun.state === 'gone') return true;
    if (begun.state === 'held') {
      execution.tell(action, 'held', begun.message);
      return true;
    }
    execution.changedInventory(begun.before, begun.after);
    await insertTasksOf(execution, action, begun.blocks);
  } else {
    await insertTasksOf(execution, action, wanted);
  }
  execution.tell(action, 'running');
  execution.touched.add(action.id);
  return true;
}

type TakeOut =
  | { readonly state: 'begun'; readonly blocks: readonly BlockFacts[]; readonly before: number; readonly after: number }
  /** The inventory is not the one it was planned against. */
  | { readonly state: 'moved' }
  | { readonly state: 'held'; readonly message: string }
  | { readonly state: 'gone' };

/**
 * The point of no return: checks the invariants against the rows as they are and, in the same transaction, takes the
 * block replicas out of the inventory, so that nothing else counts on them.
 */
async function takeOut(execution: Execution, trx: Transaction<Schema>, given: ActionRow): Promise<TakeOut> {
  const now = execution.now();
  const { check } = execution.run;
  const known = await lockDataset(trx, given.dataset);
  const action = await findAction(trx, given.id);
  const dataset = await findDataset(trx, given.dataset);
  if (action === undefined || action.state !== given.state || action.cancel_reason !== null) return { state: 'gone' };
  if (!known || dataset === undefined || check === null) return { state: 'moved' };
  const before = await inventoryGeneration(trx);
  if (!execution.isOurs(before)) return { state: 'moved' };
  const blocks = (await blockFacts(trx, dataset.id, action.site, blocksOf(action))).filter((b) => b.replica !== null);
  if (blocks.length === 0) return { state: 'moved' };

  const openActions = (await loadOpenActions(trx, action.dataset)).filter((other) => other.id !== action.id);
  const memory = check.memory(action.dataset, openActions);
  const snapshot = await loadDatasetSnapshot(trx, action.dataset, { clock: now, memory });
  if (snapshot === null) return { state: 'moved' };
  const names = blocks.map((block) => block.name);
  const held = check.refuse(snapshot, {
    dataset: action.dataset,
    site: action.site,
    blocks: names,
    rule: {
      kind: action.rule_kind,
      name: action.rule_name,
      id: action.rule_id,
      file: action.rule_file,
      line: action.rule_line,
    },
  });
  if (held !== null) {
    await changeAction(trx, action.id, { state: 'held', held_code: held.code, held_message: held.message });
    return { state: 'held', message: held.message };
  }

  await removeBlockReplicas(trx, { dataset: action.dataset, site: action.site, blocks: names, at: now });
  const left = (await blockFacts(trx, dataset.id, action.site, null)).some((block) => block.replica !== null);
  if (!left) await endSubscription(trx, { dataset: action.dataset, site: action.site, at: now });
  const removed = blocks.flatMap((block): RemovedReplica[] =>
    block.replica === null ? [] : [{ block: block.name, ...block.replica }],
  );
  await trx
    .insertInto('deletions')
    .values({
      action: action.id,
      dataset: action.dataset,
      site: action.site,
      at: now,
      finished: null,
      block_replicas: removed.length,
      bytes: removed.reduce((sum, row) => sum + row.size, 0),
    })
    .execute();
  await changeAction(trx, action.id, { state: 'running', started: now, removed: JSON.stringify(removed) });
  return { state: 'begun', blocks, before, after: await inventoryGeneration(trx) };
}

export function removedOf(action: Pick<ActionRow, 'removed'>): readonly RemovedReplica[] {
  // Written by takeOut only.
  return action.removed === null ? [] : (JSON.parse(action.removed) as RemovedReplica[]);
}
