/**
 * Writes an inventory bundle of any size, streaming: memory does not grow with the number of rows.
 *
 * Blocks per dataset are log-normal with a mean of 20; a dataset has 1 to 4 copies; 12 % of the replicas are partial
 * (all they have is complete, but they do not have every block) and 3 % incomplete (some blocks are not all there).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BenchSite,
  campaigns,
  clock,
  copyCounts,
  eras,
  groups,
  processes,
  sitesOf,
  statuses,
  tiers,
  year,
} from './federation.js';
import { LineWriter } from './line-writer.js';
import { choices, Random } from './random.js';

export const namedDatasets = 10_000;

export interface BundleFigures {
  readonly datasets: number;
  readonly blocks: number;
  readonly blockReplicas: number;
  /** Datasets at sites, and how many of them lack blocks or have unfinished ones. */
  readonly replicas: number;
  readonly partialReplicas: number;
  readonly incompleteReplicas: number;
  /** Rows in all files: what an import reads. */
  readonly rows: number;
  readonly bytes: number;
  /** Present bytes per site, by what the block replica is owned by. */
  readonly usedBySite: ReadonlyMap<string, { readonly relval: number; readonly others: number }>;
  /** Names of the first datasets, {@link namedDatasets} of them at most: what rules that name datasets can name. */
  readonly datasetNames: readonly string[];
}

interface Writers {
  readonly datasets: LineWriter;
  readonly blocks: LineWriter;
  readonly replicas: LineWriter;
  readonly subscriptions: LineWriter;
  readonly usage: LineWriter;
}

interface Block {
  readonly name: string;
  readonly size: number;
  readonly lastUpdate: number;
}

const tierChoices = choices(tiers.map((tier) => [tier, tier.weight]));
const groupChoices = choices(groups.map((group) => [group.name, group.weight]));

/** Adds whole datasets until there are at least `blockReplicas` block replicas. */
export function writeBundle(
  dir: string,
  options: { readonly seed: number; readonly blockReplicas: number },
): BundleFigures {
  mkdirSync(dir, { recursive: true });
  const writers: Writers = {
    datasets: new LineWriter(join(dir, 'datasets.tsv'), [
      ...['name', 'status', 'type', 'open', 'created', 'lastUpdate', 'labels.tier', 'labels.era', 'labels.campaign'],
      ...['tapeRequested', 'copyRequested'],
    ]),
    blocks: new LineWriter(join(dir, 'blocks.tsv'), ['dataset', 'name', 'size', 'files', 'open', 'lastUpdate']),
    replicas: new LineWriter(join(dir, 'replicas.tsv'), [
      ...['dataset', 'block', 'site', 'owner', 'size', 'complete', 'custodial', 'lastUpdate'],
    ]),
    subscriptions: new LineWriter(join(dir, 'subscriptions.tsv'), ['dataset', 'site', 'owner', 'growing']),
    usage: new LineWriter(join(dir, 'usage.tsv'), ['dataset', 'lastAccess', 'accesses', 'usageRank', 'demand']),
  };
  const sites = sitesOf(options.seed);
  const generator = new DatasetGenerator(writers, sites, options.seed);
  while (generator.blockReplicas < options.blockReplicas) generator.next();
  for (const writer of Object.values(writers) as LineWriter[]) writer.close();
  return {
    datasets: generator.datasets,
    blocks: generator.blocks,
    blockReplicas: generator.blockReplicas,
    replicas: generator.replicas,
    partialReplicas: generator.partialReplicas,
    incompleteReplicas: generator.incompleteReplicas,
    rows: 2 * generator.datasets + generator.blocks + generator.blockReplicas + generator.subscriptions,
    bytes: [...generator.used.values()].reduce((sum, used) => sum + used.relval + used.others, 0),
    usedBySite: generator.used,
    datasetNames: generator.names,
  };
}

class DatasetGenerator {
  datasets = 0;
  blocks = 0;
  blockReplicas = 0;
  subscriptions = 0;
  replicas = 0;
  partialReplicas = 0;
  incompleteReplicas = 0;
  readonly names: string[] = [];
  readonly used: Map<string, { relval: number; others: number }>;
  readonly #disks;
  readonly #tapes;

  constructor(
    readonly writers: Writers,
    sites: readonly BenchSite[],
    readonly seed: number,
  ) {
    this.used = new Map(sites.map((site) => [site.name, { relval: 0, others: 0 }]));
    this.#disks = choices(sites.filter((site) => site.storage === 'disk').map((site) => [site.name, site.weight]));
    this.#tapes = choices(sites.filter((site) => site.storage === 'tape').map((site) => [site.name, site.weight]));
  }

  next(): void {
    const number = this.datasets++;
    const random = Random.of(this.seed, number);
    const tier = random.weighted(tierChoices);
    const era = pick(random, eras);
    const campaign = pick(random, campaigns);
    const version = 1 + random.below(4);
    const name = `/${pick(random, processes)}_S${number.toString(36).padStart(4, '0')}/${era}-${campaign}-v${version}/${tier.name}`;
    if (this.names.length < namedDatasets) this.names.push(name);
    const status = random.weighted(statuses);
    const created = clock - Math.floor(random.between(0, 3 * year));
    const lastUpdate = Math.min(clock, created + Math.floor(random.between(0, 30 * 86_400)));
    const open = status === 'PRODUCTION' && random.chance(0.7);
    const simulated = tier.name.endsWith('SIM');
    this.writers.datasets.write(
      `${name}\t${status}\t${simulated ? 'mc' : 'data'}\t${open}\t${created}\t${lastUpdate}\t${tier.name}\t${era}\t${campaign}\t${random.chance(0.05)}\t${random.chance(0.02)}\n`,
    );
    this.#usage(random, name, created, lastUpdate);
    const blocks = this.#blocks(random, name, tier.blockSize, created, lastUpdate, open);
    const owner = random.weighted(groupChoices);
    for (const [i, site] of this.#sites(random, tier.onTape).entries()) {
      this.#replica(random, name, blocks, site, random.chance(0.8) ? owner : random.weighted(groupChoices), i);
      if (open) {
        this.writers.subscriptions.write(`${name}\t${site}\t${owner}\ttrue\n`);
        this.subscriptions++;
      }
    }
  }

  /** Use falls off steeply: a third was never read, a few are read all the time. */
  #usage(random: Random, name: string, created: number, lastUpdate: number): void {
    const used = random.chance(0.65);
    const accesses = used ? Math.floor(random.logNormal(30, 2)) + 1 : 0;
    const lastAccess = used ? Math.floor(random.between(created, clock)) : 0;
    const idle = (clock - Math.max(lastAccess, lastUpdate)) / 86_400;
    const usageRank = (idle / (1 + Math.log1p(accesses))).toFixed(3);
    const demand = used ? (accesses / (10 + idle)).toFixed(4) : '0';
    this.writers.usage.write(
      `${name}\t${lastAccess === 0 ? '\\N' : lastAccess}\t${accesses}\t${usageRank}\t${demand}\n`,
    );
  }

  #blocks(random: Random, dataset: string, meanSize: number, created: number, until: number, open: boolean): Block[] {
    const count = Math.min(5000, Math.max(1, Math.round(random.logNormal(20, 1.2))));
    const blocks: Block[] = [];
    for (let i = 0; i < count; i++) {
      const size = Math.max(1, Math.floor(random.logNormal(meanSize, 0.8)));
      const files = Math.max(1, Math.round(size / 3e9));
      const lastUpdate = Math.floor(random.between(created, until + 1));
      const name = `${random.hex(8)}-${random.hex(4)}-${random.hex(4)}-${random.hex(12)}`;
      blocks.push({ name, size, lastUpdate });
      this.writers.blocks.write(`${dataset}\t${name}\t${size}\t${files}\t${open && i === count - 1}\t${lastUpdate}\n`);
    }
    this.blocks += count;
    return blocks;
  }

  /** Distinct sites; at most one of them tape, unless everything is on tape already. */
  #sites(random: Random, onTape: number): string[] {
    const count = random.weighted(copyCounts);
    const sites = new Set<string>();
    if (random.chance(onTape)) sites.add(random.weighted(this.#tapes));
    while (sites.size < count) sites.add(random.weighted(this.#disks));
    return [...sites];
  }

  #replica(random: Random, dataset: string, blocks: readonly Block[], site: string, owner: string, copy: number): void {
    const kind = random.unit();
    // The first copy is whole, so that most of the data exists in full somewhere: the shares among the other copies
    // are larger than 12 % and 3 % to make up for it.
    const partial = copy > 0 && kind < 0.236 && blocks.length > 1;
    const incomplete = copy > 0 && kind >= 0.236 && kind < 0.2915;
    const orphaned = random.chance(0.005);
    const used = this.used.get(site);
    if (used === undefined) throw new RangeError(site);
    const missing = partial ? random.below(blocks.length) : -1;
    const present = (missing + 1) % blocks.length;
    const custodial = copy === 0 && site.endsWith('_Tape');
    if (partial) this.partialReplicas++;
    if (incomplete) this.incompleteReplicas++;
    this.replicas++;
    for (const [i, block] of blocks.entries()) {
      if (partial && (i === missing || (i !== present && random.chance(0.4)))) continue;
      // A fifth of an incomplete replica's blocks, and always its last.
      const broken = incomplete && (i === blocks.length - 1 || random.chance(0.2));
      const size = broken ? Math.floor(block.size * random.unit()) : block.size;
      const by = orphaned ? '' : owner;
      this.writers.replicas.write(
        `${dataset}\t${block.name}\t${site}\t${by === '' ? '\\N' : by}\t${size}\t${!broken}\t${custodial}\t${block.lastUpdate}\n`,
      );
      if (by === 'RelVal') used.relval += size;
      else used.others += size;
      this.blockReplicas++;
    }
  }
}

function pick(random: Random, values: readonly string[]): string {
  return values[random.below(values.length)] ?? '';
}
