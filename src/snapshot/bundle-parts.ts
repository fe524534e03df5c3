/**
 * A snapshot of a bundle that was read in parts: its head by one reader, ranges of its blocks and then of its replicas by
 * others, in any order.
 *
 * Nothing here says what is wrong with a bundle: where anything is, there is no snapshot, and `readBundle` tells.
 */
import { assembleSnapshot, type SubscriptionColumns } from './assemble-snapshot.js';
import type { BlockRange } from './block-range.js';
import type { DatasetRow, UsageRow } from './builder.js';
import type { BundleFile, BundleSink, SubscriptionRow } from './bundle.js';
import type { BundleNames } from './bundle-names.js';
import { readBundleHead } from './bundle-reader.js';
import { intAt, shortAt } from './column.js';
import { type MergedBlocks, mergeBlocks, mergeReplicas, sharedNames } from './merge-ranges.js';
import type { KnownBlocks, ReplicaRange } from './replica-range.js';
import { emptyMemory, type Snapshot } from './snapshot.js';

/** As many sites, and as many owners with nobody, can be numbered. */
const mostNames = 65_536;

export class BundleParts {
  readonly #head: Head;
  readonly #names: BundleNames;
  #blocks: MergedBlocks | null = null;

  private constructor(head: Head, names: BundleNames) {
    this.#head = head;
    this.#names = names;
  }

  /** Reads datasets, usage and subscriptions; null where anything is wrong with them. */
  static async read(files: readonly BundleFile[]): Promise<BundleParts | null> {
    const head = new Head();
    let problems = 0;
    const names = await readBundleHead(files, head, {
      allowEmpty: false,
      skipInvalid: false,
      onProblem: () => problems++,
    });
    return problems === 0 ? new BundleParts(head, names) : null;
  }

  /**
   * Takes all blocks, in the order of the file.
   *
   * @returns what replicas refer to, in shared memory; null where the blocks are not as they should be
   */
  addBlocks(ranges: readonly BlockRange[]): KnownBlocks | null {
    const blocks = mergeBlocks(
      ranges,
      (name) => this.#names.findDataset(name),
      (dataset) => this.#names.lastUpdate(dataset),
    );
    this.#blocks = blocks;
    if (blocks === null || blocks.size.length === 0) return null;
    return {
      datasets: sharedNames(this.#head.datasets.map((row) => row.name)),
      blocks: blocks.blocks,
      size: blocks.size,
      lastUpdate: blocks.lastUpdate,
    };
  }

  /**
   * Takes all replicas, in the order of the file, out of `ranges`.
   *
   * @param managed whether the loop may delete what the bundle lists (I10)
   * @returns generation 0, complete, no memory; null where the replicas are not as they should be
   */
  snapshot(ranges: ReplicaRange[], options: { managed: boolean; clock: number }): Snapshot | null {
    const { datasets, usages, subscriptions, sites, owners } = this.#head;
    const blocks = this.#blocks;
    if (blocks === null) return null;
    const blockReplicas = mergeReplicas(ranges, sites.number, owners.number, options.managed ? 4 : 0);
    if (blockReplicas.block.length === 0 || sites.names.length > mostNames || owners.names.length > mostNames) {
      return null;
    }
    const snapshot = assembleSnapshot(
      {
        datasets,
        usage: usages,
        sites: sites.names,
        owners: owners.names,
        blocks: { ...blocks, names: blocks.blocks },
        blockReplicas,
        subscriptions,
      },
      { generation: 0, takenAt: options.clock, completeness: { state: 'complete' }, memory: emptyMemory },
    );
    return standsTwice(snapshot) ? null : snapshot;
  }
}

/** Whether a block is at a site twice: they are neighbours then. */
function standsTwice({ blockReplicas }: Snapshot): boolean {
  const { block, site, count } = blockReplicas;
  for (let k = 1; k < count; k++) {
    if (intAt(block, k) === intAt(block, k - 1) && shortAt(site, k) === shortAt(site, k - 1)) return true;
  }
  return false;
}

/** Names in the order in which they come. */
class Numbered {
  readonly names: string[];
  readonly #numbers: Map<string, number>;

  constructor(...names: string[]) {
    this.names = names;
    this.#numbers = new Map(names.map((name, number) => [name, number]));
  }

  readonly number = (name: string): number => {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  };
}

class Head implements BundleSink {
  readonly datasets: DatasetRow[] = [];
  readonly usages = new Map<number, UsageRow>();
  readonly subscriptions: SubscriptionColumns[] = [];
  readonly sites = new Numbered();
  readonly owners = new Numbered('');

  dataset(_position: number, row: DatasetRow): void {
    this.datasets.push(row);
  }

  usage(dataset: number, _name: string, row: UsageRow): void {
    this.usages.set(dataset, row);
  }

  subscription({ dataset, siteName, ownerName, growing }: SubscriptionRow): void {
    this.subscriptions.push({
      dataset,
      site: this.sites.number(siteName),
      owner: this.owners.number(ownerName),
      growing,
    });
  }

  block(): void {
    throw new Error('blocks are no part of the head');
  }

  file(): void {
    throw new Error('files are no part of the head');
  }

  replica(): void {
    throw new Error('replicas are no part of the head');
  }

  drain(): undefined {
    return undefined;
  }
}
