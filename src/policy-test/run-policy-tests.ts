/** Runs the PolicyTests of a desired state. */
import type { DesiredState, PolicyTest } from '../desired/state.js';
import { StatorError } from '../error.js';
import { plan } from '../planning/make-plan.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { AssertionChecks } from './check-assertions.js';
import type { PolicyTestResult } from './result.js';
import { testSnapshot } from './test-snapshot.js';

export interface RunOptions {
  /** Of live tests, and of those that set no `now`; seconds since the epoch. */
  readonly clock: number;
  /** What live tests are asked of; null: they are skipped. */
  readonly live: Snapshot | null;
}

/** In the order of the documents' names. */
export function runPolicyTests(desired: DesiredState, options: RunOptions): PolicyTestResult[] {
  return desired.policyTests.map((test) => runPolicyTest(desired, test, options));
}

export function runPolicyTest(desired: DesiredState, test: PolicyTest, options: RunOptions): PolicyTestResult {
  const clock = test.now ?? options.clock;
  const head = { test, clock, cycles: 0, assertions: [] };
  const snapshot = test.given === null ? options.live : testSnapshot(test.given, clock);
  if (snapshot === null) return { ...head, outcome: 'skipped', reason: 'there is no live inventory to ask' };
  try {
    const first = plan(desired, snapshot, { clock, decisions: true });
    const checks = new AssertionChecks({ desired, snapshot, clock, first, written: test.given !== null, chains: true });
    const assertions = test.expect.map((assertion) => checks.check(assertion));
    const outcome = assertions.every(({ failed }) => failed === 0) ? 'passed' : 'failed';
    return { test, clock, outcome, reason: null, cycles: checks.cycles, assertions };
  } catch (error) {
    // Rules that cannot be evaluated on the test's inventory fail the test, not the run.
    if (!(error instanceof StatorError)) throw error;
    return { ...head, outcome: 'failed', reason: error.format().replace(/^error: /, '') };
  }
}
