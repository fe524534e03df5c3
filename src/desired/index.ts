/**
 * The desired state: YAML text to validated documents to a compiled {@link DesiredState}, with positions.
 *
 * `compileDesired` is pure: bytes of files in, a state or diagnostics out. What reads the files is `src/source`; what
 * uses the state is `src/planning`. The schemas of the kinds (`schemas/`) decide what a document may say; the files in
 * `compile/` give its fields their meaning, one file per kind; the files in `check/` look at documents together.
 */
export { type CompileResult, compileDesired } from './compile-desired.js';
export type { DocumentCache } from './document-cache.js';
export { apiVersion, describeKinds, isKind, type Kind, kinds } from './kinds.js';
export { limits } from './limits.js';
export type { DocumentContent } from './parsed-document.js';
export { isYamlPath, type SourceFile } from './source-file.js';
export * from './state.js';
