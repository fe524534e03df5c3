/**
 * The invariants that forbid a deletion (I1-I4, I10), asked for block replicas in the working picture of a plan. I5
 * is `required`: copies that stand in for others are required until those are complete.
 */
import type { Guard, RetentionRule } from '../desired/state.js';
import { formatTime } from '../policy/units.js';
import { flagAt, intAt, shortAt } from '../snapshot/column.js';
import type { Counted } from './needs.js';
import type { Held } from './plan.js';
import type { CopyUnderWay, World } from './world.js';

interface CopiesRule {
  readonly guard: Guard;
  readonly min: number;
  readonly tape: boolean;
  readonly atSite: Uint8Array;
  /** -1: every partition. */
  readonly partition: number;
  readonly holds: () => boolean;
}

export class Safety {
  readonly #world: World;
  readonly #copiesRules: readonly CopiesRule[];
  readonly #disposable: () => boolean;
  /** Per dataset: 0: not asked yet; 1: no; 2: yes. */
  readonly #disposables: Uint8Array;
  /** Whether any site is draining. */
  readonly #isDraining: boolean;
  readonly #rulesCache = new Map<number, readonly CopiesRule[]>();
  #counted: readonly Counted[] = [];
  #countedByReplica: Map<number, Counted[]> | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#disposables = new Uint8Array(world.snapshot.datasets.count);
    this.#isDraining = world.sites.draining.includes(1);
    this.#disposable = world.desired.federation.disposable.bind(world.reader);
    this.#copiesRules = world.desired.guards.flatMap((guard) => {
      const covered = guard.sites.bind(world.reader);
      const atSite = Uint8Array.from(world.sites.names, (_, site) => {
        world.reader.moveToSite(site);
        return covered() ? 1 : 0;
      });
      const partition = guard.partition === null ? -1 : (world.partitionIndex.get(guard.partition) ?? -1);
      return guard.copies.map((rule) => ({
        guard,
        min: rule.min,
        tape: rule.tape,
        atSite,
        partition,
        holds: rule.datasets.bind(world.reader),
      }));
    });
  }

  isDisposable(dataset: number): boolean {
    const known = flagAt(this.#disposables, dataset);
    if (known > 0) return known === 2;
    this.#world.reader.moveToDataset(dataset);
    const answer = this.#disposable();
    this.#disposables[dataset] = answer ? 2 : 1;
    return answer;
  }

  /** Whether a rule may remove the last copy of a dataset. */
  mayRemoveLastCopy(dataset: number, rule: RetentionRule | null): boolean {
    return rule?.allowLastCopy === true && this.isDisposable(dataset);
  }

  /** Why the block replicas of one replica must not be deleted, or null. The first reason found speaks for all. */
  forbids(replica: number, blockReplicas: readonly number[], rule: RetentionRule | null): Held | null {
    const { snapshot } = this.#world;
    const dataset = intAt(snapshot.replicas.dataset, replica);
    const state = this.#world.sites.state[shortAt(this.#world.replicaSite, replica)];
    if (state === 'down' || state === 'lost') {
      return { code: 'site-unavailable', message: `the site is ${state}` };
    }
    const lastCopyAllowed = this.mayRemoveLastCopy(dataset, rule);
    const site = shortAt(this.#world.replicaSite, replica);
    const isArriving = (this.#world.copiesUnderWay.get(dataset) ?? []).some((copy) => copy.site === site);
    for (const br of blockReplicas) {
      const held =
        this.#locked(br) ??
        this.#required(replica, br) ??
        this.#custodial(br, rule) ??
        this.#unmanaged(br) ??
        this.#reOwned(br) ??
        (isArriving ? this.#arriving(br) : null) ??
        this.#lastCopy(br, lastCopyAllowed) ??
        this.#minimumCopies(dataset, br) ??
        this.#lastSource(dataset, br);
      if (held !== null) return held;
    }
    return null;
  }

  /**
   * Why block replicas must keep their owner: a lock may name owners, and what a placement counts under one owner must
   * not change it back and forth.
   */
  forbidsHandOver(replica: number, blockReplicas: readonly number[]): Held | null {
    for (const br of blockReplicas) {
      const held =
        this.#locked(br) ?? this.#required(replica, br) ?? this.#reOwned(br) ?? this.#countedUnderOwner(replica, br);
      if (held !== null) return held;
    }
    return null;
  }

  /** Tells what placements count, so that none loses a copy to another owner. */
  remember(counted: readonly Counted[]): void {
    this.#counted = counted;
  }

  /** What placements that want an owner count of a replica; indexed when it is first asked for. */
  #countedAt(replica: number): readonly Counted[] {
    if (this.#countedByReplica === null) {
      this.#countedByReplica = new Map();
      for (const entry of this.#counted) {
        if (entry.replica < 0 || entry.placement.owner === null) continue;
        const list = this.#countedByReplica.get(entry.replica);
        if (list === undefined) this.#countedByReplica.set(entry.replica, [entry]);
        else list.push(entry);
      }
    }
    return this.#countedByReplica.get(replica) ?? [];
  }

  #countedUnderOwner(replica: number, blockReplica: number): Held | null {
    const world = this.#world;
    const block = intAt(world.snapshot.blockReplicas.block, blockReplica);
    const entry = this.#countedAt(replica).find(
      (each) => each.placement.owner === world.ownerName(blockReplica) && each.blocks?.includes(block) !== false,
    );
    if (entry === undefined) return null;
    const { name, owner } = entry.placement;
    return { code: 'required', message: `Placement ${name} counts ${this.#name(blockReplica)} under ${owner}` };
  }

  #name(blockReplica: number): string {
    return `block ${this.#world.blockName(intAt(this.#world.snapshot.blockReplicas.block, blockReplica))}`;
  }

  #locked(blockReplica: number): Held | null {
    const lock = this.#world.locks.lockOf(blockReplica);
    if (lock === null) return null;
    return { code: 'locked', message: `Lock ${lock.name} until ${formatTime(lock.expires)}: ${lock.reason}` };
  }

  #required(replica: number, blockReplica: number): Held | null {
    if (flagAt(this.#world.required, blockReplica) === 0) return null;
    const by = (this.#world.requiredBy.get(replica) ?? []).join(', ');
    return { code: 'required', message: `required by Placement ${by}` };
  }

  #custodial(blockReplica: number, rule: RetentionRule | null): Held | null {
    if (flagAt(this.#world.snapshot.blockReplicas.custodial, blockReplica) === 0 || rule?.allowCustodial === true)
      return null;
    return { code: 'custodial', message: `${this.#name(blockReplica)} is custodial and the rule does not allow that` };
  }

  #unmanaged(blockReplica: number): Held | null {
    if (flagAt(this.#world.snapshot.blockReplicas.managed, blockReplica) === 1) return null;
    return { code: 'unmanaged', message: 'the loop neither created this replica nor was told to manage it' };
  }

  #reOwned(blockReplica: number): Held | null {
    if (flagAt(this.#world.reOwned, blockReplica) === 0) return null;
    return { code: 'in-flight', message: `${this.#name(blockReplica)} is being re-owned` };
  }

  #arriving(blockReplica: number): Held | null {
    const block = intAt(this.#world.snapshot.blockReplicas.block, blockReplica);
    if (!this.#world.isComing(block, this.#world.siteOf(blockReplica))) return null;
    return { code: 'in-flight', message: `${this.#name(blockReplica)} is being copied to this site` };
  }

  #lastCopy(blockReplica: number, allowed: boolean): Held | null {
    if (this.#world.copiesBeside(blockReplica) > 0) return null;
    const leaving = this.#leavingCopy(blockReplica);
    if (allowed && leaving === null) return null;
    const where = leaving === null ? '' : `; ${leaving} is draining, and what it holds would have to be copied again`;
    const message = `no other complete copy of ${this.#name(blockReplica)} at a site whose state counts${where}`;
    return { code: 'last-copy', message };
  }

  /** The draining site that a block is leaving, where this is the copy that lets it go there; else null. */
  #leavingCopy(blockReplica: number): string | null {
    const world = this.#world;
    if (!this.#isDraining || !world.countsAsCopy(blockReplica)) return null;
    const { blocks, blockReplicas } = world.snapshot;
    const block = intAt(blockReplicas.block, blockReplica);
    for (let k = intAt(blocks.copyStart, block); k < intAt(blocks.copyStart, block + 1); k++) {
      const other = intAt(blocks.copyIndex, k);
      // What this plan deletes there may yet wait for an approval.
      if (flagAt(world.goneBefore, other) === 1 || flagAt(blockReplicas.complete, other) === 0) continue;
      if (flagAt(world.sites.draining, world.siteOf(other)) === 1) return world.siteName(world.siteOf(other));
    }
    return null;
  }

  #rulesOf(dataset: number): readonly CopiesRule[] {
    let rules = this.#rulesCache.get(dataset);
    if (rules === undefined) {
      rules = this.#copiesRules.filter((rule) => {
        this.#world.reader.moveToDataset(dataset);
        return rule.holds();
      });
      this.#rulesCache.set(dataset, rules);
    }
    return rules;
  }

  #minimumCopies(dataset: number, blockReplica: number): Held | null {
    const world = this.#world;
    const site = world.siteOf(blockReplica);
    const block = intAt(world.snapshot.blockReplicas.block, blockReplica);
    for (const rule of this.#rulesOf(dataset)) {
      if (flagAt(rule.atSite, site) === 0) continue;
      if (rule.partition >= 0 && !world.inPartition(blockReplica, rule.partition)) continue;
      const left = world.copiesBeside(blockReplica);
      if (left < rule.min) {
        const message = `Guard ${rule.guard.name} wants at least ${rule.min} complete copies of ${this.#name(blockReplica)}, ${left} would be left`;
        return { code: 'minimum-copies', message };
      }
      if (!rule.tape) continue;
      const onTape = shortAt(world.copies, block) - shortAt(world.diskCopies, block);
      const itself = world.countsAsCopy(blockReplica) && flagAt(world.sites.disk, site) === 0 ? 1 : 0;
      if (onTape - itself < 1) {
        const message = `Guard ${rule.guard.name} wants a complete tape copy of ${this.#name(blockReplica)}, none would be there`;
        return { code: 'minimum-copies', message };
      }
    }
    return null;
  }

  /** A copy under way that could be read from nowhere else. */
  #lastSource(dataset: number, blockReplica: number): Held | null {
    const world = this.#world;
    const block = intAt(world.snapshot.blockReplicas.block, blockReplica);
    if (flagAt(world.snapshot.blockReplicas.complete, blockReplica) === 0) return null;
    const site = world.siteOf(blockReplica);
    for (const copy of world.copiesUnderWay.get(dataset) ?? []) {
      if (copy.site === site || (copy.blocks !== null && !copy.blocks.has(block))) continue;
      if (copy.sources !== null && !copy.sources.includes(site)) continue;
      if (!this.#otherSource(copy, block, site)) {
        const to = world.siteName(copy.site);
        return {
          code: 'last-source',
          message: `the only good source of the copy of ${this.#name(blockReplica)} to ${to}`,
        };
      }
    }
    return null;
  }

  #otherSource(copy: CopyUnderWay, block: number, site: number): boolean {
    const world = this.#world;
    const { blocks, blockReplicas } = world.snapshot;
    for (let k = intAt(blocks.copyStart, block); k < intAt(blocks.copyStart, block + 1); k++) {
      const br = intAt(blocks.copyIndex, k);
      const other = world.siteOf(br);
      if (other === site || other === copy.site || flagAt(world.gone, br) === 1) continue;
      if (flagAt(blockReplicas.complete, br) === 0 || flagAt(world.sites.readable, other) === 0) continue;
      if (copy.sources === null || copy.sources.includes(other)) return true;
    }
    return false;
  }
}
