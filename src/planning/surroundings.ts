/**
 * What the rules can read besides the data of one dataset: sites, groups, partitions, selectors and locks. Where it is
 * the same as in the plan before, a dataset that has not changed is decided as it was.
 */
import type { DesiredState } from '../desired/state.js';
import type { Condition } from '../policy/expression.js';
import { isSameValue } from './same-value.js';
import type { World } from './world.js';

/** Values that say the same where the surroundings do. */
export type Surroundings = Readonly<Record<string, unknown>>;

/**
 * Not in it, because they are compared elsewhere or make that nothing is kept: owners (with the inventory), quotas and
 * occupancy, the clock.
 *
 * @returns null where time alone changes what data is in a partition or under a lock
 */
export function surroundingsOf(world: Pick<World, 'desired' | 'sites' | 'clock'>): Surroundings | null {
  const { desired, sites, clock } = world;
  const { partitions, locks, selectors, tenants, groups } = desired;
  const places = partitions.flatMap(({ match }) => match ?? []);
  const bounds = [...locks, ...tenants].flatMap((document) => [document.datasets ?? [], document.sites ?? []].flat());
  if (pathsRead(desired, [...places, ...bounds]).has('now')) return null;
  const hashes = (documents: readonly { readonly name: string; readonly origin: { readonly hash: string } }[]) =>
    documents.map(({ name, origin }) => [name, origin.hash]);
  return {
    sites: sites.names,
    states: sites.state,
    storage: sites.storage,
    labels: sites.documents.map((document) => (document === null ? null : document.labels)),
    graced: [...sites.graced],
    groups: hashes(groups),
    partitions: hashes(partitions),
    selectors: hashes(selectors),
    tenants: tenants.map(({ name, origin, paths }) => [name, origin.hash, paths]),
    // A tenant binds documents by their file.
    locks: locks
      .filter(({ expires }) => clock.beside(expires) < expires)
      .map(({ name, origin }) => [name, origin.hash, origin.ref.file]),
  };
}

export function isSameSurroundings(a: Surroundings | null, b: Surroundings | null): boolean {
  return a !== null && b !== null && isSameValue(a, b);
}

/** Paths of the variables that conditions read, themselves or through selectors. */
export function pathsRead(desired: DesiredState, conditions: readonly Condition[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visited = new Set<string>();
  const visit = ({ reads, selectors }: Condition): void => {
    for (const path of reads) found.add(path);
    for (const { name } of selectors) {
      if (visited.has(name)) continue;
      visited.add(name);
      const when = desired.selectors.find((selector) => selector.name === name)?.when;
      if (when) visit(when);
    }
  };
  for (const condition of conditions) visit(condition);
  return found;
}
