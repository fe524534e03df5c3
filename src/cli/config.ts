/**
 * The configuration of the process: `stator.config.yaml` (or `--config FILE`), overridden by STATOR_* variables of the
 * environment. Its form is `schemas/config.schema.json`; a setting that does not exist is an error with its position,
 * because a mistyped one that is ignored works until the day it matters.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostic.js';
import { StatorError } from '../error.js';
import type { Limits } from '../execution/index.js';
import type { PluginSetting } from '../plugin/registry.js';
import { ExpressionError } from '../policy/index.js';
import { parseBytes, parseDuration } from '../policy/units.js';
import { compileRoutingCondition, type RoutingRule } from '../reconcile/routing.js';
import type { CheckedYaml, YamlFileKind } from './checked-yaml.js';
import { InvalidInput } from './exit.js';

export const configFileName = 'stator.config.yaml';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where the last snapshot of the inventory is kept: see `snapshotCacheFile`. */
export type CacheSetting =
  | { readonly kind: 'default' }
  | { readonly kind: 'off' }
  | { readonly kind: 'directory'; readonly directory: string };

/** With every default filled in; paths are absolute. */
export interface Config {
  /** The file it came from, or null where there is none. */
  readonly file: string | null;
  readonly database: {
    readonly url: string;
    /** Where commands that change nothing read instead, such as a replica; null: there. */
    readonly readUrl: string | null;
    readonly cache: CacheSetting;
  };
  readonly repository: {
    /** null: none is configured. */
    readonly url: string | null;
    readonly ref: string;
    readonly path: string | null;
    /** Seconds. */
    readonly poll: number;
    /** null: signatures are not looked at. */
    readonly verify: { readonly allowedSignersFile?: string } | null;
    readonly cache: string;
  };
  readonly plugins: readonly PluginSetting[];
  /** Directory of the configuration: what is relative in `plugins` is relative to it. */
  readonly directory: string;
  readonly routing: readonly RoutingRule[];
  /** What is not said has the defaults of the execution. */
  readonly limits: Partial<Limits>;
  readonly log: { readonly level: LogLevel };
}

interface LimitsOf {
  readonly transfers?: number;
  readonly bytesPerHour?: string;
}

/** The file's content after the schema has accepted it. */
interface ConfigFile {
  readonly database?: { readonly url?: string; readonly readUrl?: string; readonly cache?: string };
  readonly repository?: {
    readonly url?: string;
    readonly ref?: string;
    readonly path?: string;
    readonly poll?: string;
    readonly verify?: boolean | { readonly allowedSigners?: string };
    readonly cache?: string;
  };
  readonly plugins?: readonly PluginSetting[];
  readonly routing?: readonly { readonly when: string; readonly mover: string }[];
  readonly limits?: {
    readonly site?: LimitsOf & { readonly deletions?: number };
    readonly link?: LimitsOf;
    readonly mover?: LimitsOf;
  };
  readonly log?: { readonly level?: LogLevel };
}

/** Variables that override a setting, and the place of that setting in the file. */
export const environmentSettings = {
  STATOR_DATABASE_URL: ['database', 'url'],
  STATOR_DATABASE_READ_URL: ['database', 'readUrl'],
  STATOR_DATABASE_CACHE: ['database', 'cache'],
  STATOR_REPOSITORY_URL: ['repository', 'url'],
  STATOR_REPOSITORY_REF: ['repository', 'ref'],
  STATOR_REPOSITORY_PATH: ['repository', 'path'],
  STATOR_REPOSITORY_POLL: ['repository', 'poll'],
  STATOR_REPOSITORY_CACHE: ['repository', 'cache'],
  STATOR_LOG_LEVEL: ['log', 'level'],
} as const;

const kind: YamlFileKind = {
  subject: 'the configuration',
  schema: 'config',
  option: '--config',
  pattern: ({ instancePath }) =>
    /\/(url|readUrl)$/.test(instancePath)
      ? 'must be `sqlite:PATH` or `mysql://user:password@host:port/name`'
      : instancePath.endsWith('/bytesPerHour')
        ? 'must be a size with its unit, such as `500GB` or `10TB`'
        : 'must be a duration such as `30s` or `5m`',
};

/**
 * Reads the configuration for a process that was started in `directory`.
 *
 * @param file the value of `--config`; without it, `stator.config.yaml` in `directory` if there is one
 * @throws InvalidInput with every error of the file; StatorError where it cannot be read
 */
export async function loadConfig(
  file: string | undefined,
  directory: string,
  environment: NodeJS.ProcessEnv,
): Promise<Config> {
  const path = file === undefined ? join(directory, configFileName) : resolve(directory, file);
  const found = file !== undefined || existsSync(path);
  // Most commands on a laptop have no configuration, and then need no parser for it.
  const checked = found ? await (await import('./checked-yaml.js')).readCheckedYaml<ConfigFile>(path, kind) : null;
  const fromFile = checked?.content ?? {};
  const fromEnvironment = await readEnvironment(environment);
  const fileDirectory = dirname(path);
  const repository = { ...fromFile.repository, ...fromEnvironment.repository };
  // What the environment says is relative to where the process was started, what the file says to the file.
  const cache =
    fromEnvironment.repository?.cache !== undefined
      ? resolve(directory, fromEnvironment.repository.cache)
      : fromFile.repository?.cache !== undefined
        ? resolve(fileDirectory, fromFile.repository.cache)
        : join(cacheDirectory(environment), 'repositories');
  return {
    file: found ? path : null,
    database: {
      url:
        fromEnvironment.database?.url !== undefined
          ? absoluteDatabase(fromEnvironment.database.url, directory)
          : absoluteDatabase(fromFile.database?.url ?? 'sqlite:.stator/stator.db', fileDirectory),
      readUrl:
        fromEnvironment.database?.readUrl !== undefined
          ? absoluteDatabase(fromEnvironment.database.readUrl, directory)
          : fromFile.database?.readUrl !== undefined
            ? absoluteDatabase(fromFile.database.readUrl, fileDirectory)
            : null,
      cache:
        fromEnvironment.database?.cache !== undefined
          ? cacheSetting(fromEnvironment.database.cache, directory)
          : cacheSetting(fromFile.database?.cache, fileDirectory),
    },
    repository: {
      url:
        fromEnvironment.repository?.url !== undefined
          ? absoluteRepository(fromEnvironment.repository.url, directory)
          : fromFile.repository?.url !== undefined
            ? absoluteRepository(fromFile.repository.url, fileDirectory)
            : null,
      ref: repository.ref ?? 'HEAD',
      path: repository.path ?? null,
      poll: parseDuration(repository.poll ?? '1m') ?? 60,
      verify: verification(fromFile.repository?.verify, fileDirectory),
      cache,
    },
    plugins: fromFile.plugins ?? [],
    directory: fileDirectory,
    routing: checked === null ? [] : routingOf(checked),
    limits: limitsOf(fromFile.limits ?? {}),
    log: { level: fromEnvironment.log?.level ?? fromFile.log?.level ?? 'info' },
  };
}

/** `sqlite:PATH` with an absolute path; other URLs as they are. */
export function absoluteDatabase(url: string, directory: string): string {
  const path = /^sqlite:(.+)$/.exec(url)?.[1];
  if (path === undefined || path === ':memory:') return url;
  return `sqlite:${isAbsolute(path) ? path : resolve(directory, path)}`;
}

/** A path on this machine made absolute; URLs (`scheme://`, `user@host:path`) as they are. */
export function absoluteRepository(url: string, directory: string): string {
  const remote = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(url) || /^[^/\\]+@[^/\\]+:/.test(url);
  return remote || isAbsolute(url) || url.startsWith('-') ? url : resolve(directory, url);
}

/** @throws InvalidInput with every condition that is not one */
function routingOf({ content, problem }: CheckedYaml<ConfigFile>): RoutingRule[] {
  const rules: RoutingRule[] = [];
  const problems: Diagnostic[] = [];
  for (const [index, { when, mover }] of (content.routing ?? []).entries()) {
    try {
      rules.push({ when: compileRoutingCondition(when), mover });
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const hint = error.hint === undefined ? '' : `; ${error.hint}`;
      problems.push(
        problem(['routing', index, 'when'], `setting \`routing.${index}.when\`: ${error.message}${hint}`, error.offset),
      );
    }
  }
  if (problems.length > 0) throw new InvalidInput(problems, kind.subject);
  return rules;
}

function limitsOf({ site, link, mover }: NonNullable<ConfigFile['limits']>): Partial<Limits> {
  const given: { readonly [limit in keyof Limits]?: number | undefined } = {
    perSite: site?.transfers,
    perLink: link?.transfers,
    perMover: mover?.transfers,
    deletionsPerSite: site?.deletions,
    bytesPerHourPerSite: bytesOf(site),
    bytesPerHourPerLink: bytesOf(link),
    bytesPerHourPerMover: bytesOf(mover),
  };
  return Object.fromEntries(Object.entries(given).filter(([, limit]) => limit !== undefined));
}

function bytesOf(limits: LimitsOf | undefined): number | undefined {
  return limits?.bytesPerHour === undefined ? undefined : (parseBytes(limits.bytesPerHour) ?? undefined);
}

function verification(
  verify: boolean | { readonly allowedSigners?: string } | undefined,
  directory: string,
): Config['repository']['verify'] {
  if (verify === undefined || verify === false) return null;
  if (verify === true || verify.allowedSigners === undefined) return {};
  return { allowedSignersFile: resolve(directory, verify.allowedSigners) };
}

function cacheSetting(value: string | undefined, directory: string): CacheSetting {
  if (value === undefined) return { kind: 'default' };
  return value === 'off' ? { kind: 'off' } : { kind: 'directory', directory: resolve(directory, value) };
}

/** Where what can be made again is kept, of this program. */
export function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'stator');
}

async function readEnvironment(environment: NodeJS.ProcessEnv): Promise<ConfigFile> {
  const tree: Record<string, Record<string, string>> = {};
  for (const [variable, [section, key]] of Object.entries(environmentSettings)) {
    const value = environment[variable];
    if (value === undefined || value === '') continue;
    tree[section] = { ...tree[section], [key]: value };
  }
  if (Object.keys(tree).length === 0) return tree;
  const { describeError, schemaValidator } = await import('./checked-yaml.js');
  const check = schemaValidator<ConfigFile>(kind.schema);
  // A repository's settings may come without its URL here: the file has it.
  const candidate = tree.repository === undefined ? tree : { ...tree, repository: { url: '-', ...tree.repository } };
  if (check(candidate)) return tree;
  const error = check.errors?.[0];
  const variable = Object.entries(environmentSettings).find(
    ([, path]) => `/${path.join('/')}` === error?.instancePath,
  )?.[0];
  throw new StatorError({
    code: 'config',
    what: `the environment variable ${variable ?? 'STATOR_*'} ${describeError(error, kind)}`,
    todo: 'correct or unset it',
    actBy: 'admin',
  });
}
