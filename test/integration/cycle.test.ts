/** Cycles over real directories: what is on the disks and in the database afterwards. */
import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listActions, listTasks } from '../../src/database/index.js';
import { forEachDatabase } from '../databases.js';
import { cycleOf, DirectoryFederation } from '../directory-federation.js';

const twoCopies = `
apiVersion: stator/v1
kind: Placement
metadata: { name: two }
spec: { datasets: "true", to: 'site.name in ["A", "B"]', copies: 2 }
`;

forEachDatabase('cycles', ({ fresh }) => {
  let federation: DirectoryFederation;

  beforeEach(async () => {
    federation = await DirectoryFederation.make();
    for (const name of ['A', 'B', 'C']) await federation.site(name);
  });

  afterEach(async () => {
    await federation.remove();
  });

  test('a placement copies files, the inventory says so, and the next cycle has nothing to do', async () => {
    const database = await fresh();
    federation.block('/x/1/RAW', 'b1');
    federation.block('/x/1/RAW', 'b2', { files: 3 });
    await federation.put('/x/1/RAW', 'b1', 'A');
    await federation.put('/x/1/RAW', 'b2', 'A');
    federation.policy(twoCopies);
    await federation.writeDesired();
    await federation.import(database);

    const outcome = await cycleOf(federation, database);
    expect(outcome.error).toBeNull();
    expect(outcome.actions).toMatchObject({ done: 1, failed: 0, held: 0, retrying: 0, underWay: 0 });
    expect(outcome.exitCode).toBe(0);
    expect(outcome.progress).toEqual({ filesDone: 5, filesTotal: 5, bytesDone: 5000, bytesTotal: 5000 });
    expect(await federation.has('B', '/x/1/RAW')).toBe(true);
    const [action] = await listActions(database.kysely);
    expect(action).toMatchObject({
      type: 'copy',
      dataset: '/x/1/RAW',
      site: 'B',
      state: 'done',
      owner: 'ops',
      rule_kind: 'Placement',
      rule_name: 'two',
      rule_file: 'rules.yaml',
      rule_line: 1,
    });
    const tasks = await listTasks(database.kysely, {});
    expect(tasks.map(({ state, attempts }) => ({ state, attempts }))).toEqual(
      Array.from({ length: 5 }, () => ({ state: 'done', attempts: 1 })),
    );

    const again = await cycleOf(federation, database);
    expect(again.result?.plan.actions).toEqual([]);
    expect(again.exitCode).toBe(0);
  });

  test('a retention deletes files, directories that became empty, and the rows', async () => {
    const database = await fresh();
    federation.block('/x/1/RAW', 'b1');
    federation.block('/y/1/RAW', 'b1');
    for (const site of ['A', 'B']) await federation.put('/x/1/RAW', 'b1', site);
    await federation.put('/y/1/RAW', 'b1', 'B');
    federation.policy(`
apiVersion: stator/v1
kind: Retention
metadata: { name: clean }
spec:
  partition: all
  sites: site.name == "B"
  rules:
    - { id: copies-elsewhere, action: delete, when: 'replica.otherFullCopies >= 1' }
`);
    await federation.writeDesired();
    await federation.import(database);

    const outcome = await cycleOf(federation, database);
    expect(outcome.error).toBeNull();
    expect(outcome.exitCode).toBe(0);
    expect(await federation.listing('B')).toEqual(['y/1/RAW/b1/f0.root', 'y/1/RAW/b1/f1.root']);
    expect(await federation.directories('B')).toEqual(['y', '1', 'RAW', 'b1']);
    expect(await federation.has('A', '/x/1/RAW')).toBe(true);
    expect((await cycleOf(federation, database)).result?.plan.actions).toEqual([]);
  });

  test('S23 a desired state that is not valid deletes nothing, and the error is recorded', async () => {
    const database = await fresh();
    federation.block('/x/1/RAW', 'b1');
    await federation.put('/x/1/RAW', 'b1', 'A');
    federation.policy(twoCopies);
    await federation.writeDesired();
    await federation.import(database);
    await writeFile(`${federation.desired}/broken.yaml`, 'kind: [');
    const outcome = await cycleOf(federation, database);
    expect(outcome.exitCode).toBe(1);
    expect(outcome.error?.code).toBe('desired-invalid');
    expect(await listActions(database.kysely)).toEqual([]);
    const cycle = await database.kysely.selectFrom('cycles').selectAll().executeTakeFirstOrThrow();
    expect(cycle).toMatchObject({ outcome: 'failed', error: expect.stringContaining('broken.yaml') });
    await rm(`${federation.desired}/broken.yaml`);
    expect((await cycleOf(federation, database)).exitCode).toBe(0);
  });
});
