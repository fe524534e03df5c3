/**
 * What is known of an expression without its syntax tree, in a form that can be written as JSON and read again.
 *
 * All of it follows from the text, the scope and what the expression is to result in, as long as the program is the same:
 * whoever has it need not parse the text before the expression is bound, which most of a large desired state never is.
 */
import { type Expected, expressionOf, isShort } from './compile.js';
import { environmentKey } from './environment.js';
import type { Expression, Root, Scope, Value, ValueType } from './expression.js';

/** The first three decide the rest. */
export type KeptExpression = readonly [
  text: string,
  environment: string,
  expected: Expected,
  type: ValueType,
  reads: readonly string[],
  selectors: readonly (readonly [root: Root, name: string, offset: number])[],
  /** null: the text itself. */
  canonical: string | null,
  datasetNames: readonly string[] | null,
  consistent: boolean,
];

/** null for what is to be compiled again: constants, which are values that JSON may not have, and long texts. */
export function keptExpression(expression: Expression, expected: Expected): KeptExpression | null {
  const { text, scope, type, reads, selectors, canonical, datasetNames, constant, consistent } = expression;
  if (constant !== undefined || !isShort(text)) return null;
  return [
    text,
    environmentKey(scope),
    expected,
    type,
    [...reads],
    selectors.map(({ root, name, offset }) => [root, name, offset] as const),
    canonical === text ? null : canonical,
    datasetNames,
    consistent,
  ];
}

/** Sets of paths that expressions read: most expressions read what others do. */
export type SharedReads = Map<string, ReadonlySet<string>>;

/**
 * The expression of which this was kept.
 *
 * @param scope one whose environment has the key that was kept
 * @param shared takes part in all calls whose expressions may have sets in common
 */
export function expressionFrom<T extends Value>(
  kept: KeptExpression,
  scope: Scope,
  shared: SharedReads = new Map(),
): Expression<T> {
  const [text, , , type, reads, selectors, canonical, datasetNames, consistent] = kept;
  const known = {
    type,
    reads: sharedReads(reads, shared),
    selectors: selectors.length === 0 ? none : selectors.map(([root, name, offset]) => ({ root, name, offset })),
    canonical: canonical ?? text,
    datasetNames,
    consistent,
  };
  return expressionOf<T>(text, scope, known, undefined, null);
}

const none: readonly never[] = [];

function sharedReads(reads: readonly string[], shared: SharedReads): ReadonlySet<string> {
  const [first] = reads;
  // No path begins as a list does.
  const key = first !== undefined && reads.length === 1 ? first : JSON.stringify(reads);
  let set = shared.get(key);
  if (set === undefined) {
    set = new Set(reads);
    shared.set(key, set);
  }
  return set;
}
