/** When to try again. */

export interface RetryPolicy {
  /** Pause after the first failure, seconds; it doubles with every further one. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** A task that was tried this often has failed. */
  readonly maxAttempts: number;
}

export const defaultRetry: RetryPolicy = { firstPause: 10, longestPause: 3600, maxAttempts: 12 };

/**
 * The pause after `failures` failures (from 1), seconds: exponential, capped, and between half and the whole of that so
 * that what failed together does not come back together.
 *
 * @param random between 0 and 1
 */
export function pauseAfter(failures: number, policy: RetryPolicy, random: number): number {
  const ceiling = Math.min(policy.longestPause, policy.firstPause * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return ceiling * (0.5 + random / 2);
}

/**
 * How long an action waits when earlier ones of the same identity failed one after the other: nothing after the first
 * failure (what was wrong may have been mended), then ever longer.
 */
export function pauseAfterFailedActions(failures: number, policy: RetryPolicy): number {
  if (failures < 2) return 0;
  return Math.min(policy.longestPause, policy.firstPause * 2 ** Math.min(30, failures - 1));
}
