import { compareBytes } from '../../order.js';
import { type Expression, scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { PlacementDocument } from '../generated/index.js';
import type { Placement } from '../state.js';
import { type Body, type Defaults, never } from './body.js';

type Spec = Checked<PlacementDocument['spec']>;

export function compilePlacement(fields: Fields, spec: Spec, defaults: Defaults): Body<Placement> {
  const statuses = (spec.statuses ?? ['VALID', 'PRODUCTION']).filter((status) => status !== null);
  return {
    datasets: fields.condition(spec.datasets, scopes.dataset, ['spec', 'datasets']) ?? never(scopes.dataset),
    statuses: [...new Set(statuses)].sort(compareBytes),
    to: fields.condition(spec.to, scopes.datasetSite, ['spec', 'to']) ?? never(scopes.datasetSite),
    from: fields.condition(spec.from, scopes.datasetSite, ['spec', 'from']),
    copies: compileCopies(fields, spec.copies),
    level: spec.level ?? 'dataset',
    owner: fields.owner(spec.owner, ['spec', 'owner']) ?? defaults.defaultOwner,
    priority: spec.priority ?? defaults.defaultPriority,
    activity: spec.activity ?? null,
    protect: spec.protect ?? true,
    weight: fields.expression<number>(spec.weight, scopes.partitionSite, 'number', ['spec', 'weight']),
    expires: fields.time(spec.expires, ['spec', 'expires']),
    spread: spec.spread?.by === undefined ? null : { by: spec.spread.by, max: spec.spread.max ?? 1 },
    relativeTo: compileRelative(fields, spec.relativeTo),
    keepFor: fields.duration(spec.keepFor, ['spec', 'keepFor']),
    onRemove: spec.onRemove ?? 'release',
  };
}

function compileRelative(fields: Fields, relative: Spec['relativeTo']): Placement['relativeTo'] {
  if (relative?.label === undefined) return null;
  const path = ['spec', 'relativeTo', 'placement'];
  const placement = fields.reference('Placement', relative.placement, path);
  if (placement === fields.document.name) fields.error('wrong-value', path, 'a Placement cannot be relative to itself');
  return placement === null ? null : { placement, label: relative.label, same: relative.same ?? true };
}

function compileCopies(fields: Fields, copies: Spec['copies']): number | 'all' | Expression<number> {
  if (copies === undefined) return 1;
  if (typeof copies === 'number' || copies === 'all') return copies;
  const path = ['spec', 'copies'];
  if (/^[a-z]+$/i.test(copies.trim())) {
    fields.error('wrong-value', path, `found "${copies}", expected an integer, \`all\`, or an integer expression`);
    return 1;
  }
  const expression = fields.expression<number>(copies, scopes.dataset, 'int', path);
  if (expression?.constant !== undefined && expression.constant < 0) {
    fields.error('wrong-value', path, `found ${expression.constant}, expected at least 0`);
  }
  return expression?.constant ?? expression ?? 1;
}
