import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { absoluteRepository, loadConfig } from '../../../src/cli/config.js';
import { errorLines } from '../../../src/cli/error-lines.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stator-config-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const write = (text: string, name = 'stator.config.yaml') => writeFile(join(directory, name), text);

/** The lines that a user sees. */
async function refused(text: string, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  await write(text);
  const error = await loadConfig(undefined, directory, environment).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).not.toBeNull();
  return errorLines(error).map((line) => line.replaceAll(directory, '.'));
}

describe('the configuration of the process', () => {
  it('has a default for everything', async () => {
    const config = await loadConfig(undefined, directory, { HOME: '/home/me', XDG_CACHE_HOME: '/cache' });
    expect(config).toMatchObject({
      file: null,
      database: { url: `sqlite:${directory}/.stator/stator.db`, readUrl: null, cache: { kind: 'default' } },
      repository: { url: null, ref: 'HEAD', path: null, poll: 60, verify: null, cache: '/cache/stator/repositories' },
      plugins: [],
      log: { level: 'info' },
    });
  });

  it('has limits of what may be under way', async () => {
    await write(
      'limits: { site: { transfers: 3, deletions: 4 }, link: { bytesPerHour: 1.5TB }, mover: { transfers: 7 } }',
    );
    expect((await loadConfig(undefined, directory, {})).limits).toEqual({
      perSite: 3,
      deletionsPerSite: 4,
      bytesPerHourPerLink: 1.5e12,
      perMover: 7,
    });
    expect(await refused('limits:\n  link: { bytesPerHour: fast, transfers: 0 }\n')).toEqual([
      expect.stringContaining('`limits.link.bytesPerHour` must be a size with its unit'),
      expect.stringContaining('`limits.link.transfers` must be >= 1'),
    ]);
  });

  it('routes by conditions over two sites, and says what they cannot ask', async () => {
    await write(`routing: [ { when: 'source.labels.region == "eu"', mover: posix } ]`);
    expect((await loadConfig(undefined, directory, {})).routing).toMatchObject([{ mover: 'posix' }]);
    const conditions = [
      'source.nme == "X"',
      'site.name == "X"',
      'source.is("list")',
      'now == now',
      'sites.exists(s, s.name == "X")',
      'source.quota > 1.0',
      'source.name',
    ];
    const lines = await refused(
      `routing:\n${conditions.map((when) => `  - { when: '${when}', mover: posix }\n`).join('')}`,
    );
    const only = 'ask for `name`, `storage`, `state` and labels of `source` and `destination`';
    expect(lines).toEqual([
      'error: setting `routing.0.when`: unknown variable `source.nme`; ./stator.config.yaml:2:21; did you mean `source.name`?',
      'error: setting `routing.1.when`: `site` is not available here (link scope: source, destination); ./stator.config.yaml:3:14',
      `error: setting \`routing.2.when\`: \`is\` is not available in routing; ./stator.config.yaml:4:14; ${only}`,
      `error: setting \`routing.3.when\`: \`now\` is not available in routing; ./stator.config.yaml:5:14; ${only}`,
      `error: setting \`routing.4.when\`: \`sites\` is not available in routing; ./stator.config.yaml:6:14; ${only}`,
      'error: setting `routing.5.when`: `source.quota` needs a partition, and none is in scope here; ./stator.config.yaml:7:21',
      'error: setting `routing.6.when`: results in string, expected a condition (bool); ./stator.config.yaml:8:14',
    ]);
  });

  it('takes paths of the file relative to the file, and those of the environment relative to where it was started', async () => {
    await write(
      "database: { url: 'sqlite:x.db', readUrl: 'sqlite:r.db' }\nrepository: { url: rules, cache: c, verify: { allowedSigners: signers } }\n",
    );
    const elsewhere = '/somewhere/else';
    const file = join(directory, 'stator.config.yaml');
    const fromFile = await loadConfig(file, elsewhere, {});
    expect(fromFile.database.url).toBe(`sqlite:${directory}/x.db`);
    expect(fromFile.database.readUrl).toBe(`sqlite:${directory}/r.db`);
    expect(fromFile.repository).toMatchObject({
      url: `${directory}/rules`,
      cache: `${directory}/c`,
      verify: { allowedSignersFile: `${directory}/signers` },
    });
    const environment = {
      STATOR_DATABASE_URL: 'sqlite:y.db',
      STATOR_REPOSITORY_URL: 'other',
      STATOR_REPOSITORY_CACHE: 'd',
    };
    const overridden = await loadConfig(file, elsewhere, environment);
    expect(overridden.database.url).toBe(`sqlite:${elsewhere}/y.db`);
    expect(overridden.repository).toMatchObject({ url: `${elsewhere}/other`, cache: `${elsewhere}/d` });
  });

  it('keeps snapshots where it is told, or nowhere', async () => {
    await write('database: { cache: kept }\n');
    const setting = async (environment: NodeJS.ProcessEnv) =>
      (await loadConfig(join(directory, 'stator.config.yaml'), '/elsewhere', environment)).database.cache;
    expect(await setting({})).toEqual({ kind: 'directory', directory: `${directory}/kept` });
    expect(await setting({ STATOR_DATABASE_CACHE: 'other' })).toEqual({
      kind: 'directory',
      directory: '/elsewhere/other',
    });
    expect(await setting({ STATOR_DATABASE_CACHE: 'off' })).toEqual({ kind: 'off' });
    await write('database: { cache: off }\n');
    expect(await setting({})).toEqual({ kind: 'off' });
  });

  it('leaves what is no path alone', () => {
    for (const url of ['https://h/r.git', 'ssh://git@h/r', 'git@host:r.git', '/srv/r.git', 'file:///srv/r']) {
      expect(absoluteRepository(url, '/x')).toBe(url);
    }
    expect(absoluteRepository('../r', '/x/y')).toBe('/x/r');
  });

  it('refuses every unknown key and every wrong value, each with its place', async () => {
    const text =
      'databse: {}\nrepository:\n  url: r\n  poll: often\nlog: { level: loud }\nplugins:\n  - { nam: posix }\n';
    expect(await refused(text)).toEqual([
      'error: the configuration has an unknown key `databse`, did you mean `database`?; ./stator.config.yaml:1:1; see `stator schema config`',
      'error: the configuration setting `repository.poll` must be a duration such as `30s` or `5m`; ./stator.config.yaml:4:9; see `stator schema config`',
      'error: the configuration setting `log.level` must be one of trace, debug, info, warn, error, silent; ./stator.config.yaml:5:15; see `stator schema config`',
      "error: the configuration setting `plugins.0` must have required property 'name'; ./stator.config.yaml:7:5; see `stator schema config`",
      'error: the configuration setting `plugins.0` has an unknown key `nam`, did you mean `name`?; ./stator.config.yaml:7:7; see `stator schema config`',
    ]);
  });

  it('refuses what is no YAML, and sharing by reference', async () => {
    expect((await refused('a: [1'))[0]).toMatch(
      /^error: Flow sequence .*; \.\/stator\.config\.yaml:1:\d+; correct the YAML$/,
    );
    expect(await refused('log: &l { level: info }\nx: *l\n')).toContain(
      'error: an alias stands in the configuration; ./stator.config.yaml:2:4; write its value out',
    );
    expect((await refused('log: { level: info }\nlog: { level: warn }\n'))[0]).toMatch(/unique.*:2:1/);
  });

  it('names the variable of the environment that is wrong', async () => {
    expect(await refused('', { STATOR_DATABASE_URL: 'postgres://x' })).toEqual([
      'error: the environment variable STATOR_DATABASE_URL must be `sqlite:PATH` or `mysql://user:password@host:port/name`; correct or unset it',
    ]);
    expect((await refused('', { STATOR_LOG_LEVEL: 'loud' }))[0]).toMatch(/STATOR_LOG_LEVEL must be one of trace/);
  });
});
