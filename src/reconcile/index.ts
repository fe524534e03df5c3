/**
 * The loop: wires source, desired state, inventory, planning and execution into cycles.
 */
export type { CycleContext, CycleEvent, CycleOutcome, CycleSource } from './cycle.js';
export { makeDeletionCheck } from './deletion-check.js';
export { type Lead, type LeadOptions, type LeaseTerms, leaseTerms, takeLead } from './lead.js';
export { fateOf, thisProcess } from './process-identity.js';
export { doubtSource, historyApproval, InvalidDesiredState } from './read-source.js';
export { type LoopOptions, reconcileLoop, stopSignal } from './reconcile-loop.js';
export { compileRoutingCondition, makeRoute, type RoutingRule } from './routing.js';
export { runCycle } from './run-cycle.js';
