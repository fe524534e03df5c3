/**
 * Builds a {@link Snapshot} from rows in any order. Bundles, databases and tests all come through here, so that the
 * canonical order is made in one place. Rows must already be valid: references resolved, no duplicates.
 */
import { assembleSnapshot, flagBits, type SnapshotHead, type SubscriptionColumns } from './assemble-snapshot.js';
import { FloatColumn, IntColumn } from './growing-column.js';
import { NamePacker } from './name-column.js';
import type { Snapshot } from './snapshot.js';

export interface DatasetRow {
  readonly name: string;
  readonly status: string;
  readonly type: string;
  readonly open: boolean;
  /** Seconds since the epoch, as all times here. */
  readonly created: number;
  readonly lastUpdate: number;
  readonly tapeRequested: boolean;
  readonly copyRequested: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export interface UsageRow {
  readonly lastAccess: number;
  readonly accesses: number;
  readonly usageRank: number;
  readonly demand: number;
}

export class SnapshotBuilder {
  readonly #datasets: DatasetRow[] = [];
  readonly #usage = new Map<number, UsageRow>();
  readonly #blockDataset = new IntColumn();
  readonly #blockName = new NamePacker();
  readonly #blockSize = new FloatColumn();
  readonly #blockFiles = new IntColumn();
  readonly #blockOpen = new IntColumn();
  readonly #blockUpdate = new FloatColumn();
  readonly #copyBlock = new IntColumn();
  readonly #copySite = new IntColumn();
  readonly #copyOwner = new IntColumn();
  readonly #copySize = new FloatColumn();
  readonly #copyFlags = new IntColumn();
  readonly #copyUpdate = new FloatColumn();
  readonly #sites = new Map<string, number>();
  readonly #owners = new Map<string, number>([['', 0]]);
  readonly #subscriptions: SubscriptionColumns[] = [];

  /** Interns a site name; the number is only good for this builder. */
  site(name: string): number {
    return intern(this.#sites, name);
  }

  /** Interns an owner name; the empty string (nobody) is 0. */
  owner(name: string): number {
    return intern(this.#owners, name);
  }

  addDataset(row: DatasetRow): number {
    return this.#datasets.push(row) - 1;
  }

  setUsage(dataset: number, usage: UsageRow): void {
    this.#usage.set(dataset, usage);
  }

  addBlock(dataset: number, name: string, size: number, files: number, open: boolean, lastUpdate: number): number {
    this.#blockName.add(name);
    this.#blockSize.push(size);
    this.#blockFiles.push(files);
    this.#blockOpen.push(open ? 1 : 0);
    this.#blockUpdate.push(lastUpdate);
    return this.#blockDataset.push(dataset);
  }

  /** Makes room for so many block replicas at once, where it is known how many will come. */
  reserveBlockReplicas(count: number): void {
    for (const column of [this.#copyBlock, this.#copySite, this.#copyOwner, this.#copySize]) column.reserve(count);
    for (const column of [this.#copyFlags, this.#copyUpdate]) column.reserve(count);
  }

  /** A block at a site. `size` is the present bytes. */
  addBlockReplica(
    block: number,
    site: number,
    owner: number,
    size: number,
    flags: { readonly complete: boolean; readonly custodial: boolean; readonly managed: boolean },
    lastUpdate: number,
  ): void {
    this.#copyBlock.push(block);
    this.#copySite.push(site);
    this.#copyOwner.push(owner);
    this.#copySize.push(size);
    this.#copyFlags.push(flagBits(flags));
    this.#copyUpdate.push(lastUpdate);
  }

  addSubscription(dataset: number, site: number, owner: number, growing: boolean): void {
    this.#subscriptions.push({ dataset, site, owner, growing });
  }

  build(head: SnapshotHead): Snapshot {
    return assembleSnapshot(
      {
        datasets: this.#datasets,
        usage: this.#usage,
        sites: [...this.#sites.keys()],
        owners: [...this.#owners.keys()],
        blocks: {
          dataset: this.#blockDataset.view(),
          names: this.#blockName.view(),
          size: this.#blockSize.view(),
          files: this.#blockFiles.view(),
          open: this.#blockOpen.view(),
          lastUpdate: this.#blockUpdate.view(),
        },
        blockReplicas: {
          block: this.#copyBlock.view(),
          site: this.#copySite.view(),
          owner: this.#copyOwner.view(),
          size: this.#copySize.view(),
          flags: this.#copyFlags.view(),
          lastUpdate: this.#copyUpdate.view(),
        },
        subscriptions: this.#subscriptions,
      },
      head,
    );
  }
}

function intern(map: Map<string, number>, name: string): number {
  let index = map.get(name);
  if (index === undefined) {
    index = map.size;
    map.set(name, index);
  }
  return index;
}
