/**
 * Deletions of files: records the intent, deletes, confirms that the file is absent. Deleting is idempotent, so a task
 * whose fate is unknown after a restart is asked about first, and deleted again only where the file is still there.
 */
import {
  changeTask,
  changeTasks,
  listTasks,
  readyTasks,
  sitesWithReadyTasks,
  type TaskRow,
} from '../database/index.js';
import type { ContainedDeleter } from '../plugin/containment.js';
import type { DeletionJob, PluginFailure } from '../plugin/index.js';
import type { Execution } from './execution.js';
import { holdForPlugin } from './hold-for-plugin.js';
import { canDelete } from './site.js';
import { afterDeletionFailure, appendError } from './task-outcome.js';

interface UnderWay {
  readonly task: TaskRow;
  readonly deleter: ContainedDeleter;
  /** When to look again whether the file is gone, milliseconds of {@link performance.now}. */
  confirmAt: number;
}

export class Deletions {
  readonly #execution: Execution;
  readonly #underWay = new Map<string, UnderWay>();
  /** Deleters with a call that has not returned. */
  readonly #busy = new Set<string>();
  readonly #background: (work: Promise<void>) => void;

  constructor(execution: Execution, background: (work: Promise<void>) => void) {
    this.#execution = execution;
    this.#background = background;
  }

  /** How many deletions this process knows to be under way at deleters that can be asked. */
  get active(): number {
    let count = 0;
    for (const { deleter } of this.#underWay.values()) if (deleter.unavailable() === null) count++;
    return count;
  }

  /** Milliseconds until a file should be looked for again; null where none is under way. */
  untilConfirm(): number | null {
    if (this.#underWay.size === 0) return null;
    const next = Math.min(...[...this.#underWay.values()].map(({ confirmAt }) => confirmAt));
    return Math.max(0, next - performance.now());
  }

  /** Takes up tasks that an earlier process left running. */
  async recover(): Promise<void> {
    const { database, plugins } = this.#execution;
    const running = (await listTasks(database.kysely, { states: ['running'] })).filter(
      (task) => task.type === 'delete',
    );
    const lost = new Map<ContainedDeleter, TaskRow[]>();
    for (const task of running) {
      const key = task.idempotency_key ?? '';
      const deleter = plugins.deleter(task.plugin ?? '');
      if (this.#underWay.has(key)) continue;
      if (deleter === undefined) {
        await holdForPlugin(this.#execution, task, 'no-deleter');
        continue;
      }
      if (deleter.unavailable() !== null || this.#busy.has(deleter.name)) continue;
      const list = lost.get(deleter) ?? [];
      if (list.length < deleter.maxBatch) list.push(task);
      lost.set(deleter, list);
    }
    for (const [deleter, tasks] of lost) {
      this.#busy.add(deleter.name);
      this.#background(this.#settled(deleter, () => this.#find(deleter, tasks)));
    }
  }

  async #find(deleter: ContainedDeleter, tasks: readonly TaskRow[]): Promise<void> {
    const byKey = new Map(tasks.map((task) => [task.idempotency_key, task]));
    for (const answer of await deleter.confirm(tasks.map(jobOf))) {
      const task = byKey.get(answer.key);
      if (task === undefined) continue;
      if (answer.state === 'absent') await this.#done([task]);
      else if (answer.state === 'failed') await this.#failed(task, answer.failure);
      else {
        const message = `attempt ${task.attempts} was interrupted and the file is still there`;
        const errors = appendError(task, { class: 'transient', code: 'plugin', message }, this.#execution.now());
        await this.#execution.write((trx) => changeTask(trx, task.id, { state: 'ready', errors }));
      }
    }
  }

  /** Hands deletions to their deleters. @returns whether any was */
  async submit(): Promise<boolean> {
    if (this.#execution.deletionsBlocked() !== null) return false;
    const { database, plugins, run, options } = this.#execution;
    const now = this.#execution.now();
    const chosen = new Map<ContainedDeleter, TaskRow[]>();
    for (const site of await sitesWithReadyTasks(database.kysely, now)) {
      if (!canDelete(run.sites.get(site))) continue;
      const room = options.limits.deletionsPerSite - this.#atSite(site);
      if (room <= 0) continue;
      const tasks = await readyTasks(database.kysely, site, now, room, 'delete');
      for (const task of tasks) {
        const deleter = plugins.deleterFor(task.url);
        if (deleter === undefined || this.#busy.has(deleter.name) || deleter.unavailable() !== null) continue;
        const list = chosen.get(deleter) ?? [];
        if (list.length < deleter.maxBatch) list.push(task);
        chosen.set(deleter, list);
      }
    }
    for (const [deleter, tasks] of chosen) {
      const begun = await this.#intend(deleter, tasks);
      if (begun.length === 0) continue;
      this.#busy.add(deleter.name);
      this.#background(this.#delete(deleter, begun));
    }
    return chosen.size > 0;
  }

  /** Looks again for files that were still there. */
  async confirm(): Promise<void> {
    const now = performance.now();
    const due = new Map<ContainedDeleter, TaskRow[]>();
    for (const { task, deleter, confirmAt } of this.#underWay.values()) {
      if (confirmAt > now || this.#busy.has(deleter.name)) continue;
      const list = due.get(deleter) ?? [];
      if (list.length < deleter.maxBatch) list.push(task);
      due.set(deleter, list);
    }
    for (const [deleter, tasks] of due) {
      this.#busy.add(deleter.name);
      this.#background(this.#settled(deleter, () => this.#confirm(deleter, tasks)));
    }
  }

  #atSite(site: string): number {
    let count = 0;
    for (const { task } of this.#underWay.values()) if (task.site === site) count++;
    return count;
  }

  async #intend(deleter: ContainedDeleter, tasks: readonly TaskRow[]): Promise<TaskRow[]> {
    return await this.#execution.database.transaction(async (trx) => {
      const begun: TaskRow[] = [];
      for (const task of tasks) {
        const change = {
          state: 'running' as const,
          attempts: task.attempts + 1,
          idempotency_key: `${task.id}-${task.attempts + 1}`,
          plugin: deleter.name,
          submitted_at: this.#execution.now(),
        };
        const result = await trx
          .updateTable('tasks')
          .set(change)
          .where('id', '=', task.id)
          .where('state', 'in', ['ready', 'retrying'])
          .executeTakeFirst();
        if (result.numUpdatedRows > 0n) begun.push({ ...task, ...change });
      }
      return begun;
    });
  }

  async #delete(deleter: ContainedDeleter, tasks: readonly TaskRow[]): Promise<void> {
    await this.#settled(deleter, async () => {
      for (const task of tasks) {
        this.#underWay.set(task.idempotency_key ?? '', { task, deleter, confirmAt: Number.POSITIVE_INFINITY });
      }
      const byKey = new Map(tasks.map((task) => [task.idempotency_key, task]));
      const accepted: TaskRow[] = [];
      await this.#execution.options.confirm();
      for (const answer of await deleter.delete(tasks.map(jobOf))) {
        const task = byKey.get(answer.key);
        if (task === undefined) continue;
        if (answer.state === 'accepted') accepted.push(task);
        else await this.#failed(task, answer.failure);
      }
      if (accepted.length > 0) await this.#confirm(deleter, accepted);
    });
  }

  async #confirm(deleter: ContainedDeleter, tasks: readonly TaskRow[]): Promise<void> {
    const byKey = new Map(tasks.map((task) => [task.idempotency_key, task]));
    const absent: TaskRow[] = [];
    for (const answer of await deleter.confirm(tasks.map(jobOf))) {
      const task = byKey.get(answer.key);
      if (task === undefined) continue;
      if (answer.state === 'absent') absent.push(task);
      else if (answer.state === 'failed') await this.#failed(task, answer.failure);
      else {
        const confirmAt = performance.now() + deleter.confirmInterval;
        this.#underWay.set(task.idempotency_key ?? '', { task, deleter, confirmAt });
      }
    }
    await this.#done(absent);
  }

  async #settled(deleter: ContainedDeleter, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      this.#busy.delete(deleter.name);
      this.#execution.wake();
    }
  }

  async #done(tasks: readonly TaskRow[]): Promise<void> {
    const change = { state: 'done' as const, finished: this.#execution.now() };
    const ids = tasks.map((task) => task.id);
    await this.#execution.write((trx) => changeTasks(trx, ids, change));
    for (const task of tasks) this.#ended(task, true);
  }

  async #failed(task: TaskRow, failure: PluginFailure): Promise<void> {
    const { retry, random, events } = this.#execution.options;
    const change = afterDeletionFailure(task, failure, { now: this.#execution.now(), retry, random: random() });
    await this.#execution.write((trx) => changeTask(trx, task.id, change));
    events({
      type: 'task-error',
      action: task.action,
      file: task.file,
      source: null,
      class: failure.class,
      message: failure.message,
      again: change.state !== 'failed',
    });
    this.#ended(task, false);
  }

  #ended(task: TaskRow, done: boolean): void {
    this.#underWay.delete(task.idempotency_key ?? '');
    this.#execution.touched.add(task.action);
    if (done) this.#execution.didWork(1, task.size);
  }
}

function jobOf(task: TaskRow): DeletionJob {
  return {
    key: task.idempotency_key ?? '',
    target: { site: task.site, storage: 'disk', url: task.url, root: task.root },
    purpose: { action: task.action, dataset: task.dataset, block: task.block, file: task.file },
  };
}
