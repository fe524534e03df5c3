/** Copies of a dataset, or of one block of it, that a placement may count, in the order in which it prefers them. */
import type { Placement } from '../desired/state.js';
import { flagAt, intAt, shortAt } from '../snapshot/column.js';
import type { Exclusions } from './exclusions.js';
import { sortFew } from './few.js';
import { relationAllows, spreadAllows } from './proximity.js';
import type { RequiredBefore } from './required-before.js';
import type { CopyUnderWay, World } from './world.js';

export interface Candidate {
  readonly site: number;
  /** -1 where only an open copy exists. */
  readonly replica: number;
  /** Complete blocks of the item present / blocks of the item. */
  readonly present: number;
  readonly full: boolean;
  readonly open: boolean;
  /** The placement required it before. */
  readonly marked: boolean;
}

/** What is looked for: all of a dataset, or blocks of it. */
export interface Item {
  readonly dataset: number;
  /** Block indexes; null: all blocks of the dataset. */
  readonly blocks: readonly number[] | null;
  /** How many blocks that is. */
  readonly size: number;
}

/** States in the order of preference for keeping a copy. */
const stateRank = { ready: 0, readonly: 1, draining: 2, down: 3, lost: 4 } as const;

export class Candidates {
  readonly #world: World;
  readonly #placement: Placement;
  readonly #exclusions: Exclusions;
  readonly #before: RequiredBefore;
  /** Sites of the copies of the placement that this one is relative to, per dataset. */
  readonly #others: ReadonlyMap<number, ReadonlySet<number>>;

  constructor(
    world: World,
    placement: Placement,
    exclusions: Exclusions,
    before: RequiredBefore,
    others: ReadonlyMap<number, ReadonlySet<number>>,
  ) {
    this.#world = world;
    this.#placement = placement;
    this.#exclusions = exclusions;
    this.#before = before;
    this.#others = others;
  }

  /** Those at matching sites that count or are on their way, best first. */
  find(item: Item, to: Uint8Array): Candidate[] {
    const world = this.#world;
    const { dataset, blocks, size } = item;
    const { replicaStart } = world.snapshot.datasets;
    const underWay = world.copiesUnderWay.get(dataset);
    const found: Candidate[] = [];
    for (let r = intAt(replicaStart, dataset), end = intAt(replicaStart, dataset + 1); r < end; r++) {
      const site = shortAt(world.replicaSite, r);
      if (flagAt(to, site) === 0 || !this.#mayCount(site)) continue;
      if (this.#exclusions.removing(dataset, site) !== null) continue;
      const complete = blocks === null ? intAt(world.complete, r) : completeOf(world, blocks, site);
      const any =
        blocks === null ? intAt(world.present, r) > 0 : blocks.some((block) => world.findCopy(block, site) >= 0);
      const open = underWay !== undefined && isOpen(underWay, blocks, site);
      const full = complete === size;
      const writable = flagAt(world.sites.writable, site) === 1;
      // What is not full must be on its way: it can be completed here, or is down for a moment.
      const onItsWay = open || (any && (writable || flagAt(world.sites.graced, site) === 1));
      const growing = writable && flagAt(world.snapshot.replicas.growing, r) === 1;
      if (full || onItsWay || growing) found.push(this.#candidate(dataset, site, r, complete / size, full, open));
    }
    for (const { site } of underWay ?? []) {
      if (flagAt(to, site) === 0 || !this.#mayCount(site)) continue;
      if (found.some((candidate) => candidate.site === site) || !isOpen(underWay ?? [], blocks, site)) continue;
      found.push(this.#candidate(dataset, site, world.findReplica(dataset, site), 0, false, true));
    }
    return this.#apart(dataset, this.#ranked(found));
  }

  /** Full copies that are none of those, best first: what can stand in for them. */
  besides(item: Item, to: Uint8Array, chosen: readonly Candidate[]): Candidate[] {
    const world = this.#world;
    const { dataset, blocks, size } = item;
    const { replicaStart } = world.snapshot.datasets;
    const full: Candidate[] = [];
    for (let r = intAt(replicaStart, dataset), end = intAt(replicaStart, dataset + 1); r < end; r++) {
      const site = shortAt(world.replicaSite, r);
      const complete = blocks === null ? intAt(world.complete, r) : completeOf(world, blocks, site);
      if (complete !== size || world.sites.state[site] === 'lost') continue;
      if (chosen.some((candidate) => candidate.site === site)) continue;
      full.push(this.#candidate(dataset, site, r, 1, true, false));
    }
    return sortFew(
      full,
      (a, b) =>
        Number(b.marked) - Number(a.marked) || flagAt(to, b.site) - flagAt(to, a.site) || this.#byStateAndRoom(a, b),
    );
  }

  /** Complete data at the site counts as a copy, or did until a moment ago. */
  #mayCount(site: number): boolean {
    const { counts, graced } = this.#world.sites;
    return flagAt(counts, site) === 1 || flagAt(graced, site) === 1;
  }

  #candidate(dataset: number, site: number, replica: number, present: number, full: boolean, open: boolean): Candidate {
    const before = this.#before.of(dataset);
    const marked = before.length > 0 && before.includes(this.#world.siteName(site));
    return { site, replica, present, full, open, marked };
  }

  /** Of the ranked copies, those that keep to `spread` and `relativeTo`. */
  #apart(dataset: number, ranked: Candidate[]): Candidate[] {
    const { spread, relativeTo } = this.#placement;
    if (spread === null && relativeTo === null) return ranked;
    const kept: Candidate[] = [];
    for (const candidate of ranked) {
      const sites = kept.map((other) => other.site);
      const others = this.#others.get(dataset) ?? new Set<number>();
      if (!spreadAllows(this.#world, this.#placement, sites, candidate.site)) continue;
      if (relationAllows(this.#world, this.#placement, others, candidate.site)) kept.push(candidate);
    }
    return kept;
  }

  /** Required before, fuller, better site state, lower occupancy, name. */
  #ranked(candidates: Candidate[]): Candidate[] {
    return sortFew(
      candidates,
      (a, b) => Number(b.marked) - Number(a.marked) || b.present - a.present || this.#byStateAndRoom(a, b),
    );
  }

  #byStateAndRoom(a: Candidate, b: Candidate): number {
    // Sites are in the order of their names.
    return this.#stateOf(a) - this.#stateOf(b) || this.#occupancyOf(a) - this.#occupancyOf(b) || a.site - b.site;
  }

  #stateOf({ site }: Candidate): number {
    return stateRank[this.#world.sites.state[site] ?? 'lost'];
  }

  /**
   * What is remembered is sites of datasets: where blocks are placed one by one, which of those had this block is not
   * known. The choice between them must then be the same in every cycle, whatever becomes of the occupancy.
   */
  #occupancyOf({ replica, marked }: Candidate): number {
    if (replica < 0 || (marked && this.#placement.level === 'block')) return 0;
    return this.#world.occupancyOfReplica(replica);
  }
}

/** How many of the blocks are complete at a site. */
export function completeOf(world: World, blocks: readonly number[], site: number): number {
  const { complete } = world.snapshot.blockReplicas;
  let count = 0;
  for (const block of blocks) {
    const br = world.findCopy(block, site);
    if (br >= 0 && flagAt(complete, br) === 1) count++;
  }
  return count;
}

/** Whether a copy of any of the blocks to a site is among those. */
function isOpen(underWay: readonly CopyUnderWay[], blocks: readonly number[] | null, site: number): boolean {
  return underWay.some(
    (copy) =>
      copy.site === site && (copy.blocks === null || blocks === null || blocks.some((b) => copy.blocks?.has(b))),
  );
}
