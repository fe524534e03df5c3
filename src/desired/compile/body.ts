/** The part of a compiled document that its `spec` decides. */
import type { Condition } from '../../policy/index.js';
import { compileExpression, type Scope } from '../../policy/index.js';
import type { Federation } from '../state.js';

type Head = 'name' | 'origin' | 'labels' | 'annotations';

export type Body<D> = Omit<D, Head>;

/** What documents take from the Federation where they say nothing. */
export type Defaults = Pick<Federation, 'defaultOwner' | 'defaultPriority'>;

/** A condition that always holds: the default of scopes. */
export function always(scope: Scope): Condition {
  return compileExpression<boolean>('true', scope, 'bool');
}

/**
 * Stands in for a required condition that is missing or wrong, so that the rest of the document can be checked. It
 * never reaches a plan: there is an error, and so no desired state.
 */
export function never(scope: Scope): Condition {
  return compileExpression<boolean>('false', scope, 'bool');
}
