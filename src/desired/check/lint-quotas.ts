/** Quotas above what a site has, where its label `capacity` says how much that is. */
import { formatBytes, parseBytes } from '../../policy/index.js';
import type { Site } from '../state.js';
import { DeclaredSites } from './declared-sites.js';
import type { Lint } from './lint.js';

export function lintQuotas(lint: Lint): void {
  const { sites, partitions, selectors } = lint.state;
  const capacities = new Map<Site, number>();
  for (const site of sites) {
    const text = site.labels.get('capacity');
    if (text === undefined) continue;
    const capacity = parseBytes(text.trim());
    if (capacity !== null) capacities.set(site, capacity);
    else if (/^\d/.test(text.trim())) {
      const fields = lint.fields('Site', site.name);
      const message = `found "${text}", which is not a size such as 3PB: quotas are not compared with it`;
      if (fields !== null) lint.warn(fields, 'bad-capacity', ['metadata', 'labels', 'capacity'], message);
    }
  }
  if (capacities.size === 0) return;
  for (const [site, capacity] of capacities) {
    const fields = lint.fields('Site', site.name);
    for (const [partition, quota] of site.quotas) {
      // Unlimited says that the partition does not limit, not that there is no end.
      if (fields === null || quota <= capacity || quota === Number.POSITIVE_INFINITY) continue;
      const message = `the quota ${formatBytes(quota)} is above the site's capacity, ${formatBytes(capacity)}`;
      lint.warn(fields, 'quota-above-capacity', ['spec', 'quotas', partition], message);
    }
  }
  const declared = new DeclaredSites(sites, selectors);
  for (const partition of partitions) {
    const decided = new Set(sites.filter((site) => site.quotas.has(partition.name)));
    for (const [index, { sites: where, size }] of partition.quotas.entries()) {
      const matching = declared.where(where);
      // Where one quota's sites are not known, neither are those that are left for the ones below.
      if (matching === null) break;
      const over = matching.filter(
        (site) => !decided.has(site) && size > (capacities.get(site) ?? Number.POSITIVE_INFINITY),
      );
      for (const site of matching) decided.add(site);
      const [first] = over;
      const fields = lint.fields('Partition', partition.name);
      if (first === undefined || fields === null || size === Number.POSITIVE_INFINITY) continue;
      const more = over.length === 1 ? '' : ` (and ${over.length - 1} more)`;
      const message = `the quota ${formatBytes(size)} is above the capacity of ${first.name}, ${formatBytes(capacities.get(first) ?? 0)}${more}`;
      lint.warn(fields, 'quota-above-capacity', ['spec', 'quotas', index, 'size'], message);
    }
  }
}
