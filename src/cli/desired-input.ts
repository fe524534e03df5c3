/** The desired state as a command's options and the configuration name it. */
import { resolve } from 'node:path';
import { compileDesired } from '../desired/index.js';
import type { DesiredState } from '../desired/state.js';
import { StatorError } from '../error.js';
import { fetchRepository, readDirectory, type SourceTree } from '../source/index.js';
import type { CommandContext } from './command-context.js';
import { absoluteRepository } from './config.js';
import { InvalidInput } from './exit.js';
import type { DesiredOptions } from './options.js';
import type { Timings } from './timings.js';

/** A repository with everything needed to fetch it; `url` is absolute. */
export interface RepositoryInput {
  readonly kind: 'repository';
  readonly url: string;
  readonly ref: string;
  readonly path: string | null;
  readonly cacheDir: string;
}

export interface DirectoryInput {
  readonly kind: 'directory';
  readonly directory: string;
}

export type DesiredInput = RepositoryInput | DirectoryInput;

/** Which desired state is meant: `--desired`, `--repo`, or the configured repository; null where none is named. */
export function desiredInput(context: CommandContext, options: DesiredOptions): DesiredInput | null {
  const { config, host } = context;
  if (options.desired !== undefined) return { kind: 'directory', directory: resolve(host.directory, options.desired) };
  const url = options.repo === undefined ? config.repository.url : absoluteRepository(options.repo, host.directory);
  if (url === null) return null;
  // `--repo` names another repository than the configured one: that one's ref and path do not apply to it.
  const configured = options.repo === undefined;
  return {
    kind: 'repository',
    url,
    ref: options.ref ?? (configured ? config.repository.ref : 'HEAD'),
    path: options.path ?? (configured ? config.repository.path : null),
    cacheDir: config.repository.cache,
  };
}

/** The same where there must be one. */
export function requireDesiredInput(context: CommandContext, options: DesiredOptions): DesiredInput {
  const input = desiredInput(context, options);
  if (input !== null) return input;
  throw new StatorError({
    code: 'no-desired-state',
    what: 'no desired state is named',
    todo: 'give --desired DIR or --repo URL, or set repository.url in stator.config.yaml',
    actBy: 'admin',
  });
}

export function readTree(input: DesiredInput): Promise<SourceTree> {
  if (input.kind === 'directory') return readDirectory(input.directory);
  const { url, ref, path, cacheDir } = input;
  return fetchRepository({ url, ref, cacheDir, ...(path === null ? {} : { path }) });
}

/** @throws InvalidInput with every error of every file */
export async function loadDesired(input: DesiredInput, timings: Timings): Promise<DesiredState> {
  return timings.measure('desired', async () => {
    const tree = await readTree(input);
    const { state, diagnostics } = compileDesired(tree.files, tree.source);
    if (state === null) throw new InvalidInput(diagnostics, 'the desired state');
    return state;
  });
}
