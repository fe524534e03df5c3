/** S25: the process is killed at random moments, and started again. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
  let federation: DirectoryFederation;

  beforeEach(async () => {
    federation = await DirectoryFederation.make();
  });

  afterEach(async () => {
    await federation.remove();
  });

  test('S25 kill -9 ten times at random moments: the end is that of an undisturbed run', {
    timeout: 240_000,
  }, async () => {
    const seed = Number(process.env.STATOR_CRASH_SEED ?? Date.now() % 1_000_000);
    const random = seeded(seed);
    await furnish(federation);
    const calm = await DirectoryFederation.make();
    try {
      await furnish(calm);
      const calmUrl = await freshUrl();
      const calmDatabase = await open(calmUrl);
      await migrate(calmDatabase);
      await calm.import(calmDatabase);
      const duration = (await run(calmUrl, calm, null)) ?? 0;

      const url = await freshUrl();
      const database = await open(url);
      await migrate(database);
      await federation.import(database);
      let killed = 0;
      while (killed < kills) {
        // Short lives, so that ten of them do not finish the work.
        if ((await run(url, federation, random() * duration * 0.25)) !== null) break;
        killed++;
        // Under a final name there is never half a file, at any moment.
        for (const site of ['B', 'C']) {
          for (const file of await federation.listing(site)) {
            if (file.includes('.stator-')) continue;
            const original = await readFile(join(federation.root('A'), file)).catch(() => null);
            const copy = await readFile(join(federation.root(site), file));
            expect(copy.length, `seed ${seed}: ${site} ${file}`).toBe(20_000);
            if (original !== null) expect(copy.equals(original), `seed ${seed}: ${site} ${file}`).toBe(true);
          }
        }
      }
      const finished = await run(url, federation, null);
      expect(finished, `seed ${seed}`).not.toBeNull();
      expect(killed, `seed ${seed}: the work was done before it could be killed often enough`).toBe(kills);

      expect(await endState(database, federation), `seed ${seed}`).toEqual(await endState(calmDatabase, calm));
      for (let d = 0; d < 8; d++) {
        for (const site of ['B', 'C']) expect(await federation.has(site, `/data/${d}/RAW`), `seed ${seed}`).toBe(true);
      }

      // Every submission but the last of a task is known to have been interrupted, and none came after the file was there.
      const tasks = await listTasks(database.kysely, {});
      const journal = (await readFile(join(federation.base, 'journal'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as JournalEntry);
      expect(
        journal.filter(({ alreadyThere }) => alreadyThere),
        `seed ${seed}`,
      ).toEqual([]);
      for (const task of tasks) {
        expect(task.state, `seed ${seed}`).toBe('done');
        expect(errorsOf(task).length, `seed ${seed}: ${task.id}`).toBe(task.attempts - 1);
        if (task.type !== 'copy') continue;
        const submitted = journal.filter((entry) => entry.task === task.id).map(({ attempt }) => attempt);
        expect(new Set(submitted).size, `seed ${seed}: ${task.id} was submitted twice with one key`).toBe(
          submitted.length,
        );
        expect(submitted.length, `seed ${seed}: ${task.id}`).toBeLessThanOrEqual(task.attempts);
      }
    } finally {
      await calm.remove();
    }
  });
});
