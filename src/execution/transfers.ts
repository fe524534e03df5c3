/**
 * Copies of files: chooses source and mover, records the intent, submits, polls, and records what came of it.
 *
 * A task is `running` from the moment its intent is committed. What this process itself submitted (or found again after
 * a restart) is in memory; a running task that is not there is one whose fate is unknown, and the mover is asked about
 * its key before anything else happens to it.
 */
import {
  type ActionRow,
  bytesBegunSince,
  changeTask,
  changeTasks,
  completeSites,
  failedSourcesOf,
  findAction,
  findTask,
  findTasks,
  listTasks,
  openStates,
  readyTasks,
  sitesWithReadyTasks,
  sourcesOf,
  type TaskRow,
} from '../database/index.js';
import type { ContainedMover, StatusOutcome } from '../plugin/containment.js';
import { type FileAt, type PluginFailure, schemeOf, type TransferJob } from '../plugin/index.js';
import { rankSources } from './choose-source.js';
import { type Location, locate } from './endpoint.js';
import type { Execution } from './execution.js';
import { holdForPlugin } from './hold-for-plugin.js';
import { hasHourlyLimit, hour, TransferSlots } from './limits.js';
import { isDestination, isSource } from './site.js';
import { afterFailure, appendError, verificationFailure } from './task-outcome.js';

interface UnderWay {
  readonly job: TransferJob;
  readonly mover: ContainedMover;
  cancelling: boolean;
}

interface Choice {
  readonly task: TaskRow;
  readonly action: ActionRow;
  readonly mover: ContainedMover;
  readonly source: FileAt;
  readonly destination: FileAt;
}

/** Tasks looked at per site and pass. */
const window = 500;

export class Transfers {
  readonly #execution: Execution;
  readonly #slots: TransferSlots;
  /** By idempotency key. */
  readonly #underWay = new Map<string, UnderWay>();
  /** Keys that a mover was handed or is being asked about, until it has answered; with its name. */
  readonly #unanswered = new Map<string, string>();
  readonly #polling = new Set<string>();
  /** When to poll a mover next, milliseconds of {@link performance.now}. */
  readonly #nextPoll = new Map<string, number>();
  /** There may be running tasks whose fate this process does not know. */
  #lost = true;
  readonly #background: (work: Promise<void>) => void;

  constructor(execution: Execution, background: (work: Promise<void>) => void) {
    this.#execution = execution;
    this.#background = background;
    this.#slots = new TransferSlots(execution.options.limits);
  }

  /** How many transfers this process knows to be under way at movers that can be asked. */
  get active(): number {
    let count = 0;
    for (const { mover } of this.#underWay.values()) if (mover.unavailable() === null) count++;
    return count;
  }

  /** News was announced: polls at once. */
  expectNews(): void {
    this.#nextPoll.clear();
  }

  /** Milliseconds until the next poll is due; null where nothing is under way. */
  untilPoll(): number | null {
    if (this.#underWay.size === 0) return null;
    const now = performance.now();
    const due = [...new Set([...this.#underWay.values()].map(({ mover }) => mover))].map(
      (mover) => (this.#nextPoll.get(mover.name) ?? now) - now,
    );
    return Math.max(0, Math.min(...due));
  }

  hasLost(): boolean {
    return this.#lost;
  }

  /** Counts what began within the last hour, whoever began it. */
  async recall(): Promise<void> {
    const { database, options } = this.#execution;
    if (!hasHourlyLimit(options.limits)) return;
    const now = this.#execution.now();
    for (const { at, bytes, ...transfer } of await bytesBegunSince(database.kysely, now - hour, now)) {
      this.#slots.begunAt(transfer, bytes, at);
    }
  }

  /** Asks movers about tasks that are running according to the database and unknown to this process. */
  async recover(): Promise<void> {
    const { database, plugins } = this.#execution;
    this.#lost = false;
    const running = (await listTasks(database.kysely, { states: ['running'] })).filter((task) => task.type === 'copy');
    const lost = new Map<ContainedMover, TaskRow[]>();
    for (const task of running) {
      const key = task.idempotency_key ?? '';
      if (this.#underWay.has(key) || this.#unanswered.has(key)) continue;
      const mover = plugins.mover(task.plugin ?? '');
      if (mover === undefined) await holdForPlugin(this.#execution, task, 'no-mover');
      if (mover === undefined || mover.unavailable() !== null) continue;
      const tasks = lost.get(mover);
      if (tasks === undefined) lost.set(mover, [task]);
      else tasks.push(task);
    }
    for (const [mover, tasks] of lost) {
      for (const task of tasks) this.#unanswered.set(task.idempotency_key ?? '', mover.name);
      this.#background(this.#find(mover, tasks));
    }
  }

  async #find(mover: ContainedMover, tasks: readonly TaskRow[]): Promise<void> {
    try {
      for (const task of tasks) {
        const job = this.#jobOf(task);
        const status = await mover.find(job);
        if (status.state === 'unanswered') this.#tellError(task, status.failure, true);
        if (status.state === 'active') this.#track(job, mover);
        else await this.#apply(task, status);
        this.#unanswered.delete(job.key);
        if (status.state === 'unanswered') this.#lost = true;
      }
    } finally {
      for (const task of tasks) this.#unanswered.delete(task.idempotency_key ?? '');
      this.#execution.wake();
    }
  }

  /** Submits what fits. @returns whether anything was */
  async submit(): Promise<boolean> {
    const { database } = this.#execution;
    const now = this.#execution.now();
    const choices: Choice[] = [];
    const busy = new Set(this.#unanswered.values());
    for (const site of await sitesWithReadyTasks(database.kysely, now)) {
      const destination = this.#execution.run.sites.get(site);
      if (!isDestination(destination) || this.#slots.room(site) <= 0) continue;
      choices.push(
        ...(await this.#choose(await readyTasks(database.kysely, site, now, this.#window(site), 'copy'), busy)),
      );
    }
    for (const batch of batches(choices)) {
      const begun = await this.#intend(batch);
      const [first] = begun;
      if (first === undefined) continue;
      for (const { job } of begun) this.#unanswered.set(job.key, first.mover.name);
      this.#background(this.#submitBatch(first.mover, begun));
    }
    return choices.length > 0;
  }

  /** How many tasks to look at: more than there is room for, because some of their links may be full. */
  #window(site: string): number {
    return Math.min(window, 10 * this.#slots.room(site));
  }

  /** Asks movers about what is under way, where it is time to. */
  async poll(): Promise<void> {
    const now = performance.now();
    const byMover = new Map<ContainedMover, TransferJob[]>();
    for (const { job, mover } of this.#underWay.values()) {
      if (this.#polling.has(mover.name) || (this.#nextPoll.get(mover.name) ?? 0) > now) continue;
      const jobs = byMover.get(mover);
      if (jobs === undefined) byMover.set(mover, [job]);
      else jobs.push(job);
    }
    for (const [mover, jobs] of byMover) {
      this.#polling.add(mover.name);
      this.#nextPoll.set(mover.name, now + mover.pollInterval);
      this.#background(this.#pollMover(mover, jobs));
    }
  }

  /** Stops transfers of an action that is called off. */
  async cancel(action: string): Promise<void> {
    const jobs = [...this.#underWay.values()].filter((one) => !one.cancelling && one.job.purpose.action === action);
    for (const one of jobs) one.cancelling = true;
    for (const mover of new Set(jobs.map((one) => one.mover))) {
      const mine = jobs.filter((one) => one.mover === mover).map((one) => one.job);
      this.#background(
        (async () => {
          await this.#execution.options.confirm();
          await mover.cancel(mine);
          this.#nextPoll.delete(mover.name);
          this.#execution.wake();
        })(),
      );
    }
  }

  // ---- Choosing ----------------------------------------------------------------------------------------------------

  async #choose(tasks: readonly TaskRow[], busy: ReadonlySet<string>): Promise<Choice[]> {
    const { database, run } = this.#execution;
    const now = this.#execution.now();
    const choices: Choice[] = [];
    const byAction = new Map<string, TaskRow[]>();
    for (const task of tasks) {
      const list = byAction.get(task.action);
      if (list === undefined) byAction.set(task.action, [task]);
      else list.push(task);
    }
    for (const [id, list] of byAction) {
      const action = await findAction(database.kysely, id);
      if (action === undefined || !openStates.includes(action.state)) continue;
      const planned = new Set(sourcesOf(action));
      const blocks = [...new Set(list.map((task) => task.block))];
      const holders = await completeSites(database.kysely, action.dataset, blocks);
      for (const task of list) {
        const holding = (holders.get(task.block) ?? []).filter((site) => site !== task.site && planned.has(site));
        const sites = holding.filter((site) => isSource(run.sites.get(site)));
        const failed = failedSourcesOf(task);
        const ranked = rankSources(
          sites.map((site) => ({
            site,
            storage: run.sites.get(site)?.storage ?? 'disk',
            failures: failed[site]?.failures ?? 0,
            out: failed[site]?.out ?? false,
            load: this.#slots.load(site),
          })),
        );
        if (ranked.length === 0) {
          const hopeless = holding.length > 0 && holding.every((site) => failed[site]?.out === true);
          if (!hopeless) {
            const message = `no complete copy of block ${task.block} at a planned source that can be read`;
            await this.#execution.hold(action, 'no-source', message);
            break;
          }
          const finished = this.#execution.now();
          await this.#execution.write((trx) => changeTask(trx, task.id, { state: 'failed', finished }));
          this.#execution.touched.add(task.action);
          continue;
        }
        let unpaired: string | null = null;
        for (const { site } of ranked) {
          const pair = this.#pair(site, task);
          if (pair === null) {
            unpaired = site;
            continue;
          }
          const slot = { mover: pair.mover.name, source: site, destination: task.site };
          if (
            !this.#slots.fits(slot, task.size, now) ||
            pair.mover.unavailable() !== null ||
            busy.has(pair.mover.name)
          ) {
            unpaired = null;
            break;
          }
          unpaired = null;
          this.#slots.begin(slot, task.size, now);
          choices.push({ task, action, ...pair });
          break;
        }
        if (unpaired !== null) {
          const message = `no mover copies from Site ${unpaired} to Site ${task.site}: configure one under \`plugins\`, or add an endpoint that one serves`;
          await this.#execution.hold(action, 'no-mover', message);
          break;
        }
      }
    }
    return choices;
  }

  /** The first mover that copies between any endpoints of the two sites; null where there is none. */
  #pair(source: string, task: TaskRow): { mover: ContainedMover; source: FileAt; destination: FileAt } | null {
    const { run, plugins, options } = this.#execution;
    const from = run.sites.get(source);
    const to = run.sites.get(task.site);
    if (from === undefined || to === undefined) return null;
    const routed = options.route(from, to);
    const movers = routed === null ? plugins.movers : plugins.movers.filter((mover) => mover.name === routed);
    for (const mover of movers) {
      for (const origin of locate(from, task.file)) {
        for (const target of locate(to, task.file)) {
          if (!mover.canPair(schemeOf(origin.url), schemeOf(target.url))) continue;
          return {
            mover,
            source: fileAt(source, from.storage, origin),
            destination: fileAt(task.site, to.storage, target),
          };
        }
      }
    }
    return null;
  }

  // ---- Intent, submission, polling ---------------------------------------------------------------------------------

  /** Commits what is about to be submitted. */
  async #intend(batch: readonly Choice[]): Promise<{ mover: ContainedMover; job: TransferJob }[]> {
    const { database } = this.#execution;
    const now = this.#execution.now();
    const name = batch[0] === undefined ? '' : keyOf(batch[0].task);
    const jobs = await database.transaction(async (trx) => {
      const begun: { mover: ContainedMover; job: TransferJob }[] = [];
      for (const choice of batch) {
        const { task, mover, source, destination } = choice;
        const change = {
          state: 'running' as const,
          attempts: task.attempts + 1,
          idempotency_key: keyOf(task),
          batch: name,
          plugin: mover.name,
          external_id: null,
          submitted_at: null,
          source_site: source.site,
          source_url: source.url,
          source_root: source.root,
          url: destination.url,
          root: destination.root,
        };
        const result = await trx
          .updateTable('tasks')
          .set(change)
          .where('id', '=', task.id)
          .where('state', 'in', ['ready', 'retrying'])
          .executeTakeFirst();
        if (result.numUpdatedRows === 0n) continue;
        begun.push({ mover, job: this.#jobOf({ ...task, ...change }, choice.action.activity) });
      }
      await trx
        .updateTable('actions')
        .set((eb) => ({ state: 'running', started: eb.fn.coalesce('started', eb.val(now)) }))
        .where('id', 'in', [...new Set(batch.map(({ task }) => task.action))])
        .where('state', 'in', ['ready', 'running', 'retrying'])
        .execute();
      return begun;
    });
    const kept = new Set(jobs.map(({ job }) => job.task));
    const waiting = batch.filter(({ task, action }) => kept.has(task.id) && action.state !== 'running');
    for (const action of new Map(waiting.map((choice) => [choice.action.id, choice.action])).values()) {
      this.#execution.tell(action, 'running');
    }
    for (const choice of batch) if (!kept.has(choice.task.id)) this.#slots.release(slotOf(choice));
    return jobs;
  }

  async #submitBatch(mover: ContainedMover, batch: readonly { readonly job: TransferJob }[]): Promise<void> {
    const { database } = this.#execution;
    let uncertain = false;
    try {
      const jobs = batch.map(({ job }) => job);
      const byKey = new Map(jobs.map((job) => [job.key, job]));
      const accepted: string[] = [];
      await this.#execution.options.confirm();
      for (const answer of await mover.submit(jobs)) {
        const job = byKey.get(answer.key);
        if (job === undefined) continue;
        if (answer.state === 'accepted') {
          accepted.push(job.task);
          this.#underWay.set(job.key, { job: { ...job, externalId: answer.externalId }, mover, cancelling: false });
          if (answer.externalId !== null) {
            const change = { external_id: answer.externalId };
            await this.#execution.write((trx) => changeTask(trx, job.task, change));
          }
        } else {
          this.#slots.release(slotOfJob(job, mover));
          const task = await findTask(database.kysely, job.task);
          if (task === undefined) continue;
          // An uncertain one stays running: the mover is asked about it before anything else.
          if (answer.state === 'rejected')
            await this.#apply(task, { key: job.key, state: 'failed', failure: answer.failure });
          else {
            uncertain = true;
            this.#tellError(task, answer.failure, true);
          }
        }
      }
      await this.#execution.write((trx) => changeTasks(trx, accepted, { submitted_at: this.#execution.now() }));
    } finally {
      for (const { job } of batch) this.#unanswered.delete(job.key);
      // Not before: what is still to be answered is not asked for, and would be forgotten.
      if (uncertain) this.#lost = true;
      this.#execution.wake();
    }
  }

  async #pollMover(mover: ContainedMover, jobs: readonly TransferJob[]): Promise<void> {
    const { database } = this.#execution;
    try {
      const statuses = await mover.poll(jobs);
      const over = statuses.filter((status) => status.state !== 'active' && status.state !== 'unanswered');
      if (over.length === 0) return;
      const ids = new Map(jobs.map((job) => [job.key, job]));
      const wanted = over.flatMap((status) => ids.get(status.key)?.task ?? []);
      const rows = new Map((await findTasks(database.kysely, wanted)).map((row) => [row.id, row]));
      await this.#applyAll(
        over.flatMap((status) => {
          const task = rows.get(ids.get(status.key)?.task ?? '');
          return task === undefined ? [] : [{ task, status }];
        }),
      );
    } finally {
      this.#polling.delete(mover.name);
      this.#execution.wake();
    }
  }

  // ---- Outcomes ----------------------------------------------------------------------------------------------------

  async #applyAll(outcomes: readonly { readonly task: TaskRow; readonly status: StatusOutcome }[]): Promise<void> {
    const done: TaskRow[] = [];
    for (const { task, status } of outcomes) {
      if (status.state === 'done' && verificationFailure(task, status) === null) done.push(task);
      else await this.#apply(task, status);
    }
    const change = { state: 'done' as const, finished: this.#execution.now() };
    const ids = done.map((task) => task.id);
    await this.#execution.write((trx) => changeTasks(trx, ids, change));
    for (const task of done) this.#finished(task);
  }

  async #apply(task: TaskRow, status: StatusOutcome): Promise<void> {
    const { database } = this.#execution;
    const now = this.#execution.now();
    if (status.state === 'active' || status.state === 'unanswered') return;
    if (status.state === 'unknown') {
      // It was never taken over, or was lost: nothing of it is under way, and it is no fault of the source.
      const message = `attempt ${task.attempts} is not known to ${task.plugin ?? 'the mover'} any more: it was interrupted`;
      const failure: PluginFailure = { class: 'transient', code: 'plugin', message };
      const errors = appendError(task, failure, now);
      await this.#execution.write((trx) => changeTask(trx, task.id, { state: 'ready', errors }));
      this.#tellError(task, failure, true);
      this.#ended(task);
      return;
    }
    const failure = status.state === 'failed' ? status.failure : verificationFailure(task, status);
    if (failure === null) {
      await this.#execution.write((trx) => changeTask(trx, task.id, { state: 'done', finished: now }));
      this.#finished(task);
      return;
    }
    const action = await findAction(database.kysely, task.action);
    if (failure.code === 'cancelled' && action?.cancel_reason != null) {
      await this.#execution.write((trx) => changeTask(trx, task.id, { state: 'cancelled', finished: now }));
    } else {
      const change = afterFailure(task, failure, {
        now,
        ...(await this.#untried(task, action === undefined ? [] : sourcesOf(action))),
        retry: this.#execution.options.retry,
        random: this.#execution.options.random(),
      });
      await this.#execution.write((trx) => changeTask(trx, task.id, change));
      this.#tellError(task, failure, change.state !== 'failed');
    }
    this.#ended(task);
  }

  /** Sources of a task that were not tried yet: whether one can be read now, and whether there is any. */
  async #untried(
    task: TaskRow,
    planned: readonly string[],
  ): Promise<{ readonly anotherSource: boolean; readonly anotherSourceLater: boolean }> {
    const { database, run } = this.#execution;
    const holders = await completeSites(database.kysely, task.dataset, [task.block]);
    const failed = failedSourcesOf(task);
    const untried = (holders.get(task.block) ?? []).filter(
      (site) => site !== task.site && site !== task.source_site && planned.includes(site) && failed[site] === undefined,
    );
    return {
      anotherSource: untried.some((site) => isSource(run.sites.get(site))),
      anotherSourceLater: untried.length > 0,
    };
  }

  #track(job: TransferJob, mover: ContainedMover): void {
    this.#underWay.set(job.key, { job, mover, cancelling: false });
    this.#slots.take(slotOfJob(job, mover));
  }

  #finished(task: TaskRow): void {
    this.#execution.didWork(1, task.size);
    this.#ended(task);
  }

  #ended(task: TaskRow): void {
    const one = this.#underWay.get(task.idempotency_key ?? '');
    if (one !== undefined) {
      this.#underWay.delete(one.job.key);
      this.#slots.release(slotOfJob(one.job, one.mover));
    }
    this.#execution.touched.add(task.action);
  }

  #tellError(task: TaskRow, failure: PluginFailure, again: boolean): void {
    this.#execution.options.events({
      type: 'task-error',
      action: task.action,
      file: task.file,
      source: task.source_site,
      class: failure.class,
      message: failure.message,
      again,
    });
  }

  #jobOf(task: TaskRow, activity: string | null = null): TransferJob {
    const { sites } = this.#execution.run;
    const source = task.source_site ?? '';
    return {
      key: task.idempotency_key ?? '',
      batch: task.batch ?? '',
      task: task.id,
      attempt: task.attempts,
      externalId: task.external_id,
      source: {
        site: source,
        storage: sites.get(source)?.storage ?? 'disk',
        url: task.source_url ?? '',
        root: task.source_root,
      },
      destination: {
        site: task.site,
        storage: sites.get(task.site)?.storage ?? 'disk',
        url: task.url,
        root: task.root,
      },
      size: task.size,
      checksums: { adler32: task.adler32, md5: task.md5, sha256: task.sha256 },
      priority: task.priority,
      activity,
      purpose: { action: task.action, dataset: task.dataset, block: task.block, file: task.file },
    };
  }
}

/** The key of the next attempt. */
function keyOf(task: TaskRow): string {
  return `${task.id}-${task.attempts + 1}`;
}

function fileAt(site: string, storage: FileAt['storage'], location: Location): FileAt {
  return { site, storage, url: location.url, root: location.root };
}

function slotOf(choice: Choice): { mover: string; source: string; destination: string } {
  return { mover: choice.mover.name, source: choice.source.site, destination: choice.destination.site };
}

function slotOfJob(job: TransferJob, mover: ContainedMover): { mover: string; source: string; destination: string } {
  return { mover: mover.name, source: job.source.site, destination: job.destination.site };
}

/** Jobs of one call share mover, source, destination, priority and activity; one call per mover and pass. */
function batches(choices: readonly Choice[]): Choice[][] {
  const groups = new Map<string, Choice[]>();
  for (const choice of choices) {
    const { mover, source, destination, task, action } = choice;
    const key = JSON.stringify([mover.name, source.site, destination.site, task.priority, action.activity]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [choice]);
    else group.push(choice);
  }
  return [...groups.values()].flatMap((group) => {
    const size = group[0]?.mover.maxBatch ?? 1;
    return Array.from({ length: Math.ceil(group.length / size) }, (_, i) => group.slice(i * size, (i + 1) * size));
  });
}
