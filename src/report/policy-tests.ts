/** What came of the PolicyTests, for people and for programs. */
import type { RuleRef } from '../desired/state.js';
import { formatTime } from '../policy/units.js';
import type { AssertionResult, ChainStep, Failure, Found, FoundValue, PolicyTestResult } from '../policy-test/index.js';
import { plain, type Style } from './style.js';
import { count, printable, ruleAtPlace, rulePlace } from './wording.js';

/** Sites or names of one value that are shown. */
const shownItems = 12;

export function policyTestsText(
  results: readonly PolicyTestResult[],
  options: { readonly style?: Style; readonly all?: boolean } = {},
): string {
  const style = options.style ?? plain;
  const lines: string[] = [];
  for (const result of results) {
    const { test, outcome, reason, assertions } = result;
    const name = style.bold(printable(test.name));
    const live = test.given === null ? ', live' : '';
    if (outcome === 'passed') {
      lines.push(`${style.green('passed')}  ${name} (${count(assertions.length, 'assertion')}${live})`);
      if (options.all === true) lines.push(...assertions.map((each) => `          ${assertionLine(each)}`));
    } else if (outcome === 'skipped') {
      lines.push(`${style.yellow('skipped')} ${name}: ${printable(reason ?? '')}`);
    } else {
      lines.push(`${style.red('FAILED')}  ${name} (${rulePlace(test.origin.ref)}${live})`);
      if (reason !== null) lines.push(`          ${printable(reason)}`);
      for (const each of assertions) if (each.failed > 0) lines.push(...assertionLines(each, style));
    }
  }
  lines.push(...(results.length === 0 ? [] : ['']), totals(results));
  return `${lines.join('\n')}\n`;
}

function totals(results: readonly PolicyTestResult[]): string {
  if (results.length === 0) return 'no PolicyTest in the desired state';
  const of = (outcome: PolicyTestResult['outcome']): number =>
    results.filter((each) => each.outcome === outcome).length;
  const skipped = of('skipped') === 0 ? '' : `, ${of('skipped')} skipped`;
  return `${count(results.length, 'test')}: ${of('passed')} passed, ${of('failed')} failed${skipped}`;
}

function assertionLine({ assertion, checked }: AssertionResult): string {
  const things =
    assertion.about === 'datasets' || assertion.about === 'sites'
      ? ` (${count(checked, assertion.about.slice(0, -1))})`
      : '';
  return `${printable(assertion.description)}${things}`;
}

function assertionLines(result: AssertionResult, style: Style): string[] {
  const { assertion, checked, failed, failures } = result;
  const things = assertion.about === 'datasets' || assertion.about === 'sites';
  const share = things && checked > 0 ? `: ${failed} of ${count(checked, assertion.about.slice(0, -1))}` : '';
  const lines = [`  ${rulePlace(assertion.origin.ref)}: ${printable(assertion.description)}${share}`];
  for (const failure of failures) lines.push(...failureLines(failure, style));
  if (failed > failures.length) lines.push(`    ${style.dim(`and ${failed - failures.length} more`)}`);
  return lines;
}

function failureLines({ subject, what, values, chain }: Failure, style: Style): string[] {
  const lines = [`    ${subject === null ? '' : `${style.bold(printable(subject))}: `}${printable(what)}`];
  for (const value of values) lines.push(`      ${valueText(value)}`);
  if (subject === null && chain.length === 0) return lines;
  if (chain.length === 0) lines.push(`      ${style.dim('the rules do nothing about it')}`);
  const cycles = new Set(chain.map(({ cycle }) => cycle)).size > 1;
  for (const step of chain) lines.push(...stepLines(step, cycles, style));
  return lines;
}

function stepLines({ cycle, what, rule, reason, code }: ChainStep, cycles: boolean, style: Style): string[] {
  const when = cycles ? `${style.dim(`cycle ${cycle}:`)} ` : '';
  const by = rule === null ? '' : ` by ${ruleAtPlace(rule)}`;
  const line = `      ${when}${printable(what)}${code === null ? '' : ` [${code}]`}${by}`;
  return reason === null ? [line] : [line, `        ${printable(reason)}`];
}

function valueText({ variable, value }: FoundValue): string {
  return printable(`${variable} = ${foundText(value)}`);
}

function foundText(value: Found): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  const list = value as readonly string[] | { readonly [site: string]: Found };
  const items = Array.isArray(list)
    ? list.map((item) => JSON.stringify(item))
    : Object.entries(list).map(([site, each]) => `${site}: ${foundText(each as Found)}`);
  const more = items.length - shownItems;
  const shown = [...items.slice(0, shownItems), ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return Array.isArray(list) ? `[${shown}]` : `{ ${shown} }`;
}

/** Field names and their order are a contract for scripts; `docs/cli.md` explains them. */
export function policyTestsJson(results: readonly PolicyTestResult[]): string {
  const of = (outcome: PolicyTestResult['outcome']): number =>
    results.filter((each) => each.outcome === outcome).length;
  const document = {
    passed: of('passed'),
    failed: of('failed'),
    skipped: of('skipped'),
    tests: results.map(({ test, outcome, reason, clock, cycles, assertions }) => ({
      name: test.name,
      ...place(test.origin.ref),
      live: test.given === null,
      outcome,
      reason,
      clock: formatTime(clock),
      cycles,
      assertions: assertions.map(({ assertion, checked, failed, failures }) => ({
        description: assertion.description,
        ...place(assertion.origin.ref),
        about: assertion.about,
        outcome: failed === 0 ? 'passed' : 'failed',
        checked,
        failed,
        failures: failures.map(({ subject, what, values, chain }) => ({
          subject,
          what,
          values: Object.fromEntries(values.map(({ variable, value }) => [variable, value])),
          chain,
        })),
      })),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function place({ file, line }: RuleRef): { readonly file: string; readonly line: number } {
  return { file, line };
}
