/**
 * Execution: the life of actions and tasks, from a recorded plan to bytes that moved.
 */
export { defaultRetry, type RetryPolicy } from './backoff.js';
export type { DeletionCheck, DeletionToCheck } from './deletion-check.js';
export type { ExecutionEvent, Progress } from './events.js';
export type { Route, RunOptions } from './execution.js';
export { type DriveOptions, drive, type ExecutorOptions } from './executor.js';
export { defaultLimits, type Limits } from './limits.js';
export { type ActionIdentity, type RecordedPlan, type RecordOutcome, recordPlan } from './record-plan.js';
export { type ExecutionSite, type ExecutionSites, executionSites } from './site.js';
