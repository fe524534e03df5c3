import type { Expression, Scope, Value } from './expression.js';

/** What an expression must result in: `number` is int or double, `order` a number or a string. */
export type Expected = 'bool' | 'int' | 'number' | 'order';

/**
 * Parses and type-checks `text` as standing in `scope` and resulting in `expected`.
 *
 * @throws ExpressionError with the offset in the text
 */
export function compileExpression<T extends Value>(text: string, scope: Scope, expected: Expected): Expression<T> {
  throw new Error(`${text} ${scope.name} ${expected}`);
}
