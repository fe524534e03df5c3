/**
 * Reads the variables of the policy language from the working picture of a plan, at a cursor.
 *
 * The cursor stands on a site, a dataset, a replica (a dataset at a site), a block replica, or a *copy that does not
 * exist yet* (a block that would be at a site under an owner), which reads as if it had just arrived complete. In a
 * Retention, replica variables describe a *view*: the block replicas of one partition that no earlier rule has taken.
 */

import type { ElementRoot, Root, Value, VariableHost } from '../policy/expression.js';
import { anyGlobMatcher } from '../policy/text-match.js';
import { at, flagAt, floatAt, intAt, nameAt, shortAt } from '../snapshot/column.js';
import { type Arrival, comingElsewhere } from './arrival.js';
import type { World } from './world.js';

export class VariableReader implements VariableHost {
  readonly world: World;
  partition = -1;
  site = -1;
  dataset = -1;
  /** -1 on a copy that does not exist yet. */
  replica = -1;
  /** -1 where the cursor stands on no block replica. */
  blockReplica = -1;
  /** The block of a copy that does not exist yet, or -1. */
  newBlock = -1;
  /** What else will be when that copy is there; null: it is taken for a copy of the whole dataset, and all there is. */
  arrival: Arrival | null = null;
  /** In place of the recorded owner, or null. */
  owner: string | null = null;
  #view: readonly number[] | null = null;
  /** Block rules have taken some of the view: the replica no longer counts as full. */
  narrowed = false;
  readonly #selectors = new Map<string, () => boolean>();
  /** Looks at other replicas of the dataset while this one's cursor stays. */
  #beside: VariableReader | null = null;
  #sites: readonly number[] | null = null;
  #groups: readonly string[] | null = null;

  constructor(world: World) {
    this.world = world;
  }

  get now(): number {
    return this.world.clock.now;
  }

  ago(seconds: number, time: number): number {
    return this.world.clock.beside(time + seconds) - seconds;
  }

  forAge(read: () => number): () => number {
    return () => this.world.clock.unnoted(read);
  }

  moveToSite(site: number): void {
    this.#reset(site, -1);
  }

  moveToDataset(dataset: number): void {
    this.#reset(-1, dataset);
  }

  moveToDatasetAndSite(dataset: number, site: number): void {
    this.#reset(site, dataset);
  }

  moveToReplica(replica: number, view: readonly number[] | null, narrowed = false): void {
    const { replicas } = this.world.snapshot;
    this.#reset(shortAt(this.world.replicaSite, replica), intAt(replicas.dataset, replica));
    this.replica = replica;
    this.#view = view;
    this.narrowed = narrowed;
  }

  /** A block replica within its whole replica, or under another owner than it has. */
  moveToBlock(blockReplica: number, owner: string | null): void {
    this.moveToReplica(intAt(this.world.snapshot.blockReplicas.replica, blockReplica), null);
    this.blockReplica = blockReplica;
    this.owner = owner;
  }

  /** A copy that does not exist yet. */
  moveToCopy(block: number, site: number, owner: string, arrival: Arrival | null = null): void {
    this.#reset(site, intAt(this.world.snapshot.blocks.dataset, block));
    this.newBlock = block;
    this.owner = owner;
    this.arrival = arrival;
  }

  #reset(site: number, dataset: number): void {
    this.site = site;
    this.dataset = dataset;
    this.replica = -1;
    this.blockReplica = -1;
    this.newBlock = -1;
    this.arrival = null;
    this.owner = null;
    this.#view = null;
    this.narrowed = false;
  }

  /** The block replicas that replica variables describe. */
  view(): readonly number[] {
    return this.#view ?? this.world.remaining(this.replica);
  }

  variable(path: string): () => Value {
    const read = readers[path];
    if (read === undefined) throw new Error(`no reader for ${path}`);
    return () => read(this);
  }

  label(root: 'dataset' | 'site', key: string): () => string {
    if (root === 'dataset') {
      const column = this.world.snapshot.datasets.labels.get(key);
      return column === undefined ? () => '' : () => nameAt(column, this.dataset);
    }
    const values = this.world.sites.documents.map((site) => site?.labels.get(key) ?? '');
    return () => nameAt(values, this.site);
  }

  selector(root: Root, name: string): () => boolean {
    const key = `${root} ${name}`;
    let test = this.#selectors.get(key);
    if (test === undefined) {
      test = this.#makeSelector(name);
      this.#selectors.set(key, test);
    }
    return test;
  }

  sitesWhere(selector: string): () => readonly string[] {
    this.#beside ??= new VariableReader(this.world);
    const beside = this.#beside;
    const selected = beside.selector('replica', selector);
    return () => {
      const names: string[] = [];
      for (const replica of replicasOf(this)) {
        if (intAt(this.world.present, replica) === 0) continue;
        beside.moveToReplica(replica, null);
        beside.partition = this.partition;
        if (selected()) names.push(siteOf(this, replica));
      }
      if (!isNew(this)) return names;
      beside.moveToCopy(this.newBlock, this.site, this.owner ?? '', this.arrival);
      beside.partition = this.partition;
      return selected() ? sortedNames(new Set([...names, this.world.siteName(this.site)])) : names;
    };
  }

  siteLabels(key: string): (sites: readonly string[]) => readonly string[] {
    const labels = new Map(this.world.desired.sites.map((site) => [site.name, site.labels.get(key) ?? '']));
    return (sites) => {
      const values = new Set(sites.map((name) => labels.get(name) ?? ''));
      values.delete('');
      return sortedNames(values);
    };
  }

  onElement<V extends Value>(root: ElementRoot, read: () => V): (element: number) => V {
    if (root === 'site') {
      return (element) => {
        const { site } = this;
        this.site = element;
        try {
          return read();
        } finally {
          this.site = site;
        }
      };
    }
    return (element) => {
      const { blockReplica, newBlock, owner } = this;
      if (element < 0) this.newBlock = this.arrival?.blocks[-1 - element] ?? newBlock;
      else if (element !== blockReplica) {
        this.blockReplica = element;
        this.newBlock = -1;
        this.owner = null;
      }
      try {
        return read();
      } finally {
        this.blockReplica = blockReplica;
        this.newBlock = newBlock;
        this.owner = owner;
      }
    };
  }

  /** Sites with a document. */
  sites(): readonly number[] {
    this.#sites ??= this.world.sites.documents.flatMap((document, site) => (document === null ? [] : [site]));
    return this.#sites;
  }

  /** Groups with a document, and those that own anything; sorted. */
  groups(): readonly string[] {
    const { desired, snapshot } = this.world;
    this.#groups ??= sortedNames(new Set([...desired.groups.map(({ name }) => name), ...snapshot.owners.slice(1)]));
    return this.#groups;
  }

  #makeSelector(name: string): () => boolean {
    const selector = this.world.desired.selectors.find((candidate) => candidate.name === name);
    if (selector === undefined) throw new Error(`unknown selector ${name}`);
    const when = selector.when?.bind(this) ?? (() => true);
    if (selector.names.length === 0) return when;
    const named = anyGlobMatcher(selector.names.map((entry) => entry.text));
    const text = this.variable(selector.scope === 'site' ? 'site.name' : 'dataset.name') as () => string;
    const block = this.variable('block.name') as () => string;
    if (selector.scope === 'block') return () => named(`${text()}#${block()}`) && when();
    return () => named(text()) && when();
  }
}

type Read = (reader: VariableReader) => Value;

const cell = (c: VariableReader): number => c.partition * c.world.sites.count + c.site;
const datasetColumn =
  (pick: (c: VariableReader) => ArrayLike<number>): Read =>
  (c) =>
    at(pick(c), c.dataset);

const readers: Readonly<Record<string, Read>> = {
  sites: (c) => c.sites(),
  groups: (c) => c.groups(),

  'site.name': (c) => c.world.siteName(c.site),
  // A site without a document has no storage class; nothing that a rule can name.
  'site.storage': (c) => c.world.sites.storage[c.site] ?? '',
  'site.state': (c) => c.world.sites.state[c.site] ?? 'down',
  'site.quota': (c) => floatAt(c.world.quotas.of, cell(c)),
  'site.used': (c) => floatAt(c.world.used, cell(c)),
  'site.projected': (c) => floatAt(c.world.projected, cell(c)),
  'site.free': (c) => Math.max(0, floatAt(c.world.quotas.of, cell(c)) - floatAt(c.world.projected, cell(c))),
  'site.occupancy': (c) => c.world.occupancy(c.partition, c.site, c.world.used),
  'site.projectedOccupancy': (c) => c.world.occupancy(c.partition, c.site, c.world.projected),
  'site.pending': (c) => {
    // Once a copy has arrived nothing is on its way.
    if (isNew(c)) return 0;
    const quota = floatAt(c.world.quotas.of, cell(c));
    const pending = floatAt(c.world.projected, cell(c)) - floatAt(c.world.used, cell(c));
    if (quota === Number.POSITIVE_INFINITY || pending <= 0) return 0;
    return pending / quota;
  },

  'dataset.name': (c) => c.world.datasetName(c.dataset),
  'dataset.status': (c) => nameAt(c.world.snapshot.datasets.status, c.dataset),
  'dataset.type': (c) => nameAt(c.world.snapshot.datasets.type, c.dataset),
  'dataset.open': (c) => flagAt(c.world.snapshot.datasets.open, c.dataset) === 1,
  'dataset.size': datasetColumn((c) => c.world.snapshot.datasets.size),
  'dataset.files': datasetColumn((c) => c.world.snapshot.datasets.files),
  'dataset.blocks': (c) => c.world.blockCount(c.dataset),
  'dataset.created': datasetColumn((c) => c.world.snapshot.datasets.created),
  'dataset.lastUpdate': datasetColumn((c) => c.world.snapshot.datasets.lastUpdate),
  'dataset.lastAccess': datasetColumn((c) => c.world.snapshot.datasets.lastAccess),
  'dataset.lastUse': (c) => {
    const { lastAccess, lastUpdate, created } = c.world.snapshot.datasets;
    return Math.max(floatAt(lastAccess, c.dataset), floatAt(lastUpdate, c.dataset), floatAt(created, c.dataset));
  },
  'dataset.accesses': datasetColumn((c) => c.world.snapshot.datasets.accesses),
  'dataset.usageRank': datasetColumn((c) => c.world.snapshot.datasets.usageRank),
  'dataset.demand': datasetColumn((c) => c.world.snapshot.datasets.demand),
  'dataset.onTape': (c) => {
    let state = 'NONE';
    for (let r = firstReplica(c); r < endOfReplicas(c); r++) {
      if (flagAt(c.world.sites.tape, shortAt(c.world.replicaSite, r)) === 0 || intAt(c.world.present, r) === 0)
        continue;
      if (isFull(c, r)) return 'FULL';
      state = 'PARTIAL';
    }
    if (!isNew(c) && c.arrival === null) return state;
    const full = [...(arrivesFull(c) ? [c.site] : []), ...(c.arrival?.fullElsewhere ?? [])];
    if (full.some((site) => flagAt(c.world.sites.tape, site) === 1)) return 'FULL';
    return isNew(c) && flagAt(c.world.sites.tape, c.site) === 1 ? 'PARTIAL' : state;
  },
  'dataset.tapeRequested': (c) =>
    flagAt(c.world.snapshot.datasets.tapeRequested, c.dataset) === 1 ||
    (c.world.copiesUnderWay.get(c.dataset) ?? []).some((copy) => flagAt(c.world.sites.tape, copy.site) === 1),
  'dataset.copyRequested': (c) =>
    flagAt(c.world.snapshot.datasets.copyRequested, c.dataset) === 1 ||
    (c.world.copiesUnderWay.get(c.dataset) ?? []).length > 0,
  'dataset.owners': (c) => {
    const owners = new Set<string>();
    for (const r of replicasOf(c)) for (const br of c.world.remaining(r)) owners.add(c.world.ownerName(br));
    if (isNew(c)) owners.add(c.owner ?? '');
    return sortedNames(owners);
  },
  'dataset.fullCopies': (c) => fullCopies(c, false),
  'dataset.fullDiskCopies': (c) => fullCopies(c, true),
  'dataset.sites': (c) => {
    const names = new Set<string>();
    for (const r of replicasOf(c)) if (counts(c, r) && isFull(c, r)) names.add(siteOf(c, r));
    for (const site of fullOnArrival(c)) names.add(c.world.siteName(site));
    return sortedNames(names);
  },
  'dataset.replicaSites': (c) => {
    const names = new Set<string>();
    for (const r of replicasOf(c)) if (intAt(c.world.present, r) > 0) names.add(siteOf(c, r));
    if (isNew(c)) names.add(c.world.siteName(c.site));
    if (c.arrival !== null) {
      for (const copy of c.world.copiesUnderWay.get(c.dataset) ?? []) names.add(c.world.siteName(copy.site));
    }
    return sortedNames(names);
  },

  'replica.size': (c) => arrivingBytes(c) + sum(c, (br) => floatAt(c.world.snapshot.blockReplicas.size, br)),
  'replica.projectedSize': (c) =>
    arrivingBytes(c) +
    sum(c, (br) => floatAt(c.world.snapshot.blocks.size, intAt(c.world.snapshot.blockReplicas.block, br))),
  'replica.complete': (c) => viewComplete(c),
  'replica.full': (c) => (isNew(c) ? arrivesFull(c) : isFull(c, c.replica)),
  'replica.partial': (c) => {
    if (isNew(c)) return viewComplete(c) && !arrivesFull(c);
    if (c.narrowed) return viewComplete(c);
    const present = intAt(c.world.present, c.replica);
    return intAt(c.world.complete, c.replica) === present && present < c.world.blockCount(c.dataset);
  },
  'replica.growing': (c) => (isNew(c) ? true : flagAt(c.world.snapshot.replicas.growing, c.replica) === 1),
  // Blocks that arrive are counted down from -1.
  'replica.blocks': (c) =>
    isNew(c) ? [...(c.arrival?.blocks ?? [c.newBlock]).map((_, index) => -1 - index), ...viewOf(c)] : c.view(),
  'replica.owners': (c) => {
    const view = viewOf(c);
    const { owner } = c.world.snapshot.blockReplicas;
    const first = view[0];
    // Nearly always it is one.
    if (!isNew(c) && first !== undefined && view.every((br) => shortAt(owner, br) === shortAt(owner, first))) {
      return [c.world.ownerName(first)];
    }
    const owners = new Set(view.map((br) => c.world.ownerName(br)));
    if (isNew(c)) owners.add(c.owner ?? '');
    return sortedNames(owners);
  },
  'replica.custodial': (c) => viewOf(c).some((br) => flagAt(c.world.snapshot.blockReplicas.custodial, br) === 1),
  'replica.firstBlock': (c) => updates(c, Math.min),
  'replica.lastBlock': (c) => updates(c, Math.max),
  'replica.accesses': datasetColumn((c) => c.world.snapshot.datasets.accesses),
  'replica.lastAccess': datasetColumn((c) => c.world.snapshot.datasets.lastAccess),
  'replica.locked': (c) => viewOf(c).some((br) => c.world.locks.covers(br)),
  'replica.required': (c) => !isNew(c) && c.world.requiredBy.has(c.replica),
  'replica.requiredBy': (c) => (isNew(c) ? [] : (c.world.requiredBy.get(c.replica) ?? [])),
  'replica.fullDiskCopiesSameOwner': (c) => sameOwnerCopies(c, true),
  'replica.otherFullCopies': (c) => {
    let count = 0;
    for (let r = firstReplica(c); r < endOfReplicas(c); r++) {
      if (!isOwn(c, r) && counts(c, r) && c.world.isFull(r)) count++;
    }
    return c.arrival === null ? count : count + countingElsewhere(c).length + ahead(c);
  },
  'replica.otherFullCopiesSameOwner': (c) => sameOwnerCopies(c, false),

  'block.name': (c) => c.world.blockName(blockOf(c)),
  'block.size': (c) =>
    isNew(c)
      ? floatAt(c.world.snapshot.blocks.size, c.newBlock)
      : floatAt(c.world.snapshot.blockReplicas.size, c.blockReplica),
  'block.complete': (c) => isNew(c) || complete(c),
  'block.owner': (c) => c.owner ?? c.world.ownerName(c.blockReplica),
  'block.custodial': (c) => !isNew(c) && flagAt(c.world.snapshot.blockReplicas.custodial, c.blockReplica) === 1,
  'block.lastUpdate': (c) => (isNew(c) ? c.now : floatAt(c.world.snapshot.blockReplicas.lastUpdate, c.blockReplica)),
  'block.locked': (c) => !isNew(c) && c.world.locks.covers(c.blockReplica),
  'block.onTape': (c) =>
    (isNew(c) || complete(c)) &&
    (shortAt(c.world.tapeCopies, blockOf(c)) > 0 || (isNew(c) && flagAt(c.world.sites.tape, c.site) === 1)),
  'block.copies': (c) => shortAt(c.world.copies, blockOf(c)) + newCopy(c, c.world.sites.counts) + coming(c, false),
  'block.diskCopies': (c) =>
    shortAt(c.world.diskCopies, blockOf(c)) +
    (flagAt(c.world.sites.disk, c.site) === 1 ? newCopy(c, c.world.sites.counts) : 0) +
    coming(c, true),
  'block.anyCopies': (c) =>
    shortAt(c.world.anyCopies, blockOf(c)) + (isNew(c) && !isThere(c) ? 1 : 0) + coming(c, false),
  'block.lastSource': (c) => {
    if (isNew(c) || !complete(c)) return false;
    const block = blockOf(c);
    const itself = flagAt(c.world.sites.counts, c.site) === 1 && flagAt(c.world.sites.disk, c.site) === 1 ? 1 : 0;
    return shortAt(c.world.diskCopies, block) - itself === 0 && isArriving(c, block);
  },
  'block.behindNewest': (c) => {
    if (isNew(c)) return 0;
    const { lastUpdate } = c.world.snapshot.blockReplicas;
    let newest = Number.NEGATIVE_INFINITY;
    // An element of a list may be of a replica that the cursor does not stand on.
    const replica = intAt(c.world.snapshot.blockReplicas.replica, c.blockReplica);
    for (const br of c.world.remaining(replica)) newest = Math.max(newest, floatAt(lastUpdate, br));
    return newest - floatAt(lastUpdate, c.blockReplica);
  },
};

function* replicasOf(c: VariableReader): Iterable<number> {
  for (let r = firstReplica(c); r < endOfReplicas(c); r++) yield r;
}

/** Replicas of the dataset are those from here... */
function firstReplica(c: VariableReader): number {
  return intAt(c.world.snapshot.datasets.replicaStart, c.dataset);
}

/** ...and before here. */
function endOfReplicas(c: VariableReader): number {
  return intAt(c.world.snapshot.datasets.replicaStart, c.dataset + 1);
}

function isNew(c: VariableReader): boolean {
  return c.newBlock >= 0;
}

function blockOf(c: VariableReader): number {
  return isNew(c) ? c.newBlock : intAt(c.world.snapshot.blockReplicas.block, c.blockReplica);
}

function complete(c: VariableReader): boolean {
  return flagAt(c.world.snapshot.blockReplicas.complete, c.blockReplica) === 1;
}

/** One more copy of the block, unless it is there already. */
function newCopy(c: VariableReader, flags: Uint8Array): number {
  return isNew(c) && !isThere(c) ? flagAt(flags, c.site) : 0;
}

/** What arrives is there already, complete. */
function isThere(c: VariableReader): boolean {
  const br = c.world.findCopy(c.newBlock, c.site);
  return br >= 0 && flagAt(c.world.snapshot.blockReplicas.complete, br) === 1;
}

function siteOf(c: VariableReader, replica: number): string {
  return c.world.siteName(shortAt(c.world.replicaSite, replica));
}

function counts(c: VariableReader, replica: number): boolean {
  return flagAt(c.world.sites.counts, shortAt(c.world.replicaSite, replica)) === 1;
}

/** The replica that the cursor stands on, or that a copy arrives at. */
function isOwn(c: VariableReader, replica: number): boolean {
  return isNew(c) ? shortAt(c.world.replicaSite, replica) === c.site : replica === c.replica;
}

/** Whether the copy that does not exist yet will make a full replica. */
function arrivesFull(c: VariableReader): boolean {
  return isNew(c) && !c.narrowed && c.arrival?.full !== false;
}

/** Other sites that count and will be full when all that is under way has arrived. */
function countingElsewhere(c: VariableReader): readonly number[] {
  return (c.arrival?.fullElsewhere ?? []).filter((site) => flagAt(c.world.sites.counts, site) === 1);
}

/** Sites that count and are not full yet, but will be. */
function fullOnArrival(c: VariableReader): readonly number[] {
  const here = arrivesFull(c) && flagAt(c.world.sites.counts, c.site) === 1 ? [c.site] : [];
  return [...here, ...countingElsewhere(c)];
}

/** Copies of the block that will come to other sites with what is under way, or is still to be planned. */
function coming(c: VariableReader, diskOnly: boolean): number {
  return c.arrival === null ? 0 : comingElsewhere(c.world, blockOf(c), c.site, diskOnly) + ahead(c);
}

/** Copies still to be planned; where they go is not known, so they count on any storage and for any owner. */
function ahead(c: VariableReader): number {
  return c.arrival?.ahead ?? 0;
}

/** The block replicas that replica variables describe; of a copy that does not exist yet, those beside it. */
function viewOf(c: VariableReader): readonly number[] {
  return isNew(c) ? (c.arrival?.beside ?? []) : c.view();
}

function arrivingBytes(c: VariableReader): number {
  if (!isNew(c)) return 0;
  if (c.arrival === null) return floatAt(c.world.snapshot.datasets.size, c.dataset);
  let bytes = 0;
  for (const block of c.arrival.blocks) bytes += floatAt(c.world.snapshot.blocks.size, block);
  return bytes;
}

/** A replica whose view block rules have narrowed is not full any more in the eyes of the rules after them. */
function isFull(c: VariableReader, replica: number): boolean {
  return !(c.narrowed && replica === c.replica) && c.world.isFull(replica);
}

function fullCopies(c: VariableReader, diskOnly: boolean): number {
  let count = ahead(c);
  if (isNew(c) || c.arrival !== null) {
    count += fullOnArrival(c).filter((site) => !diskOnly || flagAt(c.world.sites.disk, site) === 1).length;
  }
  for (let r = firstReplica(c); r < endOfReplicas(c); r++) {
    // What arrives is counted above.
    if ((isNew(c) && isOwn(c, r)) || !counts(c, r) || !isFull(c, r)) continue;
    if (!diskOnly || flagAt(c.world.sites.disk, shortAt(c.world.replicaSite, r)) === 1) count++;
  }
  return count;
}

/** Disk copies with itself (`fullDiskCopiesSameOwner`), or other copies on any storage (`otherFullCopiesSameOwner`). */
function sameOwnerCopies(c: VariableReader, diskWithItself: boolean): number {
  if (!isNew(c) && c.arrival === null) return copiesSharingAnOwner(c, diskWithItself);
  const own = new Set(readers['replica.owners']?.(c) as readonly string[]);
  // Who will own what is on its way elsewhere is not looked at: the same owner is the careful guess.
  const arriving = diskWithItself ? fullOnArrival(c) : countingElsewhere(c);
  let count = ahead(c) + arriving.filter((site) => !diskWithItself || flagAt(c.world.sites.disk, site) === 1).length;
  for (const r of replicasOf(c)) {
    if (!counts(c, r) || !isFull(c, r)) continue;
    if (isOwn(c, r)) {
      if (!isNew(c) && diskWithItself && flagAt(c.world.sites.disk, c.site) === 1) count++;
      continue;
    }
    if (diskWithItself && flagAt(c.world.sites.disk, shortAt(c.world.replicaSite, r)) === 0) continue;
    if (c.world.remaining(r).some((br) => own.has(c.world.ownerName(br)))) count++;
  }
  return count;
}

/** The same for a replica that exists, by indexes of owners. */
function copiesSharingAnOwner(c: VariableReader, diskWithItself: boolean): number {
  const { world } = c;
  const { owner } = world.snapshot.blockReplicas;
  const own: number[] = [];
  for (const br of c.view()) if (!own.includes(shortAt(owner, br))) own.push(shortAt(owner, br));
  let count = 0;
  for (let r = firstReplica(c); r < endOfReplicas(c); r++) {
    if (!counts(c, r) || !isFull(c, r)) continue;
    const isDisk = flagAt(world.sites.disk, shortAt(world.replicaSite, r)) === 1;
    if (diskWithItself && !isDisk) continue;
    if (r === c.replica) {
      if (diskWithItself) count++;
    } else if (world.anyRemaining(r, (br) => own.includes(shortAt(owner, br)))) count++;
  }
  return count;
}

/** Whether a block is incomplete somewhere else, or a copy of it is open. */
function isArriving(c: VariableReader, block: number): boolean {
  const { copyStart, copyIndex } = c.world.snapshot.blocks;
  for (let k = intAt(copyStart, block); k < intAt(copyStart, block + 1); k++) {
    const br = intAt(copyIndex, k);
    if (flagAt(c.world.gone, br) === 0 && flagAt(c.world.snapshot.blockReplicas.complete, br) === 0) return true;
  }
  return (c.world.copiesUnderWay.get(c.dataset) ?? []).some((copy) => copy.blocks === null || copy.blocks.has(block));
}

function sum(c: VariableReader, of: (blockReplica: number) => number): number {
  let total = 0;
  for (const br of viewOf(c)) total += of(br);
  return total;
}

function viewComplete(c: VariableReader): boolean {
  for (const br of viewOf(c)) if (flagAt(c.world.snapshot.blockReplicas.complete, br) === 0) return false;
  return true;
}

/** What arrives is as young as can be. */
function updates(c: VariableReader, pick: (a: number, b: number) => number): number {
  const { lastUpdate } = c.world.snapshot.blockReplicas;
  let result: number | null = isNew(c) ? c.now : null;
  for (const br of viewOf(c))
    result = result === null ? floatAt(lastUpdate, br) : pick(result, floatAt(lastUpdate, br));
  return result ?? 0;
}

function sortedNames(names: ReadonlySet<string>): readonly string[] {
  return [...names].sort();
}
