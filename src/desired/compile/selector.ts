import { type Root, type Scope, scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { SelectorDocument } from '../generated/index.js';
import { readNamesFile } from '../names-file.js';
import type { Selector } from '../state.js';
import type { Body } from './body.js';

/** With a partition in scope: where a selector that reads quotas is used without one is checked at the use. */
const scopeOf: Readonly<Record<Root, Scope>> = {
  site: scopes.partitionSite,
  dataset: scopes.dataset,
  replica: scopes.replica,
  block: scopes.block,
};

export function compileSelector(fields: Fields, spec: Checked<SelectorDocument['spec']>): Body<Selector> {
  const scope = spec.scope ?? 'dataset';
  const { document } = fields;
  const names = (spec.names ?? []).flatMap((text, index) => {
    if (text === null) return [];
    return [{ text, file: document.file, line: document.valuePlace(['spec', 'names', index]).line }];
  });
  if (spec.namesFile !== undefined) names.push(...readNamesFile(fields, spec.namesFile, ['spec', 'namesFile']));
  const when = spec.scope === undefined ? null : fields.condition(spec.when, scopeOf[scope], ['spec', 'when']);
  return { scope, when, names };
}
