/** A bundle as a snapshot, without a database in between. */
import { type DatasetRow, SnapshotBuilder, type UsageRow } from './builder.js';
import type { BlockRow, BundleSink, ReplicaRow, SubscriptionRow } from './bundle.js';
import { emptyMemory, type Snapshot } from './snapshot.js';

/** Collects the rows of a bundle. The positions of its datasets and blocks are those of the builder. */
export class BundleSnapshotSink implements BundleSink {
  readonly #builder = new SnapshotBuilder();
  readonly #managed: boolean;
  readonly #sites: number[] = [];
  readonly #owners: number[] = [0];
  /** How many came: their positions must be the builder's. */
  #blocks = 0;

  /** `managed`: whether the loop may delete what the bundle lists (I10). */
  constructor(managed: boolean) {
    this.#managed = managed;
  }

  dataset(_position: number, row: DatasetRow): void {
    this.#builder.addDataset(row);
  }

  usage(dataset: number, _name: string, row: UsageRow): void {
    this.#builder.setUsage(dataset, row);
  }

  block(position: number, row: BlockRow): void {
    if (position !== this.#blocks++) throw new Error('blocks out of order');
    this.#builder.addBlock(row.dataset, row.name, row.size, row.files, row.open, row.lastUpdate);
  }

  file(): void {
    // Planning works on blocks; files are for execution.
  }

  replica(row: ReplicaRow): void {
    this.#builder.addBlockReplica(
      row.block,
      this.#site(row.site, row.siteName),
      this.#owner(row.owner, row.ownerName),
      row.size,
      { complete: row.complete, custodial: row.custodial, managed: this.#managed },
      row.lastUpdate,
    );
  }

  subscription(row: SubscriptionRow): void {
    this.#builder.addSubscription(
      row.dataset,
      this.#site(row.site, row.siteName),
      this.#owner(row.owner, row.ownerName),
      row.growing,
    );
  }

  drain(): undefined {
    return undefined;
  }

  /** Generation 0, complete, no memory. */
  snapshot(clock: number): Snapshot {
    return this.#builder.build({
      generation: 0,
      takenAt: clock,
      completeness: { state: 'complete' },
      memory: emptyMemory,
    });
  }

  #site(position: number, name: string): number {
    let site = this.#sites[position];
    if (site === undefined) {
      site = this.#builder.site(name);
      this.#sites[position] = site;
    }
    return site;
  }

  #owner(position: number, name: string): number {
    let owner = this.#owners[position];
    if (owner === undefined) {
      owner = this.#builder.owner(name);
      this.#owners[position] = owner;
    }
    return owner;
  }
}
