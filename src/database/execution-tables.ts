/**
 * Types of the tables of execution and of the loop's memory (`migrations/0002-execution.ts` makes them).
 *
 * Sites, datasets, blocks and owners stand here by name: what was done outlives the inventory, whose ids change with
 * every import. Times are seconds since the epoch, sizes bytes, flags 0 or 1.
 */
import type { Generated } from 'kysely';
import type { Flag } from './inventory-tables.js';

/** States of actions; tasks have the same but `held`. */
export type ActionState = 'planned' | 'ready' | 'running' | 'retrying' | 'held' | 'done' | 'failed' | 'cancelled';

export type TaskState = Exclude<ActionState, 'planned' | 'held'>;

export interface ExecutionTables {
  actions: {
    id: string;
    /** With `epoch` the identity of the action (I8). */
    action_key: string;
    epoch: number;
    type: 'reassign' | 'copy' | 'delete';
    dataset: string;
    /** JSON list of block names, sorted; null: the whole dataset replica. */
    blocks: string | null;
    site: string;
    /** JSON list of sites. */
    sources: string;
    owner: string;
    bytes: number;
    files: number;
    cause: string;
    rule_kind: string;
    rule_name: string;
    rule_id: string | null;
    rule_file: string;
    rule_line: number;
    rule_hash: string;
    reason: string;
    commit_id: string | null;
    commit_author: string | null;
    /** The cycle that recorded it. */
    cycle: number;
    plan_digest: string;
    state: ActionState;
    held_code: string | null;
    held_message: string | null;
    /** Set once it is to be called off; it becomes `cancelled` when nothing of it is under way any more. */
    cancel_reason: string | null;
    /** Why it failed. */
    error: string | null;
    priority: number;
    activity: string | null;
    /** Not started before; 0: at once. */
    not_before: number;
    created: number;
    started: number | null;
    finished: number | null;
    /** 1: its tasks are recorded. */
    expanded: Flag;
    /** What a deletion took out of the inventory, as JSON: put back in case it is called off half-way. */
    removed: string | null;
  };
  tasks: {
    /** Of the action and `seq`. */
    id: string;
    action: string;
    seq: number;
    type: 'copy' | 'delete';
    dataset: string;
    block: string;
    /** Logical file name. */
    file: string;
    size: number;
    adler32: string | null;
    md5: string | null;
    sha256: string | null;
    /** Destination of a copy, place of a deletion. */
    site: string;
    url: string;
    root: string | null;
    source_site: string | null;
    source_url: string | null;
    source_root: string | null;
    state: TaskState;
    priority: number;
    attempts: number;
    not_before: number;
    /** Of the attempt under way or the last one; committed before the plugin is called. */
    idempotency_key: string | null;
    /** Attempts that were submitted together share it. */
    batch: string | null;
    plugin: string | null;
    external_id: string | null;
    /** When the plugin took it over. */
    submitted_at: number | null;
    finished: number | null;
    /** JSON list of {@link TaskError}. */
    errors: string;
    /** JSON object: per source site how often it failed, and whether it is out for good. */
    failed_sources: string;
  };
  cycles: {
    id: Generated<number>;
    started: number;
    finished: number | null;
    outcome: 'running' | 'done' | 'failed' | 'stopped';
    /** The clock it planned at. */
    clock: number;
    commit_id: string | null;
    tree: string | null;
    ref: string | null;
    author: string | null;
    committed_at: string | null;
    digest: string | null;
    generation: number | null;
    /** JSON, `Plan.summary`. */
    summary: string | null;
    error: string | null;
  };
  /** What was taken out of the inventory by deletions, for guard windows and the shrink check. */
  deletions: {
    action: string;
    dataset: string;
    site: string;
    /** When it was taken out of the inventory. */
    at: number;
    /** When the files were gone; null while the deletion is open. */
    finished: number | null;
    block_replicas: number;
    bytes: number;
  };
  /** `id` is a hash of the rest: the names together are too long for a key. */
  required_marks: { id: string; placement: string; dataset: string; site: string };
  deferred_needs: { id: string; placement: string; dataset: string };
  site_states: { site: string; state: string; since: number };
  approvals: { hash: string; who: string; why: string; created: number; expires: number };
  /** Single values that the loop remembers, as JSON. */
  loop_state: { name: string; value: string };
}
