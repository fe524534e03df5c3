/**
 * `npm run bench -- [MEASUREMENT...] [--replicas N] [--seed N] [--keep DIR]`
 *
 * Makes an inventory, measures the built program on it, one process per measurement, and prints the figures as JSON.
 * Without names all measurements run, in the order of the table below.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { arch, cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type MariadbServer, mariadbUrl, onMariadb, startMariadb } from '../test/mariadb.js';
import { clock } from './federation.js';
import { generate, type Scene } from './generate.js';
import { runStator } from './measure.js';
import { writeTouchedReplicas } from './touched-replicas.js';

interface Workplace {
  readonly dir: string;
  readonly scene: Scene;
  /** Directory of the snapshot cache. */
  readonly cache: string;
  /** Addresses of the databases; each holds the inventory once its import was measured. */
  sqlite(): string;
  mariadb(): Promise<string>;
}

type Figures = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

const measurements: Readonly<Record<string, (place: Workplace) => Promise<Figures>>> = {
  'import-sqlite': async (place) => measureImport(place, place.sqlite()),
  'import-mariadb': async (place) => measureImport(place, await place.mariadb()),
  'plan-bundle': async (place) =>
    measurePlan(place, place.scene.desired.retention, ['--inventory', place.scene.inventory]),
  'plan-sqlite': async (place) => measureCold(place, place.scene.desired.retention, place.sqlite()),
  'plan-mariadb': async (place) => measureCold(place, place.scene.desired.retention, await place.mariadb()),
  'warm-sqlite': async (place) => measureWarm(place, place.sqlite()),
  'warm-mariadb': async (place) => measureWarm(place, await place.mariadb()),
  'changed-sqlite': async (place) => measureChanged(place, place.sqlite()),
  'changed-mariadb': async (place) => measureChanged(place, await place.mariadb()),
  'placements-bundle': async (place) =>
    measurePlan(place, place.scene.desired.placement, ['--inventory', place.scene.inventory]),
  'placements-sqlite': async (place) => measureCold(place, place.scene.desired.placement, place.sqlite()),
  'static-bundle': async (place) =>
    measurePlan(place, place.scene.desired.static, ['--inventory', place.scene.inventory]),
  'campaign-bundle': async (place) =>
    measurePlan(place, place.scene.desired.campaign, ['--inventory', place.scene.inventory]),
  'datasets-bundle': async (place) =>
    measurePlan(place, place.scene.desired.datasets, ['--inventory', place.scene.inventory]),
  'simulate-bundle': async (place) => measureSimulation(place, place.scene.desired.retention),
  'simulate-placements-bundle': async (place) => measureSimulation(place, place.scene.desired.placement),
};

/** Migrates an empty database, then measures the import alone. */
function measureImport(place: Workplace, database: string): Figures {
  const output = { dir: place.dir, stdoutFile: join(place.dir, 'import.out') };
  runStator(['db', 'migrate', '--database', database], output);
  const run = runStator(['inventory', 'import', place.scene.inventory, '--database', database], output);
  return {
    rows: place.scene.figures.rows,
    seconds: round(run.seconds),
    cpuSeconds: round(run.cpuSeconds),
    rowsPerSecond: Math.round(place.scene.figures.rows / run.seconds),
    peakResidentBytes: run.peakResidentBytes,
  };
}

function measurePlan(place: Workplace, desired: string, inventory: readonly string[]): Figures {
  const timings = join(place.dir, 'timings.json');
  const planFile = join(place.dir, 'plan.json');
  const run = runStator(
    ['plan', '--desired', desired, ...inventory, '--now', String(clock), '--output', 'json', '--timings', timings],
    { dir: place.dir, stdoutFile: planFile, expected: [0, 2, 3] },
  );
  const phases: Record<string, number> = JSON.parse(readFileSync(timings, 'utf8'));
  const plan: { summary: Record<string, { actions: number } | number> } = JSON.parse(readFileSync(planFile, 'utf8'));
  const actions: Record<string, number> = {};
  for (const [name, tally] of Object.entries(plan.summary)) {
    actions[name] = typeof tally === 'number' ? tally : tally.actions;
  }
  const { peakResidentBytes } = run;
  return { seconds: round(run.seconds), cpuSeconds: round(run.cpuSeconds), peakResidentBytes, phases, actions };
}

/** Without a snapshot cache at the beginning. */
function measureCold(place: Workplace, desired: string, database: string): Figures {
  rmSync(place.cache, { recursive: true, force: true });
  return measurePlan(place, desired, ['--database', database]);
}

/** With the snapshot cache that a plan before has left. */
function measureWarm(place: Workplace, database: string): Figures {
  const retention = place.scene.desired.retention;
  measurePlan(place, retention, ['--database', database]);
  return measurePlan(place, retention, ['--database', database]);
}

/** The same after a thousand block replicas, all over the inventory, were touched. */
async function measureChanged(place: Workplace, database: string): Promise<Figures> {
  measureWarm(place, database);
  const bundle = join(place.dir, 'touched');
  await writeTouchedReplicas(place.scene.inventory, bundle, Math.ceil(place.scene.figures.blockReplicas / 1000));
  const output = { dir: place.dir, stdoutFile: join(place.dir, 'import.out') };
  runStator(['inventory', 'import', bundle, '--merge', '--allow-empty', '--database', database], output);
  return measurePlan(place, place.scene.desired.retention, ['--database', database]);
}

/** Thirty days, with as much new data as came lately. */
function measureSimulation(place: Workplace, desired: string): Figures {
  const timings = join(place.dir, 'timings.json');
  const file = join(place.dir, 'simulation.json');
  const input = ['--desired', desired, '--inventory', place.scene.inventory, '--now', String(clock)];
  const run = runStator(['simulate', '--days', '30', ...input, '--output', 'json', '--timings', timings], {
    dir: place.dir,
    stdoutFile: file,
  });
  const phases: Record<string, number> = JSON.parse(readFileSync(timings, 'utf8'));
  const { days }: { days: { totals: Record<string, number> }[] } = JSON.parse(readFileSync(file, 'utf8'));
  const actions: Record<string, number> = {};
  for (const name of ['datasetsArrived', 'copiesFinished', 'deletions', 'reassignments']) {
    actions[name] = days.reduce((sum, { totals }) => sum + (totals[name] ?? 0), 0);
  }
  const { peakResidentBytes } = run;
  return { seconds: round(run.seconds), cpuSeconds: round(run.cpuSeconds), peakResidentBytes, phases, actions };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      replicas: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'string' },
    },
  });
  const wanted = positionals.length > 0 ? positionals : Object.keys(measurements);
  for (const name of wanted) {
    if (!(name in measurements)) {
      throw new Error(`no measurement ${name}; there are ${Object.keys(measurements).join(', ')}`);
    }
  }

  const dir = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'stator-bench-')) : resolve(values.keep);
  mkdirSync(dir, { recursive: true });
  const cache = join(dir, 'cache');
  process.env.STATOR_DATABASE_CACHE = cache;
  let server: MariadbServer | undefined;
  try {
    const scene = generate(dir, { seed: Number(values.seed), blockReplicas: Number(values.replicas) });
    const imported = new Set<string>();
    const place: Workplace = {
      dir,
      scene,
      cache,
      sqlite: () => `sqlite:${join(dir, 'bench.db')}`,
      mariadb: async () => {
        if (server === undefined) {
          server = await startMariadb(['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M']);
          await onMariadb(server.address, 'create database bench character set utf8mb4');
        }
        return mariadbUrl(server.address, 'bench');
      },
    };
    const results: Record<string, Figures> = {};
    for (const name of wanted) {
      // A plan from a database needs the import first, measured or not.
      const source = /-(sqlite|mariadb)$/.exec(name)?.[1];
      const needed = source === undefined ? name : `import-${source}`;
      if (needed !== name && !imported.has(needed)) results[needed] = await measure(needed, place);
      imported.add(needed);
      results[name] ??= await measure(name, place);
    }
    const { usedBySite: _, datasetNames: __, ...bundle } = scene.figures;
    const machine = {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      arch: arch(),
      memoryBytes: totalmem(),
      node: process.version,
    };
    process.stdout.write(
      `${JSON.stringify({ date: new Date().toISOString(), machine, seed: Number(values.seed), bundle, results }, null, 2)}\n`,
    );
  } finally {
    await server?.stop();
    if (values.keep === undefined) rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(name: string, place: Workplace): Promise<Figures> {
  process.stderr.write(`measuring ${name}\n`);
  const figures = await measurements[name]?.(place);
  if (figures === undefined) throw new Error(`no measurement ${name}`);
  return figures;
}

await main();
