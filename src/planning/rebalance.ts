/**
 * Step 5 of a plan: protected single copies move from the site with the highest protected share of quota to the lowest,
 * until the spread is below the tolerance. A move is a copy first; when it is complete, the required mark goes from the
 * source to the target, and the source is left to retention.
 */
import type { Rebalance } from '../desired/state.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import type { Move } from '../snapshot/snapshot.js';
import type { CopyPlanner } from './copies.js';
import type { Counted, Need } from './needs.js';
import { relationAllows, spreadAllows } from './proximity.js';
import type { Retirement } from './retention/retire.js';
import type { World } from './world.js';

/** @param counted what placements count: a copy that one requires moves only to where it would count as well */
export function rebalance(
  world: World,
  retirement: Retirement,
  planner: CopyPlanner,
  counted: readonly Counted[],
): Move[] {
  const moves = stillUnderWay(world);
  for (const document of world.desired.rebalances) {
    new Balancer(world, retirement, planner, counted, document, moves).run();
  }
  return moves;
}

/** Moves of earlier cycles whose source is still there. */
function stillUnderWay(world: World): Move[] {
  return world.snapshot.memory.moves.filter((move) => {
    const dataset = world.findDataset(move.dataset);
    const from = world.sites.indexOf.get(move.from);
    if (dataset < 0 || from === undefined) return false;
    const replica = world.findReplica(dataset, from);
    const to = world.sites.indexOf.get(move.to);
    if (replica < 0 || intAt(world.present, replica) === 0 || to === undefined) return false;
    // A copy that failed or was called off leaves the move undone.
    const arrived = world.findReplica(dataset, to);
    const coming = (world.copiesUnderWay.get(dataset) ?? []).some((copy) => copy.site === to);
    return coming || (arrived >= 0 && intAt(world.present, arrived) > 0);
  });
}

class Balancer {
  readonly #world: World;
  readonly #retirement: Retirement;
  readonly #planner: CopyPlanner;
  readonly #counted: readonly Counted[];
  readonly #document: Rebalance;
  readonly #moves: Move[];
  readonly #partition: number;
  /** Protected bytes per site, as they will be. */
  readonly #bytes = new Map<number, number>();
  readonly #candidates = new Map<number, number[]>();
  /** Bytes of the moves of this plan. */
  #started = 0;

  constructor(
    world: World,
    retirement: Retirement,
    planner: CopyPlanner,
    counted: readonly Counted[],
    document: Rebalance,
    moves: Move[],
  ) {
    this.#world = world;
    this.#retirement = retirement;
    this.#planner = planner;
    this.#counted = counted;
    this.#document = document;
    this.#moves = moves;
    this.#partition = world.partitionIndex.get(document.partition) as number;
    this.#survey();
  }

  #quota(site: number): number {
    return floatAt(this.#world.quotas.of, this.#partition * this.#world.sites.count + site);
  }

  #share(site: number): number {
    return (this.#bytes.get(site) ?? 0) / this.#quota(site);
  }

  /** Protected bytes and movable replicas of every site in scope. */
  #survey(): void {
    const world = this.#world;
    const covered = this.#document.sites.bind(world.reader);
    for (let site = 0; site < world.sites.count; site++) {
      world.reader.partition = this.#partition;
      world.reader.moveToSite(site);
      const quota = this.#quota(site);
      if (flagAt(world.sites.counts, site) === 0 || !(quota > 0) || quota === Number.POSITIVE_INFINITY) continue;
      if (!covered()) continue;
      this.#bytes.set(site, 0);
      this.#candidates.set(site, []);
    }
    const wanted = this.#document.datasets.bind(world.reader);
    const { replicas, datasets } = world.snapshot;
    for (let r = 0; r < replicas.count; r++) {
      const site = shortAt(world.replicaSite, r);
      const list = this.#candidates.get(site);
      if (list === undefined || intAt(world.present, r) === 0) continue;
      const dataset = intAt(replicas.dataset, r);
      const [name, here] = [world.datasetName(dataset), world.siteName(site)];
      const move = this.#moves.find((each) => each.dataset === name && (each.from === here || each.to === here));
      if (move !== undefined) {
        // Until its source is gone, a move counts once, at its target.
        if (move.from === here) this.#add(world.sites.indexOf.get(move.to) ?? site, this.#size(r));
        continue;
      }
      const bytes = this.#protectedBytes(r);
      if (bytes === 0) continue;
      this.#add(site, bytes);
      if (!world.isFull(r) || !this.#isSingle(r) || world.copiesUnderWay.has(dataset)) continue;
      const limit = this.#document.maxDatasetSize;
      if (limit !== null && floatAt(datasets.size, dataset) > limit) continue;
      world.reader.moveToDataset(dataset);
      if (wanted()) list.push(r);
    }
    for (const list of this.#candidates.values()) {
      list.sort((a, b) => this.#size(a) - this.#size(b) || a - b);
    }
  }

  #add(site: number, bytes: number): void {
    if (this.#bytes.has(site)) this.#bytes.set(site, (this.#bytes.get(site) ?? 0) + bytes);
  }

  #size(replica: number): number {
    return floatAt(this.#world.snapshot.datasets.size, this.#datasetOf(replica));
  }

  #datasetOf(replica: number): number {
    return intAt(this.#world.snapshot.replicas.dataset, replica);
  }

  /** Whether there is no other copy, whole or not, of the dataset in the storage class of a replica. */
  #isSingle(replica: number): boolean {
    const world = this.#world;
    const { replicaStart } = world.snapshot.datasets;
    const dataset = this.#datasetOf(replica);
    const classOf = (r: number): number => flagAt(world.sites.disk, shortAt(world.replicaSite, r));
    for (let r = intAt(replicaStart, dataset); r < intAt(replicaStart, dataset + 1); r++) {
      if (r !== replica && intAt(world.present, r) > 0 && classOf(r) === classOf(replica)) return false;
    }
    return true;
  }

  /** Bytes of the partition in a replica that a rule protects or a placement requires. */
  #protectedBytes(replica: number): number {
    const world = this.#world;
    const found = new Set<number>();
    for (const decisions of this.#retirement.decisions) {
      if (decisions.partition !== this.#partition || !decisions.mayHave(replica, 'protect')) continue;
      for (const unit of decisions.units(replica)) {
        if (unit.action === 'protect') for (const br of unit.blockReplicas) found.add(br);
      }
    }
    for (const br of world.remaining(replica)) {
      if (flagAt(world.required, br) === 1 && world.inPartition(br, this.#partition)) found.add(br);
    }
    let bytes = 0;
    for (const br of found) bytes += floatAt(world.snapshot.blockReplicas.size, br);
    return bytes;
  }

  /** Evens out the disks, then the tapes: data does not move between the two. */
  run(): void {
    const { disk } = this.#world.sites;
    const sites = [...this.#bytes.keys()];
    this.#even(sites.filter((site) => flagAt(disk, site) === 1));
    this.#even(sites.filter((site) => flagAt(disk, site) === 0));
  }

  #even(sites: number[]): void {
    for (;;) {
      const ordered = sites.sort((a, b) => this.#share(b) - this.#share(a) || a - b);
      const [highest] = ordered;
      const lowest = ordered[ordered.length - 1];
      if (highest === undefined || lowest === undefined || highest === lowest) return;
      if (this.#share(highest) - this.#share(lowest) < this.#document.tolerance) return;
      const replica = this.#candidates.get(highest)?.shift();
      if (replica === undefined) return;
      const size = this.#size(replica);
      const cap = this.#document.maxBytesPerCycle;
      if (cap !== null && this.#started + size > cap) return;
      // Copies on disk and on tape are two candidates.
      if (this.#world.copiesUnderWay.has(this.#datasetOf(replica))) continue;
      for (const target of ordered.slice(1).reverse()) {
        if (!this.#countsThere(replica, target)) continue;
        // A move that only swaps who is fuller would be moved back.
        if (this.#share(target) + size / this.#quota(target) > this.#share(highest) - size / this.#quota(highest))
          continue;
        if (!this.#move(replica, highest, target)) continue;
        this.#started += size;
        break;
      }
    }
  }

  /** Whether every placement that requires a copy would count it at another site. */
  #countsThere(replica: number, target: number): boolean {
    const world = this.#world;
    const dataset = this.#datasetOf(replica);
    const ofDataset = this.#countedOf(dataset);
    return ofDataset.every(({ placement, ...entry }) => {
      if (entry.replica !== replica || !placement.protect) return true;
      world.reader.moveToDatasetAndSite(dataset, target);
      if (!placement.to.bind(world.reader)() || world.tenancy.of(placement)?.hasSite(target) === false) return false;
      const sitesOf = (name: string | undefined): number[] =>
        ofDataset.filter((each) => each.placement.name === name && each.replica !== replica).map(({ site }) => site);
      return (
        spreadAllows(world, placement, sitesOf(placement.name), target) &&
        relationAllows(world, placement, sitesOf(placement.relativeTo?.placement), target)
      );
    });
  }

  readonly #countedByDataset = new Map<number, Counted[]>();

  /** What placements count of a dataset; indexed when it is first asked for. */
  #countedOf(dataset: number): readonly Counted[] {
    if (this.#countedByDataset.size === 0) {
      for (const entry of this.#counted) {
        const list = this.#countedByDataset.get(entry.dataset);
        if (list === undefined) this.#countedByDataset.set(entry.dataset, [entry]);
        else list.push(entry);
      }
    }
    return this.#countedByDataset.get(dataset) ?? [];
  }

  #move(replica: number, from: number, to: number): boolean {
    const world = this.#world;
    const dataset = this.#datasetOf(replica);
    const { origin } = this.#document;
    const need: Need = {
      placement: null,
      rule: origin.ref,
      ruleHash: origin.hash,
      cause: 'rebalance',
      dataset,
      blocks: null,
      site: to,
      to: null,
      from: null,
      priority: world.desired.federation.defaultPriority,
      round: 0,
      count: 1,
      deferredBefore: false,
      owner: world.ownerName(world.remaining(replica)[0] ?? 0),
      growing: flagAt(world.snapshot.replicas.growing, replica) === 1,
      lostAt: -1,
      chooser: `rebalance ${this.#document.name}`,
      occupied: [from],
      reason: `Rebalance ${this.#document.name}: the protected share is ${percent(this.#share(from))} at ${world.siteName(from)} and ${percent(this.#share(to))} here`,
    };
    if (!this.#planner.offer(need)) return false;
    const size = this.#size(replica);
    this.#add(from, -size);
    this.#add(to, size);
    this.#moves.push({ dataset: world.datasetName(dataset), from: world.siteName(from), to: world.siteName(to) });
    return true;
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
