/**
 * The plugin API: what a plugin module imports, and nothing else of Stator.
 *
 * A plugin is a module whose default export is made with {@link definePlugin} (or a list of such definitions). Plugins
 * are named and configured in the server configuration, never in the desired-state repository. Their contract is in the
 * comments of `mover.ts` and `deleter.ts`; suites that check it are in `contract/`.
 */
export * from './define-plugin.js';
export * from './deleter.js';
export * from './error.js';
export * from './file.js';
export * from './mover.js';
