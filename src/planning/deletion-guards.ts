/**
 * Step 7 of a plan: brakes. Deletions of one rule at one site are one set; a brake that it trips holds the whole set,
 * until a person approves exactly these items or the window of history moves on.
 */
import type { Guard, RuleRef } from '../desired/state.js';
import { compareBytes } from '../order.js';
import { formatBytes, formatDuration } from '../policy/units.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import { canonicalDigest } from './canonical-json.js';
import type { Held } from './plan.js';
import type { Deletion } from './retention/retire.js';
import type { World } from './world.js';

export interface DeletionSet {
  readonly ref: RuleRef;
  readonly ruleHash: string;
  readonly site: number;
  readonly deletions: readonly Deletion[];
  readonly bytes: number;
  /** `sha256:...` over the rule's content and the items; what an approval is bound to. */
  readonly hash: string;
  readonly held: Held | null;
}

interface Allowed {
  bytes: number;
  readonly datasets: Set<number>;
  readonly bySite: Map<number, number>;
}

/** @param idOf id and bytes of the action a deletion becomes */
export function applyBrakes(
  world: World,
  deletions: readonly Deletion[],
  idOf: (deletion: Deletion) => { readonly id: string; readonly bytes: number },
): DeletionSet[] {
  const sets = new Map<string, Deletion[]>();
  for (const deletion of deletions) {
    const site = shortAt(world.replicaSite, deletion.replica);
    const key = `${world.siteName(site)}\n${deletion.ref.kind}\n${deletion.ref.name}\n${deletion.ref.id ?? ''}`;
    const list = sets.get(key);
    if (list === undefined) sets.set(key, [deletion]);
    else list.push(deletion);
  }
  const guards = world.desired.guards
    .filter((guard) => guard.deletions !== null)
    .map((guard) => new Brake(world, guard));
  const approved = world.approved();
  return [...sets.keys()].sort(compareBytes).map((key) => {
    const list = sets.get(key) as Deletion[];
    const { ref, ruleHash, replica } = list[0] as Deletion;
    const site = shortAt(world.replicaSite, replica);
    const items = list.map(idOf).sort((a, b) => compareBytes(a.id, b.id));
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    const hash = canonicalDigest({ rule: ruleHash, site: world.siteName(site), items });
    const tripped = approved.has(hash) ? null : trippedBy(world, guards, site, list);
    if (tripped === null) for (const guard of guards) guard.allow(site, list);
    const held: Held | null = tripped === null ? null : { code: 'approval-required', message: tripped };
    return { ref, ruleHash, site, deletions: list, bytes, hash, held };
  });
}

function trippedBy(world: World, guards: readonly Brake[], site: number, list: readonly Deletion[]): string | null {
  const custodial = list.some((deletion) =>
    deletion.blockReplicas.some((br) => flagAt(world.snapshot.blockReplicas.custodial, br) === 1),
  );
  if (custodial) return 'custodial replicas are only deleted with an approval';
  for (const guard of guards) {
    const reason = guard.trips(site, list);
    if (reason !== null) return reason;
  }
  return null;
}

/** The deletion limits of one Guard. */
class Brake {
  readonly #world: World;
  readonly #guard: Guard;
  readonly #limits: NonNullable<Guard['deletions']>;
  readonly #atSite: Uint8Array;
  readonly #partition: number;
  readonly #allowed: Allowed = { bytes: 0, datasets: new Set(), bySite: new Map() };
  /** What was deleted within the window, from history. */
  readonly #past = { bytes: 0, datasets: new Set<string>(), bySite: new Map<number, number>() };

  constructor(world: World, guard: Guard) {
    this.#world = world;
    this.#guard = guard;
    this.#limits = guard.deletions as NonNullable<Guard['deletions']>;
    const covered = guard.sites.bind(world.reader);
    this.#atSite = Uint8Array.from(world.sites.names, (_, site) => {
      world.reader.moveToSite(site);
      return covered() ? 1 : 0;
    });
    this.#partition = guard.partition === null ? -1 : (world.partitionIndex.get(guard.partition) ?? -1);
    for (const deletion of world.snapshot.memory.deletions) {
      const site = world.sites.indexOf.get(deletion.site);
      if (site === undefined || flagAt(this.#atSite, site) === 0) continue;
      const { per } = this.#limits;
      if (deletion.at <= world.clock.beside(deletion.at + per) - per) continue;
      // History does not know partitions; counting all of it is the careful side.
      this.#past.bytes += deletion.bytes;
      this.#past.datasets.add(deletion.dataset);
      this.#past.bySite.set(site, (this.#past.bySite.get(site) ?? 0) + deletion.bytes);
    }
  }

  /** Bytes of a set within this Guard's scope. */
  #bytesOf(list: readonly Deletion[]): number {
    const { size } = this.#world.snapshot.blockReplicas;
    let bytes = 0;
    for (const deletion of list) {
      for (const br of deletion.blockReplicas) {
        if (this.#partition < 0 || this.#world.inPartition(br, this.#partition)) bytes += floatAt(size, br);
      }
    }
    return bytes;
  }

  #isInScope(list: readonly Deletion[]): boolean {
    if (this.#partition < 0) return true;
    return list.some((deletion) => deletion.blockReplicas.some((br) => this.#world.inPartition(br, this.#partition)));
  }

  trips(site: number, list: readonly Deletion[]): string | null {
    if (flagAt(this.#atSite, site) === 0 || !this.#isInScope(list)) return null;
    const { maxBytes, maxShareOfSite, maxDatasets, approvalAbove, per } = this.#limits;
    const bytes = this.#bytesOf(list);
    const name = `Guard ${this.#guard.name}`;
    if (approvalAbove !== null && (bytes > approvalAbove || approvalAbove === 0)) {
      return `${name}: ${formatBytes(bytes)} in one set, approvals are needed above ${formatBytes(approvalAbove)}`;
    }
    const window = `within ${formatDuration(per)}`;
    if (maxBytes !== null) {
      const total = this.#past.bytes + this.#allowed.bytes + bytes;
      if (total > maxBytes) return `${name}: ${formatBytes(total)} ${window}, at most ${formatBytes(maxBytes)}`;
    }
    if (maxDatasets !== null) {
      const datasets = new Set(this.#past.datasets);
      for (const dataset of this.#allowed.datasets) datasets.add(this.#world.datasetName(dataset));
      for (const { replica } of list) {
        datasets.add(this.#world.datasetName(intAt(this.#world.snapshot.replicas.dataset, replica)));
      }
      if (datasets.size > maxDatasets) return `${name}: ${datasets.size} datasets ${window}, at most ${maxDatasets}`;
    }
    if (maxShareOfSite !== null) {
      const past = this.#past.bySite.get(site) ?? 0;
      const gone = past + (this.#allowed.bySite.get(site) ?? 0) + bytes;
      const basis = floatAt(this.#world.bytesAtSite, site) + past;
      if (gone > maxShareOfSite * basis) {
        const share = (100 * gone) / Math.max(1, basis);
        return `${name}: ${share.toFixed(1)} % of the site ${window}, at most ${(100 * maxShareOfSite).toFixed(1)} %`;
      }
    }
    return null;
  }

  allow(site: number, list: readonly Deletion[]): void {
    if (flagAt(this.#atSite, site) === 0) return;
    const bytes = this.#bytesOf(list);
    this.#allowed.bytes += bytes;
    this.#allowed.bySite.set(site, (this.#allowed.bySite.get(site) ?? 0) + bytes);
    for (const { replica } of list) this.#allowed.datasets.add(intAt(this.#world.snapshot.replicas.dataset, replica));
  }
}
