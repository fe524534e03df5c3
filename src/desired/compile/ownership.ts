import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { OwnershipDocument } from '../generated/index.js';
import type { Ownership } from '../state.js';
import { type Body, never } from './body.js';

export function compileOwnership(fields: Fields, spec: Checked<OwnershipDocument['spec']>): Body<Ownership> {
  return {
    match: fields.condition(spec.match, scopes.partitionBlock, ['spec', 'match']) ?? never(scopes.partitionBlock),
    owner: fields.owner(spec.owner, ['spec', 'owner']) ?? '',
  };
}
