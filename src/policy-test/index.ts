/**
 * PolicyTests: whether the rules bring about what somebody wrote down that they must. A test is asked of a small
 * inventory that it writes out, or of the live one: of the inventory as it is, of the plan, and of what is left once plans were
 * carried out until there is nothing to do. Everything here is pure.
 */
export { type CarriedOut, carryOut } from './carry-out.js';
export type { ChainStep } from './decision-chain.js';
export type { Found, FoundValue } from './found-values.js';
export { planWithTests } from './plan-with-tests.js';
export type { AssertionResult, Failure, PolicyTestResult } from './result.js';
export { type RunOptions, runPolicyTest, runPolicyTests } from './run-policy-tests.js';
