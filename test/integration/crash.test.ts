/** S25: the process is killed at random moments, and started again. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Database, errorsOf, listActions, listTasks, migrate } from '../../src/database/index.js';
import { forEachDatabase } from '../databases.js';
import { DirectoryFederation } from '../directory-federation.js';
import type { JournalEntry } from '../fixtures/plugins/journal.js';

const child = fileURLToPath(new URL('../fixtures/crash-child.ts', import.meta.url));
const kills = 10;

/** Numbers between 0 and 1 from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Runs the child; kills it `after` milliseconds after it began to work.
 *
 * @returns how long it worked (milliseconds) when it finished, or null when it was killed before
 */
async function run(url: string, federation: DirectoryFederation, after: number | null): Promise<number | null> {
  const process_ = spawn(
    process.execPath,
    ['--import', 'tsx', child, url, federation.desired, join(federation.base, 'journal')],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  let errors = '';
  let began = 0;
  process_.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  process_.stdout.on('data', (data: Buffer) => {
    output += data.toString();
    if (began === 0 && output.includes('working')) {
      began = performance.now();
      if (after !== null) setTimeout(() => process_.kill('SIGKILL'), after);
    }
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    process_.on('exit', (...args) => resolve(args));
  });
  if (signal === 'SIGKILL') return null;
  if (code !== 0 || !output.includes('finished')) throw new Error(`the child ended with ${code}: ${errors}`);
  return performance.now() - began;
}

/** What is on the disks and in the inventory. */
async function endState(database: Database, federation: DirectoryFederation): Promise<unknown> {
  const sites: Record<string, readonly string[]> = {};
  for (const site of ['A', 'B', 'C', 'D']) sites[site] = await federation.listing(site);
  const replicas = await database.kysely
    .selectFrom('block_replicas')
    .innerJoin('blocks', 'blocks.id', 'block_replicas.block')
    .innerJoin('datasets', 'datasets.id', 'blocks.dataset')
    .innerJoin('sites', 'sites.id', 'block_replicas.site')
    .leftJoin('owners', 'owners.id', 'block_replicas.owner')
    .select([
      'datasets.name as dataset',
      'blocks.name as block',
      'sites.name as site',
      'owners.name as owner',
      'block_replicas.complete',
    ])
    .orderBy('datasets.name')
    .orderBy('blocks.name')
    .orderBy('sites.name')
    .execute();
  const actions = (await listActions(database.kysely)).map(({ type, dataset, site, state, blocks, epoch }) =>
    [type, dataset, site, state, blocks ?? 'all', epoch].join(' '),
  );
  return { sites, replicas, actions: actions.sort() };
}

async function furnish(federation: DirectoryFederation): Promise<void> {
  for (const site of ['A', 'B', 'C', 'D']) await federation.site(site, { quota: 100_000_000 });
  for (let d = 0; d < 8; d++) {
    const dataset = `/data/${d}/RAW`;
    for (let b = 0; b < 3; b++) {
      federation.block(dataset, `b${b}`, { files: 6, size: 20_000 });
      await federation.put(dataset, `b${b}`, 'A');
      if (d % 2 === 0) await federation.put(dataset, `b${b}`, 'D', { owner: 'other' });
    }
  }
  federation.policy(`
apiVersion: stator/v1
kind: Placement
metadata: { name: everywhere }
spec: { datasets: "true", to: 'site.name in ["B", "C"]', copies: 2 }
---
apiVersion: stator/v1
kind: Retention
metadata: { name: clean }
spec:
  partition: all
  sites: site.name in ["A", "D"]
  rules:
    - { id: moved, action: delete, when: replica.otherFullCopies >= 2 }
`);
  await federation.writeDesired();
}

forEachDatabase('S25 crash', ({ freshUrl, open }) => {
  const federations: DirectoryFederation[] = [];

  afterEach(async () => {
    for (const federation of federations.splice(0)) await federation.remove();
  });

  async function newFederation(): Promise<DirectoryFederation> {
    const federation = await DirectoryFederation.make();
    federations.push(federation);
    await furnish(federation);
    return federation;
  }

  async function prepare(url: string, federation: DirectoryFederation): Promise<Database> {
    const database = await open(url);
    await migrate(database);
    await federation.import(database);
    return database;
  }

  test('S25 kill -9 ten times at random moments: the end is that of an undisturbed run', {
    timeout: 300_000,
  }, async () => {
    const seed = Number(process.env.STATOR_CRASH_SEED ?? Date.now() % 1_000_000);
    const random = seeded(seed);
    const calm = await newFederation();
    const calmUrl = await freshUrl();
    const calmDatabase = await prepare(calmUrl, calm);
    let duration = (await run(calmUrl, calm, null)) ?? 0;
    const works = (await listTasks(calmDatabase.kysely, {})).length;

    // The machine may have become faster since the undisturbed run: then the work is done before the last kill, and
    // another one is begun with shorter lives.
    for (let tries = 0; tries < 4; tries++, duration /= 2) {
      const federation = await newFederation();
      const url = await freshUrl();
      const database = await prepare(url, federation);
      let killed = 0;
      while (killed < kills) {
        const done = (await listTasks(database.kysely, { states: ['done'] })).length;
        // As much of what is left as lets the kills be spread over all of it.
        const life = (duration * 1.2 * (1 - done / works)) / (kills - killed + 1);
        if ((await run(url, federation, random() * life)) !== null) break;
        killed++;
        await expectNoHalfFile(federation, seed);
      }
      if (killed < kills) continue;
      expect(await run(url, federation, null), `seed ${seed}`).not.toBeNull();
      expect(await endState(database, federation), `seed ${seed}`).toEqual(await endState(calmDatabase, calm));
      for (let d = 0; d < 8; d++) {
        for (const site of ['B', 'C']) expect(await federation.has(site, `/data/${d}/RAW`), `seed ${seed}`).toBe(true);
      }
      await expectNoSecondSubmission(database, federation, seed);
      return;
    }
    throw new Error(`seed ${seed}: the work was always done before it could be killed ${kills} times`);
  });
});

/** Under a final name there is never half a file, at any moment. */
async function expectNoHalfFile(federation: DirectoryFederation, seed: number): Promise<void> {
  for (const site of ['B', 'C']) {
    for (const name of await federation.listing(site)) {
      if (name.includes('.stator-')) continue;
      const expected = federation.bytesOf(`/store/${name}`);
      const found = await readFile(join(federation.root(site), name));
      expect(expected?.equals(found), `seed ${seed}: ${site} ${name}`).toBe(true);
    }
  }
}

/** Every submission of a task but the last is known to have been interrupted, and none came after the file was there. */
async function expectNoSecondSubmission(
  database: Database,
  federation: DirectoryFederation,
  seed: number,
): Promise<void> {
  const journal = (await readFile(join(federation.base, 'journal'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalEntry);
  expect(
    journal.filter(({ alreadyThere }) => alreadyThere),
    `seed ${seed}`,
  ).toEqual([]);
  for (const task of await listTasks(database.kysely, {})) {
    expect(task.state, `seed ${seed}`).toBe('done');
    expect(errorsOf(task).length, `seed ${seed}: ${task.id}`).toBe(task.attempts - 1);
    if (task.type !== 'copy') continue;
    const submitted = journal.filter((entry) => entry.task === task.id).map(({ attempt }) => attempt);
    expect(new Set(submitted).size, `seed ${seed}: ${task.id} was submitted twice with one key`).toBe(submitted.length);
    expect(submitted.length, `seed ${seed}: ${task.id}`).toBeLessThanOrEqual(task.attempts);
  }
}
