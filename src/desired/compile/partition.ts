import { compareBytes } from '../../order.js';
import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { PartitionDocument } from '../generated/index.js';
import type { Partition } from '../state.js';
import { type Body, never } from './body.js';

export function compilePartition(fields: Fields, spec: Checked<PartitionDocument['spec']>): Body<Partition> {
  const include = (spec.include ?? []).filter((name) => name !== null);
  spec.include?.forEach((name, index) => {
    fields.reference('Partition', name ?? undefined, ['spec', 'include', index]);
  });
  if (spec.include !== undefined && spec.quotas !== undefined) {
    fields.error('union-quota', ['spec', 'quotas'], 'the quota of a union is the sum of its members: remove this one');
  }
  const quotas = (spec.quotas ?? []).flatMap((quota, index) => {
    if (quota === null) return [];
    const path = ['spec', 'quotas', index];
    const sites = fields.condition(quota.sites, scopes.site, [...path, 'sites']) ?? never(scopes.site);
    return [{ sites, size: fields.quota(quota.size, [...path, 'size']) ?? 0 }];
  });
  return {
    match: fields.condition(spec.match, scopes.partitionBlock, ['spec', 'match']),
    include: [...new Set(include)].sort(compareBytes),
    quotas,
  };
}
