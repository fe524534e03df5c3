/** Which documents of a random world speak about what, and when: by the meaning of their fields alone. */
import type { PlannedAction } from '../../src/planning/index.js';
import { days, type ReplicaLine, clock as start } from '../scenarios/inventory.js';
import type { DatasetModel, ExclusionModel, PlacementModel, RuleModel, SiteModel, WorldModel } from './world.js';

/** Whether a tenant's document may speak about a dataset, a site (null: without a document) and an owner. */
export function isWithin(
  world: WorldModel,
  document: { readonly tenant: boolean },
  what: { readonly dataset?: DatasetModel; readonly site?: SiteModel | null; readonly owner?: string },
): boolean {
  const { tenant } = world;
  if (tenant === null || !document.tenant) return true;
  if (what.dataset !== undefined && tenant.datasets?.holds(what.dataset) === false) return false;
  if (what.site !== undefined && tenant.sites !== null && (what.site === null || !tenant.sites.holds(what.site))) {
    return false;
  }
  return what.owner === undefined || what.owner === '' || !tenant.onlyA || what.owner === 'A';
}

const allStatuses = ['VALID', 'PRODUCTION', 'DEPRECATED'];

/** Whether a placement wants a dataset at a time: it has not ended, and matches. */
export function wants(world: WorldModel, placement: PlacementModel, dataset: DatasetModel, time: number): boolean {
  const { expires, keepFor, anyStatus } = placement;
  if (expires !== null && time >= start + days(expires)) return false;
  if (keepFor !== null && time >= start - days(dataset.age) + days(keepFor)) return false;
  if (!(anyStatus ? allStatuses : ['VALID', 'PRODUCTION']).includes(dataset.status)) return false;
  return placement.datasets.holds(dataset) && isWithin(world, placement, { dataset });
}

/** Sites where copies for a placement may be, and count. */
export function sitesFor(world: WorldModel, placement: PlacementModel, dataset: DatasetModel): SiteModel[] {
  return world.sites.filter(
    (site) =>
      placement.to.holds(site, dataset) &&
      isWithin(world, placement, { site }) &&
      !exclusionsOf(world, dataset, site).some(({ remove }) => remove),
  );
}

export function exclusionsOf(world: WorldModel, dataset: DatasetModel, site: SiteModel): ExclusionModel[] {
  return world.exclusions.filter(
    (each) =>
      each.datasets.holds(dataset) && each.sites.holds(site, dataset) && isWithin(world, each, { dataset, site }),
  );
}

/** Whether work of a class may start at a site. Deny beats allow. */
export function mayStart(world: WorldModel, what: 'transfers' | 'deletions', site: SiteModel, time: number): boolean {
  const windows = world.windows.filter((each) => (each.what === what || each.what === 'all') && each.sites.holds(site));
  if (windows.some(({ effect, hours }) => effect === 'deny' && hours.open(time))) return false;
  const allowing = windows.filter(({ effect }) => effect === 'allow');
  return allowing.length === 0 || allowing.some(({ hours }) => hours.open(time));
}

export function isInForce({ notBefore, expires }: RuleModel, time: number): boolean {
  return (notBefore === null || time >= start + days(notBefore)) && (expires === null || time < start + days(expires));
}

/** Copies a placement wants of a dataset, `all` as one at every ready site of those. */
export function wantedCopies({ copies }: PlacementModel, dataset: DatasetModel, sites: readonly SiteModel[]): number {
  if (copies === 'all') return sites.filter(({ state }) => state === 'ready').length;
  return typeof copies === 'object' ? copies.count(dataset) : copies;
}

/** What an action, planned or open, acts on. */
export type Affecting = Pick<PlannedAction, 'type' | 'dataset' | 'site' | 'blocks'>;

export function touches(action: Affecting, row: ReplicaLine): boolean {
  return (
    action.dataset === row.dataset &&
    action.site === row.site &&
    (action.blocks === null || action.blocks.includes(row.block))
  );
}

/** How many of the copies at some sites count: `spread` lets no more than so many of a region. */
export function counting({ spread }: PlacementModel, sites: readonly SiteModel[]): number {
  if (spread === null) return sites.length;
  const regions = [...new Set(sites.map(({ region }) => region))];
  return regions.reduce((sum, each) => sum + Math.min(spread, sites.filter(({ region }) => region === each).length), 0);
}
