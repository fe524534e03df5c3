/**
 * The only place that runs git.
 *
 * simple-git gets fixed argument lists from this folder, with values from outside only where git cannot take them for
 * options: checked by {@link checkRef} and `checkRepositoryUrl`, and behind `--end-of-options`. Everything happens in
 * a bare repository of our own: no work tree, no hooks, no submodules, no configuration but ours, no prompts.
 */
import { spawn } from 'node:child_process';
import { simpleGit } from 'simple-git';
import { StatorError } from '../error.js';
import { maskCredentials } from './repository-url.js';

/** git ended with an error; `output` is what it wrote, without credentials. */
export class GitError extends Error {
  constructor(
    readonly exitCode: number,
    readonly output: string,
  ) {
    super(output === '' ? `git ended with exit code ${exitCode}` : output);
    this.name = 'GitError';
  }
}

/** Milliseconds. */
export const gitTimeout = { local: 60_000, network: 180_000 } as const;

const passedOn = [
  'PATH',
  'HOME',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
];

/** The environment of git: what it needs of ours, and nothing that could make it ask, or read other configuration. */
function environment(repository: string): Record<string, string> {
  const own = {
    LC_ALL: 'C',
    GIT_DIR: repository,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_ALLOW_PROTOCOL: 'https:ssh:file:http',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oConnectTimeout=20',
  };
  const inherited = passedOn.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...own };
}

/**
 * Runs git in a bare repository and returns what it prints.
 *
 * @throws GitError with the exit code; StatorError when it takes too long or cannot be started
 */
export async function runGit(repository: string, args: readonly string[], timeout: number): Promise<string> {
  const env = environment(repository);
  const signal = AbortSignal.timeout(timeout);
  let failure: GitError | null = null;
  const git = simpleGit({
    baseDir: repository,
    abort: signal,
    completion: { onClose: true, onExit: false },
    allowEnvironment: Object.keys(env).filter((name) => name.startsWith('GIT_')),
    // Ours, as set above; nothing of it comes from a repository or a caller.
    unsafe: { allowUnsafeAskPass: true, allowUnsafeConfigPaths: true, allowUnsafeSshCommand: true },
    // simple-git takes an error without words for success, and hands on the text of an error only.
    errors: (error, { exitCode, stdErr }) => {
      if (exitCode === 0) return error;
      failure = new GitError(exitCode, tidy(Buffer.concat(stdErr).toString('utf8')));
      return failure;
    },
  });
  try {
    return await git.env(env).raw([...args]);
  } catch (error) {
    if (signal.aborted) throw tookTooLong(args, timeout);
    if (failure !== null) throw failure;
    throw new StatorError({
      code: 'git-failed',
      what: `git could not be run: ${maskCredentials(error instanceof Error ? error.message : String(error))}`,
      todo: 'install git 2.39 or later',
      actBy: 'admin',
    });
  }
}

/**
 * Reads blobs with one `git cat-file --batch`, in the order given.
 *
 * @param blobs object ids with the sizes that `ls-tree` said
 */
export async function readBlobs(
  repository: string,
  blobs: readonly { readonly oid: string; readonly size: number }[],
): Promise<Uint8Array[]> {
  if (blobs.length === 0) return [];
  const child = spawn('git', ['cat-file', '--batch'], {
    cwd: repository,
    env: environment(repository),
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(gitTimeout.local),
  });
  const failure = new Promise<never>((_, reject) => child.once('error', reject));
  failure.catch(() => undefined);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 10_000);
  });
  // An early end of git shows in what it printed; the broken pipe says less.
  child.stdin.on('error', () => undefined);
  child.stdin.end(blobs.map(({ oid }) => `${oid}\n`).join(''));
  const reader = new BatchReader(child.stdout);
  try {
    const contents: Uint8Array[] = [];
    for (const blob of blobs) contents.push(await Promise.race([reader.next(blob), failure]));
    return contents;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new StatorError({
      code: 'git-failed',
      what: `cannot read the files of the commit: ${tidy(complaint) || what}`,
      where: repository,
      todo: 'remove this directory: it is a cache and will be fetched again',
      actBy: 'admin',
      cause: error,
    });
  } finally {
    child.kill();
  }
}

/** Parses `<oid> blob <size>\n<content>\n` records from a stream of chunks. */
class BatchReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async next({ oid, size }: { readonly oid: string; readonly size: number }): Promise<Uint8Array> {
    let newline = this.#rest.indexOf(10);
    while (newline < 0) {
      await this.#fill(this.#rest.length + 1);
      newline = this.#rest.indexOf(10);
    }
    const header = this.#rest.subarray(0, newline).toString('latin1');
    if (header !== `${oid} blob ${size}`)
      throw new Error(`expected the blob ${oid} of ${size} bytes, git says ${header}`);
    const end = newline + 1 + size;
    if (this.#rest.length < end + 1) await this.#fill(end + 1);
    const content = Uint8Array.from(this.#rest.subarray(newline + 1, end));
    this.#rest = this.#rest.subarray(end + 1);
    return content;
  }

  /** Reads until at least `length` bytes are there. */
  async #fill(length: number): Promise<void> {
    const chunks = [this.#rest];
    let have = this.#rest.length;
    while (have < length) {
      const { done, value } = await this.#chunks.next();
      if (done === true) throw new Error('git ended before all files were read');
      chunks.push(value);
      have += value.length;
    }
    this.#rest = Buffer.concat(chunks);
  }
}

/** What git said: the lines that matter, without its prefixes and without credentials. */
function tidy(output: string): string {
  const lines = maskCredentials(output)
    .split(/[\r\n]+/)
    .map((line) => line.replace(/^(?:fatal|error|remote|warning): /, '').trim())
    .filter((line) => line !== '' && !/^(?:Please make sure you have|and the repository exists)/.test(line));
  return [...new Set(lines)].slice(0, 4).join(' / ');
}

function tookTooLong(args: readonly string[], timeout: number): StatorError {
  return new StatorError({
    code: 'git-timeout',
    what: `git ${args[0] ?? ''} took longer than ${timeout / 1000} s`,
    todo: 'check the network and the server',
    actBy: 'admin',
  });
}
