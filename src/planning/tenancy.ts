/**
 * Tenants: a document in a file of a tenant applies within the tenant's data, sites and owners only. What it matches
 * beyond them is an error that the plan shows, and nothing is done about it. A file of several tenants (one within another) is bound by
 * all of them.
 */
import type { Origin, Tenant } from '../desired/state.js';
import { anyGlobMatcher } from '../policy/text-match.js';
import { flagAt, intAt, shortAt } from '../snapshot/column.js';
import type { Diagnoses } from './diagnoses.js';
import type { World } from './world.js';

interface Member {
  readonly origin: Origin;
}

type Extent = 'datasets' | 'sites' | 'owners';

/** What a document of tenants may act on. */
export class Bounds {
  /** Names, for people. */
  readonly tenants: string;
  readonly #world: World;
  /** Indexes that are inside; null: all. */
  readonly #datasets: Uint8Array | null;
  readonly #sites: Uint8Array | null;
  readonly #owners: readonly ReadonlySet<string>[];

  constructor(world: World, tenants: readonly Tenant[]) {
    const { reader, snapshot, sites } = world;
    this.#world = world;
    this.tenants = tenants.map(({ name }) => `Tenant ${name}`).join(' and ');
    const datasets = tenants.flatMap((tenant) => tenant.datasets?.bind(reader) ?? []);
    const places = tenants.flatMap((tenant) => tenant.sites?.bind(reader) ?? []);
    this.#owners = tenants.flatMap((tenant) => tenant.owners ?? []);
    this.#datasets = datasets.length === 0 ? null : new Uint8Array(snapshot.datasets.count);
    for (let d = 0; d < (this.#datasets?.length ?? 0); d++) {
      reader.moveToDataset(d);
      if (this.#datasets !== null && datasets.every((holds) => holds())) this.#datasets[d] = 1;
    }
    this.#sites = places.length === 0 ? null : new Uint8Array(sites.count);
    for (let s = 0; s < (this.#sites?.length ?? 0); s++) {
      reader.moveToSite(s);
      if (this.#sites !== null && places.every((holds) => holds())) this.#sites[s] = 1;
    }
  }

  hasDataset(dataset: number): boolean {
    return this.#datasets === null || flagAt(this.#datasets, dataset) === 1;
  }

  hasSite(site: number): boolean {
    return this.#sites === null || flagAt(this.#sites, site) === 1;
  }

  /** What nobody owns any more may be taken by whoever may speak about the data. */
  hasOwner(owner: string): boolean {
    return owner === '' || this.#owners.every((owners) => owners.has(owner));
  }

  /** What of a block replica is outside, or null where it is inside. */
  outside(blockReplica: number): Extent | null {
    const world = this.#world;
    const { block } = world.snapshot.blockReplicas;
    if (!this.hasDataset(intAt(world.snapshot.blocks.dataset, intAt(block, blockReplica)))) return 'datasets';
    if (!this.hasSite(world.siteOf(blockReplica))) return 'sites';
    return this.hasOwner(world.ownerName(blockReplica)) ? null : 'owners';
  }
}

interface Found {
  readonly origin: Origin;
  readonly bounds: Bounds;
  readonly extent: Extent;
  readonly names: Set<string>;
}

/** Which documents are bound, and what they were found to match beyond their bounds. */
export class Tenancy {
  readonly #world: World;
  readonly #tenants: readonly { readonly tenant: Tenant; readonly holds: (file: string) => boolean }[];
  readonly #byFile = new Map<string, Bounds | null>();
  readonly #found = new Map<string, Found>();

  constructor(world: World) {
    this.#world = world;
    this.#tenants = world.desired.tenants.map((tenant) => ({ tenant, holds: anyGlobMatcher(tenant.paths) }));
  }

  /** null: the document is the federation's, and may act on everything. */
  of({ origin }: Member): Bounds | null {
    if (this.#tenants.length === 0) return null;
    const { file } = origin.ref;
    let bounds = this.#byFile.get(file);
    if (bounds === undefined) {
      const tenants = this.#tenants.filter(({ holds }) => holds(file)).map(({ tenant }) => tenant);
      bounds = tenants.length === 0 ? null : this.#boundsOf(tenants);
      this.#byFile.set(file, bounds);
    }
    return bounds;
  }

  /** Files of the same tenants share their bounds. */
  readonly #byTenants = new Map<string, Bounds>();

  #boundsOf(tenants: readonly Tenant[]): Bounds {
    const key = tenants.map(({ name }) => name).join('\n');
    let bounds = this.#byTenants.get(key);
    if (bounds === undefined) {
      bounds = new Bounds(this.#world, tenants);
      this.#byTenants.set(key, bounds);
    }
    return bounds;
  }

  /** Remembers that a document matches something that is not its tenants'. */
  note(document: Member, bounds: Bounds, extent: Extent, name: string): void {
    const { ref, column } = document.origin;
    const key = `${ref.file}\n${ref.line}\n${column}\n${extent}`;
    const known = this.#found.get(key);
    if (known === undefined) {
      this.#found.set(key, { origin: document.origin, bounds, extent, names: new Set([name]) });
    } else known.names.add(name);
  }

  /** The same for a block replica, by what of it is outside. */
  noteBlockReplica(document: Member, bounds: Bounds, blockReplica: number): void {
    const world = this.#world;
    const extent = bounds.outside(blockReplica);
    if (extent === null) return;
    const replica = intAt(world.snapshot.blockReplicas.replica, blockReplica);
    const names = {
      datasets: () => world.datasetName(intAt(world.snapshot.replicas.dataset, replica)),
      sites: () => world.siteName(shortAt(world.replicaSite, replica)),
      owners: () => world.ownerName(blockReplica),
    };
    this.note(document, bounds, extent, names[extent]());
  }

  diagnose(diagnoses: Diagnoses): void {
    for (const { origin, bounds, extent, names } of this.#found.values()) {
      const { ref } = origin;
      const what = `${ref.kind} ${ref.name}${ref.id === null ? '' : `/${ref.id}`}`;
      const [first = ''] = names;
      const count = `${names.size} ${names.size === 1 ? extent.slice(0, -1) : extent}`;
      const message = `${what} matches ${count} outside of ${bounds.tenants}, the first is ${first}; it does not apply there`;
      diagnoses.add('error', 'tenant-outside', message, origin);
    }
  }
}
