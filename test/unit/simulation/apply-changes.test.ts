/** `applyChanges` merges columns; the same snapshot comes of changing the rows and building them again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyChanges, type ReplicaChange, type SnapshotChanges } from '../../../src/simulation/index.js';
import { emptyMemory, type Snapshot, SnapshotBuilder } from '../../../src/snapshot/index.js';
import {
  type BlockLine,
  type DatasetLine,
  type Inventory,
  inventory,
  type ReplicaLine,
} from '../../scenarios/inventory.js';

/** Rows of an inventory, with the names that were seen even where nothing bears them any more. */
interface Rows {
  readonly datasets: DatasetLine[];
  readonly blocks: (BlockLine & { readonly open: boolean })[];
  readonly replicas: ReplicaLine[];
  readonly subscriptions: { readonly dataset: string; readonly site: string; readonly owner: string }[];
  readonly sites: Set<string>;
  readonly owners: Set<string>;
}

const head = { generation: 7, takenAt: 1000, memory: emptyMemory };

function build(rows: Rows): Snapshot {
  const builder = new SnapshotBuilder();
  for (const name of rows.sites) builder.site(name);
  for (const name of rows.owners) builder.owner(name);
  const datasets = new Map<string, number>();
  for (const row of rows.datasets) {
    datasets.set(row.name, builder.addDataset(row));
    builder.setUsage(datasets.get(row.name) ?? 0, row);
  }
  const blocks = new Map<string, number>();
  for (const row of rows.blocks) {
    const dataset = datasets.get(row.dataset) ?? -1;
    const block = builder.addBlock(dataset, row.name, row.size, row.files, row.open, row.lastUpdate);
    blocks.set(`${row.dataset}#${row.name}`, block);
  }
  for (const row of rows.replicas) {
    const block = blocks.get(`${row.dataset}#${row.block}`) ?? -1;
    builder.addBlockReplica(block, builder.site(row.site), builder.owner(row.owner), row.size, row, row.lastUpdate);
  }
  for (const row of rows.subscriptions) {
    builder.addSubscription(datasets.get(row.dataset) ?? -1, builder.site(row.site), builder.owner(row.owner), true);
  }
  return builder.build({ ...head, completeness: { state: 'complete' } });
}

function copyOf(rows: Inventory): Rows {
  const named = [...rows.replicas, ...rows.subscriptions];
  return {
    datasets: [...rows.datasets],
    blocks: rows.blocks.map((row) => ({ ...row, open: false })),
    replicas: [...rows.replicas],
    subscriptions: [...rows.subscriptions],
    sites: new Set(named.map(({ site }) => site)),
    owners: new Set(named.map(({ owner }) => owner)),
  };
}

/** What the changes mean, one row after the other. */
function changeRows(rows: Rows, changes: SnapshotChanges): void {
  for (const { row, usage, blocks } of changes.datasets) {
    rows.datasets.push({ ...row, ...usage });
    for (const block of blocks) rows.blocks.push({ dataset: row.name, ...block });
  }
  for (const { dataset, block } of changes.blocks) rows.blocks.push({ dataset, ...block });
  for (const change of changes.replicas) changeReplicas(rows, change);
  for (const { dataset, site, owner } of changes.subscriptions) {
    rows.sites.add(site);
    if (owner !== null) rows.owners.add(owner);
    unsubscribe(rows, dataset, site);
    if (owner !== null) rows.subscriptions.push({ dataset, site, owner });
  }
}

function changeReplicas(rows: Rows, change: ReplicaChange): void {
  const { dataset, site } = change;
  rows.sites.add(site);
  if (change.type !== 'remove') rows.owners.add(change.owner);
  for (const block of rows.blocks) {
    if (block.dataset !== dataset || (change.blocks !== null && !change.blocks.includes(block.name))) continue;
    const index = rows.replicas.findIndex(
      (row) => row.dataset === dataset && row.site === site && row.block === block.name,
    );
    const known = rows.replicas[index];
    if (known !== undefined && !(change.type === 'complete' && known.complete)) rows.replicas.splice(index, 1);
    if (change.type === 'reassign' && known !== undefined) rows.replicas.push({ ...known, owner: change.owner });
    if (change.type === 'complete' && known?.complete !== true) {
      const flags = known ?? { custodial: false, managed: true };
      rows.replicas.push({
        dataset,
        site,
        block: block.name,
        owner: change.owner,
        size: block.size,
        complete: true,
        custodial: flags.custodial,
        managed: flags.managed,
        lastUpdate: change.at,
      });
    }
  }
  const isLeft = rows.replicas.some((row) => row.dataset === dataset && row.site === site);
  if (change.type === 'remove' && !isLeft) unsubscribe(rows, dataset, site);
}

function unsubscribe(rows: Rows, dataset: string, site: string): void {
  const index = rows.subscriptions.findIndex((row) => row.dataset === dataset && row.site === site);
  if (index >= 0) rows.subscriptions.splice(index, 1);
}

function expectSame(rows: Inventory, changes: SnapshotChanges): void {
  const reference = copyOf(rows);
  const before = build(reference);
  const untouched = structuredClone(before);
  const after = applyChanges(before, changes, head);
  changeRows(reference, changes);
  expect(after).toEqual(build(reference));
  expect(before, 'the snapshot that was given stays as it is').toEqual(untouched);
}

// ---- Generators ------------------------------------------------------------------------------------------------------

const siteNames = ['A', 'B', 'C', 'D'];
const owners = ['', 'x', 'y'];
const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const size = fc.integer({ min: 0, max: 9 });

const dataset = fc.record({
  sizes: fc.array(size, { minLength: 0, maxLength: 3 }),
  labels: pick([{}, { tier: 'RAW' }, { era: '1', tier: 'AOD' }]),
  at: fc.array(
    fc.option(
      fc.record({
        owner: pick(owners),
        presence: fc.array(pick(['no', 'complete', 'part'] as const), { minLength: 3, maxLength: 3 }),
        growing: fc.option(pick(['x', 'y'])),
        custodial: fc.boolean(),
        managed: fc.boolean(),
      }),
    ),
    { minLength: 3, maxLength: 3 },
  ),
});

/** Inventories with the datasets /d0, /d2, /d4 so that new ones come before, between and after. */
const inventories: fc.Arbitrary<Inventory> = fc.array(dataset, { minLength: 0, maxLength: 3 }).map((draws) => {
  const spec = draws.map((draw, index) => {
    const blocks = Object.fromEntries(draw.sizes.map((bytes, i) => [`b${2 * i}`, bytes]));
    const at = draw.at.flatMap((replica, site) => {
      if (replica === null) return [];
      const names = Object.keys(blocks);
      const only = names.filter((_, i) => replica.presence[i] !== 'no');
      const part = names.filter((_, i) => replica.presence[i] === 'part');
      const { owner, custodial, managed, growing } = replica;
      const incomplete = Object.fromEntries(part.map((name) => [name, 0]));
      const fields = { owner, custodial, managed, only, incomplete, ...(growing === null ? {} : { growing }) };
      return [[siteNames[site] ?? '', fields] as const];
    });
    return [`/d${2 * index}`, { blocks, labels: draw.labels, at: Object.fromEntries(at) }] as const;
  });
  return inventory(Object.fromEntries(spec));
});

const anyDataset = pick(['/d0', '/d1', '/d2', '/d3', '/d4', '/nobody']);
const anyBlocks = fc.option(fc.subarray(['b0', 'b1', 'b2', 'b3', 'b4', 'none']));
const replicaChange: fc.Arbitrary<ReplicaChange> = fc.oneof(
  fc.record({
    type: fc.constant('complete' as const),
    dataset: anyDataset,
    site: pick(siteNames),
    owner: pick([...owners, 'z']),
    blocks: anyBlocks,
    at: fc.integer({ min: 1, max: 99 }),
  }),
  fc.record({
    type: fc.constant('reassign' as const),
    dataset: anyDataset,
    site: pick(siteNames),
    owner: pick(['x', 'z']),
    blocks: anyBlocks,
  }),
  fc.record({ type: fc.constant('remove' as const), dataset: anyDataset, site: pick(siteNames), blocks: anyBlocks }),
);

const block = (name: string): fc.Arbitrary<SnapshotChanges['blocks'][number]['block']> =>
  fc.record({ name: fc.constant(name), size, files: size, open: fc.boolean(), lastUpdate: size });

function newDataset(name: string): fc.Arbitrary<SnapshotChanges['datasets'][number]> {
  return fc.record({
    row: fc.record({
      name: fc.constant(name),
      status: pick(['VALID', 'PRODUCTION']),
      type: pick(['', 'data']),
      open: fc.boolean(),
      created: size,
      lastUpdate: size,
      tapeRequested: fc.boolean(),
      copyRequested: fc.boolean(),
      labels: pick([{}, { tier: 'RAW' }, { aaa: 'new key' }]),
    }),
    usage: fc.record({ lastAccess: size, accesses: size, usageRank: size, demand: size }),
    blocks: fc.tuple(block('b1'), block('b0')).chain((list) => fc.subarray(list)),
  });
}

const changesTo = (rows: Inventory): fc.Arbitrary<SnapshotChanges> =>
  fc.record({
    datasets: fc.tuple(newDataset('/d3'), newDataset('/d1')).chain((list) => fc.subarray(list)),
    blocks: fc
      .subarray(rows.datasets.map(({ name }) => name))
      .chain((names) => fc.tuple(...names.map((name) => block('b1').map((each) => ({ dataset: name, block: each }))))),
    replicas: fc.array(replicaChange, { maxLength: 8 }),
    subscriptions: fc.array(
      fc.record({
        dataset: pick(rows.datasets.length === 0 ? ['/nobody'] : rows.datasets.map(({ name }) => name)),
        site: pick(siteNames),
        owner: fc.option(pick(['x', 'y'])),
      }),
      { maxLength: 3 },
    ),
  });

describe('applyChanges', () => {
  test('gives what building the changed rows gives', () => {
    const cases = inventories.chain((rows) => changesTo(rows).map((changes) => ({ rows, changes })));
    fc.assert(
      fc.property(cases, ({ rows, changes }) => {
        expectSame(rows, {
          ...changes,
          // Unknown datasets have no rows that a subscription could be added to.
          subscriptions: rows.datasets.length === 0 ? [] : changes.subscriptions,
        });
      }),
      { numRuns: 1000 },
    );
  });

  test('a replica that loses its last block loses its subscription, and stays where blocks are left', () => {
    const rows = inventory({ '/d': { blocks: { a: 1, b: 2 }, at: { X: { growing: 'g' } } } });
    const part = applyChanges(
      build(copyOf(rows)),
      {
        datasets: [],
        blocks: [],
        replicas: [{ type: 'remove', dataset: '/d', site: 'X', blocks: ['a'] }],
        subscriptions: [],
      },
      head,
    );
    expect([...part.replicas.growing]).toEqual([1]);
    const all = applyChanges(
      part,
      {
        datasets: [],
        blocks: [],
        replicas: [{ type: 'remove', dataset: '/d', site: 'X', blocks: null }],
        subscriptions: [],
      },
      head,
    );
    expect(all.replicas.count).toBe(0);
  });
});
