import { compileExpression, scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { FederationDocument } from '../generated/index.js';
import type { Federation } from '../state.js';
import type { Body } from './body.js';

const defaultDisposable = 'dataset.status in ["DELETED", "INVALID", "DEPRECATED"]';
const defaultDownGrace = 7 * 86_400;
const defaultPriority = 50;

export function compileFederation(fields: Fields, spec: Checked<FederationDocument['spec']>): Body<Federation> {
  const { defaults, labels } = spec;
  fields.regex(spec.datasetName, ['spec', 'datasetName']);
  return {
    datasetName: spec.datasetName ?? null,
    declaredLabels: { dataset: declared(labels?.dataset), site: declared(labels?.site) },
    defaultOwner: fields.owner(defaults?.owner, ['spec', 'defaults', 'owner']),
    defaultPriority: defaults?.priority ?? defaultPriority,
    downGrace: fields.duration(defaults?.downGrace, ['spec', 'defaults', 'downGrace']) ?? defaultDownGrace,
    evacuateTo: fields.condition(defaults?.evacuateTo, scopes.site, ['spec', 'defaults', 'evacuateTo']),
    disposable:
      fields.condition(spec.disposable, scopes.dataset, ['spec', 'disposable']) ??
      compileExpression<boolean>(defaultDisposable, scopes.dataset, 'bool'),
  };
}

function declared(keys: readonly (string | null)[] | undefined): ReadonlySet<string> | null {
  return keys === undefined ? null : new Set(keys.filter((key) => key !== null));
}
