/** Actions that end before they are done, opposites, downtime, approvals: the inventory always says what is there. */
import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, listActions, listTasks, saveApproval } from '../../src/database/index.js';
import { forEachDatabase } from '../databases.js';
import { cycleOf, DirectoryFederation, recordOnly, time, unreliable } from '../directory-federation.js';

const copyToC = `
apiVersion: stator/v1
kind: Placement
metadata: { name: to-c }
spec: { datasets: "true", to: site.name == "C", copies: 1 }
`;

const deleteAtB = `
apiVersion: stator/v1
kind: Retention
metadata: { name: clean }
spec:
  partition: all
  sites: site.name == "B"
  rules:
    - { id: gone, action: delete, when: replica.complete }
`;

forEachDatabase('half-way', ({ fresh }) => {
  let federation: DirectoryFederation;
  let database: Database;

  beforeEach(async () => {
    federation = await DirectoryFederation.make();
    for (const name of ['A', 'B', 'C']) await federation.site(name);
    for (const block of ['b1', 'b2', 'b3']) federation.block('/x/1/RAW', block);
    database = await fresh();
  });

  afterEach(async () => {
    await federation.remove();
  });

  async function begin(policy: string, ...sites: readonly string[]): Promise<void> {
    for (const site of sites) for (const block of ['b1', 'b2', 'b3']) await federation.put('/x/1/RAW', block, site);
    federation.policy(policy);
    await federation.writeDesired();
    await federation.import(database);
  }

  async function replicasAt(site: string): Promise<unknown> {
    return await database.kysely
      .selectFrom('block_replicas')
      .innerJoin('blocks', 'blocks.id', 'block_replicas.block')
      .innerJoin('sites', 'sites.id', 'block_replicas.site')
      .leftJoin('owners', 'owners.id', 'block_replicas.owner')
      .select([
        'blocks.name as block',
        'owners.name as owner',
        'block_replicas.size',
        'block_replicas.complete',
        'block_replicas.managed',
      ])
      .where('sites.name', '=', site)
      .orderBy('blocks.name')
      .execute();
  }

  async function filesAt(site: string): Promise<string[]> {
    const rows = await database.kysely
      .selectFrom('block_replica_files')
      .innerJoin('sites', 'sites.id', 'block_replica_files.site')
      .select('block_replica_files.name')
      .where('sites.name', '=', site)
      .orderBy('block_replica_files.name')
      .execute();
    return rows.map((row) => row.name);
  }

  async function totalsAgree(): Promise<void> {
    const state = await database.kysely.selectFrom('inventory_state').selectAll().executeTakeFirstOrThrow();
    const rows = await database.kysely.selectFrom('block_replicas').select('size').execute();
    expect(Number(state.block_replicas)).toBe(rows.length);
    expect(Number(state.bytes)).toBe(rows.reduce((sum, row) => sum + Number(row.size), 0));
  }

  test('a block counts at its destination from the moment all of its files are verified, and not before', async () => {
    await begin(copyToC, 'A');
    await writeFile(federation.path('A', '/store/x/1/RAW/b2/f1.root'), Buffer.alloc(1000));
    await cycleOf(federation, database);
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'failed' }]);
    // b2 has one of its two files: it is recorded with that, so that it can be completed or deleted.
    expect(await replicasAt('C')).toEqual([
      { block: 'b1', owner: 'ops', size: 2000, complete: 1, managed: 1 },
      { block: 'b2', owner: 'ops', size: 1000, complete: 0, managed: 1 },
      { block: 'b3', owner: 'ops', size: 2000, complete: 1, managed: 1 },
    ]);
    expect(await filesAt('C')).toEqual(['/store/x/1/RAW/b2/f0.root']);
    await totalsAgree();
    // The source is mended: the next cycle completes the block in place.
    const [file] = federation.files('/x/1/RAW').filter(({ name }) => name.endsWith('b2/f1.root'));
    await federation.write('A', file?.name ?? '', file?.bytes ?? Buffer.alloc(0));
    await cycleOf(federation, database, { now: time + 100 });
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
    expect(await filesAt('C')).toEqual([]);
    await totalsAgree();
  });

  test('a copy that nobody wants any more is called off; what is there stays known', async () => {
    await begin(copyToC, 'A');
    const plugins = await unreliable({ sources: { A: { times: 1, class: 'transient' } } });
    await cycleOf(federation, database, { plugins });
    const [copy] = await listActions(database.kysely);
    expect(copy?.state).toBe('retrying');
    federation.policy('');
    await federation.writeDesired();
    const outcome = await cycleOf(federation, database, { plugins });
    expect(await listActions(database.kysely)).toMatchObject([
      { state: 'cancelled', cancel_reason: 'no placement wants this copy any more' },
    ]);
    expect(outcome.actions).toMatchObject({ cancelled: 1, underWay: 0, retrying: 0 });
    // One file of one block failed and was not tried again: its block has the other one.
    const partial = (await listTasks(database.kysely, { states: ['cancelled'] })).length;
    expect(partial).toBe(1);
    expect(await replicasAt('C')).toContainEqual({ block: 'b1', owner: 'ops', size: 1000, complete: 0, managed: 1 });
    await totalsAgree();
    await plugins.close();
  });

  test('a deletion of which one file cannot be deleted fails, and what is left is put back', async () => {
    await begin(deleteAtB, 'A', 'B');
    const plugins = await unreliable({ undeletable: 'b2/f1' });
    const outcome = await cycleOf(federation, database, { plugins });
    expect(outcome.exitCode).toBe(3);
    const [failed] = await listActions(database.kysely);
    expect(failed).toMatchObject({ state: 'failed' });
    expect(failed?.error).toContain('nobody may delete this');
    expect(await federation.listing('B')).toEqual(['x/1/RAW/b2/f1.root']);
    expect(await replicasAt('B')).toEqual([{ block: 'b2', owner: 'ops', size: 1000, complete: 0, managed: 1 }]);
    expect(await filesAt('B')).toEqual(['/store/x/1/RAW/b2/f1.root']);
    const [history] = await database.kysely.selectFrom('deletions').selectAll().execute();
    expect({ replicas: Number(history?.block_replicas), bytes: Number(history?.bytes) }).toEqual({
      replicas: 2,
      bytes: 5000,
    });
    await totalsAgree();
    await plugins.close();
  });

  test('a deletion whose deleter breaks is done in the end', async () => {
    await begin(deleteAtB, 'A', 'B');
    const plugins = await unreliable({ faults: { delete: ['throw', null, 'nonsense'], confirm: ['throw'] } });
    for (let now = time; now < time + 1000; now += 100) await cycleOf(federation, database, { plugins, now });
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'done' }]);
    expect(await federation.listing('B')).toEqual([]);
    expect(await replicasAt('B')).toEqual([]);
    await plugins.close();
  });

  test('a deletion and a copy of the same data at the same site call each other off', async () => {
    await begin(deleteAtB, 'A', 'B');
    // The deletion has begun and cannot go on: its deleter does not answer.
    const broken = await unreliable({ faults: { delete: Array(50).fill('throw'), confirm: Array(50).fill('throw') } });
    await cycleOf(federation, database, { plugins: broken });
    expect(await listActions(database.kysely)).toMatchObject([{ type: 'delete', started: time }]);
    expect(await replicasAt('B')).toEqual([]);
    federation.policy(copyToC.replace('"C"', '"B"'));
    await federation.writeDesired();
    const now = time + 10_000;
    for (let i = 0; i < 3; i++) await cycleOf(federation, database, { now: now + i * 100 });
    const actions = await listActions(database.kysely, { order: 'latest' });
    expect(actions.find(({ type }) => type === 'delete')?.state).toBe('cancelled');
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    expect(await replicasAt('B')).toEqual(
      ['b1', 'b2', 'b3'].map((block) => ({ block, owner: 'ops', size: 2000, complete: 1, managed: 1 })),
    );
    await totalsAgree();
    await broken.close();
  });

  test('what a guard holds waits for an approval, and goes when it has one', async () => {
    await begin(
      `${deleteAtB}---
apiVersion: stator/v1
kind: Guard
metadata: { name: brake }
spec: { sites: "true", deletions: { per: 24h, approvalAbove: 0 } }
`,
      'A',
      'B',
    );
    const held = await cycleOf(federation, database);
    expect(held.exitCode).toBe(3);
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'held', held_code: 'approval-required' }]);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    // Again: the same row.
    await cycleOf(federation, database, { now: time + 10 });
    expect(await listActions(database.kysely)).toHaveLength(1);
    const [approval] = held.result?.plan.approvals ?? [];
    await saveApproval(database.kysely, {
      hash: approval?.hash ?? '',
      who: 'jane',
      why: 'agreed',
      created: time,
      expires: time + 1000,
    });
    expect((await cycleOf(federation, database, { now: time + 20 })).exitCode).toBe(0);
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'done' }]);
    expect(await federation.listing('B')).toEqual([]);
  });

  test('a held deletion that no rule decides any more is called off', async () => {
    await begin(
      `${deleteAtB}---
apiVersion: stator/v1
kind: Guard
metadata: { name: brake }
spec: { sites: "true", deletions: { per: 24h, approvalAbove: 0 } }
`,
      'A',
      'B',
    );
    await cycleOf(federation, database);
    federation.policy('');
    await federation.writeDesired();
    expect((await cycleOf(federation, database)).exitCode).toBe(0);
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'cancelled' }]);
  });

  test('S18 ownership changes in the database only', async () => {
    await begin(copyToC.replace('copies: 1', 'copies: 1, owner: other'), 'A', 'C');
    const before = await federation.listing('C');
    const outcome = await cycleOf(federation, database);
    expect(outcome.exitCode).toBe(0);
    expect(await listActions(database.kysely)).toMatchObject([{ type: 'reassign', site: 'C', state: 'done' }]);
    expect(await replicasAt('C')).toMatchObject(['b1', 'b2', 'b3'].map(() => ({ owner: 'other' })));
    expect(await federation.listing('C')).toEqual(before);
    expect(await listTasks(database.kysely, {})).toEqual([]);
  });

  test('I8 recording the same plan twice changes nothing', async () => {
    await begin(copyToC, 'A');
    await recordOnly(federation, database);
    const first = await listActions(database.kysely);
    await recordOnly(federation, database);
    expect(await listActions(database.kysely)).toEqual(first);
  });

  test('S23 the source is gone: what was begun goes on, nothing is deleted', async () => {
    await begin(`${copyToC}---${deleteAtB}`, 'A', 'B');
    const plugins = await unreliable({
      sources: { A: { times: 1, class: 'transient' }, B: { times: 1, class: 'transient' } },
    });
    const recorded = await recordOnly(federation, database);
    expect(recorded.result.plan.actions.map(({ type }) => type)).toEqual(['copy', 'delete']);
    await rm(federation.desired, { recursive: true });
    const outcome = await cycleOf(federation, database, { plugins });
    expect(outcome.exitCode).toBe(1);
    expect(outcome.error).not.toBeNull();
    const later = await cycleOf(federation, database, { plugins, now: time + 3600 });
    expect(later.exitCode).toBe(1);
    expect(await federation.has('C', '/x/1/RAW')).toBe(true);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    expect(await listActions(database.kysely, { types: ['delete'] })).toMatchObject([{ state: 'planned' }]);
    await plugins.close();
  });
});
