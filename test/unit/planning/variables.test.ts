/**
 * What each variable of the policy language says (`docs/policy`), on replicas that are full, partial, incomplete,
 * growing, of many owners or of none, on disk, tape and buffer, and at sites in every state.
 */
import { describe, expect, test } from 'vitest';
import { variables } from '../../../src/policy/index.js';
import { desired, site } from '../../scenarios/desired.js';
import { clock, days, daysAgo, type InventorySpec } from '../../scenarios/inventory.js';
import { observed, perform, planFor } from '../../scenarios/loop.js';

const sites = [
  site('READY', '', 'country: CH'),
  site('RO', 'state: readonly'),
  site('DRAIN', 'state: draining'),
  site('DOWN', 'state: down'),
  site('LOST', 'state: lost'),
  site('TAPE', 'storage: tape'),
  site('BUF', 'storage: buffer'),
];

const everywhere = { READY: {}, RO: {}, DRAIN: {}, DOWN: {}, LOST: {}, TAPE: {}, BUF: {} };

/** Block sizes are powers of two: the bytes that a rule decided tell which blocks it decided. */
const abc = { a: 1, b: 2, c: 4 };

const spec: InventorySpec = {
  '/everywhere': { blocks: abc, at: everywhere },
  '/grow': { blocks: abc, open: true, at: { READY: { only: ['a'], growing: 'g' }, RO: { only: ['a'] } } },
  '/incomplete': { blocks: abc, at: { READY: { incomplete: { c: 3 } }, RO: { incomplete: { c: 0 } }, BUF: {} } },
  '/lost-only': { blocks: abc, at: { LOST: {}, DOWN: {} } },
  '/owners': {
    blocks: abc,
    at: { READY: { owners: { a: 'g', b: 'h', c: '' } }, RO: { owner: 'h' }, TAPE: { owner: 'k' }, BUF: { owner: '' } },
  },
  '/partial': {
    blocks: abc,
    status: 'PRODUCTION',
    at: { READY: { only: ['a', 'b'] }, RO: { only: ['c'] }, TAPE: { only: ['a'] } },
  },
  '/tape': { blocks: abc, at: { TAPE: { custodial: true }, READY: { incomplete: { a: 0 } } } },
  '/tape-down': { blocks: abc, at: { READY: {} } },
};

interface Rule {
  readonly scope?: 'replica' | 'block';
  readonly documents?: readonly string[];
  readonly inventory?: InventorySpec;
  /** Condition of the partition; default everything. */
  readonly partition?: string;
}

/** `dataset site bytes` of everything that a rule with the condition decides. */
function where(
  condition: string,
  { scope = 'replica', documents = [], inventory = spec, partition }: Rule = {},
): string[] {
  const retention = `
    kind: Partition
    metadata: { name: view }
    spec: { match: '${partition ?? 'true'}' }
    ---
    kind: Retention
    metadata: { name: see }
    spec:
      partition: view
      sites: "true"
      default: ignore
      rules: [ { id: yes, action: protect, scope: ${scope}, when: '${condition}' } ]
  `;
  const { decisions } = planFor(desired(...sites, ...documents, retention), observed(inventory));
  return decisions.map((row) => `${row.dataset} ${row.site} ${row.bytes}`).sort();
}

const atSites = (condition: string): string[] =>
  where(condition)
    .filter((text) => text.startsWith('/everywhere '))
    .map((text) => text.split(' ')[1] ?? '');

const datasets = (condition: string, rule?: Rule): string[] => [
  ...new Set(where(condition, rule).map((text) => text.split(' ')[0] ?? '')),
];

const tested = new Set<string>();

/** Notes which variables the conditions of a table speak about. */
function table<T extends readonly [string, ...unknown[]]>(rows: readonly T[]): readonly T[] {
  for (const [condition] of rows) {
    for (const { path } of variables)
      if (new RegExp(`\\b${path.replace('.', '\\.')}\\b`).test(condition)) tested.add(path);
  }
  return rows;
}

describe('site', () => {
  test.each(
    table([
      ['site.name == "RO"', ['RO']],
      ['site.storage == "disk"', ['DOWN', 'DRAIN', 'LOST', 'READY', 'RO']],
      ['site.storage == "tape"', ['TAPE']],
      ['site.storage == "buffer"', ['BUF']],
      ['site.state == "ready"', ['BUF', 'READY', 'TAPE']],
      ['site.state == "readonly"', ['RO']],
      ['site.state == "draining"', ['DRAIN']],
      ['site.state == "down"', ['DOWN']],
      ['site.state == "lost"', ['LOST']],
      ['site.labels.country == "CH"', ['READY']],
      ['site.labels.country == ""', ['BUF', 'DOWN', 'DRAIN', 'LOST', 'RO', 'TAPE']],
    ]),
  )('%s', (condition, expected) => {
    expect(atSites(condition)).toEqual(expected);
  });
});

describe('site, with a partition in scope', () => {
  const parts = [
    site('HALF', 'quotas: { p: 10 }'),
    site('NONE', 'quotas: { p: 0 }'),
    site('ANY', 'quotas: { p: unlimited }'),
    site('UNNAMED'),
    `
    kind: Partition
    metadata: { name: p }
    spec: { match: block.owner == "grp" }
    ---
    kind: Partition
    metadata: { name: free }
    spec: { match: "true" }
    `,
  ];
  const inventory: InventorySpec = {
    '/here': { blocks: { a: 3, b: 4 }, at: { HALF: { incomplete: { b: 2 } }, NONE: {}, ANY: {}, UNNAMED: {} } },
    '/not-in-p': { size: 100, at: { HALF: { owner: 'other' }, ANY: { owner: 'other' } } },
  };
  const at = (condition: string, partition = 'p'): string[] => {
    const retention = `
      kind: Retention
      metadata: { name: see }
      spec:
        partition: ${partition}
        sites: "true"
        default: ignore
        rules: [ { id: yes, action: protect, when: '${condition}' } ]
    `;
    const { decisions } = planFor(desired(...parts, retention), observed(inventory));
    return [...new Set(decisions.map((row) => row.site))].sort();
  };

  test.each(
    table([
      ['site.quota == 10', ['HALF']],
      ['site.quota == 0', ['NONE', 'UNNAMED']],
      ['site.quota > byteSize("1000EB")', ['ANY']],
      ['site.used == 5', ['HALF']],
      ['site.used == 7', ['ANY', 'NONE', 'UNNAMED']],
      ['site.projected == 7', ['ANY', 'HALF', 'NONE', 'UNNAMED']],
      ['site.free == 3', ['HALF']],
      ['site.free == 0', ['NONE', 'UNNAMED']],
      ['site.free > byteSize("1000EB")', ['ANY']],
      ['site.occupancy == 0.5', ['HALF']],
      ['site.occupancy == 0', ['ANY']],
      ['site.occupancy > 1e300', ['NONE', 'UNNAMED']],
      ['site.projectedOccupancy == 0.7', ['HALF']],
      ['site.projectedOccupancy == 0', ['ANY']],
      ['site.projectedOccupancy > 1e300', ['NONE', 'UNNAMED']],
      ['site.pending == 0.2', ['HALF']],
      ['site.pending == 0', ['ANY', 'NONE', 'UNNAMED']],
    ]),
  )('%s', (condition, expected) => {
    expect(at(condition)).toEqual(expected);
  });

  test('a partition without any quota does not limit', () => {
    expect(at('site.occupancy == 0 && site.quota > byteSize("1000EB")', 'free')).toEqual([
      'ANY',
      'HALF',
      'NONE',
      'UNNAMED',
    ]);
  });
});

describe('dataset', () => {
  const one: InventorySpec = {
    '/d': {
      blocks: { a: 10, b: 20 },
      files: { a: 2, b: 3 },
      status: 'PRODUCTION',
      type: 'mc',
      open: true,
      created: daysAgo(30),
      lastUpdate: daysAgo(20),
      lastAccess: daysAgo(10),
      accesses: 2.5,
      usageRank: 7,
      demand: 1.5,
      labels: { tier: 'RAW' },
      tapeRequested: true,
      copyRequested: true,
      at: { READY: {} },
    },
    '/plain': { size: 1, created: 0, lastUpdate: daysAgo(40), at: { READY: {} } },
  };

  test.each(
    table([
      ['dataset.name == "/d"', ['/d']],
      ['dataset.name.glob("/p*")', ['/plain']],
      ['dataset.status == "PRODUCTION"', ['/d']],
      ['dataset.type == "mc"', ['/d']],
      ['dataset.open', ['/d']],
      ['dataset.size == 30', ['/d']],
      ['dataset.files == 5', ['/d']],
      ['dataset.blocks == 2', ['/d']],
      ['dataset.created == now - duration("30d")', ['/d']],
      ['dataset.created == timestamp("1970-01-01")', ['/plain']],
      ['dataset.lastUpdate.olderThan("30d")', ['/plain']],
      ['dataset.lastUpdate == now - duration("20d")', ['/d']],
      ['dataset.lastAccess == now - duration("10d")', ['/d']],
      ['dataset.lastAccess == timestamp("1970-01-01T00:00:00Z")', ['/plain']],
      ['dataset.lastAccess.olderThan("20000d")', ['/plain']],
      ['dataset.lastUse == now - duration("10d")', ['/d']],
      ['dataset.lastUse == now - duration("40d")', ['/plain']],
      ['dataset.accesses == 2.5', ['/d']],
      ['dataset.accesses == 0', ['/plain']],
      ['dataset.usageRank == 7', ['/d']],
      ['dataset.demand == 1.5', ['/d']],
      ['dataset.labels.tier == "RAW"', ['/d']],
      ['dataset.labels.tier == ""', ['/plain']],
      ['dataset.tapeRequested', ['/d']],
      ['dataset.copyRequested', ['/d']],
    ]),
  )('%s', (condition, expected) => {
    expect(datasets(condition, { inventory: one })).toEqual(expected);
  });

  test('olderThan and newerThan are strict', () => {
    expect(datasets('dataset.created.olderThan("30d")', { inventory: one })).toEqual(['/plain']);
    expect(datasets('dataset.created.newerThan("30d")', { inventory: one })).toEqual([]);
  });

  test.each(
    table([
      // Full copies are counted at ready and readonly sites; /everywhere is at READY, RO, TAPE and BUF of these.
      ['dataset.fullCopies == 4', ['/everywhere', '/owners']],
      ['dataset.fullDiskCopies == 3', ['/everywhere', '/owners']],
      ['dataset.fullCopies == 1 && dataset.fullDiskCopies == 1', ['/incomplete', '/tape-down']],
      ['dataset.fullCopies == 1 && dataset.fullDiskCopies == 0', ['/tape']],
      ['dataset.fullCopies == 0', ['/grow', '/lost-only', '/partial']],
      ['dataset.sites == ["BUF", "READY", "RO", "TAPE"]', ['/everywhere', '/owners']],
      ['dataset.sites == []+["BUF"]', ['/incomplete']],
      ['dataset.replicaSites == ["BUF", "DOWN", "DRAIN", "LOST", "READY", "RO", "TAPE"]', ['/everywhere']],
      ['dataset.replicaSites == ["DOWN", "LOST"]', ['/lost-only']],
      ['dataset.replicaSites == ["READY", "RO", "TAPE"]', ['/partial']],
      ['dataset.onTape == "FULL"', ['/everywhere', '/owners', '/tape']],
      ['dataset.onTape == "PARTIAL"', ['/partial']],
      ['dataset.onTape == "NONE"', ['/grow', '/incomplete', '/lost-only', '/tape-down']],
      ['dataset.owners == ["", "g", "h", "k"]', ['/owners']],
      ['"g" in dataset.owners', ['/owners']],
    ]).map(([condition, expected]) => [condition.replace('[]+', ''), expected] as const),
  )('%s', (condition, expected) => {
    expect(datasets(condition)).toEqual(expected);
  });

  test('a tape that is down still holds its data; one that is lost does not', () => {
    const tape = (state: string): Rule => ({
      documents: [site('TAPE2', `storage: tape, state: ${state}`)],
      inventory: { '/d': { at: { READY: {}, TAPE2: {} } } },
    });
    expect(datasets('dataset.onTape == "FULL"', tape('down'))).toEqual(['/d']);
    expect(datasets('dataset.onTape == "FULL"', tape('draining'))).toEqual(['/d']);
    expect(datasets('dataset.onTape == "NONE"', tape('lost'))).toEqual(['/d']);
  });
});

describe('replica', () => {
  test.each(
    table([
      ['replica.size == 7 && replica.projectedSize == 7 && dataset.name == "/incomplete"', ['/incomplete BUF 7']],
      ['replica.size == 6 && replica.projectedSize == 7', ['/incomplete READY 6', '/tape READY 6']],
      ['replica.size == 3 && replica.projectedSize == 7', ['/incomplete RO 3']],
      ['replica.size == 3 && replica.projectedSize == 3', ['/partial READY 3']],
      ['!replica.complete', ['/incomplete READY 6', '/incomplete RO 3', '/tape READY 6']],
      ['replica.partial', ['/grow READY 1', '/grow RO 1', '/partial READY 3', '/partial RO 4', '/partial TAPE 1']],
      ['replica.complete && !replica.full && !replica.partial', []],
      [
        'replica.full && dataset.name == "/owners"',
        ['/owners BUF 7', '/owners READY 7', '/owners RO 7', '/owners TAPE 7'],
      ],
      [
        'replica.full && site.state in ["down", "lost"] && dataset.name == "/lost-only"',
        ['/lost-only DOWN 7', '/lost-only LOST 7'],
      ],
      ['replica.growing', ['/grow READY 1']],
      ['replica.owners == ["", "g", "h"]', ['/owners READY 7']],
      ['replica.owners == [""]', ['/owners BUF 7']],
      ['replica.custodial', ['/tape TAPE 7']],
      [
        'replica.otherFullCopies == 0 && replica.full',
        ['/incomplete BUF 7', '/lost-only DOWN 7', '/lost-only LOST 7', '/tape TAPE 7', '/tape-down READY 7'],
      ],
      ['replica.otherFullCopies == 4', ['/everywhere DOWN 7', '/everywhere DRAIN 7', '/everywhere LOST 7']],
      [
        'replica.otherFullCopies == 3 && dataset.name == "/everywhere"',
        ['/everywhere BUF 7', '/everywhere READY 7', '/everywhere RO 7', '/everywhere TAPE 7'],
      ],
      // READY has g, h and nobody; RO h; TAPE k; BUF nobody.
      ['replica.otherFullCopiesSameOwner == 2', ['/owners READY 7']],
      ['replica.otherFullCopiesSameOwner == 1 && dataset.name == "/owners"', ['/owners BUF 7', '/owners RO 7']],
      ['replica.otherFullCopiesSameOwner == 0 && dataset.name == "/owners"', ['/owners TAPE 7']],
      ['replica.fullDiskCopiesSameOwner == 3 && dataset.name == "/owners"', ['/owners READY 7']],
      ['replica.fullDiskCopiesSameOwner == 2 && dataset.name == "/owners"', ['/owners BUF 7', '/owners RO 7']],
      ['replica.fullDiskCopiesSameOwner == 0 && dataset.name == "/owners"', ['/owners TAPE 7']],
    ]),
  )('%s', (condition, expected) => {
    expect(where(condition)).toEqual(expected);
  });

  test('fullDiskCopiesSameOwner includes itself only where it counts', () => {
    const condition = (count: number): string =>
      `replica.fullDiskCopiesSameOwner == ${count} && dataset.name == "/lost-only"`;
    expect(where(condition(0))).toEqual(['/lost-only DOWN 7', '/lost-only LOST 7']);
  });

  const aged: InventorySpec = {
    '/aged': {
      blocks: { a: 1, b: 2 },
      lastAccess: daysAgo(3),
      accesses: 4,
      at: { READY: { lastUpdates: { a: daysAgo(50), b: daysAgo(10) } }, RO: { lastUpdate: daysAgo(10) } },
    },
  };

  test.each(
    table([
      ['replica.firstBlock.olderThan("30d")', ['/aged READY 3']],
      ['replica.firstBlock == now - duration("50d")', ['/aged READY 3']],
      ['replica.lastBlock == now - duration("10d")', ['/aged READY 3', '/aged RO 3']],
      ['replica.lastBlock.olderThan("30d")', []],
      ['replica.accesses == 4', ['/aged READY 3', '/aged RO 3']],
      ['replica.lastAccess.newerThan("4d")', ['/aged READY 3', '/aged RO 3']],
    ]),
  )('%s', (condition, expected) => {
    expect(where(condition, { inventory: aged })).toEqual(expected);
  });

  test.each(
    table([
      ['replica.locked', ['/everywhere RO 7', '/owners READY 7', '/owners RO 7']],
      // What is down for a moment satisfies the placement and is kept, and another stands in for it until it is back.
      [
        'replica.required',
        ['/everywhere DOWN 7', '/everywhere DRAIN 7', '/everywhere READY 7', '/everywhere RO 7', '/partial READY 3'],
      ],
      ['replica.requiredBy == ["first", "second"]', ['/everywhere READY 7']],
      ['replica.requiredBy == ["second"] && site.state == "readonly"', ['/everywhere RO 7']],
      // What is incomplete and can be completed is required; at a readonly site it cannot.
      ['replica.requiredBy == ["third"]', ['/partial READY 3']],
      ['replica.requiredBy.size() == 0 && dataset.name == "/partial"', ['/partial RO 4', '/partial TAPE 1']],
      ['replica.blocks.exists(b, b.locked) && replica.blocks.exists(b, !b.locked)', ['/owners READY 7']],
    ]),
  )('%s', (condition, expected) => {
    const documents = [
      `
      kind: Lock
      metadata: { name: at-ro }
      spec: { datasets: 'dataset.name == "/everywhere"', sites: 'site.name == "RO"', expires: 2030-01-01, reason: x }
      ---
      kind: Lock
      metadata: { name: of-h }
      spec: { datasets: 'dataset.name == "/owners"', owners: [ h ], expires: 2030-01-01, reason: x }
      ---
      kind: Lock
      metadata: { name: over }
      spec: { datasets: "true", expires: 2026-07-01, reason: it ended this very second }
      ---
      kind: Group
      metadata: { name: h }
      spec: { ownership: block }
      ---
      kind: Placement
      metadata: { name: first }
      spec: { datasets: 'dataset.name == "/everywhere"', to: 'site.name == "READY"' }
      ---
      kind: Placement
      metadata: { name: second }
      spec: { datasets: 'dataset.name == "/everywhere"', to: 'site.storage == "disk"', copies: all }
      ---
      kind: Placement
      metadata: { name: third }
      spec: { datasets: 'dataset.name == "/partial"', to: 'site.storage == "disk"', copies: all }
      ---
      kind: Placement
      metadata: { name: unprotected }
      spec: { datasets: 'dataset.name == "/owners"', to: 'site.name == "RO"', protect: false }
      `,
    ];
    expect(where(condition, { documents })).toEqual(expected);
  });

  test('a partition shows its blocks only; fullness and copies look at everything', () => {
    const partition = 'block.owner == "g"';
    const see = (condition: string): string[] => where(condition, { partition });
    expect(see('replica.size == 1 && replica.owners == ["g"] && replica.full')).toEqual(['/owners READY 1']);
    expect(see('dataset.owners == ["", "g", "h", "k"] && dataset.fullCopies == 4')).toEqual(['/owners READY 1']);
  });
});

describe('block', () => {
  const blocks = (condition: string, rule: Rule = {}): string[] => where(condition, { ...rule, scope: 'block' });

  test.each(
    table([
      ['block.name == "b" && dataset.name == "/partial"', ['/partial READY 2']],
      ['block.size == 3', ['/incomplete READY 3']],
      ['!block.complete', ['/incomplete READY 3', '/incomplete RO 0', '/tape READY 0']],
      ['block.owner == ""', ['/owners BUF 7', '/owners READY 4']],
      ['block.owner == "h"', ['/owners READY 2', '/owners RO 7']],
      ['block.custodial', ['/tape TAPE 7']],
      ['block.onTape && dataset.name == "/partial"', ['/partial READY 1', '/partial TAPE 1']],
      ['block.onTape && dataset.name == "/tape"', ['/tape READY 6', '/tape TAPE 7']],
      ['block.copies == 4 && site.name == "DOWN"', ['/everywhere DOWN 7']],
      ['block.copies == 3 && dataset.name == "/everywhere"', []],
      ['block.copies == 2 && dataset.name == "/partial"', ['/partial READY 1', '/partial TAPE 1']],
      ['block.copies == 1 && dataset.name == "/partial"', ['/partial READY 2', '/partial RO 4']],
      ['block.copies == 0', ['/lost-only DOWN 7', '/lost-only LOST 7']],
      [
        'block.copies == 1 && dataset.name == "/incomplete"',
        ['/incomplete BUF 4', '/incomplete READY 3', '/incomplete RO 0'],
      ],
      ['block.diskCopies == 3 && site.name == "TAPE"', ['/everywhere TAPE 7', '/owners TAPE 7']],
      ['block.diskCopies == 0 && dataset.name == "/tape"', ['/tape READY 0', '/tape TAPE 1']],
      [
        'block.anyCopies == 7',
        [
          '/everywhere BUF 7',
          '/everywhere DOWN 7',
          '/everywhere DRAIN 7',
          '/everywhere LOST 7',
          '/everywhere READY 7',
          '/everywhere RO 7',
          '/everywhere TAPE 7',
        ],
      ],
      ['block.anyCopies == 2 && dataset.name == "/lost-only"', ['/lost-only DOWN 7', '/lost-only LOST 7']],
    ]),
  )('%s', (condition, expected) => {
    expect(blocks(condition)).toEqual(expected);
  });

  test.each(
    table([
      // c is incomplete at READY and RO: what is at BUF is the only good copy of a block on its way.
      ['block.lastSource', ['/incomplete BUF 4']],
    ]),
  )('%s', (condition, expected) => {
    expect(blocks(`${condition} && dataset.name == "/incomplete"`)).toEqual(expected);
  });

  test('the last source of a copy that is open', () => {
    const documents = [
      `
      kind: Placement
      metadata: { name: more }
      spec: { datasets: 'dataset.name == "/d"', to: 'site.name == "BUF"', copies: 1 }
      `,
    ];
    const inventory: InventorySpec = { '/d': { blocks: abc, at: { READY: {} } } };
    const state = desired(...sites, ...documents);
    const start = observed(inventory);
    const open = perform(state, start, planFor(state, start), { leaveOpen: () => true });
    const retention = `
      kind: Partition
      metadata: { name: p }
      spec: { match: "true" }
      ---
      kind: Retention
      metadata: { name: r }
      spec: { partition: p, sites: "true", rules: [ { id: source, action: protect, scope: block, when: block.lastSource } ] }
    `;
    const { decisions } = planFor(desired(...sites, ...documents, retention), open);
    expect(decisions.map(({ rule, bytes }) => `${rule} ${bytes}`)).toEqual(['source 7']);
  });

  const aged: InventorySpec = {
    '/aged': { blocks: abc, at: { READY: { lastUpdates: { a: daysAgo(50), b: daysAgo(10), c: daysAgo(11) } } } },
  };

  test.each(
    table([
      ['block.lastUpdate.olderThan("30d")', ['/aged READY 1']],
      ['block.lastUpdate == now - duration("11d")', ['/aged READY 4']],
      ['block.behindNewest == duration("0s")', ['/aged READY 2']],
      ['block.behindNewest == duration("1d")', ['/aged READY 4']],
      ['block.behindNewest > duration("30d")', ['/aged READY 1']],
    ]),
  )('%s', (condition, expected) => {
    expect(blocks(condition, { inventory: aged })).toEqual(expected);
  });

  test('locks of single blocks and of owners', () => {
    table([['block.locked']]);
    const documents = [
      `
      kind: Lock
      metadata: { name: one }
      spec: { blocks: [ '/partial#a' ], expires: 2030-01-01, reason: x }
      `,
    ];
    expect(blocks('block.locked', { documents })).toEqual(['/partial READY 1', '/partial TAPE 1']);
  });
});

describe('data whose deletion is open', () => {
  const inventory: InventorySpec = { '/d': { size: 8, at: { READY: {}, RO: {}, TAPE: {} } } };
  const partition = `
    kind: Partition
    metadata: { name: p }
    spec: { match: "true", quotas: [ { sites: "true", size: 100 } ] }
  `;
  const retention = (rule: string): string => `
    kind: Retention
    metadata: { name: r }
    spec: { partition: p, sites: "true", rules: [ ${rule} ] }
  `;
  const removing = desired(...sites, partition, retention(`{ id: go, action: delete, when: 'site.name == "READY"' }`));
  const start = observed(inventory);
  const open = perform(removing, start, planFor(removing, start), { leaveOpen: () => true });

  test('no longer counts, and no longer takes space', () => {
    const condition =
      'dataset.fullCopies == 2 && dataset.sites == ["RO", "TAPE"] && dataset.replicaSites == ["RO", "TAPE"] && replica.otherFullCopies == 1';
    const seeing = desired(...sites, partition, retention(`{ id: see, action: protect, when: '${condition}' }`));
    const result = planFor(seeing, open);
    expect(result.decisions.map(({ site: name, rule }) => `${name} ${rule}`)).toEqual(['RO see', 'TAPE see']);
    expect(result.plan.sites.find((line) => line.site === 'READY')).toMatchObject({
      usedBefore: 0,
      projectedBefore: 0,
    });
  });
});

describe('copies that are open', () => {
  const placement = `
    kind: Placement
    metadata: { name: at-buf }
    spec: { datasets: "true", to: 'site.name == "BUF"' }
  `;
  const partition = `
    kind: Partition
    metadata: { name: p }
    spec: { match: "true", quotas: [ { sites: "true", size: 100 } ] }
  `;
  const state = desired(...sites, placement, partition);
  const start = observed({ '/d': { size: 8, at: { READY: {} } } });
  const open = perform(state, start, planFor(state, start), { leaveOpen: () => true });

  test('are projected, and count nowhere else', () => {
    const seeing = desired(
      ...sites,
      placement,
      partition,
      `
      kind: Retention
      metadata: { name: r }
      spec:
        partition: p
        sites: "true"
        rules: [ { id: see, action: protect, when: 'dataset.fullCopies == 1 && dataset.replicaSites == ["READY"] && dataset.copyRequested' } ]
      `,
    );
    const result = planFor(seeing, open);
    expect(result.decisions.map(({ site: name, rule }) => `${name} ${rule}`)).toEqual(['READY see']);
    expect(result.plan.sites.find((line) => line.site === 'BUF')).toMatchObject({ usedBefore: 0, projectedBefore: 8 });
  });
});

test('now is the clock of the cycle', () => {
  const condition = 'now == timestamp("2026-07-01T00:00:00Z")';
  expect(clock).toBe(Date.UTC(2026, 6, 1) / 1000);
  expect(where(condition)).toHaveLength(where('true').length);
  expect(days(1)).toBe(86_400);
});

test('every variable of the catalogue is in one of these tables', () => {
  const missing = variables.filter(({ root, path }) => root !== 'plan' && !tested.has(path)).map(({ path }) => path);
  expect(missing).toEqual([]);
});
