/** What a failed attempt means for its task. */
import { errorsOf, failedSourcesOf, type SourceFailures, type TaskChange, type TaskRow } from '../database/index.js';
import { type Checksums, checksumNames, type ErrorCode, type PluginFailure } from '../plugin/index.js';
import { pauseAfter, type RetryPolicy } from './backoff.js';

/** Errors that say of a source that it will never serve the file. */
const finalAtSource: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['checksum', 'size', 'not-found']);

/** The errors of a task with one more. */
export function appendError(task: TaskRow, failure: PluginFailure, at: number): string {
  const { class: errorClass, code, message } = failure;
  return JSON.stringify([...errorsOf(task), { at, source: task.source_site, class: errorClass, code, message }]);
}

export interface FailureContext {
  /** Seconds since the epoch. */
  readonly now: number;
  /** A source that was not tried yet can be read now. */
  readonly anotherSource: boolean;
  /** There is one that was not tried yet, if perhaps at a site that cannot be read at the moment. */
  readonly anotherSourceLater: boolean;
  readonly retry: RetryPolicy;
  readonly random: number;
}

/** The change of a copy task after a failed attempt; see {@link PluginFailure} for the classes. */
export function afterFailure(task: TaskRow, failure: PluginFailure, context: FailureContext): TaskChange {
  const { now, anotherSource, anotherSourceLater, retry, random } = context;
  const failed: Record<string, SourceFailures> = { ...failedSourcesOf(task) };
  const source = task.source_site;
  if (source !== null && failure.class !== 'destination') {
    const before = failed[source];
    const out = failure.class === 'permanent' || (failure.class === 'source' && finalAtSource.has(failure.code));
    failed[source] = { failures: (before?.failures ?? 0) + 1, out: (before?.out ?? false) || out };
  }
  const change: TaskChange = {
    errors: appendError(task, failure, now),
    failed_sources: JSON.stringify(failed),
    external_id: null,
  };
  const gaveUp = task.attempts >= retry.maxAttempts;
  const allOut = !anotherSourceLater && Object.values(failed).every(({ out }) => out);
  if (gaveUp || (allOut && Object.keys(failed).length > 0)) return { ...change, state: 'failed', finished: now };
  // Another source is tried at once; the same one, or a destination that is at fault, after a pause.
  if (failure.class !== 'destination' && anotherSource) return { ...change, state: 'ready', not_before: 0 };
  const pause = pauseAfter(task.attempts, retry, random);
  return { ...change, state: 'retrying', not_before: now + pause };
}

/** The change of a deletion task after a failed attempt. */
export function afterDeletionFailure(
  task: TaskRow,
  failure: PluginFailure,
  context: Pick<FailureContext, 'now' | 'retry' | 'random'>,
): TaskChange {
  const { now, retry, random } = context;
  const errors = appendError(task, failure, now);
  if (failure.class === 'permanent' || task.attempts >= retry.maxAttempts) {
    return { errors, state: 'failed', finished: now };
  }
  return { errors, state: 'retrying', not_before: now + pauseAfter(task.attempts, retry, random) };
}

/** Why a copy that its mover calls done is not taken for one: it did not verify what the catalogue says. */
export function verificationFailure(
  task: TaskRow,
  verified: { readonly size: number; readonly checksums: Checksums },
): PluginFailure | null {
  const fail = (code: ErrorCode, message: string): PluginFailure => ({ class: 'destination', code, message });
  if (verified.size !== task.size) {
    return fail('size', `${task.url} has ${verified.size} bytes, the catalogue says ${task.size}`);
  }
  let known = false;
  let checked = false;
  for (const name of checksumNames) {
    const expected = task[name];
    if (expected === null) continue;
    known = true;
    const actual = verified.checksums[name];
    if (actual === null) continue;
    checked = true;
    if (actual !== expected.toLowerCase()) {
      return fail('checksum', `${task.url}: ${name} is ${actual}, the catalogue says ${expected}`);
    }
  }
  return known && !checked
    ? fail('checksum', `${task.url}: the mover verified no checksum that the catalogue has`)
    : null;
}
