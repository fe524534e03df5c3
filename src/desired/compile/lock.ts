import { compareBytes } from '../../order.js';
import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { LockDocument } from '../generated/index.js';
import type { Lock } from '../state.js';
import type { Body } from './body.js';

export function compileLock(fields: Fields, spec: Checked<LockDocument['spec']>): Body<Lock> {
  spec.owners?.forEach((owner, index) => {
    fields.owner(owner ?? undefined, ['spec', 'owners', index]);
  });
  return {
    datasets: fields.condition(spec.datasets, scopes.dataset, ['spec', 'datasets']),
    blocks: namesOf(spec.blocks),
    sites: fields.condition(spec.sites, scopes.site, ['spec', 'sites']),
    owners: namesOf(spec.owners),
    expires: fields.time(spec.expires, ['spec', 'expires']) ?? 0,
    reason: spec.reason ?? '',
  };
}

function namesOf(list: readonly (string | null)[] | undefined): ReadonlySet<string> | null {
  return list === undefined ? null : new Set(list.filter((name) => name !== null).sort(compareBytes));
}
