/** Partitions, rules of the Enforcer, and locks: what each becomes, and what the report says of it. */
import { describe, expect, test } from 'vitest';
import { importDynamo } from '../../../src/import/index.js';
import { clock } from '../../scenarios/inventory.js';
import { bytes, documentsOf, importFiles, importRule, policyWith } from './one-rule.js';

function importAlone(
  given: { readonly partitions?: string; readonly enforcers?: readonly string[]; readonly locks?: string },
  asObserved = false,
) {
  const file = (path: string, text: string) => ({ path, bytes: bytes(text) });
  const result = importDynamo(
    {
      policies: [],
      partitions: given.partitions === undefined ? null : file('partitions.txt', given.partitions),
      enforcers: (given.enforcers ?? []).map((text, index) => file(`enforcer${index}.json`, text)),
      locks: given.locks === undefined ? null : file('locks.tsv', given.locks),
      protectedSites: null,
    },
    { now: clock, asObserved, trustLastCopy: false },
  );
  const specs = Object.fromEntries([...documentsOf(result)].map(([name, { spec }]) => [name, spec]));
  const told = Object.fromEntries(
    result.report.lines.map(({ line, outcome, remarks }) => [line, [outcome, ...remarks]]),
  );
  return { ...result, specs, told };
}

describe('partitions', () => {
  test('are conditions on block replicas, or unions', () => {
    const { specs, files } = importAlone({
      partitions: [
        '# owned data',
        'Analysis: blockreplica.owner == AnalysisOps and site.storage_type == DISK',
        'IB RelVal: blockreplica.owner == IB RelVal',
        'Free: blockreplica.owner == None',
        'All: [Analysis, IB RelVal]',
        '',
      ].join('\n'),
    });
    expect(specs).toMatchObject({
      'Partition Analysis': { match: 'block.owner == "AnalysisOps" && site.storage == "disk"' },
      'Partition IB RelVal': { match: 'block.owner == "IB RelVal"' },
      'Partition Free': { match: 'block.owner == ""' },
      'Partition All': { include: ['Analysis', 'IB RelVal'], description: 'All: [Analysis, IB RelVal]' },
    });
    expect(files?.[0]?.text).toContain('# owned data\napiVersion');
  });

  test('a line that is no definition is skipped, as in the program; a name that comes again counts', () => {
    const { told, specs } = importAlone({ partitions: 'A: site.name == X\nsome words\nA: site.name == Y\n' });
    expect(told[1]).toEqual(['not-carried', 'line 3 says it anew']);
    expect(told[2]?.[0]).toBe('not-carried');
    expect(specs['Partition A']).toMatchObject({ match: 'site.name.glob("Y")' });
  });

  test.each([
    ['A: [B, C]\nB: site.name == X\n', '1:1', 'there is no partition `C` in this file'],
    ['A: site.nme == X\n', '1:4', 'unknown variable `site.nme` here'],
    ['A: [B, ]\n', '1:4', 'a name is missing in the list of members'],
  ])('broken: %j', (text, place, message) => {
    const { files, diagnostics } = importAlone({ partitions: text });
    expect(files).toBeNull();
    expect(diagnostics.map(({ line, column, message: said }) => `${line}:${column} ${said}`)).toEqual([
      expect.stringContaining(`${place} ${message}`),
    ]);
  });
});

const rule = (fields: object): string =>
  JSON.stringify({
    partition: 'P',
    default_destination_group: 'AnalysisOps',
    rules: {
      us: {
        num_copies: 2,
        replicas: ['dataset.name == /*/*/MINIAOD*'],
        destinations: ['site.name == T2_US_*'],
        sources: ['always'],
        ...fields,
      },
    },
  });

describe("the Enforcer's rules", () => {
  test('are placements; they protect only where they say so', () => {
    expect(importAlone({ enforcers: [rule({})] }).specs).toEqual({
      'Placement us': {
        description: 'Rule us of enforcer0.json',
        datasets: 'dataset.name.glob("/*/*/MINIAOD*")',
        to: 'site.name.glob("T2_US_*")',
        copies: 2,
        owner: 'AnalysisOps',
        protect: false,
      },
    });
    const protecting = importAlone({ enforcers: [rule({ protect: true, destination_group: 'DataOps' })] });
    expect(protecting.specs['Placement us']).not.toHaveProperty('protect');
    expect(protecting.specs['Placement us']).toMatchObject({ owner: 'DataOps' });
  });

  test('look for data at their sources', () => {
    const byName = importAlone({ enforcers: [rule({ sources: ['site.name == T1_*', 'site.name in [T0_A T0_B]'] })] });
    expect(String(byName.specs['Placement us']?.datasets).trim().replace(/\s+/g, ' ')).toBe(
      'dataset.replicaSites.exists(s, s.glob("T1_*") || s.glob(["T0_A", "T0_B"])) && dataset.name.glob("/*/*/MINIAOD*")',
    );
    const byClass = importAlone({ enforcers: [rule({ sources: ['site.storage_type == MSS'] })] });
    expect(byClass.specs).toMatchObject({
      'Placement us': { datasets: 'size(dataset.sitesWhere("us-sources")) > 0' },
      'Selector us-sources': {
        scope: 'replica',
        when: 'site.storage == "tape" && dataset.name.glob("/*/*/MINIAOD*")',
      },
    });
  });

  test('may describe replicas: a Selector says how', () => {
    const { specs } = importAlone({
      enforcers: [rule({ replicas: ['blockreplica.owner == DataOps and not replica.incomplete'] })],
    });
    expect(specs['Selector us-sources']).toMatchObject({ when: '"DataOps" in replica.owners && replica.complete' });
  });

  test('know no occupancy as destinations: left out, and told', () => {
    const { specs, report } = importAlone({
      enforcers: [rule({ destinations: ['site.status == READY and site.occupancy < 0.9'] })],
    });
    expect(specs['Placement us']?.to).toBe('site.state == "ready"');
    const told = report.lines.find(({ text }) => text.startsWith('site.status'));
    expect(told?.remarks).toEqual([expect.stringContaining('`site.occupancy < 0.9` is left out')]);
  });

  test('of several files have names of their own', () => {
    expect(Object.keys(importAlone({ enforcers: [rule({}), rule({})] }).specs)).toEqual([
      'Placement us',
      'Placement us-2',
    ]);
  });

  test('of a partition that no policy is about are left out, and told', () => {
    const other = rule({}).replace('"partition":"P"', '"partition":"Q"');
    const result = importFiles(policyWith('Protect replica.enforcer_protected'), { enforcer: other });
    expect([...documentsOf(result).keys()]).toEqual(['Partition P', 'Retention policy']);
    const told = result.report.lines.filter(({ file }) => file === 'enforcer.json');
    expect(told.length).toBeGreaterThan(4);
    expect(new Set(told.map(({ outcome, remarks }) => `${outcome}: ${remarks}`))).toEqual(
      new Set(['not-carried: the rule is about partition Q, and none of the policies is']),
    );
    const line = result.report.lines.find(({ text }) => text === 'Protect replica.enforcer_protected');
    expect(line?.remarks).toEqual([
      'no rule of the Enforcer is about this partition, so that nothing is protected by one',
    ]);
  });

  test('protect what placements require; in the program all copies, unless there are too many', () => {
    const enforcer = rule({ protect: true });
    expect(importRule('Protect replica.enforcer_protected', { enforcer }).when).toBe('replica.required');
    const observed = importRule('Protect replica.enforcer_protected', { enforcer, asObserved: true });
    expect(observed.when).toBe(
      'site.name in dataset.sitesWhere("policy-enforcer-us") && size(dataset.sitesWhere("policy-enforcer-us")) <= 2',
    );
    expect(observed.documents.get('Selector policy-enforcer-us')?.spec).toMatchObject({
      scope: 'replica',
      when: 'site.name.glob("T2_US_*") && dataset.name.glob("/*/*/MINIAOD*")',
    });
    expect(observed.line.outcome).toBe('carried');
  });

  test('that are not given protect nothing in the program', () => {
    expect(importRule('Protect replica.enforcer_protected').when).toBe('replica.required');
    expect(importRule('Protect replica.enforcer_protected', { asObserved: true }).when).toBe('false');
  });

  test.each([
    ['{ "partition": "P" }', '1:1', '`rules` is missing'],
    ['{ "policy": "x.json", "partition": "P" }', '1:1', 'give the file that its `policy` names'],
    ['[]', '1:1', 'the file must be an object'],
    ['{ "partition": "P", }', '1:21', 'not JSON: expected a text in double quotes'],
    ['{\n  "partition": 3,\n  "rules": {}\n}', '2:16', '`partition` must be a text'],
    [rule({ num_copies: 1.5 }), '1:88', '`num_copies` must be a whole number from 0'],
    [rule({ protect: 'yes' }), null, '`protect` must be true or false'],
    [rule({ replicas: 'x' }), null, '`replicas` must be a list of conditions'],
    [rule({ replicas: [1] }), null, 'a condition must be a text'],
    [rule({ destinations: ['dataset.name == /A/B/C'] }), null, 'unknown variable `dataset.name` here'],
    ['{ "partition": "P", "partition": "Q", "rules": {} }', '1:21', '`partition` stands twice'],
  ])('broken: %s', (text, place, message) => {
    const { files, diagnostics } = importAlone({ enforcers: [text] });
    expect(files).toBeNull();
    expect(diagnostics.map(({ message: said }) => said)).toEqual([expect.stringContaining(message)]);
    if (place !== null) expect(diagnostics.map(({ line, column }) => `${line}:${column}`)).toEqual([place]);
  });
});

describe('locks', () => {
  test('become Locks, those that differ in nothing but the data one', () => {
    const { specs, told } = importAlone({
      locks: [
        'id\titem\tsites\tgroups\tlock_date\texpiration_date\tuser\tdn\tservice_id\tcomment',
        '1\t/A/B/C\t*\tNULL\t2026-01-01 00:00:00\t2027-01-01 00:00:00\tjane\t/DC=x\t1\tthesis',
        '2\t/A/*/D\t\t\t2026-01-01 00:00:00\t2027-01-01 00:00:00\tjane\t/DC=x\t1\tthesis',
        '3\t/A/B/E#b1\tT2_US_*\tDataOps\t\\N\t1800000000\tjoe\t\t\t',
        '4\t/A/B/F\t\t\t\t\t\t\t\t',
        '',
      ].join('\n'),
    });
    expect(specs).toEqual({
      'Lock locks-l2': {
        datasets: 'dataset.name.glob(["/A/B/C", "/A/*/D"])',
        expires: '2027-01-01',
        reason: 'thesis',
        requestedBy: 'jane',
      },
      'Lock locks-l4': {
        blocks: ['/A/B/E#b1'],
        sites: 'site.name.glob("T2_US_*")',
        owners: ['DataOps'],
        expires: '2027-01-15T08:00:00Z',
        reason: 'Locked by joe',
        requestedBy: 'joe',
      },
      'Lock locks-l5': { datasets: 'dataset.name == "/A/B/F"', expires: '9999-12-31', reason: 'Locked in locks.tsv' },
    });
    expect(told).toMatchObject({
      1: ['carried'],
      2: ['carried'],
      3: ['carried'],
      4: ['carried-with-difference', 'where no site matches, the program locks everywhere; here nowhere'],
      5: ['carried-with-difference', 'a lock has an end here: 9999-12-31'],
    });
  });

  test('that have ended are left out; the program never lets one end', () => {
    const locks = 'item\texpiration_date\n/A/B/C\t2026-06-30\n';
    expect(importAlone({ locks }).specs).toEqual({});
    expect(importAlone({ locks }).told[2]).toEqual([
      'not-carried',
      'it ended at 2026-06-30T00:00:00Z; the program never lets a lock end',
    ]);
    expect(importAlone({ locks }, true).specs).toMatchObject({ 'Lock locks-l2': { expires: '9999-12-31' } });
  });

  test('whose sites do not exist hold everywhere in the program', () => {
    const result = importFiles(policyWith(), { locks: 'item\tsites\n/A/B/C\tT2_X*\n', asObserved: true });
    expect(documentsOf(result).get('Lock locks-l2')?.spec.sites).toBe(
      'site.name.glob("T2_X*") || !sites.exists(s, s.name.glob("T2_X*"))',
    );
  });

  test('that are limited to groups are seen by rules, as in the program', () => {
    const surroundings = { locks: 'item\tgroups\n/A/B/C\tDataOps\n/A/B/D\t*Ops\n', asObserved: true };
    const { when, documents } = importRule('ProtectBlock blockreplica.is_locked', surroundings);
    expect(when).toBe('block.locked || block.is("locks-as-observed")');
    expect(String(documents.get('Selector locks-as-observed')?.spec.when).replace(/\s+/g, ' ').trim()).toBe(
      '(dataset.name == "/A/B/C" && (block.owner == "DataOps" || !("DataOps" in groups))) || ' +
        '(dataset.name == "/A/B/D" && ((block.owner != "" && block.owner.glob("*Ops")) || !groups.exists(g, g.glob("*Ops"))))',
    );
    expect(importRule('Protect blockreplica.is_locked', surroundings).when).toBe(
      'replica.blocks.exists(b, b.locked || b.is("locks-as-observed"))',
    );
  });

  test('a pattern of groups, and one of datasets with a block, lock more than was asked', () => {
    const { specs, told } = importAlone({ locks: 'item\tgroups\n/A/B/C\t*Ops\n/A/*/D#b1\t\n' });
    expect(specs).toMatchObject({
      'Lock locks-l2': { datasets: 'dataset.name == "/A/B/C"' },
      'Lock locks-l3': { datasets: 'dataset.name.glob("/A/*/D")' },
    });
    expect(specs['Lock locks-l2']).not.toHaveProperty('owners');
    expect(told[2]).toContain('a Lock names its owners one by one: it holds for whoever owns the data');
    expect(told[3]).toContain('a Lock names blocks with their dataset: all blocks of these datasets are locked');
  });

  test('a pattern is one only with a star; then classes count too', () => {
    const { specs } = importAlone({ locks: 'item\n/A?/B/C\n' });
    expect(specs['Lock locks-l2']?.datasets).toBe('dataset.name.matches(r"^/A\\?/B/C$")');
    const classes = importAlone({ locks: 'item\n/A[12]/*/C\n' });
    expect(classes.specs['Lock locks-l2']?.datasets).toBe('dataset.name.matches(r"^/A[12]/.*/C$")');
  });

  test.each([
    ['/A/B/C\n', {}],
    ['/A/B/C\tT2_X\tDataOps\t2027-01-01\n', { owners: ['DataOps'], expires: '2027-01-01' }],
    [
      '7\t/A/B/C\tT2_X\tDataOps\t2025-01-01\t2027-01-01 12:00:00\tjane\n',
      { requestedBy: 'jane', expires: '2027-01-01T12:00:00Z' },
    ],
  ])('without names the columns are in order: %j', (locks, expected) => {
    expect(importAlone({ locks }).specs['Lock locks-l1']).toMatchObject({
      datasets: 'dataset.name == "/A/B/C"',
      ...expected,
    });
  });

  test('thousands of them are one Lock with a list', () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `/A/B${i}/C`);
    const { specs, files } = importAlone({ locks: `item\n${rows.join('\n')}\n` });
    expect(specs).toMatchObject({
      'Lock locks-l2': { datasets: 'dataset.is("locks-l2")' },
      'Selector locks-l2': { namesFile: 'names/locks-l2.txt' },
    });
    expect(files?.find(({ path }) => path === 'names/locks-l2.txt')?.text.split('\n')).toHaveLength(3002);
  });

  test.each([
    ['item\tsits\n/A/B/C\tX\n', '1:6', 'unknown column `sits`'],
    ['item\texpiration_date\n/A/B/C\tsoon\n', '2:8', 'expected a time such as 2026-06-01 12:00:00, found `soon`'],
    ['item\tsites\n\tX\n', '2:1', 'the row names nothing to lock'],
    ['item\n/A/B/C#\n', '2:1', '`/A/B/C#` is no name of a block'],
    ['item\n/A/B/C\tX\n', '2:1', 'the row has 2 columns, expected at most 1'],
  ])('broken: %j', (locks, place, message) => {
    const { files, diagnostics } = importAlone({ locks });
    expect(files).toBeNull();
    expect(diagnostics.map(({ line, column, message: said }) => `${line}:${column} ${said}`)).toEqual([
      expect.stringContaining(`${place} ${message}`),
    ]);
  });
});
