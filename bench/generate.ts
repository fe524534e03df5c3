/**
 * `npx tsx bench/generate.ts --out DIR [--replicas N] [--seed N]`
 *
 * Writes `DIR/inventory` (a bundle), `DIR/retention` and `DIR/placement` (desired states), and prints what is in them.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BundleFigures, writeBundle } from './bundle.js';
import { writeDesiredState } from './desired-state.js';

export interface Scene {
  readonly inventory: string;
  readonly retention: string;
  readonly placement: string;
  readonly figures: BundleFigures;
}

export function generate(dir: string, options: { readonly seed: number; readonly blockReplicas: number }): Scene {
  const inventory = join(dir, 'inventory');
  const figures = writeBundle(inventory, options);
  const retention = join(dir, 'retention');
  const placement = join(dir, 'placement');
  writeDesiredState(retention, { seed: options.seed, figures, withPlacements: false });
  writeDesiredState(placement, { seed: options.seed, figures, withPlacements: true });
  return { inventory, retention, placement, figures };
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
  const { usedBySite: _, ...figures } = generate(values.out, {
    seed: Number(values.seed),
    blockReplicas: Number(values.replicas),
  }).figures;
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ ...figures, seconds: Number(seconds.toFixed(2)) }, null, 2)}\n`);
}
