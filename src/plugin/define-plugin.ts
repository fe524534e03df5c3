import type { Deleter } from './deleter.js';
import type { Mover } from './mover.js';

/** What each kind of plugin makes. Further kinds (stager, catalog, usage, site status, forge, notifier) are added here. */
export interface PluginInstances {
  readonly mover: Mover;
  readonly deleter: Deleter;
}

export type PluginKind = keyof PluginInstances;

export const pluginKinds: readonly PluginKind[] = ['mover', 'deleter'];

/** What a plugin is given by the program that runs it. */
export interface PluginContext {
  /** The name it has in the server configuration. */
  readonly name: string;
  /** Tells that the state of some job has changed, so that the caller polls at once instead of at its interval. */
  notify(): void;
  /** One line for the log; credentials must not be in it. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}

export interface PluginDefinition<K extends PluginKind = PluginKind, Config = unknown> {
  readonly kind: K;
  /** Kebab-case; plugins of different kinds that belong together share a name. */
  readonly name: string;
  /** JSON Schema (draft 2020-12) of the configuration; defaults in it are filled in. */
  readonly configSchema: Readonly<Record<string, unknown>>;
  /** Makes the plugin; throws or rejects where the configuration cannot work. */
  create(config: Config, context: PluginContext): PluginInstances[K] | Promise<PluginInstances[K]>;
}

/**
 * Declares a plugin: the default export of a plugin module is what this returns, or a list of such.
 *
 * @example
 * export default definePlugin({
 *   kind: 'mover',
 *   name: 'my-mover',
 *   configSchema: { type: 'object', properties: { url: { type: 'string' } }, required: ['url'] },
 *   create: (config: { url: string }, context) => new MyMover(config.url, context),
 * });
 */
export function definePlugin<K extends PluginKind, Config>(
  definition: PluginDefinition<K, Config>,
): PluginDefinition<K, Config> {
  return definition;
}
