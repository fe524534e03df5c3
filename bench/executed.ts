/** The inventory as it is once everything that a plan begins has been done. */
import { copyFileSync, createReadStream, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Plan } from '../src/planning/index.js';
import { clock } from './federation.js';
import { LineWriter } from './line-writer.js';

type Action = Plan['actions'][number];

/** Names of blocks; null: all. */
type Blocks = ReadonlySet<string> | null;

/**
 * Writes a bundle without what the plan deletes and with what it copies. Changes of owner are left out.
 *
 * @returns how many copies and deletions that were
 */
export async function writeExecuted(inventory: string, planFile: string, target: string): Promise<number> {
  const plan: Plan = JSON.parse(readFileSync(planFile, 'utf8'));
  const begun = plan.actions.filter(({ held, type }) => held === null && type !== 'reassign');
  const deleted = bySiteAndDataset(begun.filter(({ type }) => type === 'delete'));
  const copies = begun.filter(({ type }) => type === 'copy');
  const copied = bySiteAndDataset(copies);
  mkdirSync(target, { recursive: true });
  for (const file of ['datasets.tsv', 'blocks.tsv', 'subscriptions.tsv', 'usage.tsv']) {
    copyFileSync(join(inventory, file), join(target, file));
  }
  const replicas = linesOf(join(inventory, 'replicas.tsv'));
  const header = (await replicas.next()).value as readonly string[];
  const writer = new LineWriter(join(target, 'replicas.tsv'), header);
  const cellOf = (name: string) => header.indexOf(name);
  const [dataset, block, site] = [cellOf('dataset'), cellOf('block'), cellOf('site')];
  for await (const cells of replicas) {
    const key = keyOf(cells[site], cells[dataset]);
    const name = cells[block] ?? '';
    if (!includes(deleted.get(key), name) && !includes(copied.get(key), name)) writer.write(`${cells.join('\t')}\n`);
  }
  const sizes = await blockSizes(join(inventory, 'blocks.tsv'), new Set(copies.map((copy) => copy.dataset)));
  const flags = { complete: 'true', custodial: 'false', lastUpdate: String(clock) };
  for (const copy of copies) {
    for (const [name, size] of sizes.get(copy.dataset) ?? []) {
      if (copy.blocks !== null && !copy.blocks.includes(name)) continue;
      const row: Record<string, string> = { ...flags, dataset: copy.dataset, block: name, site: copy.site };
      row.owner = copy.owner;
      row.size = size;
      writer.write(`${header.map((column) => row[column] ?? '').join('\t')}\n`);
    }
  }
  writer.close();
  return begun.length;
}

function keyOf(site: string | undefined, dataset: string | undefined): string {
  return `${site}\t${dataset}`;
}

function includes(blocks: Blocks | undefined, name: string): boolean {
  return blocks === null || blocks?.has(name) === true;
}

/** Several actions may be about one dataset at a site. */
function bySiteAndDataset(actions: readonly Action[]): ReadonlyMap<string, Blocks> {
  const result = new Map<string, Blocks>();
  for (const { site, dataset, blocks } of actions) {
    const key = keyOf(site, dataset);
    const known = result.get(key);
    result.set(key, blocks === null || known === null ? null : new Set([...(known ?? []), ...blocks]));
  }
  return result;
}

/** Sizes of the blocks of some datasets, by name. */
async function blockSizes(file: string, datasets: ReadonlySet<string>): Promise<Map<string, Map<string, string>>> {
  const result = new Map<string, Map<string, string>>();
  const lines = linesOf(file);
  const header = (await lines.next()).value as readonly string[];
  const [dataset, name, size] = ['dataset', 'name', 'size'].map((column) => header.indexOf(column)) as [
    number,
    number,
    number,
  ];
  for await (const cells of lines) {
    const of = cells[dataset] ?? '';
    if (!datasets.has(of)) continue;
    const sizes = result.get(of) ?? new Map<string, string>();
    sizes.set(cells[name] ?? '', cells[size] ?? '');
    result.set(of, sizes);
  }
  return result;
}

async function* linesOf(file: string): AsyncGenerator<readonly string[], void> {
  for await (const line of createInterface({ input: createReadStream(file) })) yield line.split('\t');
}
