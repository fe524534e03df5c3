/** The desired state from git and from directories: real repositories, over a path and over HTTP. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compileDesired } from '../../src/desired/index.js';
import { StatorError } from '../../src/error.js';
import {
  fetchRepository,
  isAncestor,
  maskCredentials,
  originOfLine,
  originOfLines,
  readDirectory,
  readFetchedCommit,
  repositoryDirectory,
  type SourceTree,
} from '../../src/source/index.js';
import { serveGit, WorkTree } from './git-server.js';

const federation = 'apiVersion: stator/v1\nkind: Federation\nmetadata: { name: f }\nspec: {}\n';

let directory: string;
let cacheDir: string;
let repository: WorkTree;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stator-source-'));
  cacheDir = join(directory, 'cache');
  repository = new WorkTree(join(directory, 'rules'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** What the error says, in one line. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('it worked'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StatorError);
  return error instanceof StatorError ? `${error.code}: ${error.format()}` : '';
}

function texts(tree: SourceTree): Record<string, string> {
  return Object.fromEntries(tree.files.map(({ path, bytes }) => [path, new TextDecoder().decode(bytes)]));
}

const fetchMain = (more: { ref?: string; path?: string; url?: string } = {}): Promise<SourceTree> =>
  fetchRepository({ url: repository.directory, ref: 'main', cacheDir, ...more });

describe('a repository on this machine', () => {
  test('its files, commit, tree and author are read', async () => {
    repository.write('f.yaml', federation);
    repository.write('lists/keep.txt', '/a/b/c\n');
    repository.write('.github/workflows/check.yaml', 'on: push\n');
    repository.write('.gitlab-ci.yml', 'test: {}\n');
    const commit = repository.commit('Begin');
    const tree = await fetchMain();
    expect(texts(tree)).toEqual({ 'f.yaml': federation, 'lists/keep.txt': '/a/b/c\n' });
    expect(tree.source).toEqual({
      commit,
      tree: repository.git('rev-parse', 'HEAD^{tree}'),
      ref: 'main',
      author: 'Ann Author <ann@example.org>',
      committedAt: new Date(repository.git('log', '-1', '--format=%cI')).toISOString().replace('.000Z', 'Z'),
      signature: 'unchecked',
    });
    expect(compileDesired(tree.files, tree.source).state?.source.commit).toBe(commit);
  });

  test('a new commit is fetched, and an old one is read again without the repository', async () => {
    repository.write('f.yaml', federation);
    const first = repository.commit('Begin');
    const location = { url: repository.directory, ref: 'main', cacheDir };
    expect((await fetchRepository(location)).source.commit).toBe(first);
    repository.write('f.yaml', `${federation}# more\n`);
    const second = repository.commit('Go on');
    expect((await fetchRepository(location)).source.commit).toBe(second);
    rmSync(repository.directory, { recursive: true });
    expect(await failure(fetchRepository(location))).toContain(
      'repository-unreachable: error: cannot read the repository',
    );
    const old = await readFetchedCommit(location, first);
    expect(old.source).toMatchObject({ commit: first, ref: 'main' });
    expect(texts(old)).toEqual({ 'f.yaml': federation });
  });

  test.each([
    ['a branch', 'main'],
    ['a full ref', 'refs/heads/main'],
    ['HEAD', 'HEAD'],
    ['a tag', 'v1'],
    ['an annotated tag', 'v1-annotated'],
    ['a branch with a slash', 'team/rules'],
  ])('%s names the commit', async (_, ref) => {
    repository.write('f.yaml', federation);
    const commit = repository.commit('Begin');
    repository.git('tag', 'v1');
    repository.git('tag', '-a', '-m', 'First', 'v1-annotated');
    repository.git('branch', 'team/rules');
    expect((await fetchMain({ ref })).source).toMatchObject({ commit, ref });
  });

  test('a commit id names the commit, also one that no branch holds any more', async () => {
    repository.write('f.yaml', federation);
    repository.commit('Begin');
    repository.write('f.yaml', `${federation}# gone\n`);
    const gone = repository.commit('Take a wrong turn');
    expect((await fetchMain({ ref: gone })).source.commit).toBe(gone);
    repository.git('reset', '--hard', '--quiet', 'HEAD~1');
    expect((await fetchMain({ ref: gone })).source.commit).toBe(gone);
    expect(await failure(fetchMain({ ref: '0123456789'.repeat(4) }))).toMatch(
      /^ref-not-found: error: there is no commit 0123456789/,
    );
  });

  test('a directory of it may be the root', async () => {
    repository.write('other.yaml', 'kind: Nothing\n');
    repository.write('prod/state/f.yaml', federation);
    repository.write('prod/state/sub/x.txt', 'x\n');
    repository.commit('Begin');
    for (const path of ['prod/state', '/prod/state/', './prod/state']) {
      const tree = await fetchMain({ path });
      expect(tree.path).toBe('prod/state');
      expect(Object.keys(texts(tree))).toEqual(['f.yaml', 'sub/x.txt']);
    }
  });

  test('the content of files arrives byte by byte', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 256);
    repository.write('f.yaml', federation);
    repository.write('empty.txt', '');
    repository.write('bytes.bin', bytes);
    repository.commit('Begin');
    const { files } = await fetchMain();
    expect(files.map(({ path, bytes: content }) => [path, content.length])).toEqual([
      ['bytes.bin', 300_000],
      ['empty.txt', 0],
      ['f.yaml', federation.length],
    ]);
    expect(Buffer.compare(files[0]?.bytes ?? new Uint8Array(0), bytes)).toBe(0);
  });

  test('a YAML file above 4 MiB is not read, and refused with its size', async () => {
    repository.write('f.yaml', federation);
    repository.write('big.yaml', `# ${'x'.repeat(5_000_000)}\n`);
    repository.commit('Begin');
    const tree = await fetchMain();
    expect(tree.files.map(({ path, bytes, unreadSize }) => [path, bytes.length, unreadSize])).toEqual([
      ['big.yaml', 0, 5_000_003],
      ['f.yaml', federation.length, undefined],
    ]);
    expect(compileDesired(tree.files, tree.source).diagnostics).toMatchObject([
      { code: 'file-too-large', file: 'big.yaml', message: 'the file has 5.00 MB, more than 4 MiB: split it' },
    ]);
  });

  test('two processes may fetch into one cache at once', async () => {
    repository.write('f.yaml', federation);
    const commit = repository.commit('Begin');
    const trees = await Promise.all(Array.from({ length: 4 }, () => fetchMain()));
    expect(trees.map(({ source }) => source.commit)).toEqual(Array(4).fill(commit));
  });
});

describe('S23 what cannot be read is an error, not an empty desired state', () => {
  test('a repository that is not there', async () => {
    expect(await failure(fetchMain({ url: join(directory, 'nothing') }))).toMatch(
      /^repository-unreachable: error: cannot read the repository: .*nothing' does not appear to be a git repository.*; .*nothing; check the URL, the network and the credentials$/,
    );
  });

  test('a server that does not answer', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await failure(fetchMain({ url: `http://127.0.0.1:${port}/x.git` }))).toMatch(/^repository-unreachable: /);
  });

  test('an empty repository', async () => {
    expect(await failure(fetchMain({ ref: 'HEAD' }))).toMatch(
      /^ref-not-found: error: the repository is empty; .*; push a first commit$/,
    );
    expect(await failure(fetchMain())).toMatch(/^ref-not-found: error: there is no branch or tag `main`; /);
  });

  test('a ref that is not there', async () => {
    repository.write('f.yaml', federation);
    repository.commit('Begin');
    expect(await failure(fetchMain({ ref: 'mian' }))).toBe(
      `ref-not-found: error: there is no branch or tag \`mian\`; ${repository.directory}; check the ref`,
    );
  });

  test('a ref that is a branch and a tag', async () => {
    repository.write('f.yaml', federation);
    repository.commit('Begin');
    repository.git('tag', 'main');
    expect(await failure(fetchMain())).toBe(
      `ref-ambiguous: error: \`main\` is a branch and a tag; ${repository.directory}; say \`refs/heads/main\` or \`refs/tags/main\``,
    );
  });

  test('a path that is not there, and one that is a file', async () => {
    repository.write('f.yaml', federation);
    const commit = repository.commit('Begin').slice(0, 12);
    const { directory: url } = repository;
    expect(await failure(fetchMain({ path: 'prod' }))).toBe(
      `source-missing: error: there is no directory \`prod\`; ${url} ${commit} prod; check the path and the ref`,
    );
    expect(await failure(fetchMain({ path: 'f.yaml' }))).toBe(
      `source-missing: error: this is no directory: \`f.yaml\`; ${url} ${commit} f.yaml; check the path and the ref`,
    );
    expect(await failure(fetchMain({ path: '../x' }))).toMatch(
      /^bad-path: error: "\.\.\/x" is not a path in the repository/,
    );
  });

  test('a tree without YAML', async () => {
    repository.write('README.md', 'nothing yet\n');
    const commit = repository.commit('Begin').slice(0, 12);
    expect(await failure(fetchMain())).toBe(
      `source-empty: error: there is no YAML file (*.yaml, *.yml); ${repository.directory} ${commit}; check the path and the ref`,
    );
  });

  test('an object that is missing in the cache', async () => {
    repository.write('f.yaml', federation);
    const commit = repository.commit('Begin');
    const tree = await fetchMain();
    const bare = tree.repository ?? '';
    const inBare = (args: readonly string[], input?: Uint8Array): void => {
      execFileSync('git', args, { cwd: bare, ...(input === undefined ? {} : { input }) });
    };
    const packs = join(bare, 'objects/pack');
    for (const name of readdirSync(packs).filter((file) => file.endsWith('.pack'))) {
      const pack = readFileSync(join(packs, name));
      rmSync(packs, { recursive: true });
      inBare(['unpack-objects', '-q'], pack);
    }
    const blob = repository.git('rev-parse', 'HEAD:f.yaml');
    rmSync(join(bare, 'objects', blob.slice(0, 2), blob.slice(2)));
    expect(await failure(readFetchedCommit({ url: repository.directory, ref: 'main', cacheDir }, commit))).toMatch(
      /^git-failed: error: the content of `f\.yaml` is missing in the cache of the repository; .*; remove the cache/,
    );
  });
});

describe('what a repository must not contain', () => {
  test('a symbolic link', async () => {
    repository.write('f.yaml', federation);
    symlinkSync('/etc/passwd', join(repository.directory, 'secrets.yaml'));
    repository.commit('Begin');
    expect(await failure(fetchMain())).toMatch(
      /^source-special-file: error: a symbolic link is not allowed in a desired state: `secrets\.yaml`; .*; replace it by the file itself$/,
    );
  });

  test('a submodule', async () => {
    repository.write('f.yaml', federation);
    const commit = repository.commit('Begin');
    repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},sub`);
    repository.git('commit', '--quiet', '-m', 'Add a submodule');
    expect(await failure(fetchMain())).toMatch(
      /^source-special-file: error: a submodule is not allowed in a desired state: `sub`; /,
    );
  });

  test('names that differ only in case, or that hide characters', async () => {
    repository.write('f.yaml', federation);
    repository.write('F.yaml', federation);
    repository.commit('Begin');
    expect(await failure(fetchMain())).toMatch(
      /^bad-path: error: the names of `F\.yaml` and `f\.yaml` differ only in case; /,
    );
    rmSync(join(repository.directory, 'F.yaml'));
    repository.write('a\u202eb.yaml', federation);
    repository.commit('Hide');
    expect(await failure(fetchMain())).toMatch(/^bad-path: error: the file name ".*b\.yaml" has characters/);
  });

  test('neither its hooks nor its configuration run anything', async () => {
    const witness = join(directory, 'ran');
    repository.write('f.yaml', federation);
    repository.commit('Begin');
    for (const hook of ['post-checkout', 'reference-transaction', 'post-merge']) {
      const path = join(repository.directory, '.git/hooks', hook);
      writeFileSync(path, `#!/bin/sh\ntouch ${witness}\n`);
      chmodSync(path, 0o755);
    }
    repository.git('config', 'core.fsmonitor', `touch ${witness}`);
    repository.git('config', 'uploadpack.packObjectsHook', `touch ${witness}`);
    await fetchMain();
    expect(existsSync(witness)).toBe(false);
  });
});

describe('what must not reach git', () => {
  test.each([
    '--upload-pack=touch ran',
    '-h',
    'main..other',
    'main^{commit}',
    'a b',
    'x.lock',
    '@{-1}',
    '',
    'main:f.yaml',
  ])('the ref %j', async (ref) => {
    expect(await failure(fetchMain({ ref }))).toBe(
      `bad-ref: error: ${JSON.stringify(ref)} is not a ref; name a branch, a tag, or a full commit id`,
    );
  });

  test.each([
    ['--upload-pack=touch ran', 'it begins with `-`'],
    ['-oProxyCommand=touch ran', 'it begins with `-`'],
    ['ext::sh -c touch% ran', 'remote helpers (`name::`) run programs'],
    ['fd::7', 'remote helpers (`name::`) run programs'],
    ['http://example.org/x.git', 'http is for this machine only'],
    ['git://example.org/x.git', 'the scheme `git` is not known'],
    ['ftp://example.org/x.git', 'the scheme `ftp` is not known'],
    ['ssh://-oProxyCommand=touch/x', 'it has no valid host'],
    ['user@-host:x', 'it is neither a URL nor an absolute path'],
    ['relative/path', 'it is neither a URL nor an absolute path'],
    ['', 'it is empty'],
  ])('the URL %j', async (url, why) => {
    expect(await failure(fetchMain({ url }))).toMatch(
      new RegExp(`^bad-repository-url: error: the repository URL is not allowed: ${why.replace(/[()`]/g, '\\$&')}; `),
    );
    expect(existsSync(cacheDir)).toBe(false);
  });

  test('anything of the environment or the user configuration', async () => {
    const witness = join(directory, 'ran');
    const home = join(directory, 'home');
    mkdirSync(home);
    writeFileSync(
      join(home, '.gitconfig'),
      `[core]\n\tsshCommand = touch ${witness}\n[url "/nowhere/"]\n\tinsteadOf = ${directory}\n`,
    );
    repository.write('f.yaml', federation);
    const commit = repository.commit('Begin');
    const before = { ...process.env };
    Object.assign(process.env, {
      HOME: home,
      GIT_DIR: '/nowhere',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.hooksPath',
      GIT_CONFIG_VALUE_0: '/nowhere',
      GIT_TRACE: join(directory, 'trace'),
    });
    try {
      expect((await fetchMain()).source.commit).toBe(commit);
    } finally {
      for (const name of [
        'HOME',
        'GIT_DIR',
        'GIT_CONFIG_COUNT',
        'GIT_CONFIG_KEY_0',
        'GIT_CONFIG_VALUE_0',
        'GIT_TRACE',
      ]) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
    expect(existsSync(witness)).toBe(false);
    expect(existsSync(join(directory, 'trace'))).toBe(false);
  });
});

describe('over HTTP', () => {
  test('the same files arrive, and a new commit is seen', async () => {
    repository.write('f.yaml', federation);
    const first = repository.commit('Begin');
    const server = await serveGit(directory);
    try {
      const url = `${server.url}/rules/.git`;
      const tree = await fetchMain({ url });
      expect(tree.source.commit).toBe(first);
      expect(texts(tree)).toEqual({ 'f.yaml': federation });
      repository.write('f.yaml', `${federation}# more\n`);
      const second = repository.commit('Go on');
      expect((await fetchMain({ url })).source.commit).toBe(second);
      expect(await failure(fetchMain({ url, ref: 'nope' }))).toMatch(/^ref-not-found: /);
      expect(await failure(fetchMain({ url: `${server.url}/nothing` }))).toMatch(/^repository-unreachable: /);
    } finally {
      await server.close();
    }
  });

  test('credentials of the URL are used, and never shown', async () => {
    repository.write('f.yaml', federation);
    const commit = repository.commit('Begin');
    const server = await serveGit(directory, `Basic ${Buffer.from('bot:s3cret').toString('base64')}`);
    try {
      const url = (password: string): string => `${server.url.replace('//', `//bot:${password}@`)}/rules/.git`;
      expect((await fetchMain({ url: url('s3cret') })).source.commit).toBe(commit);
      const message = await failure(fetchMain({ url: url('wr0ng') }));
      expect(message).toMatch(/^repository-unreachable: error: cannot read the repository: .*Authentication failed/);
      expect(message).toContain('http://***@127.0.0.1');
      expect(message).not.toContain('wr0ng');
      expect(message).not.toContain('bot');
    } finally {
      await server.close();
    }
  });

  test('a redirect is not followed', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(302, { location: `/elsewhere${request.url}` }).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await failure(fetchMain({ url: `http://127.0.0.1:${port}/x.git` }))).toMatch(/^repository-unreachable: /);
      expect(asked.filter((url) => url.startsWith('/elsewhere'))).toEqual([]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

test('credentials are masked wherever a URL stands', () => {
  expect(maskCredentials("fatal: 'https://bot:pw@host/x' and ssh://git@host/y, ssh://git:pw@host/z")).toBe(
    "fatal: 'https://***@host/x' and ssh://git@host/y, ssh://***@host/z",
  );
});

describe('history', () => {
  test('S24 a commit descends from another, or history was rewritten', async () => {
    repository.write('f.yaml', federation);
    const first = repository.commit('Begin');
    repository.write('f.yaml', `${federation}# 2\n`);
    const second = repository.commit('Go on');
    await fetchMain();
    repository.git('reset', '--hard', '--quiet', first);
    repository.write('f.yaml', `${federation}# other\n`);
    const rewritten = repository.commit('Go elsewhere');
    const { repository: bare } = await fetchMain();
    if (bare === null) throw new Error('no repository');
    expect(await isAncestor(bare, first, second)).toBe(true);
    expect(await isAncestor(bare, first, rewritten)).toBe(true);
    expect(await isAncestor(bare, rewritten, rewritten)).toBe(true);
    expect(await isAncestor(bare, second, rewritten)).toBe(false);
    expect(await isAncestor(bare, rewritten, first)).toBe(false);
    // A commit that was never seen here is no ancestor.
    expect(await isAncestor(bare, 'f'.repeat(40), rewritten)).toBe(false);
    expect(await failure(isAncestor(bare, first, 'f'.repeat(40)))).toMatch(/^commit-unknown: /);
    expect(await failure(isAncestor(bare, '--all', first))).toMatch(/^bad-commit: /);
  });

  test('the commit and author of every line and passage', async () => {
    repository.write('state/f.yaml', federation);
    const first = repository.commit('Begin\n\nWith a body.');
    repository.write('state/f.yaml', federation.replace('name: f', 'name: g'));
    const second = repository.commit('Rename the federation');
    const { repository: bare } = await fetchMain({ path: 'state' });
    const origin = (line: number, at = second, path = 'state/f.yaml') => originOfLine(bare ?? '', at, path, line);
    expect(await origin(1)).toMatchObject({ commit: first, author: 'Ann Author <ann@example.org>', summary: 'Begin' });
    expect(await origin(3)).toMatchObject({ commit: second, summary: 'Rename the federation' });
    expect(await origin(3, first)).toMatchObject({ commit: first });
    expect((await origin(3))?.committedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    // Of a passage, the commit that touched it last.
    const passage = (first: number, last: number) => originOfLines(bare ?? '', second, 'state/f.yaml', first, last);
    expect(await passage(1, 2)).toMatchObject({ summary: 'Begin' });
    expect(await passage(1, 4)).toMatchObject({ summary: 'Rename the federation' });
    expect(await passage(2, 1)).toBeNull();
    expect(await origin(99)).toBeNull();
    expect(await origin(0)).toBeNull();
    expect(await origin(1, second, 'state/nothing.yaml')).toBeNull();
  });

  test('a commit signed by an allowed key, by another, and not at all', async () => {
    const key = (name: string): string => {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)]);
      return join(directory, name);
    };
    const allowed = key('allowed');
    const other = key('other');
    const allowedSignersFile = join(directory, 'signers');
    const publicKey = execFileSync('cat', [`${allowed}.pub`], { encoding: 'utf8' });
    writeFileSync(allowedSignersFile, `carl@example.org ${publicKey}`);
    const verified = async (...sign: readonly string[]): Promise<string> => {
      repository.write('f.yaml', federation);
      repository.git('add', '--all');
      repository.git(...sign, 'commit', '--quiet', '--allow-empty', '-m', 'Sign');
      const tree = await fetchRepository({
        url: repository.directory,
        ref: 'main',
        cacheDir,
        verify: { allowedSignersFile },
      });
      return tree.source.signature;
    };
    const withKey = (path: string) => [
      '-c',
      'gpg.format=ssh',
      '-c',
      `user.signingKey=${path}`,
      '-c',
      'commit.gpgSign=true',
    ];
    expect(await verified(...withKey(allowed))).toBe('good');
    expect(await verified(...withKey(other))).toBe('bad');
    expect(await verified()).toBe('none');
    const unchecked = await fetchMain();
    expect(unchecked.source.signature).toBe('unchecked');
  });
});

describe('a directory', () => {
  test('everything below it but hidden files', async () => {
    const root = join(directory, 'state');
    for (const [path, text] of Object.entries({
      'f.yaml': federation,
      'b/x.yml': 'x: 1\n',
      'b/keep.txt': 'k\n',
      '.git/config': 'no\n',
      '.hidden.yaml': 'no\n',
    })) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const tree = await readDirectory(root);
    expect(texts(tree)).toEqual({ 'b/keep.txt': 'k\n', 'b/x.yml': 'x: 1\n', 'f.yaml': federation });
    expect(tree.files.map(({ path }) => path)).toEqual(['b/keep.txt', 'b/x.yml', 'f.yaml']);
    expect(tree).toMatchObject({
      repository: null,
      path: '',
      source: { commit: null, tree: null, ref: null, author: null, committedAt: null, signature: 'unchecked' },
    });
  });

  test('S23 missing, empty, or a file: an error', async () => {
    const root = join(directory, 'state');
    expect(await failure(readDirectory(root))).toMatch(
      /^source-unreadable: error: cannot read the desired state: ENOENT/,
    );
    mkdirSync(root);
    expect(await failure(readDirectory(root))).toBe(
      `source-empty: error: there is no YAML file (*.yaml, *.yml); ${root}; check the path and the ref`,
    );
    writeFileSync(join(directory, 'file.yaml'), federation);
    expect(await failure(readDirectory(join(directory, 'file.yaml')))).toMatch(/^source-not-a-directory: /);
  });

  test('a symbolic link in it is refused', async () => {
    const root = join(directory, 'state');
    mkdirSync(root);
    writeFileSync(join(root, 'f.yaml'), federation);
    symlinkSync('/etc', join(root, 'etc'));
    expect(await failure(readDirectory(root))).toBe(
      `source-special-file: error: a symbolic link is not allowed in a desired state; ${join(root, 'etc')}; replace it by the file itself`,
    );
  });
});

test('the cache is keyed by URL and kept private', async () => {
  repository.write('f.yaml', federation);
  repository.commit('Begin');
  const tree = await fetchMain();
  expect(tree.repository).toBe(repositoryDirectory(cacheDir, repository.directory));
  expect(readdirSync(cacheDir)).toHaveLength(1);
});
