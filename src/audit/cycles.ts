/** Past cycles and the commits they ran. */
import type { Kysely } from 'kysely';
import { type CycleRow, listCycles } from '../database/cycles.js';
import type { Schema } from '../database/index.js';
import type { CycleRecord, CycleSummary } from './records.js';

/** The latest cycles, newest first. */
export async function readCycles(db: Kysely<Schema>, limit: number): Promise<CycleRecord[]> {
  return (await listCycles(db, limit)).map(cycleRecord);
}

export function cycleRecord(row: CycleRow): CycleRecord {
  return {
    id: row.id,
    started: row.started,
    finished: row.finished,
    outcome: row.outcome,
    clock: row.clock,
    commit: row.commit_id,
    ref: row.ref,
    author: row.author,
    committedAt: row.committed_at,
    digest: row.digest,
    generation: row.generation === null ? null : Number(row.generation),
    // Written by this program only: the summary of a plan.
    summary: row.summary === null ? null : (JSON.parse(row.summary) as CycleSummary),
    error: row.error,
  };
}
