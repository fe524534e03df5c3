/**
 * The policy language: CEL expressions, parsed and type-checked by a library, compiled to closures over columns.
 *
 * `compileExpression` turns text into an {@link Expression}; planning binds it to a host whose accessors read the
 * inventory. This layer knows nothing of YAML, files or the inventory.
 */
export { compileExpression } from './compile.js';
export * from './expression.js';
export * from './units.js';
