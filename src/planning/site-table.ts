/**
 * All sites of a plan in one order: those with a document and those that only hold replicas. What a site's state means
 * for sources, destinations and copy counts (the table in `docs/kinds/site.md`) is decided here and nowhere else.
 */
import type { DesiredState, Site, SiteState, StorageClass } from '../desired/state.js';
import { compareBytes } from '../order.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { PlanClock } from './plan-clock.js';

export interface SiteTable {
  readonly count: number;
  readonly names: readonly string[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** null: holds replicas, but has no document; it is down for ever. */
  readonly documents: readonly (Site | null)[];
  readonly state: readonly SiteState[];
  readonly storage: readonly (StorageClass | null)[];
  /** Index here of each site of the snapshot. */
  readonly fromSnapshot: Uint16Array;
  /** Complete data here counts as a copy: ready, readonly. */
  readonly counts: Uint8Array;
  /** Data here can be read: ready, readonly, draining. */
  readonly readable: Uint8Array;
  /** New data may come: ready. */
  readonly writable: Uint8Array;
  /** Down, but for less than the grace: still satisfies placements, justifies no deletion. */
  readonly graced: Uint8Array;
  /** Disk and buffer. */
  readonly disk: Uint8Array;
  /** Tape whose data exists (not lost, documented), whatever else its state. */
  readonly tape: Uint8Array;
  readonly draining: Uint8Array;
}

export function makeSiteTable(desired: DesiredState, snapshot: Snapshot, clock: PlanClock): SiteTable {
  const byName = new Map(desired.sites.map((site) => [site.name, site]));
  const names = [...new Set([...byName.keys(), ...snapshot.sites])].sort(compareBytes);
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const count = names.length;
  const flags = (test: (state: SiteState, site: Site | null, name: string) => boolean): Uint8Array =>
    Uint8Array.from(names, (name) => {
      const site = byName.get(name) ?? null;
      return test(site?.state ?? 'down', site, name) ? 1 : 0;
    });
  return {
    count,
    names,
    indexOf,
    documents: names.map((name) => byName.get(name) ?? null),
    state: names.map((name) => byName.get(name)?.state ?? 'down'),
    storage: names.map((name) => byName.get(name)?.storage ?? null),
    fromSnapshot: Uint16Array.from(snapshot.sites, (name) => indexOf.get(name) ?? 0),
    counts: flags((state) => state === 'ready' || state === 'readonly'),
    readable: flags((state) => state === 'ready' || state === 'readonly' || state === 'draining'),
    writable: flags((state) => state === 'ready'),
    graced: flags((state, site, name) => {
      if (site === null || state !== 'down') return false;
      const known = snapshot.memory.siteStates.get(name);
      const { downGrace } = desired.federation;
      // Down since now.
      if (known?.state !== 'down') return downGrace > 0;
      return clock.beside(known.since + downGrace) - known.since < downGrace;
    }),
    disk: flags((_, site) => site !== null && site.storage !== 'tape'),
    tape: flags((state, site) => site !== null && site.storage === 'tape' && state !== 'lost'),
    draining: flags((state, site) => site !== null && state === 'draining'),
  };
}
