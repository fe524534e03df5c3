/**
 * The plugins of one process: loaded, configured, and behind their walls.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { messageOf, StatorError } from '../error.js';
import { ContainedDeleter, ContainedMover, type ContainmentOptions, defaultContainment } from './containment.js';
import { type PluginContext, type PluginDefinition, type PluginKind, pluginKinds } from './define-plugin.js';
import type { Deleter } from './deleter.js';
import { schemeOf } from './file.js';
import { firstPartyModule } from './first-party.js';
import type { Mover } from './mover.js';

/** One plugin of the server configuration. */
export interface PluginSetting {
  /** What it is called here; routing refers to it. */
  readonly name: string;
  /** A first-party name, an npm package, or a path; `name` where it is left out. */
  readonly use?: string | undefined;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** False switches it off; only of use for the first-party ones that are on by default. */
  readonly enabled?: boolean | undefined;
}

export interface RegistryOptions {
  readonly plugins?: readonly PluginSetting[] | undefined;
  /** Relative paths in `use` are resolved against it. */
  readonly directory?: string | undefined;
  /** Seconds since the epoch; the real clock, also where a cycle runs at a given time: time limits are real. */
  readonly clock?: (() => number) | undefined;
  readonly containment?: Partial<Omit<ContainmentOptions, 'clock'>> | undefined;
  readonly log?: ((plugin: string, level: 'debug' | 'info' | 'warn' | 'error', message: string) => void) | undefined;
}

/** What needs no configuration and touches nothing until a site asks for it. */
const onByDefault = ['posix'];

export class PluginRegistry {
  readonly movers: readonly ContainedMover[];
  readonly deleters: readonly ContainedDeleter[];
  readonly #listeners: Set<() => void>;

  private constructor(
    movers: readonly ContainedMover[],
    deleters: readonly ContainedDeleter[],
    listeners: Set<() => void>,
  ) {
    this.movers = movers;
    this.deleters = deleters;
    this.#listeners = listeners;
  }

  /**
   * Loads the configured plugins, and the first-party ones that are on by default.
   *
   * @throws StatorError `plugin-load`, `plugin-config`
   */
  static async load(options: RegistryOptions = {}): Promise<PluginRegistry> {
    const settings = [...(options.plugins ?? [])];
    for (const name of onByDefault) {
      if (!settings.some((setting) => (setting.use ?? setting.name) === name)) settings.push({ name });
    }
    const containment: ContainmentOptions = {
      ...defaultContainment,
      ...options.containment,
      clock: options.clock ?? (() => Date.now() / 1000),
    };
    const listeners = new Set<() => void>();
    const movers: ContainedMover[] = [];
    const deleters: ContainedDeleter[] = [];
    for (const setting of settings) {
      if (setting.enabled === false) continue;
      const context: PluginContext = {
        name: setting.name,
        notify: () => {
          for (const listener of listeners) listener();
        },
        log: (level, message) => options.log?.(setting.name, level, message),
      };
      for (const definition of await definitions(setting, options.directory ?? process.cwd())) {
        const instance = await create(definition, setting, context);
        if (definition.kind === 'mover') movers.push(new ContainedMover(setting.name, instance.mover(), containment));
        else deleters.push(new ContainedDeleter(setting.name, instance.deleter(), containment));
      }
    }
    return new PluginRegistry(movers, deleters, listeners);
  }

  mover(name: string): ContainedMover | undefined {
    return this.movers.find((mover) => mover.name === name);
  }

  deleter(name: string): ContainedDeleter | undefined {
    return this.deleters.find((deleter) => deleter.name === name);
  }

  /** The first deleter, in the order of the configuration, that serves the scheme of `url`. */
  deleterFor(url: string): ContainedDeleter | undefined {
    const scheme = schemeOf(url);
    return this.deleters.find((deleter) => deleter.schemes.includes(scheme));
  }

  /** Calls `listener` whenever a plugin announces news; returns what ends that. */
  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const plugin of [...this.movers, ...this.deleters]) await plugin.close();
  }
}

async function definitions(setting: PluginSetting, directory: string): Promise<PluginDefinition[]> {
  const use = setting.use ?? setting.name;
  let module: unknown;
  try {
    module = await import(
      firstPartyModule(use) ?? (/^[./]/.test(use) ? pathToFileURL(resolve(directory, use)).href : use)
    );
  } catch (error) {
    throw new StatorError({
      code: 'plugin-load',
      what: `the plugin ${setting.name} cannot be loaded: ${messageOf(error)}`,
      where: use,
      todo: 'give the name of a first-party plugin, an installed npm package, or a path',
      actBy: 'admin',
      cause: error,
    });
  }
  const exported: unknown = isRecord(module) ? module.default : undefined;
  const list: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  if (list.length === 0 || !list.every(isDefinition)) {
    throw new StatorError({
      code: 'plugin-load',
      what: `the plugin ${setting.name} has no default export made with definePlugin`,
      where: use,
      todo: 'export default definePlugin({ kind, name, configSchema, create })',
      actBy: 'admin',
    });
  }
  return list.filter(isDefinition);
}

async function create(definition: PluginDefinition, setting: PluginSetting, context: PluginContext) {
  // A copy, because defaults are filled in.
  const config: unknown = structuredClone(setting.config ?? {});
  const ajv = new Ajv2020({ allErrors: true, strict: false, useDefaults: true });
  const fail = (why: string, cause?: unknown): StatorError =>
    new StatorError({
      code: 'plugin-config',
      what: `the configuration of the plugin ${setting.name} is not valid: ${why}`,
      where: `plugins, ${setting.name} (${definition.kind})`,
      todo: 'correct it in the server configuration',
      actBy: 'admin',
      cause,
    });
  let valid: ReturnType<Ajv2020['compile']>;
  try {
    valid = ajv.compile(definition.configSchema);
  } catch (error) {
    throw fail(`its schema does not compile: ${messageOf(error)}`, error);
  }
  if (!valid(config)) throw fail(ajv.errorsText(valid.errors, { dataVar: 'config' }));
  let made: unknown;
  try {
    made = await definition.create(config, context);
  } catch (error) {
    throw fail(messageOf(error), error);
  }
  return {
    mover: () => {
      if (!isMover(made)) throw fail('what it makes is no mover');
      return made;
    },
    deleter: () => {
      if (!isDeleter(made)) throw fail('what it makes is no deleter');
      return made;
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function hasMethods(value: unknown, ...names: readonly string[]): value is Record<string, unknown> {
  return isRecord(value) && names.every((name) => typeof value[name] === 'function');
}

function isDefinition(value: unknown): value is PluginDefinition {
  return (
    hasMethods(value, 'create') &&
    typeof value.name === 'string' &&
    pluginKinds.some((kind: PluginKind) => kind === value.kind) &&
    isRecord(value.configSchema)
  );
}

function isMover(value: unknown): value is Mover {
  return (
    hasMethods(value, 'submit', 'poll', 'cancel', 'find', 'close') &&
    Array.isArray(value.pairs) &&
    typeof value.maxBatch === 'number' &&
    typeof value.pollInterval === 'number'
  );
}

function isDeleter(value: unknown): value is Deleter {
  return (
    hasMethods(value, 'delete', 'confirm', 'close') &&
    Array.isArray(value.schemes) &&
    typeof value.maxBatch === 'number' &&
    typeof value.confirmInterval === 'number'
  );
}
