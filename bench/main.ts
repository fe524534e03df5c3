/**
 * `npm run bench -- [MEASUREMENT...] [--replicas N[,N...]] [--runs N] [--against DIR] [--markdown FILE] [--seed N] [--keep DIR]`
 *
 * Makes an inventory, measures the built program on it, one process per measurement, and prints the figures as JSON.
 * Without names all measurements run, in the order of `measurements.ts`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Figures, medianFigures } from './figures.js';
import { fill, measurements } from './measurements.js';
import { comparisonTable, figuresTable, growthTable, type Results, type SizeResults } from './tables.js';
import { Data, Server, type Version, versionAt, Workplace } from './workplace.js';

interface Options {
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly seed: number;
  readonly versions: readonly Version[];
  /** Where data stays; null: it is removed. */
  readonly keep: string | null;
  readonly markdown: string | null;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      replicas: { type: 'string', default: '1000000' },
      runs: { type: 'string' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'string' },
      against: { type: 'string' },
      markdown: { type: 'string' },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(measurements);
  const unknown = names.find((name) => !(name in measurements));
  if (unknown !== undefined) {
    throw new Error(`no measurement ${unknown}; there are ${Object.keys(measurements).join(', ')}`);
  }
  const here = versionAt(fileURLToPath(new URL('..', import.meta.url)));
  return {
    names,
    sizes: values.replicas.split(',').map((size) => count(size, '--replicas')),
    // Versions are told apart by what happens again and again.
    runs: values.runs === undefined ? (values.against === undefined ? 1 : 5) : count(values.runs, '--runs'),
    seed: Number(values.seed),
    versions: values.against === undefined ? [here] : [versionAt(resolve(values.against)), here],
    keep: values.keep === undefined ? null : resolve(values.keep),
    markdown: values.markdown === undefined ? null : resolve(values.markdown),
  };
}

function count(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${option} wants whole numbers from 1, not ${text}`);
  return number;
}

/** One size: every measurement as often as wanted, the versions taking turns, so that what else the machine does meets all. */
async function measureSize(data: Data, server: Server, options: Options): Promise<readonly Results[]> {
  const first = data.blockReplicas === options.sizes[0];
  const places = options.versions.map((version, i) => new Workplace(version, `version${i + 1}`, data, server));
  const results = places.map((): Record<string, Figures> => ({}));
  for (const name of options.names) {
    const measurement = measurements[name];
    if (measurement === undefined || (measurement.ofOneSize === true && !first)) continue;
    for (const place of places) if (measurement.needs !== undefined) await fill(place, measurement.needs);
    const runs = places.map((): Figures[] => []);
    for (let run = 0; run < options.runs; run++) {
      for (const [i, place] of places.entries()) {
        process.stderr.write(
          `${data.blockReplicas}: ${name}, run ${run + 1} of ${options.runs}, ${nameOf(place.version)}\n`,
        );
        place.run = run;
        runs[i]?.push(await measurement.measure(place));
      }
    }
    for (const [i, figures] of runs.entries()) {
      const of = results[i];
      if (of !== undefined) of[name] = medianFigures(figures);
    }
  }
  for (const place of places) await place.remove();
  return results;
}

function nameOf({ commit, root }: Version): string {
  return commit ?? root;
}

function markdownOf(options: Options, sizes: readonly SizeResults[]): string {
  const [first, second] = options.versions;
  if (first !== undefined && second !== undefined) return comparisonTable(sizes, [nameOf(first), nameOf(second)]);
  return sizes.length > 1 ? `${figuresTable(sizes)}\n### Growth\n\n${growthTable(sizes)}` : figuresTable(sizes);
}

async function main(): Promise<void> {
  const options = readOptions();
  const dir = options.keep ?? mkdtempSync(join(tmpdir(), 'stator-bench-'));
  const server = new Server();
  const sizes: SizeResults[] = [];
  const bundles: object[] = [];
  try {
    for (const blockReplicas of options.sizes) {
      const data = new Data(join(dir, String(blockReplicas)), { seed: options.seed, blockReplicas });
      sizes.push({ blockReplicas, results: await measureSize(data, server, options) });
      const { usedBySite: _, datasetNames: __, ...bundle } = data.generated?.figures ?? {};
      bundles.push(bundle);
      if (options.keep === null) data.remove();
    }
  } finally {
    await server.stop();
    if (options.keep === null) rmSync(dir, { recursive: true, force: true });
  }
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    arch: arch(),
    memoryBytes: totalmem(),
    node: process.version,
  };
  const { seed, runs, versions } = options;
  const measured = sizes.map((size, i) => ({ ...size, bundle: bundles[i] }));
  const report = { date: new Date().toISOString(), machine, seed, runs, versions, sizes: measured };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  const text = markdownOf(options, sizes);
  if (options.markdown === null) process.stderr.write(`\n${text}`);
  else writeFileSync(options.markdown, text);
}

await main();
