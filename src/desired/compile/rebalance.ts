import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { RebalanceDocument } from '../generated/index.js';
import type { Rebalance } from '../state.js';
import { always, type Body, never } from './body.js';

const defaultTolerance = 0.05;

export function compileRebalance(fields: Fields, spec: Checked<RebalanceDocument['spec']>): Body<Rebalance> {
  return {
    partition: fields.reference('Partition', spec.partition, ['spec', 'partition']) ?? '',
    sites: fields.condition(spec.sites, scopes.partitionSite, ['spec', 'sites']) ?? never(scopes.partitionSite),
    datasets: fields.condition(spec.datasets, scopes.dataset, ['spec', 'datasets']) ?? always(scopes.dataset),
    tolerance: fields.fraction(spec.tolerance, ['spec', 'tolerance']) ?? defaultTolerance,
    maxBytesPerCycle: fields.bytes(spec.maxBytesPerCycle, ['spec', 'maxBytesPerCycle']),
    maxDatasetSize: fields.bytes(spec.maxDatasetSize, ['spec', 'maxDatasetSize']),
  };
}
