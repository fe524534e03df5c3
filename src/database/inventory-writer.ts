/** Turns the rows of a bundle into rows of the inventory tables. */
import type {
  BlockRow,
  BundleSink,
  DatasetRow,
  FileRow,
  ReplicaRow,
  SubscriptionRow,
  UsageRow,
} from '../snapshot/index.js';
import { ContentDigest, canonicalLabels } from './content-digest.js';
import type { ImportTableName, RowWriter } from './import-tables.js';

/** Where rows go: tables that are written in bulk. */
export interface RowStore {
  writer(table: ImportTableName): RowWriter;
  /** Something to wait for before more rows are written, or undefined. */
  drain(): Promise<void> | undefined;
}

/** Ids that exist already, for a merge. Positions are those of the reader's previous inventory. */
export interface KnownIds {
  readonly sites: ReadonlyMap<string, number>;
  readonly owners: ReadonlyMap<string, number>;
  readonly datasets: readonly number[];
  readonly blocks: readonly number[];
}

export const noKnownIds: KnownIds = { sites: new Map(), owners: new Map(), datasets: [], blocks: [] };

export class InventoryWriter implements BundleSink {
  readonly digest = new ContentDigest();
  #blockReplicas = 0;
  #bytes = 0n;
  /** Bytes not yet in `#bytes`: additions below 2^53 are exact. */
  #looseBytes = 0;
  readonly #store: RowStore;
  readonly #managed: 0 | 1;
  readonly #datasets: Ids;
  readonly #blocks: Ids;
  readonly #sites: NameIds;
  readonly #owners: NameIds;
  readonly #writers = new Map<ImportTableName, RowWriter>();

  /** `managed`: the flag of block replicas that were not there before. */
  constructor(store: RowStore, managed: boolean, known: KnownIds) {
    this.#store = store;
    this.#managed = managed ? 1 : 0;
    this.#datasets = new Ids(known.datasets);
    this.#blocks = new Ids(known.blocks);
    this.#sites = new NameIds(known.sites, this.#writer('sites'));
    this.#owners = new NameIds(known.owners, this.#writer('owners'));
    this.#owners.use(0, 0);
  }

  /** What the bundle holds. */
  get totals(): { readonly blockReplicas: number; readonly bytes: bigint } {
    return { blockReplicas: this.#blockReplicas, bytes: this.#bytes + BigInt(this.#looseBytes) };
  }

  dataset(position: number, row: DatasetRow): void {
    this.digest.dataset(row);
    this.#writer('datasets').add([
      this.#datasets.at(position),
      row.name,
      row.status,
      row.type,
      row.open ? 1 : 0,
      row.created,
      row.lastUpdate,
      row.tapeRequested ? 1 : 0,
      row.copyRequested ? 1 : 0,
      canonicalLabels(row.labels),
    ]);
  }

  usage(dataset: number, name: string, row: UsageRow): void {
    // A row of zeros says what no row says.
    if (row.lastAccess !== 0 || row.accesses !== 0 || row.usageRank !== 0 || row.demand !== 0) {
      this.digest.usage(name, row);
    }
    this.#writer('dataset_usage').add([
      this.#datasets.at(dataset),
      row.lastAccess,
      row.accesses,
      row.usageRank,
      row.demand,
    ]);
  }

  block(position: number, row: BlockRow): void {
    this.digest.block(row);
    this.#writer('blocks').add([
      this.#blocks.at(position),
      this.#datasets.at(row.dataset),
      row.name,
      row.size,
      row.files,
      row.open ? 1 : 0,
      row.lastUpdate,
    ]);
  }

  file(row: FileRow): void {
    this.digest.file(row);
    this.#writer('files').add([this.#blocks.at(row.block), row.name, row.size, row.adler32, row.md5, row.sha256]);
  }

  replica(row: ReplicaRow): void {
    this.digest.replica(row);
    const block = this.#blocks.at(row.block);
    const site = this.#sites.of(row.site, row.siteName);
    this.#writer('block_replicas').add([
      block,
      site,
      this.#owners.of(row.owner, row.ownerName),
      row.size,
      row.complete ? 1 : 0,
      row.custodial ? 1 : 0,
      this.#managed,
      row.lastUpdate,
    ]);
    for (const name of row.fileNames ?? []) this.#writer('block_replica_files').add([block, site, name]);
    this.#blockReplicas++;
    if (!Number.isSafeInteger(this.#looseBytes + row.size)) {
      this.#bytes += BigInt(this.#looseBytes);
      this.#looseBytes = 0;
    }
    this.#looseBytes += row.size;
  }

  subscription(row: SubscriptionRow): void {
    this.digest.subscription(row);
    this.#writer('subscriptions').add([
      this.#datasets.at(row.dataset),
      this.#sites.of(row.site, row.siteName),
      this.#owners.of(row.owner, row.ownerName),
      row.growing ? 1 : 0,
    ]);
  }

  drain(): Promise<void> | undefined {
    return this.#store.drain();
  }

  #writer(table: ImportTableName): RowWriter {
    let writer = this.#writers.get(table);
    if (writer === undefined) {
      writer = this.#store.writer(table);
      this.#writers.set(table, writer);
    }
    return writer;
  }
}

/** Ids by position: the known ones, then dense ones above them. */
class Ids {
  readonly #known: readonly number[];
  readonly #offset: number;

  constructor(known: readonly number[]) {
    this.#known = known;
    this.#offset = highest(known) + 1 - known.length;
  }

  at(position: number): number {
    return this.#known[position] ?? position + this.#offset;
  }
}

/** Ids by the position of a name; new names are written as they come. */
class NameIds {
  readonly #known: ReadonlyMap<string, number>;
  readonly #writer: RowWriter;
  readonly #ids: number[] = [];
  #next: number;

  constructor(known: ReadonlyMap<string, number>, writer: RowWriter) {
    this.#known = known;
    this.#writer = writer;
    this.#next = highest(known.values()) + 1;
  }

  use(position: number, id: number): void {
    this.#ids[position] = id;
  }

  of(position: number, name: string): number {
    let id = this.#ids[position];
    if (id === undefined) {
      id = this.#known.get(name);
      if (id === undefined) {
        id = this.#next++;
        this.#writer.add([id, name]);
      }
      this.#ids[position] = id;
    }
    return id;
  }
}

function highest(ids: Iterable<number>): number {
  let result = 0;
  for (const id of ids) if (id > result) result = id;
  return result;
}
