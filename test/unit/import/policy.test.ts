/** A policy file as a Retention: what stands around the rules, and what is wrong with a file. */
import { describe, expect, test } from 'vitest';
import { compileDesired } from '../../../src/desired/index.js';
import { importDynamo } from '../../../src/import/index.js';
import { source } from '../../scenarios/desired.js';
import { clock } from '../../scenarios/inventory.js';
import { bytes, documentsOf, importFiles, policyWith } from './one-rule.js';

const lines = (...text: readonly string[]): string => `${text.join('\n')}\n`;
const spec = (policy: string, asObserved = false) =>
  documentsOf(importFiles(policy, { asObserved })).get('Retention policy')?.spec ?? {};
const outcomes = (policy: string): string[] =>
  importFiles(policy)
    .report.lines.filter(({ file }) => file === 'policy.txt')
    .map(({ line, outcome }) => `${line} ${outcome}`);

describe('directives', () => {
  test('lines of a kind are alternatives, in parentheses where they meet conditions', () => {
    const policy = lines(
      'Partition P',
      'On site.storage_type == DISK and site.name != T2_X',
      'On site.storage_type == MSS',
      'When site.occupancy > 0.9 and site.status == READY',
      'When site.status == MORGUE',
      'Until site.occupancy < 0.85',
      'Until site.quota > 1000000000000',
      'Protect',
      'Order none',
    );
    expect(spec(policy)).toMatchObject({
      partition: 'P',
      sites: '(site.storage == "disk" && !site.name.glob("T2_X")) || site.storage == "tape"',
      trigger: '(site.occupancy > 0.9 && site.state == "ready") || site.state == "draining"',
      until: 'site.occupancy < 0.85 || site.quota > byteSize("1TB")',
      default: 'protect',
    });
    expect(spec(policy).order).toBeUndefined();
  });

  test('always and never; dates end a line about sites too', () => {
    const policy = lines(
      'Partition P',
      'On always',
      'When always until 2027-01-01',
      'Until never',
      'Protect',
      'Order none',
    );
    expect(spec(policy)).toMatchObject({
      sites: true,
      trigger: 'now <= timestamp("2027-01-01T00:00:00Z")',
      until: false,
    });
  });

  test('order, in both directions, by numbers, times and values of lists', () => {
    const policy = policyWith().replace(
      'Order none',
      'Order decreasing dataset.usage_rank increasing replica.last_block_created',
    );
    expect(spec(policy).order).toEqual([
      { by: 'dataset.usageRank', direction: 'desc' },
      { by: 'replica.lastBlock', direction: 'asc' },
    ]);
    const byTape = policyWith().replace(
      'Order none',
      'Order increasing dataset.on_tape increasing blockreplica.last_update',
    );
    expect(spec(byTape).order).toEqual([
      {
        by: 'dataset.onTape == "NONE" ? 0 : dataset.onTape == "FULL" ? 1 : dataset.onTape == "PARTIAL" ? 2 : 3',
        direction: 'asc',
      },
    ]);
    expect(importFiles(byTape).report.lines.find(({ text }) => text.startsWith('Order'))?.remarks).toEqual([
      '`blockreplica.last_update` differs from block to block: replicas have no such order',
    ]);
  });

  test('a missing Order line is a note: the program fails there', () => {
    const result = importFiles(policyWith().replace('Order none\n', ''));
    expect(result.files).not.toBeNull();
    expect(result.report.notes.join()).toContain('there is no Order line');
  });

  test('Algo Static is the static mode; another word means nothing, and is told', () => {
    expect(spec(policyWith('Algo Static')).mode).toBe('static');
    expect(spec(policyWith('Algo Greedy')).mode).toBe('incremental');
    expect(outcomes(policyWith('Algo Greedy'))).toContain('5 carried-with-difference');
  });

  test.each([
    ['Dismiss', 'dismiss'],
    ['Delete', 'delete'],
    ['Ignore', 'ignore'],
    ['Protect', 'protect'],
  ])('the decision without a condition is the default: %s', (word, expected) => {
    const policy = policyWith().replace('\nProtect\n', `\n${word}\n`);
    expect(spec(policy).default).toBe(expected);
    expect(spec(policy, true).default).toBe(expected);
  });

  test('a default about blocks names none in the program', () => {
    const policy = policyWith().replace('\nProtect\n', '\nDismissBlock\n');
    expect(spec(policy).default).toBe('dismiss');
    expect(spec(policy, true).default).toBe('ignore');
  });

  test('the last of lines that can stand once counts', () => {
    const policy = policyWith('Dismiss', 'Order increasing replica.size', 'Partition Q');
    expect(spec(policy)).toMatchObject({ default: 'protect', partition: 'Q' });
    expect(outcomes(policy)).toEqual(expect.arrayContaining(['1 not-carried', '5 not-carried', '6 not-carried']));
  });

  test('every decision, with its scope', () => {
    const words = ['Protect', 'Delete', 'Dismiss', 'Ignore', 'ProtectBlock', 'DeleteBlock', 'DismissBlock'];
    const rules = spec(policyWith(...words.map((word) => `${word} replica.incomplete`))).rules as {
      [key: string]: unknown;
    }[];
    expect(rules.map(({ id, action, scope }) => `${id} ${action} ${scope ?? 'replica'}`)).toEqual([
      'l5 protect replica',
      'l6 delete replica',
      'l7 dismiss replica',
      'l8 ignore replica',
      'l9 protect block',
      'l10 delete block',
      'l11 dismiss block',
    ]);
  });
});

describe('what people read', () => {
  test('comments stand above what they stood above; lines are kept as descriptions', () => {
    const policy = lines(
      '# The main partition.',
      '',
      '# which data',
      'Partition P',
      '  # all of it',
      'On always',
      'When never',
      'Until always',
      '',
      '# ask Jane',
      '# before changing',
      '   Protect   dataset.name == /A/*/C   ',
      'Protect',
      'Order none',
      '# the end',
    );
    const text = importFiles(policy).files?.find(({ path }) => path === 'retention-policy.yaml')?.text ?? '';
    expect(text).toBe(
      lines(
        "# Imported from Dynamo's policy policy.txt by stator import dynamo, as it was meant.",
        '# The main partition.',
        'apiVersion: stator/v1',
        'kind: Retention',
        'metadata: { name: policy }',
        'spec:',
        '  description: Imported from policy.txt',
        '  # which data',
        '  partition: P',
        '  # all of it',
        '  # On always',
        '  sites: true',
        '  # When never',
        '  trigger: false',
        '  # Until always',
        '  until: true',
        '  rules:',
        '    # ask Jane',
        '    # before changing',
        '    - id: l12',
        '      action: protect',
        `      when: 'dataset.name.glob("/A/*/C")'`,
        "      description: 'Protect   dataset.name == /A/*/C'",
        '  default: protect',
        '# the end',
      ),
    );
  });

  test('a long condition is a block, broken after operators', () => {
    const names = ['/Primary/Era-A/RAW', '/Primary/Era-B/RAW', '/Primary/Era-C/RAW', '/Primary/Era-D/RAW'];
    const policy = policyWith(
      `Protect dataset.name in [${names.join(' ')}] and dataset.status == VALID and replica.incomplete`,
    );
    const text = importFiles(policy).files?.find(({ path }) => path === 'retention-policy.yaml')?.text ?? '';
    expect(text).toContain(
      lines(
        '      when: |',
        '        dataset.name in ["/Primary/Era-A/RAW", "/Primary/Era-B/RAW", "/Primary/Era-C/RAW", "/Primary/Era-D/RAW"] &&',
        '        dataset.status == "VALID" &&',
        '        !replica.complete',
      ),
    );
  });

  test('quotes and backslashes survive', () => {
    const policy = policyWith(`Protect dataset.name == /it's/a"b/c\\d`, `Protect dataset.name =~ /it's/\\d"`);
    const rules = spec(policy).rules as { when: string; description: string }[];
    expect(rules[0]?.when).toBe(`dataset.name == "/it's/a\\"b/c\\\\d"`);
    expect(rules[0]?.description).toBe(`Protect dataset.name == /it's/a"b/c\\d`);
    expect(rules[1]?.when).toBe(`dataset.name.matches("^/it's/\\\\d\\"")`);
  });
});

describe('the report', () => {
  test('has every line that is not blank, with its position', () => {
    const policy = lines(
      '# head',
      '',
      'Partition P',
      '\tOn always',
      'When never',
      '',
      'Until always',
      '# c',
      'Protect',
      'Order none',
      '# end',
    );
    const { lines: told } = importFiles(policy).report;
    expect(told.filter(({ file }) => file === 'policy.txt').map(({ line, column }) => `${line}:${column}`)).toEqual([
      '1:1',
      '3:1',
      '4:2',
      '5:1',
      '7:1',
      '8:1',
      '9:1',
      '10:1',
      '11:1',
    ]);
  });

  test('says where the program counts other copies than we do', () => {
    const on = (policy: string) => importFiles(policy).report.lines.find(({ text }) => text === 'On always')?.remarks;
    expect(on(policyWith('Protect dataset.num_full_disk_copy > 1'))).toEqual([
      'copies are counted over the whole inventory; the program sees only what is in its partition at these sites',
    ]);
    expect(on(policyWith('Protect dataset.status == VALID'))).toEqual([]);
  });
});

describe('the partition', () => {
  test('has a name of one word, unless there is one of that name', () => {
    const withName = (partitions: string) => {
      const { files, report } = importNamed(
        lines('Partition IB RelVal', 'On always', 'When never', 'Until always', 'Protect'),
        partitions,
      );
      const text = files?.find(({ path }) => path === 'retention-policy.yaml')?.text ?? '';
      return [
        /partition: (.*)/.exec(text)?.[1],
        report.lines.find(({ text: line }) => line === 'Partition IB RelVal')?.outcome,
      ];
    };
    expect(withName('IB RelVal: blockreplica.owner == IB RelVal\n')).toEqual(['IB RelVal', 'carried-with-difference']);
    expect(withName('IB: blockreplica.owner == IB\n')).toEqual(['IB', 'carried-with-difference']);
  });

  test('that no file defines is told', () => {
    const { report } = importNamed(
      lines('Partition Other', 'On always', 'When never', 'Until always', 'Protect'),
      'P: site.name == *\n',
    );
    expect(report.lines.find(({ text }) => text === 'Partition Other')?.remarks).toEqual([
      'the file of partitions has no `Other`: declare it by hand',
    ]);
  });
});

function importNamed(policy: string, partitions: string) {
  const file = (path: string, text: string) => ({ path, bytes: bytes(text) });
  const input = {
    policies: [file('policy.txt', policy)],
    partitions: file('partitions.txt', partitions),
    enforcers: [],
  };
  return importDynamo(
    { ...input, locks: null, protectedSites: null },
    { now: clock, asObserved: false, trustLastCopy: false },
  );
}

describe('broken lines', () => {
  test.each([
    ['Protec replica.incomplete', '5:1', '`Protec` is no directive; did you mean `Protect`?'],
    [
      'Protect replica.incomplet',
      '5:9',
      'unknown variable `replica.incomplet` here; did you mean `replica.incomplete`?',
    ],
    ['Protect site.occupancy > 0.9', '5:9', 'unknown variable `site.occupancy` here'],
    ['On dataset.name == /A/B/C', '5:4', 'unknown variable `dataset.name` here'],
    ['On', '5:3', 'a condition is missing: expected VARIABLE OPERATOR VALUE'],
    ['Protect dataset.size', '5:9', '`dataset.size` is a number: expected an operator and a value after it'],
    ['Protect dataset.size >', '5:22', '`>` wants a value after it'],
    ['Protect dataset.size >= 3', '5:22', '`>=` is no operator'],
    ['Protect dataset.size > 3TB', '5:24', 'expected a number without a unit, found `3TB`'],
    ['Protect dataset.status == VALD', '5:27', '`dataset.status` is never `VALD`; did you mean `VALID`?'],
    ['Protect site.status == MORGE', '5:24', '`site.status` is never `MORGE`; did you mean `MORGUE`?'],
    ['Protect dataset.name in /A/B/C', '5:25', 'expected a list such as [a b c], found `/A/B/C`'],
    ['Protect dataset.name in [/A/B/C', '5:25', 'the list is not closed: `]` is missing'],
    ['Protect dataset.last_update older_than eleven days ago', '5:40', 'expected a date such as 90 days ago'],
    ['Protect dataset.name =~ /A/(?!B)', '5:25', '`/A/(?!B)` cannot be carried'],
    ['Protect not dataset.name == /A/B/C', '5:26', '`not` stands before a variable alone, found `==`'],
    ['Protect not', '5:9', '`not` wants a variable'],
    ['Protect replica.incomplete and', '5:28', '`and` is no operator'],
    ['Protect replica.incomplete and and replica.incomplete', '5:9', 'a condition is missing'],
    [
      'Protect replica.incomplete until soon',
      '5:34',
      'expected a date such as 90 days ago or 2023-09-15, found `soon`',
    ],
    ['Protect replica.incomplete until 2026-01-01 until 2026-02-01', '5:34', '`until` stands twice'],
    ['Order increasing', '5:7', '`increasing` wants a variable after it'],
    ['Order ascending replica.size', '5:7', 'expected `increasing` or `decreasing`, found `ascending`'],
    ['Order increasing dataset.name', '5:18', 'replicas cannot be put in order by `dataset.name`'],
    ['Partition', '5:1', '`Partition` wants a name after it'],
    ['Protect dataset.name == /A\u200b/B/C', '5:27', 'the character U+200B is not allowed'],
  ])('%s', (line, place, message) => {
    const { files, diagnostics } = importFiles(policyWith(line));
    expect(files).toBeNull();
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.message).toContain(message);
    expect(`${diagnostics[0]?.line}:${diagnostics[0]?.column}`).toBe(place);
  });

  test.each([
    ['Partition P', 'a `Partition` line'],
    ['On always', 'an `On` line'],
    ['When never', 'a `When` line'],
    ['Until always', 'an `Until` line'],
    ['Protect', 'a decision without a condition'],
  ])('a policy without %s is not one', (line, missing) => {
    const policy = policyWith().replace(new RegExp(`^${line}\n`, 'm'), '');
    expect(importFiles(policy).diagnostics.map(({ message }) => message)).toEqual([expect.stringContaining(missing)]);
  });

  test('all of all files are told in one run', () => {
    const { files, diagnostics } = importFiles(policyWith('Protect x', 'Delete y == 1'), {
      enforcer: '{ "partition": "P", "rules": { "r": { "num_copies": -1 } } }',
      locks: 'item\texpiration_date\n/A/B/C\tnever\n\tx\n',
    });
    expect(files).toBeNull();
    expect(diagnostics.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual([
      'enforcer.json:1:53',
      'locks.tsv:2:8',
      'locks.tsv:3:1',
      'policy.txt:5:9',
      'policy.txt:6:8',
    ]);
  });

  test('text that is not UTF-8 is refused', () => {
    const file = { path: 'p.txt', bytes: Uint8Array.from([80, 255, 10]) };
    const input = { policies: [file], partitions: null, enforcers: [], locks: null, protectedSites: null };
    const result = importDynamo(input, { now: clock, asObserved: false, trustLastCopy: false });
    expect(result.files).toBeNull();
    expect(result.diagnostics[0]).toMatchObject({ file: 'p.txt', line: 1, column: 2 });
  });
});

test('a file that would be too large has its rules put together', () => {
  const rules = Array.from(
    { length: 20_000 },
    (_, i) => `Delete dataset.name == /Primary/Dataset-${i}-${'x'.repeat(60)}/RAW`,
  );
  const policy = policyWith(...rules.slice(0, 10_000), 'Protect replica.incomplete', ...rules.slice(10_000));
  const result = importFiles(policy);
  const retention = result.files?.find(({ path }) => path === 'retention-policy.yaml')?.text ?? '';
  expect(retention.length).toBeLessThan(100_000);
  const rulesMade = documentsOf(result).get('Retention policy')?.spec.rules;
  expect(rulesMade).toMatchObject([{ id: 'l5' }, { id: 'l10005' }, { id: 'l10006' }]);
  const told = result.report.lines.find(({ line, file }) => file === 'policy.txt' && line === 20_000);
  expect(told).toMatchObject({ outcome: 'carried-with-difference', became: 'Retention policy, rule l10006' });
  const federation = 'apiVersion: stator/v1\nkind: Federation\nmetadata: { name: f }\nspec: {}\n';
  const files = [...(result.files ?? []), { path: 'f.yaml', text: federation }].map(({ path, text }) => ({
    path,
    bytes: bytes(text),
  }));
  expect(compileDesired(files, source).diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
});
