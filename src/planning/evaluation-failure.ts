/** An expression that fails on a value stops the plan: what cannot be evaluated must not be taken for false. */
import type { DesiredState, RuleRef } from '../desired/state.js';
import { StatorError } from '../error.js';
import { EvaluationError } from '../policy/expression.js';

/** The same error with the place of the document it comes from; anything else as it is. */
export function withPlace(error: unknown, desired: DesiredState): unknown {
  if (!(error instanceof EvaluationError)) return error;
  const ref = documentOf(error.expression, desired);
  return new StatorError({
    code: 'evaluation-failed',
    what: `${error.message} in \`${error.expression}\``,
    ...(ref === null ? {} : { where: `${ref.file}:${ref.line}` }),
    todo: 'guard the expression against this value',
    cause: error,
  });
}

/** The innermost document or rule that holds an expression of that text. */
function documentOf(text: string, desired: DesiredState): RuleRef | null {
  const search = (value: unknown, ref: RuleRef | null): RuleRef | null => {
    if (value === null || typeof value !== 'object' || value instanceof Map || value instanceof Set) return null;
    if ('bind' in value && 'text' in value) return value.text === text ? ref : null;
    const origin = 'origin' in value ? (value.origin as { readonly ref: RuleRef }).ref : ref;
    for (const part of Object.values(value)) {
      const found = search(part, origin);
      if (found !== null) return found;
    }
    return null;
  };
  return search(desired, null);
}
