/** Quota per site and partition, in bytes; `Infinity` is unlimited. */
import type { DesiredState, Partition } from '../desired/state.js';
import type { VariableHost } from '../policy/expression.js';
import type { SiteTable } from './site-table.js';

export interface Quotas {
  /** `of[p * sites + s]`. */
  readonly of: Float64Array;
  /** Whether partition p has a quota at any site; one without any does not limit. */
  readonly limits: Uint8Array;
}

/** @param moveTo puts the host's cursor on a site */
export function makeQuotas(
  desired: DesiredState,
  sites: SiteTable,
  host: VariableHost,
  moveTo: (site: number) => void,
): Quotas {
  const { partitions } = desired;
  const indexOf = new Map(partitions.map((partition, index) => [partition.name, index]));
  const of = new Float64Array(partitions.length * sites.count);
  const limits = new Uint8Array(partitions.length);
  const done = new Set<number>();
  const named = new Set(sites.documents.flatMap((site) => (site === null ? [] : [...site.quotas.keys()])));

  const fill = (partition: Partition, p: number): void => {
    if (done.has(p)) return;
    done.add(p);
    const members = partition.include.map((name) => indexOf.get(name) as number);
    for (const member of members) fill(partitions[member] as Partition, member);
    const rules = partition.quotas.map((rule) => ({ holds: rule.sites.bind(host), size: rule.size }));
    const own = rules.length > 0 || named.has(partition.name);
    limits[p] = own || members.some((member) => limits[member] === 1) ? 1 : 0;
    for (let s = 0; s < sites.count; s++) {
      const declared = sites.documents[s]?.quotas.get(partition.name);
      let quota: number;
      if (declared !== undefined) {
        quota = declared;
      } else {
        moveTo(s);
        const rule = rules.find((candidate) => sites.documents[s] !== null && candidate.holds());
        if (rule !== undefined) quota = rule.size;
        else if (members.length > 0) {
          // A member without any quota does not limit, so neither does the sum.
          quota = members.reduce((sum, member) => sum + (of[member * sites.count + s] as number), 0);
        } else quota = own ? 0 : Number.POSITIVE_INFINITY;
      }
      of[p * sites.count + s] = quota;
    }
  };
  partitions.forEach(fill);
  return { of, limits };
}
