import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { describe, expect, it, test } from 'vitest';
import { smallFederation } from './small-federation.js';
import { binary, scratch, stator, writeTree } from './stator.js';

const commands = [
  'init',
  'demo',
  'validate',
  'test',
  'plan',
  'simulate',
  'reconcile',
  'diff',
  'explain',
  'status',
  'history',
  'actions',
  'approve',
  'inventory',
  'inventory import',
  'inventory export',
  'inventory stats',
  'import',
  'import dynamo',
  'db',
  'db migrate',
  'db status',
  'doctor',
  'plugins',
  'schema',
  'completion',
];

describe('help', () => {
  it('lists the commands that there are, and no others', async () => {
    const { code, stdout, stderr } = await stator(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const listed = stdout.split('Commands:\n')[1]?.match(/^ {2}[a-z]+/gm);
    expect(listed?.map((line) => line.trim())).toEqual([
      ...new Set(commands.map((command) => command.split(' ')[0])),
      'help',
    ]);
  });

  test.each(commands)('stator %s --help explains itself, with its options', async (command) => {
    const { code, stdout, stderr } = await stator([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: stator ${command}`);
    if (!['db migrate', 'db status', 'inventory', 'import'].includes(command))
      expect(stdout).toMatch(/Examples?:\n {2}stator /);
  });

  it('is given, with an error, where no command is', async () => {
    for (const args of [[], ['db'], ['inventory']]) {
      const { code, stdout, stderr } = await stator(args);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toContain('Usage: stator');
      expect(stderr).toMatch(/^error: no command is given; /m);
    }
  });
});

describe('what the command line cannot mean', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown command', ['plam'], /unknown command 'plam'; Did you mean plan\?; see `stator --help`/],
    [
      'an unknown option',
      ['plan', '--desird', 'x'],
      /unknown option '--desird'; Did you mean --desired\?; see `stator plan --help`/,
    ],
    ['a missing argument', ['explain'], /missing required argument 'subject'; see `stator explain --help`/],
    ['a missing value', ['plan', '--desired'], /option '--desired <dir>' argument missing/],
    ['an argument too many', ['status', 'x'], /too many arguments/],
    [
      'two desired states',
      ['plan', '--desired', 'a', '--repo', 'b'],
      /'--desired <dir>' cannot be used with option '--repo <url>'/,
    ],
    [
      'a ref of a directory',
      ['plan', '--desired', 'a', '--ref', 'b'],
      /'--desired <dir>' cannot be used with option '--ref <ref>'/,
    ],
    [
      'two inventories',
      ['plan', '--inventory', 'a', '--database', 'sqlite:b'],
      /'--inventory <dir>' cannot be used with option '--database <url>'/,
    ],
    ['two directories to validate', ['validate', 'a', '--desired', 'b'], /a directory and --repo/],
    ['a time that is none', ['plan', '--now', 'yesterday'], /argument 'yesterday' is invalid. give RFC 3339/],
    [
      'a form that there is not',
      ['plan', '--output', 'xml'],
      /argument 'xml' is invalid. Allowed choices are text, json, ndjson, markdown/,
    ],
    ['a form that validate has not', ['validate', '--output', 'markdown'], /Allowed choices are text, json/],
    ['no reason', ['approve', `sha256:${'0'.repeat(64)}`], /required option '--reason <text>' not specified/],
    ['no hash', ['approve', 'abc', '--reason', 'r'], /`abc` is not the hash of an approval/],
    ['a clock for the loop', ['reconcile', '--now', '0'], /--now, --timings and --decisions are for one cycle/],
    ['a plan from a real cycle', ['reconcile', '--once', '--output', 'markdown'], /--output markdown is for plans/],
    ['a shell that there is not', ['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    ['a kind that there is not', ['schema', 'Placment'], /there is no schema `Placment`; did you mean `Placement`\?/],
    ['no bundle', ['inventory', 'import'], /no bundle is named/],
    ['loud and quiet', ['plugins', '-v', '--quiet'], /--verbose and --quiet contradict each other/],
  ];

  test.each(cases)('%s is a usage error: exit 4, one line, nothing on stdout', async (_, args, message) => {
    const { code, stdout, stderr } = await stator(args, { cwd: await scratch() });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toMatch(message);
  });
});

describe('the configuration', () => {
  it('is refused with file, line and column of every unknown key', async () => {
    const cwd = await writeTree(await scratch(), {
      'stator.config.yaml': 'databse: { url: "sqlite:x" }\nrepository:\n  url: rules\n  pol: 5m\n',
    });
    const { code, stderr } = await stator(['plugins'], { cwd });
    expect(code).toBe(1);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^error: the configuration has an unknown key `databse`, did you mean `database`\?; .*stator\.config\.yaml:1:1; /,
    );
    expect(lines[1]).toMatch(
      /^error: the configuration setting `repository` has an unknown key `pol`, did you mean `poll`\?; .*:4:3; /,
    );
  });

  it('that is named must be there', async () => {
    const { code, stderr } = await stator(['plugins', '--config', 'none.yaml'], { cwd: await scratch() });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: cannot read the configuration: .*none\.yaml; check the path given with --config\n$/,
    );
  });

  it('must name movers that there are', async () => {
    const { rules, bundle } = await smallFederation();
    const cwd = await writeTree(await scratch(), {
      'stator.config.yaml': `routing: [ { when: 'true', mover: posx } ]\n`,
    });
    expect(await stator(['inventory', 'import', bundle], { cwd })).toMatchObject({ code: 0 });
    const { code, stderr } = await stator(['reconcile', '--once', '--desired', rules], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /`routing\.0\.mover`: there is no mover `posx`; did you mean `posix`\?; .*stator\.config\.yaml/,
    );
    expect((await stator(['doctor'], { cwd })).stdout).toMatch(/error +plugins: .*there is no mover `posx`/);
  });

  it('is overridden by the environment', async () => {
    const { rules, bundle, directory } = await smallFederation();
    const cwd = await writeTree(await scratch(), {
      'stator.config.yaml': `database: { url: 'mysql://nobody@127.0.0.1:1/none' }\n`,
    });
    const env = { STATOR_DATABASE_URL: `sqlite:${directory}/other.db` };
    expect(await stator(['inventory', 'import', bundle], { cwd, env })).toMatchObject({ code: 0, stderr: '' });
    expect(await stator(['plan', '--desired', rules, '--quiet'], { cwd, env })).toMatchObject({ code: 2, stderr: '' });
  });
});

describe('the streams', () => {
  it('carry no colours where nobody looks', async () => {
    const { rules, bundle } = await smallFederation();
    const { stdout } = await stator(['plan', '--desired', rules, '--inventory', bundle]);
    expect(stdout).not.toContain('\u001b');
  });

  it('may be closed early: that is no error', async () => {
    const { rules, bundle } = await smallFederation();
    const child = spawn(
      process.execPath,
      [binary, 'plan', '--desired', rules, '--inventory', bundle, '--output', 'json'],
      {
        cwd: tmpdir(),
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  });
});

describe('what comes with the program', () => {
  it('is listed and printed by schema', async () => {
    const { stdout: list } = await stator(['schema']);
    const names = list.trimEnd().split('\n');
    expect(names).toEqual(expect.arrayContaining(['Placement', 'Retention', 'config', 'plan']));
    const { code, stdout } = await stator(['schema', 'placement']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  it('moves and deletes files of directories without being configured', async () => {
    const { code, stdout } = await stator(['plugins', '--output', 'json'], { cwd: await scratch() });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).plugins).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'posix', kind: 'mover' }),
        expect.objectContaining({ name: 'posix', kind: 'deleter' }),
      ]),
    );
  });
});
