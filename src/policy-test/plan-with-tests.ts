/** Live PolicyTests are asked in every cycle: what does not hold is an error diagnostic of the plan. */
import type { DesiredState } from '../desired/state.js';
import type { Diagnostic } from '../diagnostic.js';
import { plan } from '../planning/make-plan.js';
import type { PlanOptions, PlanResult } from '../planning/plan.js';
import { withDiagnostics } from '../planning/with-diagnostics.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { AssertionChecks } from './check-assertions.js';
import type { FoundValue } from './found-values.js';
import type { AssertionResult } from './result.js';

/**
 * Plans one cycle, and asks the live tests about it. Where there are none, it is `plan` and nothing else.
 *
 * @throws StatorError where an expression fails on a value: nothing is planned then
 */
export function planWithTests(desired: DesiredState, snapshot: Snapshot, options: PlanOptions): PlanResult {
  const first = plan(desired, snapshot, options);
  const live = desired.policyTests.filter(({ given }) => given === null);
  if (live.length === 0) return first;
  const { clock, measure = (_, work) => work() } = options;
  const diagnostics = measure('plan.tests', () => {
    const checks = new AssertionChecks({ desired, snapshot, clock, first, written: false, chains: false });
    return live.flatMap((test) =>
      test.expect
        .map((assertion) => checks.check(assertion))
        .filter(({ failed }) => failed > 0)
        .map((result) => diagnosticOf(test.name, result)),
    );
  });
  return diagnostics.length === 0 ? first : withDiagnostics(first, diagnostics);
}

function diagnosticOf(test: string, { assertion, checked, failed, failures }: AssertionResult): Diagnostic {
  const { ref, column } = assertion.origin;
  const [first] = failures;
  const things = assertion.about === 'datasets' || assertion.about === 'sites' ? assertion.about : null;
  const count = things === null ? '' : `${failed} of ${checked} ${things}, the first is ${first?.subject ?? ''}: `;
  const values = (first?.values ?? []).map((value) => `${value.variable} = ${text(value)}`).join(', ');
  const what = first === undefined ? '' : `${count}${first.what}${values === '' ? '' : ` (${values})`}`;
  return {
    severity: 'error',
    code: 'policy-test-failed',
    message: `PolicyTest ${test}: ${assertion.description}: ${what}; \`stator test\` says more`,
    file: ref.file,
    line: ref.line,
    column,
  };
}

function text({ value }: FoundValue): string {
  return JSON.stringify(value);
}
