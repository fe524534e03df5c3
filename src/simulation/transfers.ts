/**
 * Copies that take their time: every link carries so many bytes per second, copies are served by priority and then in the
 * order in which they were asked for, and a block is there when its last byte is.
 */
import { compareBytes } from '../order.js';
import type { SiteTable } from '../planning/site-table.js';
import { globMatcher } from '../policy/text-match.js';
import { nameAt } from '../snapshot/column.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/index.js';
import type { OpenAction, Snapshot } from '../snapshot/snapshot.js';
import type { Throughput } from './assumptions.js';
import type { ReplicaChange } from './changes.js';
import { findDataset } from './sorted-names.js';

/** A copy that is recorded and not finished. */
export interface OpenCopy {
  action: OpenAction;
  readonly priority: number;
  /** Which cycle recorded it. */
  readonly cycle: number;
  /** Bytes that have come of blocks that are not complete yet, by name. */
  readonly received: Map<string, number>;
}

export interface Transferred {
  readonly replicas: readonly ReplicaChange[];
  /** Copies with nothing left to bring. */
  readonly finished: readonly OpenCopy[];
  /** Bytes that the inventory gains, by destination. */
  readonly copied: ReadonlyMap<string, number>;
  /** Bytes that are still to come, by destination. */
  readonly pending: ReadonlyMap<string, number>;
}

export class Transfers {
  readonly #rateOf: (from: string, to: string) => number;
  readonly #rates = new Map<string, number>();

  constructor(throughput: Throughput) {
    const links = throughput.links.map(({ from, to, rate }) => ({
      from: globMatcher(from),
      to: globMatcher(to),
      rate,
    }));
    this.#rateOf = (from, to) => links.find((link) => link.from(from) && link.to(to))?.rate ?? throughput.default;
  }

  /**
   * @param seconds how long the links carry; with 0, only what is pending is told
   * @param time when this ends, seconds since the epoch
   */
  advance(
    snapshot: Snapshot,
    sites: SiteTable,
    copies: Iterable<OpenCopy>,
    seconds: number,
    time: number,
  ): Transferred {
    const links = new Links(sites, (from, to) => this.#rate(from, to) * seconds);
    const replicas: ReplicaChange[] = [];
    const finished: OpenCopy[] = [];
    const copied = new Map<string, number>();
    const pending = new Map<string, number>();
    const ordered = [...copies].sort(
      (a, b) => b.priority - a.priority || a.cycle - b.cycle || compareBytes(a.action.id, b.action.id),
    );
    for (const copy of ordered) {
      const { dataset, site, owner } = copy.action;
      const missing = missingBlocks(snapshot, sites, copy);
      const blocks: string[] = [];
      let gained = 0;
      let left = 0;
      for (const block of missing) {
        if (this.#bring(snapshot, sites, links, copy, block)) {
          blocks.push(snapshot.blocks.name.at(block.block));
          gained += block.bytes;
        } else left += block.bytes;
      }
      if (blocks.length > 0) replicas.push({ type: 'complete', dataset, site, owner, blocks, at: time });
      if (blocks.length === missing.length) finished.push(copy);
      if (gained > 0) copied.set(site, (copied.get(site) ?? 0) + gained);
      if (left > 0) pending.set(site, (pending.get(site) ?? 0) + left);
    }
    return { replicas, finished, copied, pending };
  }

  #rate(from: string, to: string): number {
    const key = `${from}\n${to}`;
    let rate = this.#rates.get(key);
    if (rate === undefined) {
      rate = this.#rateOf(from, to);
      this.#rates.set(key, rate);
    }
    return rate;
  }

  /** Brings as much of a block as its link still carries. @returns whether all of it is there */
  #bring(snapshot: Snapshot, sites: SiteTable, links: Links, copy: OpenCopy, { block, site, bytes }: Missing): boolean {
    const source = bestSource(snapshot, sites, links, copy.action, block, site);
    if (source < 0) return false;
    const name = snapshot.blocks.name.at(block);
    const received = copy.received.get(name) ?? 0;
    const now = Math.max(0, Math.min(bytes - received, links.left(source, site)));
    links.take(source, site, now);
    if (now > 0 && !copy.action.started) copy.action = { ...copy.action, started: true };
    if (received + now >= bytes) {
      copy.received.delete(name);
      return true;
    }
    if (now > 0) copy.received.set(name, received + now);
    return false;
  }
}

/** A block that a copy still has to bring. */
interface Missing {
  readonly block: number;
  readonly site: number;
  /** What the inventory gains when it is there. */
  readonly bytes: number;
}

function missingBlocks(snapshot: Snapshot, sites: SiteTable, { action }: OpenCopy): Missing[] {
  const { datasets, blocks, blockReplicas } = snapshot;
  const dataset = findDataset(snapshot, action.dataset);
  const site = sites.indexOf.get(action.site);
  if (dataset < 0 || site === undefined) return [];
  const from = intAt(datasets.blockStart, dataset);
  const to = intAt(datasets.blockStart, dataset + 1);
  const missing: Missing[] = [];
  const look = (block: number): void => {
    let present = 0;
    for (let k = intAt(blocks.copyStart, block); k < intAt(blocks.copyStart, block + 1); k++) {
      const br = intAt(blocks.copyIndex, k);
      if (shortAt(sites.fromSnapshot, shortAt(blockReplicas.site, br)) !== site) continue;
      if (flagAt(blockReplicas.complete, br) === 1) return;
      present = floatAt(blockReplicas.size, br);
    }
    missing.push({ block, site, bytes: floatAt(blocks.size, block) - present });
  };
  if (action.blocks === null) for (let block = from; block < to; block++) look(block);
  else {
    for (const name of action.blocks) {
      const block = blocks.name.find(from, to, name);
      if (block >= 0) look(block);
    }
  }
  return missing;
}

/** The complete copy with the freest link, disk before tape; -1 where there is none or the destination takes nothing. */
function bestSource(
  { blocks, blockReplicas }: Snapshot,
  sites: SiteTable,
  links: Links,
  action: OpenAction,
  block: number,
  destination: number,
): number {
  if (flagAt(sites.writable, destination) === 0) return -1;
  let best = -1;
  for (let k = intAt(blocks.copyStart, block); k < intAt(blocks.copyStart, block + 1); k++) {
    const br = intAt(blocks.copyIndex, k);
    const site = shortAt(sites.fromSnapshot, shortAt(blockReplicas.site, br));
    if (flagAt(blockReplicas.complete, br) === 0 || flagAt(sites.readable, site) === 0 || site === destination)
      continue;
    if (!action.sources.includes(nameAt(sites.names, site))) continue;
    if (best < 0) {
      best = site;
      continue;
    }
    const order = flagAt(sites.disk, site) - flagAt(sites.disk, best);
    if (order > 0 || (order === 0 && links.left(site, destination) > links.left(best, destination))) best = site;
  }
  return best;
}

/** How many bytes each link still carries in one step. */
class Links {
  readonly #sites: SiteTable;
  readonly #capacity: (from: string, to: string) => number;
  readonly #left = new Map<number, number>();

  constructor(sites: SiteTable, capacity: (from: string, to: string) => number) {
    this.#sites = sites;
    this.#capacity = capacity;
  }

  left(from: number, to: number): number {
    const key = from * this.#sites.count + to;
    let bytes = this.#left.get(key);
    if (bytes === undefined) {
      bytes = this.#capacity(nameAt(this.#sites.names, from), nameAt(this.#sites.names, to));
      this.#left.set(key, bytes);
    }
    return bytes;
  }

  take(from: number, to: number, bytes: number): void {
    this.#left.set(from * this.#sites.count + to, this.left(from, to) - bytes);
  }
}
