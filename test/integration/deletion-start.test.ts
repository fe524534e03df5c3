/**
 * The invariants at the moment a deletion starts: the world changes between plan and execution, and what was planned is
 * not done. The rows are changed without telling anybody (no new generation), as a fault or another program would.
 */
import { rm } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, listActions, listTasks } from '../../src/database/index.js';
import { forEachDatabase } from '../databases.js';
import { cycleOf, DirectoryFederation, recordOnly, time } from '../directory-federation.js';

const cleanB = (more = '', rule = ''): string => `
apiVersion: stator/v1
kind: Retention
metadata: { name: clean }
spec:
  partition: all
  sites: site.name == "B"
  rules:
    - { id: gone, action: delete, when: replica.complete${rule} }
${more}`;

forEachDatabase('the start of a deletion', ({ fresh }) => {
  let federation: DirectoryFederation;
  let database: Database;

  beforeEach(async () => {
    federation = await DirectoryFederation.make();
    for (const name of ['A', 'B', 'C']) await federation.site(name);
    await federation.site('T', { storage: 'tape' });
    federation.block('/x/1/RAW', 'b1');
    federation.block('/x/1/RAW', 'b2');
    for (const site of ['A', 'B']) {
      for (const block of ['b1', 'b2']) await federation.put('/x/1/RAW', block, site);
    }
    database = await fresh();
  });

  afterEach(async () => {
    await federation.remove();
  });

  async function begin(policy: string): Promise<void> {
    federation.policy(policy);
    await federation.writeDesired();
    await federation.import(database);
  }

  async function replicaRows(dataset: string, site: string): Promise<number> {
    const rows = await database.kysely
      .selectFrom('block_replicas')
      .innerJoin('blocks', 'blocks.id', 'block_replicas.block')
      .innerJoin('datasets', 'datasets.id', 'blocks.dataset')
      .innerJoin('sites', 'sites.id', 'block_replicas.site')
      .select('block_replicas.block')
      .where('datasets.name', '=', dataset)
      .where('sites.name', '=', site)
      .execute();
    return rows.length;
  }

  /** Changes rows of block replicas at a site behind everybody's back. */
  async function tamper(site: string, change: string): Promise<void> {
    await sql`update block_replicas set ${sql.raw(change)} where site = (select id from sites where name = ${site})`.execute(
      database.kysely,
    );
  }

  async function expectRefused(code: string): Promise<void> {
    const [deletion] = await listActions(database.kysely, { types: ['delete'] });
    expect(deletion).toMatchObject({ state: 'held', held_code: code, started: null });
    expect(await listTasks(database.kysely, {})).toEqual([]);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    expect(await replicaRows('/x/1/RAW', 'B')).toBe(2);
  }

  test('nothing has changed: the deletion is done, and its rows went before its files', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await recorded.drive();
    expect(await listActions(database.kysely)).toMatchObject([{ type: 'delete', site: 'B', state: 'done' }]);
    expect(await federation.listing('B')).toEqual([]);
    expect(await replicaRows('/x/1/RAW', 'B')).toBe(0);
    expect(await federation.has('A', '/x/1/RAW')).toBe(true);
  });

  test('I1 the other copy vanished: not deleted, held as the last copy', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await sql`delete from block_replicas where site = (select id from sites where name = 'A')`.execute(database.kysely);
    await recorded.drive();
    await expectRefused('last-copy');
  });

  test('I1 one block of the other copy has become incomplete: not deleted', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await sql`update block_replicas set complete = 0 where site = (select id from sites where name = 'A')
      and block = (select id from blocks where name = 'b2')`.execute(database.kysely);
    await recorded.drive();
    await expectRefused('last-copy');
  });

  test('I1 a last copy goes where the rule and the federation allow it', async () => {
    federation.status('/x/1/RAW', 'DEPRECATED');
    await begin(cleanB('', ', allowLastCopy: true'));
    const recorded = await recordOnly(federation, database);
    await sql`delete from block_replicas where site = (select id from sites where name = 'A')`.execute(database.kysely);
    await recorded.drive();
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'done' }]);
  });

  test('I1 two copies that each may go because the other exists: one is left', async () => {
    await federation.site('A');
    federation.policy(`
apiVersion: stator/v1
kind: Retention
metadata: { name: clean }
spec:
  partition: all
  sites: "true"
  rules:
    - { id: gone, action: delete, when: replica.otherFullCopies >= 1 }
`);
    await federation.writeDesired();
    await federation.import(database);
    expect((await cycleOf(federation, database)).exitCode).toBe(0);
    const left = [await federation.has('A', '/x/1/RAW'), await federation.has('B', '/x/1/RAW')];
    expect(left.filter((one) => one)).toHaveLength(1);
  });

  test('I2 the tape copy that a guard wants vanished: not deleted', async () => {
    for (const block of ['b1', 'b2']) await federation.put('/x/1/RAW', block, 'T');
    await begin(
      cleanB(`---
apiVersion: stator/v1
kind: Guard
metadata: { name: on-tape }
spec: { copies: [ { datasets: "true", min: 1, tape: true } ] }
`),
    );
    const recorded = await recordOnly(federation, database);
    await sql`delete from block_replicas where site = (select id from sites where name = 'T')`.execute(database.kysely);
    await recorded.drive();
    await expectRefused('minimum-copies');
  });

  test('I3 it has become custodial: not deleted', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await tamper('B', 'custodial = 1');
    await recorded.drive();
    await expectRefused('custodial');
  });

  test('I3 a placement needs it since the copy it had chosen is no longer whole', async () => {
    for (const block of ['b1', 'b2']) await federation.put('/x/1/RAW', block, 'C');
    await begin(
      cleanB(`---
apiVersion: stator/v1
kind: Placement
metadata: { name: two }
spec: { datasets: "true", to: 'site.name in ["A", "C"]', copies: 2 }
`),
    );
    const recorded = await recordOnly(federation, database);
    expect(recorded.result.plan.actions).toMatchObject([{ type: 'delete', site: 'B', held: null }]);
    await sql`update block_replicas set complete = 0 where site = (select id from sites where name = 'C')`.execute(
      database.kysely,
    );
    await recorded.drive();
    // I5: two complete copies are wanted, and B stands in for the one at C.
    await expectRefused('required');
  });

  test('I4 it is the only good source of a copy that is under way: not deleted', async () => {
    await begin(
      `${cleanB()}---
apiVersion: stator/v1
kind: Placement
metadata: { name: to-c }
spec: { datasets: "true", to: site.name == "C", copies: 1, protect: false }
`,
    );
    const recorded = await recordOnly(federation, database);
    // The copy can only be read from B from now on, and A still counts as a copy.
    await database.kysely
      .updateTable('actions')
      .set({ sources: '["B"]', not_before: time + 1000 })
      .where('type', '=', 'copy')
      .execute();
    await recorded.drive();
    await expectRefused('last-source');
  });

  test('I7 the plan has become too old: nothing is deleted', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await recorded.drive({ now: time + 3601 });
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'planned', started: null }]);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
  });

  test('I7 the inventory was changed by somebody else: nothing is deleted until it is planned again', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    federation.block('/y/1/RAW', 'b1');
    await federation.put('/y/1/RAW', 'b1', 'A');
    await federation.import(database);
    await recorded.drive();
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'planned', started: null }]);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    await cycleOf(federation, database);
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'done' }]);
    expect(await federation.listing('B')).toEqual([]);
  });

  test('I10 it is not managed (any more): not deleted', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await tamper('B', 'managed = 0');
    await recorded.drive();
    await expectRefused('unmanaged');
  });

  test('the replica has vanished: there is nothing to delete', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await sql`delete from block_replicas where site = (select id from sites where name = 'B')`.execute(database.kysely);
    await recorded.drive();
    expect(await listActions(database.kysely)).toMatchObject([
      { state: 'cancelled', cancel_reason: expect.stringContaining('nothing of it at the site') },
    ]);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
  });

  test('a site that is down is not touched', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await federation.site('B', { state: 'down' });
    await federation.writeDesired();
    await cycleOf(federation, database);
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    expect(recorded.result.plan.actions).toHaveLength(1);
  });

  test('a storage that is not mounted is not taken for one whose files are gone', async () => {
    await begin(cleanB());
    const recorded = await recordOnly(federation, database);
    await rm(federation.root('B'), { recursive: true });
    await recorded.drive();
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'retrying' }]);
    expect(await listTasks(database.kysely, { states: ['done'] })).toEqual([]);
  });

  test('a file that is gone already counts as deleted', async () => {
    await begin(cleanB());
    await rm(federation.path('B', '/store/x/1/RAW/b1/f0.root'));
    await cycleOf(federation, database);
    expect(await listActions(database.kysely)).toMatchObject([{ state: 'done' }]);
    expect(await federation.directories('B')).toEqual([]);
  });
});
