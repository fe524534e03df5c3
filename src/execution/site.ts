/** What execution knows of a site: enough to make URLs and to decide whether work can go on there. */
import type { Endpoint, Site, SiteState, StorageClass } from '../desired/state.js';

export interface ExecutionSite {
  readonly name: string;
  readonly storage: StorageClass;
  readonly state: SiteState;
  readonly labels: ReadonlyMap<string, string>;
  readonly endpoints: readonly Endpoint[];
}

export type ExecutionSites = ReadonlyMap<string, ExecutionSite>;

export function executionSites(sites: readonly Site[]): ExecutionSites {
  return new Map(
    sites.map(({ name, storage, state, labels, endpoints }): [string, ExecutionSite] => [
      name,
      { name, storage, state, labels, endpoints },
    ]),
  );
}

/** Data here can be read. */
export function isSource(site: ExecutionSite | undefined): boolean {
  return site !== undefined && (site.state === 'ready' || site.state === 'readonly' || site.state === 'draining');
}

/** New data may come. */
export function isDestination(site: ExecutionSite | undefined): boolean {
  return site?.state === 'ready';
}

/** Data here can be deleted. */
export function canDelete(site: ExecutionSite | undefined): boolean {
  return isSource(site);
}
