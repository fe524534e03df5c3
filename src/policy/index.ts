/**
 * The policy language: CEL expressions, parsed and type-checked by a library, compiled to closures over columns.
 *
 * `compileExpression` turns text into an {@link Expression}; planning binds it to a host whose accessors read the
 * inventory. This layer knows nothing of YAML, files or the inventory.
 */
export { compileExpression, type Expected } from './compile.js';
export { contradictionIn, implies } from './contradictions.js';
export { environmentKey } from './environment.js';
export * from './expression.js';
export { expressionFrom, type KeptExpression, keptExpression, type SharedReads } from './kept-expression.js';
export { type Alternative, type Atom, type Literal, outlineOf } from './outline.js';
export { anyGlobMatcher, globMatcher, regexGroupCount, regexMatcher } from './text-match.js';
export * from './units.js';
export * from './variables.js';
