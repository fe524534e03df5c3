/** How the loop is: what it last did, what is open, what is wrong and since when. */
import type { Kysely } from 'kysely';
import { countActions } from '../database/actions.js';
import type { Schema } from '../database/index.js';
import { readLoopState } from '../database/loop-memory.js';
import { cycleRecord, readCycles } from './cycles.js';
import type { CycleRecord } from './records.js';

export interface LoopStatus {
  /** The latest cycle, or null where none ever ran. */
  readonly lastCycle: CycleRecord | null;
  /** The latest cycle that planned and came to its end, or null. */
  readonly lastGoodCycle: CycleRecord | null;
  /** The error of the latest cycle and the time of the first cycle of the unbroken run of failures; null when well. */
  readonly failing: { readonly error: string; readonly since: number; readonly cycles: number } | null;
  readonly actions: {
    readonly open: number;
    readonly running: number;
    readonly retrying: number;
    readonly held: number;
    readonly failed: number;
    readonly done: number;
    readonly cancelled: number;
  };
  readonly inventory: {
    readonly generation: number;
    readonly completeness: string;
    readonly updatedAt: number;
    readonly blockReplicas: number;
    readonly bytes: number;
  };
  /** As the latest plan left them. */
  readonly watermarks: readonly SiteOverWatermark[];
}

export interface SiteOverWatermark {
  readonly site: string;
  readonly partition: string;
  /** Bytes; null: unlimited. */
  readonly quota: number | null;
  readonly used: number;
}

/** Name under which the loop stores the sites over their watermark (`loop_state`). */
export const watermarksState = 'watermarks';

export async function readStatus(db: Kysely<Schema>): Promise<LoopStatus> {
  const lastCycle = (await readCycles(db, 1))[0] ?? null;
  const good = await db
    .selectFrom('cycles')
    .selectAll()
    .where('outcome', '=', 'done')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const lastGoodCycle = good === undefined ? null : cycleRecord(good);
  const counts = await countActions(db);
  const of = (...states: Parameters<typeof counts.get>[0][]): number =>
    states.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
  const inventory = await db.selectFrom('inventory_state').selectAll().where('id', '=', 1).executeTakeFirst();
  return {
    lastCycle,
    lastGoodCycle,
    failing: await failing(db, lastGoodCycle?.id ?? 0),
    actions: {
      open: of('planned', 'ready', 'running', 'retrying', 'held'),
      running: of('running'),
      retrying: of('retrying'),
      held: of('held'),
      failed: of('failed'),
      done: of('done'),
      cancelled: of('cancelled'),
    },
    inventory: {
      generation: Number(inventory?.generation ?? 0),
      completeness: inventory?.completeness === 'partial' ? `partial: ${inventory.reason ?? ''}` : 'complete',
      updatedAt: inventory?.updated_at ?? 0,
      blockReplicas: Number(inventory?.block_replicas ?? 0),
      bytes: Number(inventory?.bytes ?? 0),
    },
    watermarks: (await readLoopState<readonly SiteOverWatermark[]>(db, watermarksState)) ?? [],
  };
}

/** The failures since the last good cycle, if the latest finished cycle is one. */
async function failing(db: Kysely<Schema>, lastGood: number): Promise<LoopStatus['failing']> {
  const failures = await db
    .selectFrom('cycles')
    .select(['started', 'error'])
    .where('id', '>', lastGood)
    .where('outcome', '=', 'failed')
    .orderBy('id')
    .execute();
  const last = failures.at(-1);
  const first = failures[0];
  if (last === undefined || first === undefined) return null;
  return { error: last.error ?? 'no error was recorded', since: first.started, cycles: failures.length };
}
