/** What documents mean: units, defaults, and every field of every kind. */
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../../src/desired/index.js';
import { base, compile, document, federation, lines } from './desired-files.js';

function state(files: Readonly<Record<string, string>>): DesiredState {
  const result = compile(files);
  expect(lines(result)).toEqual([]);
  if (result.state === null) throw new Error('no state');
  return result.state;
}

const withBase = (text: string, more: Record<string, string> = {}): DesiredState =>
  state({ 'base.yaml': base, 'x.yaml': text, ...more });

describe('Federation', () => {
  test('defaults', () => {
    expect(state({ 'f.yaml': federation }).federation).toMatchObject({
      name: 'test',
      datasetName: null,
      declaredLabels: { dataset: null, site: null },
      defaultOwner: null,
      defaultPriority: 50,
      downGrace: 7 * 86_400,
      evacuateTo: null,
      disposable: { text: 'dataset.status in ["DELETED", "INVALID", "DEPRECATED"]' },
    });
  });

  test('every field', () => {
    const spec = [
      "datasetName: '^/.+$'",
      'labels: { dataset: [tier], site: [country, region] }',
      'defaults: { owner: ops, priority: 10, downGrace: 12h, evacuateTo: \'site.labels.region == "europe"\' }',
      'disposable: dataset.status == "DELETED"',
    ];
    const text = document('Federation', 'f', spec.join('\n'));
    expect(state({ 'f.yaml': text }).federation).toMatchObject({
      datasetName: '^/.+$',
      declaredLabels: { dataset: new Set(['tier']), site: new Set(['country', 'region']) },
      defaultOwner: 'ops',
      defaultPriority: 10,
      downGrace: 43_200,
      evacuateTo: { text: 'site.labels.region == "europe"' },
      disposable: { text: 'dataset.status == "DELETED"' },
    });
  });
});

describe('Site', () => {
  test('every field', () => {
    const text = `apiVersion: stator/v1
kind: Site
metadata: { name: 'A site', labels: { country: "US", tier: "2" }, annotations: { contact: ann } }
spec:
  storage: tape
  state: lost
  quotas: { physics: 1.5TB, relval: unlimited }
  endpoints:
    - { protocol: davs, match: '^/store/(.*)$', url: 'davs://se.example.org:1094/store/$1' }
    - { protocol: file, match: '^/(a|b)/(.*)$', url: 'file:///srv/s/$1/$2', root: /srv/s }
`;
    const site = withBase(text).sites.find(({ name }) => name === 'A site');
    expect(site).toMatchObject({
      labels: new Map([
        ['country', 'US'],
        ['tier', '2'],
      ]),
      annotations: new Map([['contact', 'ann']]),
      storage: 'tape',
      state: 'lost',
      quotas: new Map([
        ['physics', 1.5e12],
        ['relval', Number.POSITIVE_INFINITY],
      ]),
      endpoints: [
        { protocol: 'davs', match: '^/store/(.*)$', url: 'davs://se.example.org:1094/store/$1', root: null },
        { protocol: 'file', match: '^/(a|b)/(.*)$', url: 'file:///srv/s/$1/$2', root: '/srv/s' },
      ],
    });
  });

  test('is ready unless it says otherwise', () => {
    expect(withBase('').sites.map(({ name, state }) => [name, state])).toEqual([
      ['T1_DE_Disk', 'ready'],
      ['T2_US_MIT', 'ready'],
    ]);
  });
});

test('Group', () => {
  const text = [document('Group', 'A', '{}'), document('Group', 'B', 'ownership: block\nlimit: 20PB')].join('---\n');
  expect(withBase(text).groups).toMatchObject([
    { name: 'A', ownership: 'dataset', limit: null },
    { name: 'AnalysisOps' },
    { name: 'B', ownership: 'block', limit: 2e16 },
  ]);
});

test('Partition', () => {
  const text = [
    document('Partition', 'all', 'include: [relval, physics]'),
    document(
      'Partition',
      'p',
      'match: block.owner == "x"\nquotas:\n  - { sites: site.storage == "disk", size: 1TiB }\n  - { sites: true, size: 0 }',
    ),
  ].join('---\n');
  const { partitions } = withBase(text);
  expect(partitions.map(({ name }) => name)).toEqual(['all', 'p', 'physics', 'relval']);
  expect(partitions[0]).toMatchObject({ match: null, include: ['physics', 'relval'], quotas: [] });
  expect(partitions[1]).toMatchObject({
    match: { text: 'block.owner == "x"' },
    include: [],
    quotas: [
      { sites: { text: 'site.storage == "disk"' }, size: 2 ** 40 },
      { sites: { constant: true }, size: 0 },
    ],
  });
});

test('Selector: names of the document and of the file beside it, each with its line', () => {
  const text = document(
    'Selector',
    's',
    'scope: dataset\nwhen: dataset.open\nnames:\n  - /a/*\n  - /b\nnamesFile: ../lists/keep.txt',
  );
  const list = '# comment\n/c/d/RAW\n\n  /e#1/f  # why\n/g\r\n';
  const { selectors } = state({ 'base.yaml': base, 'sub/x.yaml': text, 'lists/keep.txt': list });
  expect(selectors).toMatchObject([
    {
      scope: 'dataset',
      when: { text: 'dataset.open' },
      names: [
        { text: '/a/*', file: 'sub/x.yaml', line: 8 },
        { text: '/b', file: 'sub/x.yaml', line: 9 },
        { text: '/c/d/RAW', file: 'lists/keep.txt', line: 2 },
        { text: '/e#1/f', file: 'lists/keep.txt', line: 4 },
        { text: '/g', file: 'lists/keep.txt', line: 5 },
      ],
    },
  ]);
});

describe('Placement', () => {
  test('defaults', () => {
    expect(withBase(document('Placement', 'p', 'datasets: true\nto: true')).placements).toMatchObject([
      {
        statuses: ['PRODUCTION', 'VALID'],
        from: null,
        copies: 1,
        level: 'dataset',
        owner: null,
        priority: 50,
        activity: null,
        protect: true,
        weight: null,
        expires: null,
      },
    ]);
  });

  test('every field', () => {
    const spec = [
      'datasets: dataset.name.glob("/*/*/RAW")',
      'statuses: [VALID, DEPRECATED]',
      'to: site.storage == "disk" && dataset.size < byteSize("1TB")',
      'from: site.storage == "tape"',
      'copies: min(4, ceil(dataset.demand / 1.75))',
      'weight: site.free',
      'level: block',
      'owner: AnalysisOps',
      'priority: 90',
      'activity: Production',
      'protect: false',
      'expires: 2027-06-01',
      'onRemove: release',
    ];
    expect(withBase(document('Placement', 'p', spec.join('\n'))).placements).toMatchObject([
      {
        datasets: { text: 'dataset.name.glob("/*/*/RAW")' },
        statuses: ['DEPRECATED', 'VALID'],
        to: { scope: { name: 'site', partition: false } },
        from: { text: 'site.storage == "tape"' },
        copies: { text: 'min(4, ceil(dataset.demand / 1.75))', type: 'int' },
        level: 'block',
        owner: 'AnalysisOps',
        priority: 90,
        activity: 'Production',
        protect: false,
        weight: { text: 'site.free', scope: { partition: true } },
        expires: Date.UTC(2027, 5, 1) / 1000,
      },
    ]);
  });

  test.each([
    ['3', 3],
    ['0', 0],
    ['all', 'all'],
    ['"1 + 1"', 2],
  ])('copies: %s', (written, copies) => {
    const text = document('Placement', 'p', `datasets: true\nto: true\ncopies: ${written}`);
    expect(withBase(text).placements[0]?.copies).toBe(copies);
  });

  test('takes owner and priority from the Federation', () => {
    const files = {
      'base.yaml': base.replace('spec: {}', 'spec: { defaults: { owner: AnalysisOps, priority: 7 } }'),
      'x.yaml': document('Placement', 'p', 'datasets: true\nto: true'),
    };
    expect(state(files).placements[0]).toMatchObject({ owner: 'AnalysisOps', priority: 7 });
  });
});

describe('Retention', () => {
  test('defaults: never triggered, everything protected', () => {
    expect(withBase(document('Retention', 'r', 'partition: physics\nsites: true')).retentions).toMatchObject([
      { trigger: null, until: null, mode: 'incremental', slice: 0.01, order: [], rules: [], default: 'protect' },
    ]);
  });

  test('every field, and where each rule stands', () => {
    const text = `# comment
apiVersion: stator/v1
kind: Retention
metadata: { name: r }
spec:
  description: Keeps the disks below nine tenths.
  partition: physics
  sites: site.storage == "disk"
  trigger: site.occupancy > 0.90
  until: site.occupancy < 0.85
  mode: static
  slice: 2.5%
  order: [ { by: dataset.usageRank, direction: desc }, { by: dataset.lastUse } ]
  rules:
    - { id: one, action: delete, when: 'dataset.status == "DEPRECATED"', allowLastCopy: true }
    - id: two
      requestedBy: ann
      link: https://example.org/1
      action: dismiss
      scope: block
      when: |
        block.owner == "" &&
        block.lastUpdate.olderThan("60d")
      notBefore: 2026-12-01T12:00:00+01:00
      expires: 2027-01-01
      allowCustodial: true
  default: ignore
`;
    const [retention] = withBase(text).retentions;
    expect(retention).toMatchObject({
      partition: 'physics',
      sites: { scope: { partition: true } },
      trigger: { text: 'site.occupancy > 0.90' },
      until: { text: 'site.occupancy < 0.85' },
      mode: 'static',
      slice: 0.025,
      order: [
        { by: { text: 'dataset.usageRank' }, direction: 'desc' },
        { by: { text: 'dataset.lastUse' }, direction: 'asc' },
      ],
      default: 'ignore',
      origin: {
        ref: { kind: 'Retention', name: 'r', id: null, file: 'x.yaml', line: 2 },
        column: 1,
        description: 'Keeps the disks below nine tenths.',
      },
    });
    expect(retention?.rules).toMatchObject([
      {
        id: 'one',
        action: 'delete',
        scope: 'replica',
        allowLastCopy: true,
        allowCustodial: false,
        notBefore: null,
        expires: null,
        origin: { ref: { kind: 'Retention', name: 'r', id: 'one', file: 'x.yaml', line: 15 }, column: 7 },
      },
      {
        id: 'two',
        action: 'dismiss',
        scope: 'block',
        when: { scope: { name: 'block' } },
        notBefore: Date.UTC(2026, 11, 1, 11) / 1000,
        expires: Date.UTC(2027, 0, 1) / 1000,
        allowLastCopy: false,
        allowCustodial: true,
        origin: { ref: { id: 'two', line: 16 }, requestedBy: 'ann', link: 'https://example.org/1', description: null },
      },
    ]);
  });
});

test('Lock', () => {
  const spec =
    'datasets: dataset.open\nblocks: ["/a/b/c#2", "/a/b/c#1"]\nsites: site.storage == "disk"\nowners: [AnalysisOps]\nexpires: 2027-06-01T00:00:00Z\nreason: audit';
  const text = [
    document('Lock', 'l', spec),
    document('Lock', 'all', 'datasets: true\nexpires: 2027-06-01\nreason: x'),
  ].join('---\n');
  expect(withBase(text).locks).toMatchObject([
    { name: 'all', datasets: { constant: true }, blocks: null, sites: null, owners: null },
    {
      name: 'l',
      datasets: { text: 'dataset.open' },
      blocks: new Set(['/a/b/c#1', '/a/b/c#2']),
      sites: { text: 'site.storage == "disk"' },
      owners: new Set(['AnalysisOps']),
      expires: Date.UTC(2027, 5, 1) / 1000,
      reason: 'audit',
    },
  ]);
});

test('Guard', () => {
  const spec = `sites: "true"
partition: physics
transfers: { maxBytesPerCycle: 200TB, maxOccupancy: 93%, maxPending: 0.03, maxDatasetSize: 200TB }
deletions: { per: 12h, maxBytes: 500TB, maxShareOfSite: 5%, maxDatasets: 5000, approvalAbove: 0 }
copies:
  - { datasets: 'dataset.labels.tier == "RAW"', min: 2, tape: true }
  - {}
staleness: { inventory: 1h, source: 1d, maxShrink: 10% }`;
  const text = [
    document('Guard', 'g', spec),
    document('Guard', 'h', 'deletions: {}'),
    document('Guard', 'i', '{}'),
  ].join('---\n');
  const nothing = { maxBytes: null, maxShareOfSite: null, maxDatasets: null, approvalAbove: null };
  expect(withBase(text).guards).toMatchObject([
    {
      sites: { constant: true },
      partition: 'physics',
      transfers: { maxBytesPerCycle: 2e14, maxOccupancy: 0.93, maxPending: 0.03, maxDatasetSize: 2e14 },
      deletions: { per: 43_200, maxBytes: 5e14, maxShareOfSite: 0.05, maxDatasets: 5000, approvalAbove: 0 },
      copies: [
        { datasets: { text: 'dataset.labels.tier == "RAW"' }, min: 2, tape: true },
        { datasets: { constant: true }, min: 1, tape: false },
      ],
      staleness: { inventory: 3600, source: 86_400, maxShrink: 0.1 },
    },
    { deletions: { per: 86_400, ...nothing } },
    {
      sites: { constant: true },
      partition: null,
      transfers: { maxBytesPerCycle: null, maxOccupancy: null, maxPending: null, maxDatasetSize: null },
      deletions: null,
      copies: [],
      staleness: { inventory: null, source: null, maxShrink: null },
    },
  ]);
});

describe('warnings', () => {
  const warnings = (text: string, federationSpec = '{}'): string[] =>
    lines(compile({ 'base.yaml': base.replace('spec: {}', `spec: ${federationSpec}`), 'x.yaml': text }), 'warning');

  test('&& and || without parentheses', () => {
    const text = document(
      'Placement',
      'p',
      'datasets: dataset.open || dataset.files > 1 && dataset.blocks > 1\nto: true',
    );
    expect(warnings(text)).toEqual([
      'x.yaml:5:47 mixed-operators: Placement p: spec.datasets: `&&` and `||` are mixed: put parentheses around what belongs together',
    ]);
    expect(warnings(text.replace('dataset.files', '(dataset.files').replace('blocks > 1', 'blocks > 1)'))).toEqual([]);
  });

  test('a label that no site has', () => {
    const text = document('Placement', 'p', 'datasets: true\nto: site.labels.contry == "US"');
    expect(warnings(text)).toEqual([
      'x.yaml:6:12 unknown-label: Placement p: spec.to: no Site has the label `contry`: it is always empty; did you mean `country`?',
    ]);
  });

  test('a label of `spread` or `relativeTo` that no site has', () => {
    const text = [
      document('Placement', 'p', 'datasets: true\nto: true\ncopies: 2\nspread: { by: contry, max: 1 }'),
      document('Placement', 'q', 'datasets: true\nto: true\nrelativeTo: { placement: p, label: rack, same: false }'),
      document('Placement', 'r', 'datasets: true\nto: true\nspread: { by: country, max: 2 }'),
    ].join('---\n');
    const [spread = '', relative = '', ...others] = warnings(text).filter((line) => line.includes('unknown-label'));
    expect(spread).toBe(
      'x.yaml:8:17 unknown-label: Placement p: spec.spread.by: no Site has the label `contry`: all sites are alike to it; did you mean `country`?',
    );
    expect(relative).toContain(
      'unknown-label: Placement q: spec.relativeTo.label: no Site has the label `rack`: all sites are alike to it',
    );
    expect(others).toEqual([]);
  });

  test('a label of `spread` that is not declared is an error', () => {
    const text = document('Placement', 'p', 'datasets: true\nto: true\nspread: { by: contry, max: 1 }');
    const federation = base.replace('spec: {}', 'spec: { labels: { site: [country, region] } }');
    expect(lines(compile({ 'base.yaml': federation, 'x.yaml': text }), 'error')).toEqual([
      'x.yaml:7:17 unknown-label: Placement p: spec.spread.by: the label `contry` is not declared in Federation.spec.labels.site; did you mean `country`?; declared: `country`, `region`',
    ]);
  });

  test('a glob that matches no site, and a site left out that does not exist', () => {
    const text = document(
      'Placement',
      'p',
      'datasets: true\nto: site.name.glob(["T1_*", "T3_*"]) && site.name != "T2_US_Caltech"',
    );
    expect(warnings(text)).toEqual([
      'x.yaml:6:31 glob-without-match: Placement p: spec.to: no Site matches `T3_*`',
      'x.yaml:6:56 unknown-site: Placement p: spec.to: there is no Site `T2_US_Caltech`',
    ]);
  });

  test('a destination that does not exist: the Placement goes on with the others', () => {
    const text = document('Placement', 'p', 'datasets: true\nto: site.name in ["T2_US_MIT", "Nowhere"]');
    expect(warnings(text)).toEqual(['x.yaml:6:34 unknown-site: Placement p: spec.to: there is no Site `Nowhere`']);
  });

  test('until without trigger', () => {
    const text = document('Retention', 'r', 'partition: physics\nsites: true\nuntil: site.occupancy < 0.8');
    expect(warnings(text)).toEqual([
      'x.yaml:7:10 until-without-trigger: Retention r: spec.until: has no meaning without `trigger`: it is never triggered',
    ]);
  });

  test('stand in the state, and do not stop it', () => {
    const text = document('Placement', 'p', 'datasets: true\nto: site.name.glob("T3_*")');
    expect(withBase(text).diagnostics).toMatchObject([
      { severity: 'warning', code: 'glob-without-match', file: 'x.yaml' },
    ]);
  });
});
