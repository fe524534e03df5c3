/**
 * What the loop remembers from one cycle to the next, beside the inventory: it is part of the snapshot, so that planning
 * has no hidden input, and it is written in the same transaction as the actions of the plan it came from.
 */
import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { compareBytes } from '../order.js';
import type { LoopMemory, OpenAction } from '../snapshot/snapshot.js';
import { blocksOf, listActions, openStates, sourcesOf } from './actions.js';
import type { Database } from './connection.js';
import { isPassing, withRetries } from './retry.js';
import type { Schema } from './schema.js';

/** Deletions are remembered for planning at least this long (seconds). */
const shortestHistory = 7 * 86_400;

export interface MemoryOptions {
  /** Seconds since the epoch. */
  readonly clock: number;
  /** Why the desired state is not the verified current one (I7), or null when it is. */
  readonly sourceDoubt: string | null;
  /** The longest guard window, seconds. */
  readonly deletionWindow?: number | undefined;
}

export interface Mark {
  readonly placement: string;
  readonly dataset: string;
  readonly site: string;
}

export interface DeferredNeed {
  readonly placement: string;
  readonly dataset: string;
}

/** Reads everything that a plan needs to know of the past; again where the database was away. */
export async function loadMemory(db: Database, options: MemoryOptions): Promise<LoopMemory> {
  return await withRetries(() => readMemory(db.kysely, options), { when: isPassing, patience: db.patience });
}

async function readMemory(kysely: Kysely<Schema>, options: MemoryOptions): Promise<LoopMemory> {
  const openActions = await loadOpenActions(kysely);
  const finished = await kysely
    .selectFrom('actions')
    .select(['action_key', (eb) => eb.fn.countAll<number | string>().as('count')])
    .where('state', 'in', ['done', 'failed', 'cancelled'])
    .groupBy('action_key')
    .orderBy('action_key')
    .execute();
  const deletions = await kysely
    .selectFrom('deletions')
    .select(['finished', 'dataset', 'site', 'bytes'])
    .where('finished', '>', options.clock - Math.max(shortestHistory, options.deletionWindow ?? 0))
    .execute();
  const states = await kysely.selectFrom('site_states').selectAll().orderBy('site').execute();
  const approvals = await kysely
    .selectFrom('approvals')
    .select(['hash', 'expires'])
    .where('expires', '>', options.clock)
    .orderBy('hash')
    .execute();
  return {
    openActions,
    finishedActions: new Map(finished.map((row) => [row.action_key, Number(row.count)])),
    requiredMarks: (await kysely.selectFrom('required_marks').select(['placement', 'dataset', 'site']).execute()).sort(
      compareMarks,
    ),
    deferred: (await kysely.selectFrom('deferred_needs').select(['placement', 'dataset']).execute()).sort(
      (a, b) => compareBytes(a.placement, b.placement) || compareBytes(a.dataset, b.dataset),
    ),
    deletions: deletions
      .map((row) => ({
        at: row.finished ?? 0,
        dataset: row.dataset,
        site: row.site,
        bytes: Number(row.bytes),
      }))
      .sort((a, b) => a.at - b.at || compareBytes(a.dataset, b.dataset) || compareBytes(a.site, b.site)),
    siteStates: new Map(states.map((row) => [row.site, { state: row.state, since: row.since }])),
    approvals: approvals.map((row) => ({ hash: row.hash, expires: row.expires })),
    placements: (await readLoopState<LoopMemory['placements']>(kysely, 'placements')) ?? [],
    endings: (await readLoopState<LoopMemory['endings']>(kysely, 'endings')) ?? [],
    moves: (await readLoopState<LoopMemory['moves']>(kysely, 'moves')) ?? [],
    baseline: await loadBaseline(kysely),
    sourceDoubt: options.sourceDoubt,
    inventoryAt: null,
  };
}

/** Actions that are recorded and not finished, by id; of one dataset, where it is given. */
export async function loadOpenActions(db: Kysely<Schema>, dataset?: string): Promise<OpenAction[]> {
  const actions = await listActions(db, { states: openStates, dataset });
  let started = db
    .selectFrom('tasks')
    .innerJoin('actions', 'actions.id', 'tasks.action')
    .select('tasks.action')
    .distinct()
    .where('actions.state', 'in', [...openStates])
    .where('tasks.attempts', '>', 0);
  if (dataset !== undefined) started = started.where('actions.dataset', '=', dataset);
  const ids = new Set((await started.execute()).map((row) => row.action));
  return actions
    .map(
      (row): OpenAction => ({
        id: row.id,
        type: row.type,
        dataset: row.dataset,
        site: row.site,
        owner: row.owner,
        blocks: blocksOf(row),
        sources: sourcesOf(row),
        held: row.state === 'held' ? row.held_code : null,
        started: ids.has(row.id),
        rule: { kind: row.rule_kind, name: row.rule_name, id: row.rule_id, file: row.rule_file, line: row.rule_line },
        ruleHash: row.rule_hash,
      }),
    )
    .sort((a, b) => compareBytes(a.id, b.id));
}

interface Baseline {
  readonly replicas: number;
  readonly bytes: number;
  /** Seconds. */
  readonly at: number;
  readonly generation: number;
}

/** What the inventory held when it was last recorded, less what deletions took out since. */
async function loadBaseline(db: Kysely<Schema>): Promise<LoopMemory['baseline']> {
  const stored = await readLoopState<Baseline>(db, 'baseline');
  const state = await db.selectFrom('inventory_state').select('shrink_accepted').where('id', '=', 1).executeTakeFirst();
  const accepted = Number(state?.shrink_accepted ?? 0);
  // Whatever the inventory holds since a person accepted it is what it should hold.
  if (stored === null || accepted > stored.generation) return null;
  const since = await db
    .selectFrom('deletions')
    .select((eb) => [
      eb.fn.sum<number | string | null>('block_replicas').as('replicas'),
      eb.fn.sum<number | string | null>('bytes').as('bytes'),
    ])
    .where('at', '>=', stored.at)
    .executeTakeFirst();
  return {
    replicas: Math.max(0, stored.replicas - Number(since?.replicas ?? 0)),
    bytes: Math.max(0, stored.bytes - Number(since?.bytes ?? 0)),
  };
}

/** Remembers what the inventory holds now (block replicas and their bytes): the next cycle must not find much less. */
export async function saveBaseline(db: Kysely<Schema>, at: number): Promise<void> {
  const state = await db
    .selectFrom('inventory_state')
    .select(['block_replicas', 'bytes', 'generation'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  const baseline: Baseline = {
    replicas: Number(state.block_replicas),
    bytes: Number(state.bytes),
    at,
    generation: Number(state.generation),
  };
  await writeLoopState(db, 'baseline', baseline);
}

/** Replaces what placements require by what the latest plan says. */
export async function saveMarks(db: Kysely<Schema>, marks: readonly Mark[]): Promise<void> {
  const wanted = new Map(marks.map((mark) => [hash(mark.placement, mark.dataset, mark.site), mark]));
  const present = await db.selectFrom('required_marks').select('id').execute();
  const gone = present.map((row) => row.id).filter((id) => !wanted.delete(id));
  for (const ids of chunks(gone)) await db.deleteFrom('required_marks').where('id', 'in', ids).execute();
  for (const rows of chunks([...wanted].map(([id, mark]) => ({ id, ...mark })))) {
    await db.insertInto('required_marks').values(rows).execute();
  }
}

/** Replaces the needs that wait for room by those of the latest plan. */
export async function saveDeferred(db: Kysely<Schema>, needs: readonly DeferredNeed[]): Promise<void> {
  const wanted = new Map(needs.map((need) => [hash(need.placement, need.dataset), need]));
  const present = await db.selectFrom('deferred_needs').select('id').execute();
  const gone = present.map((row) => row.id).filter((id) => !wanted.delete(id));
  for (const ids of chunks(gone)) await db.deleteFrom('deferred_needs').where('id', 'in', ids).execute();
  for (const rows of chunks([...wanted].map(([id, need]) => ({ id, ...need })))) {
    await db.insertInto('deferred_needs').values(rows).execute();
  }
}

/** Keeps since when each site is in its state; sites that are no longer declared are forgotten. */
export async function saveSiteStates(
  db: Kysely<Schema>,
  states: ReadonlyMap<string, string>,
  clock: number,
): Promise<void> {
  const present = await db.selectFrom('site_states').selectAll().execute();
  for (const row of present) {
    const state = states.get(row.site);
    if (state === undefined) await db.deleteFrom('site_states').where('site', '=', row.site).execute();
    else if (state !== row.state) {
      await db.updateTable('site_states').set({ state, since: clock }).where('site', '=', row.site).execute();
    }
  }
  const known = new Set(present.map((row) => row.site));
  const added = [...states]
    .filter(([site]) => !known.has(site))
    .map(([site, state]) => ({ site, state, since: clock }));
  for (const rows of chunks(added)) await db.insertInto('site_states').values(rows).execute();
}

export async function saveApproval(
  db: Kysely<Schema>,
  approval: {
    readonly hash: string;
    readonly who: string;
    readonly why: string;
    readonly created: number;
    readonly expires: number;
  },
): Promise<void> {
  await db.deleteFrom('approvals').where('hash', '=', approval.hash).execute();
  await db.insertInto('approvals').values(approval).execute();
}

/** A value stored by {@link writeLoopState}, or null. */
export async function readLoopState<T>(db: Kysely<Schema>, name: string): Promise<T | null> {
  const row = await db.selectFrom('loop_state').select('value').where('name', '=', name).executeTakeFirst();
  // Written by this program only.
  return row === undefined ? null : (JSON.parse(row.value) as T);
}

export async function writeLoopState(db: Kysely<Schema>, name: string, value: unknown): Promise<void> {
  await db.deleteFrom('loop_state').where('name', '=', name).execute();
  await db
    .insertInto('loop_state')
    .values({ name, value: JSON.stringify(value) })
    .execute();
}

function compareMarks(a: Mark, b: Mark): number {
  return compareBytes(a.placement, b.placement) || compareBytes(a.dataset, b.dataset) || compareBytes(a.site, b.site);
}

function hash(...names: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(names)).digest('hex');
}

/** Statements take a bounded number of parameters. */
function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let i = 0; i < rows.length; i += 200) yield rows.slice(i, i + 200);
}
