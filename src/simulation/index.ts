/** Simulation: what the rules would do over time, on a copy of the inventory. Everything here is pure. */
export { applyChanges } from './apply-changes.js';
export * from './assumptions.js';
export * from './changes.js';
export * from './day.js';
export { parseRate } from './rate.js';
export * from './simulation.js';
export type { Violation, ViolationCode } from './violations.js';
export type { Watermark } from './watermarks.js';
