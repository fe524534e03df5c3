import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { ExclusionDocument } from '../generated/index.js';
import type { Exclusion } from '../state.js';
import { type Body, never } from './body.js';

export function compileExclusion(fields: Fields, spec: Checked<ExclusionDocument['spec']>): Body<Exclusion> {
  return {
    datasets: fields.condition(spec.datasets, scopes.dataset, ['spec', 'datasets']) ?? never(scopes.dataset),
    sites: fields.condition(spec.sites, scopes.datasetSite, ['spec', 'sites']) ?? never(scopes.datasetSite),
    reason: spec.reason ?? '',
    remove: spec.remove ?? false,
  };
}
