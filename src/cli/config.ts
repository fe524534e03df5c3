/**
 * The configuration of the process: `stator.config.yaml` (or `--config FILE`), overridden by STATOR_* variables of the
 * environment. Its form is `schemas/config.schema.json`; a setting that does not exist is an error with its position,
 * because a mistyped one that is ignored works until the day it matters.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { didYouMean } from '../desired/suggest.js';
import type { Diagnostic } from '../diagnostic.js';
import { messageOf, StatorError } from '../error.js';
import type { PluginSetting } from '../plugin/registry.js';
import { parseDuration } from '../policy/units.js';
import { InvalidInput } from './exit.js';
import { packageJson } from './package-files.js';

export const configFileName = 'stator.config.yaml';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** With every default filled in; paths are absolute. */
export interface Config {
  /** The file it came from, or null where there is none. */
  readonly file: string | null;
  readonly database: { readonly url: string };
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
  readonly log: { readonly level: LogLevel };
}

/** The file's content after the schema has accepted it. */
interface ConfigFile {
  readonly database?: { readonly url?: string };
  readonly repository?: {
    readonly url?: string;
    readonly ref?: string;
    readonly path?: string;
    readonly poll?: string;
    readonly verify?: boolean | { readonly allowedSigners?: string };
    readonly cache?: string;
  };
  readonly plugins?: readonly PluginSetting[];
  readonly log?: { readonly level?: LogLevel };
}

/** Variables that override a setting, and the place of that setting in the file. */
export const environmentSettings = {
  STATOR_DATABASE_URL: ['database', 'url'],
  STATOR_REPOSITORY_URL: ['repository', 'url'],
  STATOR_REPOSITORY_REF: ['repository', 'ref'],
  STATOR_REPOSITORY_PATH: ['repository', 'path'],
  STATOR_REPOSITORY_POLL: ['repository', 'poll'],
  STATOR_REPOSITORY_CACHE: ['repository', 'cache'],
  STATOR_LOG_LEVEL: ['log', 'level'],
} as const;

const ajv = new Ajv2020({ allErrors: true, strict: true, verbose: true });
let validate: ValidateFunction<ConfigFile> | undefined;

function validator(): ValidateFunction<ConfigFile> {
  validate ??= ajv.compile<ConfigFile>(packageJson('schemas/config.schema.json') as object);
  return validate;
}

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
  const fromFile = found ? await readConfigFile(path) : {};
  const fromEnvironment = readEnvironment(environment);
  const fileDirectory = dirname(path);
  const repository = { ...fromFile.repository, ...fromEnvironment.repository };
  // What the environment says is relative to where the process was started, what the file says to the file.
  const cache =
    fromEnvironment.repository?.cache !== undefined
      ? resolve(directory, fromEnvironment.repository.cache)
      : fromFile.repository?.cache !== undefined
        ? resolve(fileDirectory, fromFile.repository.cache)
        : defaultCache(environment);
  return {
    file: found ? path : null,
    database: {
      url:
        fromEnvironment.database?.url !== undefined
          ? absoluteDatabase(fromEnvironment.database.url, directory)
          : absoluteDatabase(fromFile.database?.url ?? 'sqlite:.stator/stator.db', fileDirectory),
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

function verification(
  verify: boolean | { readonly allowedSigners?: string } | undefined,
  directory: string,
): Config['repository']['verify'] {
  if (verify === undefined || verify === false) return null;
  if (verify === true || verify.allowedSigners === undefined) return {};
  return { allowedSignersFile: resolve(directory, verify.allowedSigners) };
}

function defaultCache(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'stator', 'repositories');
}

function readEnvironment(environment: NodeJS.ProcessEnv): ConfigFile {
  const tree: Record<string, Record<string, string>> = {};
  for (const [variable, [section, key]] of Object.entries(environmentSettings)) {
    const value = environment[variable];
    if (value === undefined || value === '') continue;
    tree[section] = { ...tree[section], [key]: value };
  }
  const check = validator();
  // A repository's settings may come without its URL here: the file has it.
  const candidate = tree.repository === undefined ? tree : { ...tree, repository: { url: '-', ...tree.repository } };
  if (check(candidate)) return tree;
  const error = check.errors?.[0];
  const variable = Object.entries(environmentSettings).find(
    ([, path]) => `/${path.join('/')}` === error?.instancePath,
  )?.[0];
  throw new StatorError({
    code: 'config',
    what: `the environment variable ${variable ?? 'STATOR_*'} ${describe(error)}`,
    todo: 'correct or unset it',
    actBy: 'admin',
  });
}

async function readConfigFile(path: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new StatorError({
      code: 'config',
      what: `cannot read the configuration: ${messageOf(error)}`,
      where: path,
      todo: 'check the path given with --config',
      actBy: 'admin',
      cause: error,
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const problems: Diagnostic[] = [];
  const problem = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({ severity: 'error', code: 'config', message, file: path, line, column: col });
  };
  for (const found of [...document.errors, ...document.warnings]) {
    problem(
      found.pos[0],
      `${found.message.split('\n')[0]?.replace(/ at line \d+, column \d+:$/, '')}; correct the YAML`,
    );
  }
  visit(document, (_, node) => {
    if (isAlias(node)) problem(node.range?.[0] ?? 0, 'an alias stands in the configuration; write its value out');
  });
  if (problems.length > 0) throw new InvalidInput(problems, 'the configuration');
  const content: unknown = document.toJS() ?? {};
  const check = validator();
  if (check(content)) return content;
  for (const error of check.errors ?? []) {
    const message = `the configuration ${settingOf(error)}${describe(error)}; see \`stator schema config\``;
    problem(offsetOf(document.contents, error), message);
  }
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  throw new InvalidInput(problems, 'the configuration');
}

function settingOf(error: ErrorObject | undefined): string {
  const path = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  return path === '' ? '' : `setting \`${path}\` `;
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'is not valid';
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params.additionalProperty);
    const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
    return `has an unknown key \`${key}\`${didYouMean(key, known).replace('; ', ', ')}`;
  }
  if (error.keyword === 'enum') return `must be one of ${(error.params.allowedValues as string[]).join(', ')}`;
  if (error.keyword === 'pattern' && error.instancePath.endsWith('/url')) {
    return 'must be `sqlite:PATH` or `mysql://user:password@host:port/name`';
  }
  if (error.keyword === 'pattern') return 'must be a duration such as `30s` or `5m`';
  return error.message ?? 'is not valid';
}

/** Where in the text an error is: the unknown key itself, or the value that is wrong. */
function offsetOf(root: Node | null, error: ErrorObject): number {
  let node: unknown = root;
  for (const key of error.instancePath.split('/').slice(1)) {
    if (isSeq(node)) node = node.get(Number(key), true);
    else if (isMap(node)) node = node.get(key.replaceAll('~1', '/').replaceAll('~0', '~'), true);
  }
  if (error.keyword === 'additionalProperties' && isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === error.params.additionalProperty);
    if (isPair(pair) && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
  }
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0] ?? 0;
}
