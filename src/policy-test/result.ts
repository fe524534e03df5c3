/** What came of a PolicyTest: data for reports. */
import type { Assertion, PolicyTest } from '../desired/state.js';
import type { ChainStep } from './decision-chain.js';
import type { FoundValue } from './found-values.js';

/** One thing an assertion does not hold for. */
export interface Failure {
  /** A dataset, a site, or null where it is about the plan as a whole. */
  readonly subject: string | null;
  /** What is wrong, e.g. `\`size(dataset.sites) >= 2\` does not hold`. */
  readonly what: string;
  /** What the expressions read there. */
  readonly values: readonly FoundValue[];
  /** Why the plans do what they do about it. */
  readonly chain: readonly ChainStep[];
}

export interface AssertionResult {
  readonly assertion: Assertion;
  /** Datasets or sites it was asked of; 1 where it is about the plan. */
  readonly checked: number;
  /** All that failed; of many only the first are in `failures`. */
  readonly failed: number;
  readonly failures: readonly Failure[];
}

export interface PolicyTestResult {
  readonly test: PolicyTest;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it could not be run, or was skipped; null where it was run. */
  readonly reason: string | null;
  /** Seconds since the epoch. */
  readonly clock: number;
  /** Plans it took until there was nothing to do; 0 where that was not asked. */
  readonly cycles: number;
  readonly assertions: readonly AssertionResult[];
}
