import { compareBytes } from '../../order.js';
import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { TenantDocument } from '../generated/index.js';
import type { Tenant } from '../state.js';
import type { Body } from './body.js';

export function compileTenant(fields: Fields, spec: Checked<TenantDocument['spec']>): Body<Tenant> {
  spec.owners?.forEach((owner, index) => {
    fields.owner(owner ?? undefined, ['spec', 'owners', index]);
  });
  const owners = listed(spec.owners);
  return {
    // A folder is everything below it.
    paths: (listed(spec.paths) ?? []).map((path) => (path.endsWith('/') ? `${path}*` : path)),
    datasets: fields.condition(spec.datasets, scopes.dataset, ['spec', 'datasets']),
    sites: fields.condition(spec.sites, scopes.site, ['spec', 'sites']),
    owners: owners === null ? null : new Set(owners),
    signers: listed(spec.signers),
    approvers: listed(spec.approvers),
  };
}

function listed(list: readonly (string | null)[] | undefined): string[] | null {
  return list === undefined ? null : list.filter((item) => item !== null).sort(compareBytes);
}
