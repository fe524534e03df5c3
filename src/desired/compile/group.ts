import type { Checked, Fields } from '../fields.js';
import type { GroupDocument } from '../generated/index.js';
import type { Group } from '../state.js';
import type { Body } from './body.js';

export function compileGroup(fields: Fields, spec: Checked<GroupDocument['spec']>): Body<Group> {
  return { ownership: spec.ownership ?? 'dataset', limit: fields.bytes(spec.limit, ['spec', 'limit']) };
}
