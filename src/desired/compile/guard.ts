import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { GuardDocument } from '../generated/index.js';
import type { Guard } from '../state.js';
import { always, type Body } from './body.js';

type Spec = Checked<GuardDocument['spec']>;

const defaultWindow = 86_400;

export function compileGuard(fields: Fields, spec: Spec): Body<Guard> {
  return {
    sites: fields.condition(spec.sites, scopes.site, ['spec', 'sites']) ?? always(scopes.site),
    partition: fields.reference('Partition', spec.partition, ['spec', 'partition']),
    transfers: compileTransfers(fields, spec.transfers ?? {}),
    deletions: spec.deletions === undefined ? null : compileDeletions(fields, spec.deletions),
    copies: (spec.copies ?? []).flatMap((copies, index) => {
      if (copies === null) return [];
      const path = ['spec', 'copies', index, 'datasets'];
      const datasets = fields.condition(copies.datasets, scopes.dataset, path) ?? always(scopes.dataset);
      return [{ datasets, min: copies.min ?? 1, tape: copies.tape ?? false }];
    }),
    staleness: compileStaleness(fields, spec.staleness ?? {}),
  };
}

function compileTransfers(fields: Fields, transfers: NonNullable<Spec['transfers']>): Guard['transfers'] {
  const path = (name: string) => ['spec', 'transfers', name];
  return {
    maxBytesPerCycle: fields.bytes(transfers.maxBytesPerCycle, path('maxBytesPerCycle')),
    maxOccupancy: fields.fraction(transfers.maxOccupancy, path('maxOccupancy')),
    maxPending: fields.fraction(transfers.maxPending, path('maxPending')),
    maxDatasetSize: fields.bytes(transfers.maxDatasetSize, path('maxDatasetSize')),
  };
}

function compileDeletions(fields: Fields, deletions: NonNullable<Spec['deletions']>): Guard['deletions'] {
  const path = (name: string) => ['spec', 'deletions', name];
  const per = fields.duration(deletions.per, path('per')) ?? defaultWindow;
  if (per <= 0) fields.error('wrong-value', path('per'), 'found no time at all, expected a window such as 24h');
  return {
    per,
    maxBytes: fields.bytes(deletions.maxBytes, path('maxBytes')),
    maxShareOfSite: fields.fraction(deletions.maxShareOfSite, path('maxShareOfSite')),
    maxDatasets: deletions.maxDatasets ?? null,
    approvalAbove: fields.bytes(deletions.approvalAbove, path('approvalAbove')),
  };
}

function compileStaleness(fields: Fields, staleness: NonNullable<Spec['staleness']>): Guard['staleness'] {
  const path = (name: string) => ['spec', 'staleness', name];
  return {
    inventory: fields.duration(staleness.inventory, path('inventory')),
    source: fields.duration(staleness.source, path('source')),
    maxShrink: fields.fraction(staleness.maxShrink, path('maxShrink')),
  };
}
