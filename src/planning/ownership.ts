/**
 * Step 2 of a plan: a copy that a placement counts, but under another owner, is re-owned rather than transferred,
 * unless another placement counts it under the owner it has; then it counts as it is, and a diagnostic says so.
 */
import type { Ownership, Placement } from '../desired/state.js';
import { flagAt, intAt, shortAt } from '../snapshot/column.js';
import type { Diagnoses } from './diagnoses.js';
import type { Counted } from './needs.js';
import type { World } from './world.js';

/** A change of owner that an Ownership document wants. */
export interface OwnershipChange {
  readonly replica: number;
  readonly blockReplicas: readonly number[];
  readonly owner: string;
  readonly document: Ownership;
}

export interface ReOwning {
  readonly replica: number;
  readonly blockReplicas: readonly number[];
  readonly owner: string;
  readonly placement: Placement;
}

/** A copy that a placement counts, and what of it has another owner than the placement wants. */
interface Claim {
  readonly entry: Counted;
  readonly strangers: readonly number[];
}

/** @param counted in the order of placement priority, which decides between two that both want another owner */
export function findReOwnings(world: World, counted: readonly Counted[], diagnoses: Diagnoses): ReOwning[] {
  const claims: Claim[] = [];
  // Chains of indexes rather than a list for each replica: there are tens of thousands, and most come to nothing.
  const first = new Int32Array(world.snapshot.replicas.count).fill(-1);
  const next = new Int32Array(counted.length);
  const mismatched = new Uint8Array(world.snapshot.replicas.count);
  for (const entry of counted) {
    if (entry.replica < 0 || entry.placement.owner === null) continue;
    const claim = { entry, strangers: strangers(world, entry) };
    if (claim.strangers.length > 0) mismatched[entry.replica] = 1;
    claims.push(claim);
  }
  for (let i = claims.length - 1; i >= 0; i--) {
    const { replica } = (claims[i] as Claim).entry;
    next[i] = intAt(first, replica);
    first[replica] = i;
  }
  const result: ReOwning[] = [];
  for (let replica = 0; replica < mismatched.length; replica++) {
    if (flagAt(mismatched, replica) === 0) continue;
    const ofReplica: Claim[] = [];
    for (let i = intAt(first, replica); i >= 0; i = intAt(next, i)) ofReplica.push(claims[i] as Claim);
    resolve(world, replica, ofReplica, diagnoses, result);
  }
  return result;
}

/** From now on these block replicas count as given to another owner by this plan. */
export function markReOwned(world: World, changes: readonly { readonly blockReplicas: readonly number[] }[]): void {
  for (const { blockReplicas } of changes) for (const br of blockReplicas) world.reOwned[br] = 1;
}

interface BoundOwnership {
  readonly document: Ownership;
  readonly matches: () => boolean;
}

/** Ownership documents, the first by name that matches. */
export class Ownerships {
  readonly #world: World;
  readonly #documents: readonly BoundOwnership[];
  /** What goes round in a circle, once per message. */
  readonly #circles = new Map<string, Ownership>();

  constructor(world: World) {
    this.#world = world;
    this.#documents = world.desired.ownerships.map((document) => ({
      document,
      matches: document.match.bind(world.reader),
    }));
  }

  /** What a placement counts under an owner keeps it: the two would otherwise change it back and forth. */
  changes(counted: readonly Counted[], reOwnings: readonly ReOwning[], diagnoses: Diagnoses): OwnershipChange[] {
    const world = this.#world;
    if (this.#documents.length === 0) return [];
    const taken = new Uint8Array(world.snapshot.blockReplicas.count);
    for (const { blockReplicas } of reOwnings) for (const br of blockReplicas) taken[br] = 1;
    const result: OwnershipChange[] = [];
    const { replicas } = world.snapshot;
    const placedUnderOwner = new Map<number, Counted[]>();
    for (const entry of counted) {
      if (entry.replica < 0 || entry.placement.owner === null) continue;
      const list = placedUnderOwner.get(entry.replica);
      if (list === undefined) placedUnderOwner.set(entry.replica, [entry]);
      else list.push(entry);
    }
    for (let r = 0; r < replicas.count; r++) {
      if (world.sites.documents[shortAt(world.replicaSite, r)] === null) continue;
      const byDocument = new Map<Ownership, number[]>();
      for (let br = intAt(replicas.start, r); br < intAt(replicas.start, r + 1); br++) {
        if (flagAt(world.gone, br) === 1 || flagAt(taken, br) === 1 || isArriving(world, br)) continue;
        const found = this.lastToMatch(br, null);
        if (found === null) continue;
        const claim = (placedUnderOwner.get(r) ?? []).find((entry) => covers(world, entry, br));
        if (claim !== undefined) {
          const what = `${world.datasetName(claim.dataset)} at ${world.siteName(claim.site)}`;
          diagnoses.warn(
            'owner-conflict',
            `Ownership ${found.name} wants ${what} under ${found.owner}, Placement ${claim.placement.name} under ${claim.placement.owner}; the placement keeps it`,
            found.origin,
          );
          continue;
        }
        const list = byDocument.get(found);
        if (list === undefined) byDocument.set(found, [br]);
        else list.push(br);
      }
      for (const [document, list] of byDocument)
        result.push({ replica: r, blockReplicas: list, owner: document.owner, document });
    }
    for (const [message, { origin }] of this.#circles) diagnoses.warn('owner-conflict', message, origin);
    return result;
  }

  /**
   * The document whose owner a block replica ends up with: the first that matches it, then the first that matches it
   * under that owner, and so on. Null where none changes anything, and where they go round in a circle, which would
   * never end.
   *
   * @param under the owner it has then; null: the one it has
   */
  lastToMatch(blockReplica: number, under: string | null): Ownership | null {
    const world = this.#world;
    if (this.#documents.length === 0) return null;
    const owners = [under ?? world.ownerName(blockReplica)];
    let last: Ownership | null = null;
    for (;;) {
      const [owner = ''] = owners;
      const hasOwn: boolean = last === null && under === null;
      world.reader.moveToBlock(blockReplica, hasOwn ? null : owner);
      const found: BoundOwnership | undefined = this.#documents.find(
        ({ document, matches }) =>
          matches() &&
          mayAct(world, document, blockReplica) &&
          (hasOwn || world.tenancy.of(document)?.hasOwner(owner) !== false),
      );
      if (found === undefined || found.document.owner === owner) return last;
      if (owners.includes(found.document.owner)) {
        const message = `Ownership ${found.document.name} and ${last?.name ?? ''} change owners in a circle: ${[...owners].reverse().join(', ')}, ${found.document.owner}; nothing changes`;
        this.#circles.set(message, found.document);
        return null;
      }
      last = found.document;
      owners.unshift(last.owner);
    }
  }
}

const none: readonly number[] = [];

/** Block replicas of what a placement counts whose owner is not the placement's. */
function strangers(world: World, entry: Counted): readonly number[] {
  const { placement } = entry;
  if (entry.blocks === null && hasOneOwner(world, entry.replica, placement.owner)) return none;
  return blockReplicasOf(world, entry).filter(
    (br) => world.ownerName(br) !== placement.owner && !isArriving(world, br) && mayAct(world, placement, br),
  );
}

/** Whether all of a replica belongs to an owner, also what is gone: the quickest of the questions, and mostly enough. */
function hasOneOwner(world: World, replica: number, owner: string | null): boolean {
  const { start } = world.snapshot.replicas;
  for (let br = intAt(start, replica); br < intAt(start, replica + 1); br++) {
    if (world.ownerName(br) !== owner) return false;
  }
  return true;
}

/** What an open copy completes belongs to that copy's owner then, whoever owns it until it is there. */
function isArriving(world: World, blockReplica: number): boolean {
  if (world.copiesUnderWay.size === 0) return false;
  return world.isComing(intAt(world.snapshot.blockReplicas.block, blockReplica), world.siteOf(blockReplica));
}

/** What there is of a counted copy. */
function blockReplicasOf(world: World, { replica, site, blocks }: Counted): number[] {
  if (blocks === null) return world.remaining(replica);
  return blocks.map((block) => world.findCopy(block, site)).filter((br) => br >= 0);
}

/** A tenant's document takes nothing from owners that are not the tenant's. */
function mayAct(world: World, document: Placement | Ownership, blockReplica: number): boolean {
  const bounds = world.tenancy.of(document);
  if (bounds === null || bounds.outside(blockReplica) === null) return true;
  world.tenancy.noteBlockReplica(document, bounds, blockReplica);
  return false;
}

/** @param claims of one replica only: there can be tens of thousands of others */
function resolve(
  world: World,
  replica: number,
  claims: readonly Claim[],
  diagnoses: Diagnoses,
  result: ReOwning[],
): void {
  const [first] = claims;
  if (first !== undefined && takesAll(world, first, claims)) {
    const { placement } = first.entry;
    result.push({ replica, blockReplicas: first.strangers, owner: placement.owner ?? '', placement });
    return;
  }
  const claimed = new Map<number, Placement>();
  const found = new Map<Placement, { replica: number; blockReplicas: number[]; owner: string; placement: Placement }>();
  for (const { entry, strangers } of claims) {
    const mine: number[] = [];
    let rival: string | null = null;
    for (const br of strangers) {
      const keeper = claims.find(
        ({ entry: other }) =>
          other.placement !== entry.placement &&
          other.placement.owner === world.ownerName(br) &&
          covers(world, other, br),
      );
      const claimant = claimed.get(br);
      if (keeper !== undefined) rival = keeper.entry.placement.name;
      else if (claimant === undefined) {
        mine.push(br);
        claimed.set(br, entry.placement);
      } else if (claimant.owner !== entry.placement.owner) rival = claimant.name;
    }
    if (mine.length > 0 && entry.placement.owner !== null) {
      const { placement } = entry;
      const known = found.get(placement);
      if (known === undefined)
        found.set(placement, { replica, blockReplicas: mine, owner: entry.placement.owner, placement });
      else for (const br of mine) known.blockReplicas.push(br);
    }
    if (rival !== null) {
      const what = `${world.datasetName(entry.dataset)} at ${world.siteName(entry.site)}`;
      diagnoses.warn(
        'owner-conflict',
        `Placement ${entry.placement.name} wants ${what} under ${entry.placement.owner}, Placement ${rival} under another owner; it counts as it is`,
        entry.placement.origin,
      );
    }
  }
  result.push(...found.values());
}

/** Whether the first claim leaves nothing to the others: it is for all of the replica, and they want the same owner. */
function takesAll(world: World, first: Claim, claims: readonly Claim[]): boolean {
  const { placement, blocks } = first.entry;
  if (blocks !== null || first.strangers.length === 0 || world.tenancy.of(placement) !== null) return false;
  return claims.every(({ entry }) => entry.placement.owner === placement.owner);
}

function covers(world: World, entry: Counted, blockReplica: number): boolean {
  return entry.blocks === null || entry.blocks.includes(intAt(world.snapshot.blockReplicas.block, blockReplica));
}
