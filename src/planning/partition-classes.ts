/**
 * Which partitions block replicas are in, and copies that do not exist yet. A class is a set of partitions; each block
 * replica has one, and conditions are asked as seldom as what they read allows.
 */
import type { Partition } from '../desired/state.js';
import type { Condition } from '../policy/expression.js';
import { intAt, shortAt } from '../snapshot/column.js';
import { type CountsBefore, copyRows, type Range, rowsOf } from './counts.js';
import { type Classes, Membership } from './membership.js';
import type { World } from './world.js';

/** Which rows of a partition's `match` an answer holds for. */
type Reach = 'site-and-owner' | 'replica-and-owner' | 'block';

interface Leaf {
  readonly partition: number;
  readonly holds: () => boolean;
  readonly reach: Reach;
}

export class PartitionClasses {
  readonly classes: Classes;
  /** Partition indexes of each class, unions included. */
  readonly partitions: (readonly number[])[] = [];
  readonly #world: World;
  readonly #ids = new Map<string, number>();
  readonly #leaves: readonly Leaf[];
  readonly #allBySite: boolean;
  /** Whether all blocks of a dataset would be in the same partitions. */
  readonly ignoreBlocks: boolean;
  readonly #unions: readonly { readonly partition: number; readonly leaves: ReadonlySet<number> }[];
  /** Where conditions look no further: the class by site and owner of the snapshot, or -1 where nobody has asked. */
  readonly #bySiteAndOwner: Int32Array;
  /** Classes of copies that do not exist yet: by owner and site; where conditions look further, by replica or block. */
  readonly #ofCopies = new Map<string, Int32Array>();
  readonly #ofCopiesBeyond = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    const { desired, sites, snapshot } = world;
    this.classes = {
      of: new Uint16Array(snapshot.blockReplicas.count),
      ofReplica: new Int32Array(snapshot.replicas.count).fill(-1),
    };
    this.#leaves = desired.partitions.flatMap((partition, index) => this.#leafOf(partition, index));
    this.#allBySite = this.#leaves.every((leaf) => leaf.reach === 'site-and-owner');
    this.ignoreBlocks = this.#leaves.every((leaf) => leaf.reach !== 'block');
    this.#unions = desired.partitions.flatMap((partition, index) =>
      partition.match === null ? [{ partition: index, leaves: this.#leavesOfUnion(partition) }] : [],
    );
    this.#bySiteAndOwner = new Int32Array(this.#allBySite ? sites.count * snapshot.owners.length : 0).fill(-1);
  }

  partitionsOf(blockReplica: number): readonly number[] {
    return this.#partitionsOf(shortAt(this.classes.of, blockReplica));
  }

  /** Partitions that a block replica would be in under another owner. */
  partitionsUnder(blockReplica: number, owner: string): readonly number[] {
    const world = this.#world;
    if (this.#allBySite) {
      const block = intAt(world.snapshot.blockReplicas.block, blockReplica);
      return this.#partitionsOf(this.#classBySite(block, world.siteOf(blockReplica), owner));
    }
    world.reader.moveToBlock(blockReplica, owner);
    return this.#partitionsOf(this.#classHere());
  }

  /** Partitions that a copy of a block would be in, at a site, under an owner. */
  partitionsOfCopy(block: number, site: number, owner: string): readonly number[] {
    return this.#partitionsOf(
      this.#allBySite ? this.#classBySite(block, site, owner) : this.#classBeyond(block, site, owner),
    );
  }

  membershipOf(partition: number): Membership {
    const includes = Uint8Array.from(this.partitions, (partitions) => (partitions.includes(partition) ? 1 : 0));
    return new Membership(includes, this.classes);
  }

  /** Takes over what was found in the plan before of datasets that are as they were. */
  takeOver({ counts, runs, snapshot: before }: CountsBefore): void {
    for (const partitions of counts.partitions) {
      this.#ids.set(partitions.join(), this.partitions.push(partitions) - 1);
    }
    const { datasets, replicas } = this.#world.snapshot;
    for (const run of runs) {
      const ofRun = rowsOf(run, datasets.replicaStart, before.datasets.replicaStart);
      copyRows(this.classes.ofReplica, counts.classes.ofReplica, ofRun);
      copyRows(this.classes.of, counts.classes.of, {
        place: intAt(replicas.start, ofRun.place),
        from: intAt(before.replicas.start, ofRun.from),
        to: intAt(before.replicas.start, ofRun.to),
      });
    }
  }

  /** Finds the classes of all block replicas of datasets. */
  find({ from, to }: Range): void {
    const { snapshot, replicaSite, reader } = this.#world;
    const { datasets, blockReplicas, replicas, owners } = snapshot;
    const classOf = this.classes.of;
    const bySite = this.#bySiteAndOwner;
    for (let r = intAt(datasets.replicaStart, from), end = intAt(datasets.replicaStart, to); r < end; r++) {
      let lastOwner = -1;
      let last = 0;
      let ofAll = -1;
      for (let br = intAt(replicas.start, r), afterLast = intAt(replicas.start, r + 1); br < afterLast; br++) {
        const owner = shortAt(blockReplicas.owner, br);
        if (this.ignoreBlocks && owner === lastOwner) {
          classOf[br] = last;
          continue;
        }
        const cell = shortAt(replicaSite, r) * owners.length + owner;
        if (this.#allBySite && intAt(bySite, cell) >= 0) last = intAt(bySite, cell);
        else {
          reader.moveToBlock(br, null);
          last = this.#classHere();
          if (this.#allBySite) bySite[cell] = last;
        }
        classOf[br] = last;
        lastOwner = owner;
        if (br === intAt(replicas.start, r)) ofAll = last;
        else if (ofAll !== last) ofAll = -1;
      }
      this.classes.ofReplica[r] = ofAll;
    }
  }

  #partitionsOf(ofClass: number): readonly number[] {
    return this.partitions[ofClass] ?? [];
  }

  #classBySite(block: number, site: number, owner: string): number {
    const { sites, reader } = this.#world;
    let classes = this.#ofCopies.get(owner);
    if (classes === undefined) {
      classes = new Int32Array(sites.count).fill(-1);
      this.#ofCopies.set(owner, classes);
    }
    if (intAt(classes, site) < 0) {
      reader.moveToCopy(block, site, owner);
      classes[site] = this.#classHere();
    }
    return intAt(classes, site);
  }

  #classBeyond(block: number, site: number, owner: string): number {
    const { snapshot, reader } = this.#world;
    const what = this.ignoreBlocks ? intAt(snapshot.blocks.dataset, block) : block;
    const key = `${site} ${what} ${owner}`;
    let id = this.#ofCopiesBeyond.get(key);
    if (id === undefined) {
      reader.moveToCopy(block, site, owner);
      id = this.#classHere();
      this.#ofCopiesBeyond.set(key, id);
    }
    return id;
  }

  /** The class at the reader's cursor. */
  #classHere(): number {
    const inside: number[] = [];
    for (const leaf of this.#leaves) if (leaf.holds()) inside.push(leaf.partition);
    for (const union of this.#unions) if (inside.some((leaf) => union.leaves.has(leaf))) inside.push(union.partition);
    const key = inside.join();
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.partitions.push(inside) - 1;
      this.#ids.set(key, id);
    }
    return id;
  }

  #leafOf(partition: Partition, index: number): Leaf[] {
    if (partition.match === null) return [];
    return [{ partition: index, holds: partition.match.bind(this.#world.reader), reach: reachOf(partition.match) }];
  }

  #leavesOfUnion(partition: Partition): ReadonlySet<number> {
    const { desired, partitionIndex } = this.#world;
    const leaves = new Set<number>();
    const visit = (current: Partition): void => {
      for (const name of current.include) {
        const index = partitionIndex.get(name) as number;
        const member = desired.partitions[index] as Partition;
        if (member.match !== null) leaves.add(index);
        else visit(member);
      }
    };
    visit(partition);
    return leaves;
  }
}

/** What a partition's condition reads tells how often its answer can differ. */
function reachOf(match: Condition): Reach {
  // A selector may read anything in its scope; only site selectors are known not to look further.
  if (match.selectors.some((selector) => selector.root !== 'site' && selector.root !== 'dataset')) return 'block';
  let reach: Reach = match.selectors.some((selector) => selector.root === 'dataset')
    ? 'replica-and-owner'
    : 'site-and-owner';
  for (const path of match.reads) {
    if (path === 'block.owner' || path.startsWith('site.') || path === 'now') continue;
    if (!path.startsWith('dataset.') && !path.startsWith('replica.')) return 'block';
    reach = 'replica-and-owner';
  }
  return reach;
}
