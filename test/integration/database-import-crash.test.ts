import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import {
  type Database,
  importBundle,
  inventoryStats,
  loadSnapshot,
  migrate,
  readBundleSnapshot,
} from '../../src/database/index.js';
import { emptyMemory } from '../../src/snapshot/index.js';
import { forEachDatabase } from '../databases.js';
import { type Inventory, sampleInventory, temporaryDirectories, writeBundle } from './database-bundle.js';

const clock = 1_700_000_000;

/** Large enough for some twenty pieces, in files and in the database. */
function largeInventory(): Inventory {
  const datasets = Array.from({ length: 400 }, (_, d) => ({ name: `/large/dataset-${d}/RAW` }));
  const blocks = datasets.flatMap(({ name }) =>
    Array.from({ length: 50 }, (_, b) => ({ dataset: name, name: `block-${b}`, size: 1000 + b })),
  );
  const replicas = blocks.flatMap(({ dataset, name }) =>
    ['A', 'B', 'C'].map((site) => ({ dataset, block: name, site, owner: 'O', custodial: false })),
  );
  return { datasets, blocks, replicas };
}

/** Runs an import and kills it when it has reported progress so many times. @returns how often it did, and whether it ended */
async function killedImport(
  url: string,
  directory: string,
  killAfter: number,
): Promise<{ steps: number; ended: boolean }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', new URL('database-import-process.ts', import.meta.url).pathname, url, directory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  let steps = 0;
  let ended = false;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'done') ended = true;
    else if (++steps === killAfter) child.kill('SIGKILL');
  }
  const [code, signal] = await exited;
  if (!ended && signal !== 'SIGKILL') throw new Error(`the import failed with ${code}`);
  return { steps, ended };
}

forEachDatabase('an import that is killed', ({ dialect, freshUrl, open }) => {
  const temporary = temporaryDirectories();

  test('S25 leaves the inventory as it was, or the new one, never a mixture; the next import cleans up', async () => {
    const url = await freshUrl();
    const db = await open(url);
    await migrate(db);
    const old = writeBundle(temporary('old'), sampleInventory(30));
    const large = writeBundle(temporary('large'), largeInventory(), { format: 'tsv' });
    const contents = {
      old: await contentOf(readBundleSnapshot(old, { clock })),
      large: await contentOf(readBundleSnapshot(large, { clock })),
    };
    await importBundle(db, old, { clock });

    const whole = await killedImport(url, large, Number.POSITIVE_INFINITY);
    expect(whole.ended).toBe(true);
    expect(whole.steps).toBeGreaterThan(15);
    expect(await loaded(db)).toEqual(contents.large);

    // Anywhere while it reads, and as near to its end as can be seen from outside.
    for (const killAfter of [1, 4, 8, 12, whole.steps - 1, whole.steps]) {
      await importBundle(db, old, { clock });
      const { ended } = await killedImport(url, large, killAfter);
      const content = await loaded(db);
      if (killAfter < whole.steps) expect(content, `killed after ${killAfter}`).toEqual(contents.old);
      else expect([contents.old, contents.large]).toContainEqual(content);
      if (ended) expect(content).toEqual(contents.large);
      await expectTotals(db);
    }

    await importBundle(db, old, { clock });
    const { changed } = await importBundle(db, large, { clock });
    expect(changed).toBe(true);
    expect(await loaded(db)).toEqual(contents.large);
    if (dialect === 'mysql') {
      const tables = await db.kysely.introspection.getTables();
      expect(tables.map((table) => table.name).filter((name) => name.startsWith('import_'))).toEqual([]);
    }
  });
});

async function contentOf(work: ReturnType<typeof readBundleSnapshot>) {
  const { generation: _, ...content } = await work;
  return content;
}

function loaded(db: Database) {
  return contentOf(loadSnapshot(db, { clock, memory: emptyMemory }));
}

async function expectTotals(db: Database): Promise<void> {
  const stats = await inventoryStats(db);
  expect(stats.blockReplicas).toBe(stats.sites.reduce((sum, site) => sum + site.blocks, 0));
}
