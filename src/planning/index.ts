/** Planning: from the desired state and a snapshot to one plan. Everything here is pure. */
export { engine } from './engine.js';
export { actionId, actionKey } from './identity.js';
export { plan, planExitCode } from './make-plan.js';
export * from './plan.js';
export { PlanMemory } from './plan-memory.js';
