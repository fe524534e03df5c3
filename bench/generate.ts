/**
 * `npx tsx bench/generate.ts --out DIR [--replicas N] [--seed N]`
 *
 * Writes `DIR/inventory` (a bundle) and a desired state per set of rules (`DIR/retention`, `DIR/placement`...), and
 * prints what is in the bundle.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BundleFigures, writeBundle } from './bundle.js';
import { type RuleSet, writeDesiredState } from './desired-state.js';

export interface Scene {
  readonly inventory: string;
  /** Folder of each desired state. */
  readonly desired: Readonly<Record<RuleSet, string>>;
  readonly figures: BundleFigures;
}

export function generate(dir: string, options: { readonly seed: number; readonly blockReplicas: number }): Scene {
  const inventory = join(dir, 'inventory');
  const figures = writeBundle(inventory, options);
  const write = (rules: RuleSet): string => {
    const folder = join(dir, rules);
    writeDesiredState(folder, { seed: options.seed, figures, rules });
    return folder;
  };
  const desired = {
    retention: write('retention'),
    placement: write('placement'),
    static: write('static'),
    campaign: write('campaign'),
    datasets: write('datasets'),
  };
  return { inventory, desired, figures };
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      replicas: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.out === undefined) throw new Error('--out DIR is missing');
  const started = performance.now();
  const {
    usedBySite: _,
    datasetNames: __,
    ...figures
  } = generate(values.out, {
    seed: Number(values.seed),
    blockReplicas: Number(values.replicas),
  }).figures;
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ ...figures, seconds: Number(seconds.toFixed(2)) }, null, 2)}\n`);
}
