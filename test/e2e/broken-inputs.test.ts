/**
 * What people get wrong: each gives one error that names the place, the exit code that scripts expect, and changes
 * nothing: no row of the inventory, no action, no file.
 */
import { describe, expect, it, test } from 'vitest';
import { openDatabase } from '../../src/database/index.js';
import { bundleFiles, ruleFiles, type SmallFederation, smallFederation } from './small-federation.js';
import { readTree, scratch, stator, writeTree } from './stator.js';

/** The rules of the small federation with `text` of one file replaced. */
function changed(file: string, from: string, to: string): (sites: string) => Record<string, string> {
  return (sites) => {
    const text = ruleFiles(sites)[file] ?? '';
    if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
    return { [file]: text.replace(from, () => to) };
  };
}

const added = (file: string, text: string) => (): Record<string, string> => ({ [file]: text });

const placement = (name: string, spec: string): string =>
  `apiVersion: stator/v1\nkind: Placement\nmetadata: { name: ${name} }\nspec:\n${spec.replace(/^/gm, '  ')}\n`;

/** What is wrong, the files that make it so, and the place and words of the error. */
const brokenRules: readonly (readonly [string, (sites: string) => Record<string, string>, RegExp])[] = [
  ['YAML syntax', added('bad.yaml', 'apiVersion: stator/v1\nkind: [Placement\n'), /bad\.yaml:\d+:\d+/],
  ['a tab as indentation', added('bad.yaml', 'spec:\n\tx: 1\n'), /bad\.yaml:2:1/],
  ['an unknown key', changed('rules.yaml', 'copies: 2', 'copys: 2'), /`copys`.*rules\.yaml:7:3.*did you mean `copies`/],
  [
    'an unknown kind',
    changed('rules.yaml', 'kind: Placement', 'kind: Placment'),
    /Placment.*rules\.yaml:2:7.*did you mean `Placement`/,
  ],
  ['an unknown version', changed('rules.yaml', 'stator/v1', 'stator/v9'), /rules\.yaml:1:13/],
  ['a wrong unit', changed('sites.yaml', '1MB', '1 megabyte'), /megabyte.*sites\.yaml:6:18/],
  [
    'an unknown variable',
    changed('rules.yaml', 'dataset.status ==', 'dataset.stauts =='),
    /stauts.*rules\.yaml:18:\d+.*did you mean `dataset\.status`/,
  ],
  [
    'a type error in an expression',
    changed('rules.yaml', 'dataset.status == "DEPRECATED"', 'dataset.status == 1'),
    /rules\.yaml:18:\d+/,
  ],
  [
    'an expression of the wrong type',
    changed('rules.yaml', 'site.storage == "disk"', 'site.storage'),
    /bool.*rules\.yaml:6:\d+/,
  ],
  [
    'an expression that does not end',
    changed('rules.yaml', 'dataset.name.glob("/A/*")', 'dataset.name.glob("/A/*"'),
    /rules\.yaml:5:\d+/,
  ],
  [
    'a quota of an unknown partition',
    changed('sites.yaml', '{ all: 1MB }', '{ al: 1MB }'),
    /`al`.*sites\.yaml:6:\d+.*did you mean `all`/,
  ],
  ['an unknown partition', changed('rules.yaml', 'partition: all', 'partition: disk'), /`disk`.*rules\.yaml:13:\d+/],
  [
    'an unknown group',
    changed('federation.yaml', 'owner: ops', 'owner: opps'),
    /`opps`.*federation\.yaml:4:\d+.*did you mean `ops`/,
  ],
  [
    'an unknown selector',
    changed('rules.yaml', 'dataset.name.glob("/A/*")', 'dataset.is("nothing")'),
    /nothing.*rules\.yaml:5:\d+/,
  ],
  [
    'a duplicate document',
    added('z.yaml', placement('twice', 'datasets: "true"\nto: "true"\ncopies: 1')),
    /twice.*z\.yaml:\d+:\d+/,
  ],
  ['a duplicate key', changed('rules.yaml', 'copies: 2', 'copies: 2\n  copies: 3'), /rules\.yaml:8:\d+/],
  [
    'a second federation',
    added('f.yaml', 'apiVersion: stator/v1\nkind: Federation\nmetadata: { name: b }\nspec: {}\n'),
    /Federation/,
  ],
  ['deep nesting', added('deep.yaml', `a: ${'['.repeat(2000)}${']'.repeat(2000)}\n`), /deep\.yaml:1:\d+/],
  ['an anchor, as alias bombs begin', added('bomb.yaml', 'a: &a [x, x]\n'), /bomb\.yaml:1:4/],
  ['a custom tag', added('tag.yaml', 'a: !!js/function "x"\n'), /tag\.yaml:1:\d+/],
  ['a huge file', added('huge.yaml', `# ${'x'.repeat(5_000_000)}\n`), /huge\.yaml/],
  ['a number that would be rounded', changed('sites.yaml', '1MB', '12345678901234567890'), /sites\.yaml:6:\d+/],
  [
    'an unknown key of a rule',
    changed('rules.yaml', 'allowLastCopy', 'allowLastCopies'),
    /`allowLastCopies`.*rules\.yaml:19:7.*did you mean `allowLastCopy`/,
  ],
  ['a root that the URL leaves', changed('sites.yaml', '/east/$1', '/west/$1'), /root.*sites\.yaml:\d+:\d+/],
  [
    'an endpoint without URL',
    (sites) => ({
      'sites.yaml': ruleFiles(sites)['sites.yaml']?.replace(`url: 'file://${sites}/east/$1', `, '') ?? '',
    }),
    /sites\.yaml:8:\d+/,
  ],
  ['a file that is not UTF-8', added('bytes.yaml', 'a: "\u202e"\n'), /bytes\.yaml:1:\d+/],
];

async function withInventory(): Promise<SmallFederation & { readonly database: string }> {
  const federation = await smallFederation();
  const database = `sqlite:${federation.directory}/stator.db`;
  expect(await stator(['inventory', 'import', federation.bundle, '--database', database])).toMatchObject({ code: 0 });
  return { ...federation, database };
}

/** What must not change: the inventory, the actions, the files. */
async function world(federation: SmallFederation & { readonly database: string }) {
  const database = await openDatabase(federation.database);
  try {
    const { kysely } = database;
    return {
      inventory: await kysely.selectFrom('inventory_state').selectAll().execute(),
      replicas: await kysely.selectFrom('block_replicas').selectAll().execute(),
      actions: await kysely.selectFrom('actions').selectAll().execute(),
      tasks: await kysely.selectFrom('tasks').selectAll().execute(),
      files: await readTree(federation.sites),
    };
  } finally {
    await database.close();
  }
}

describe('a desired state with', () => {
  test.each(brokenRules)('%s: one error with its place; validate exits 2, reconcile 1', async (_, change, message) => {
    const federation = await withInventory();
    await writeTree(federation.rules, change(federation.sites));
    const before = await world(federation);

    const validated = await stator(['validate', federation.rules]);
    expect(validated.code, validated.stderr).toBe(2);
    expect(validated.stderr).toMatch(/^error: [^\n]+\n$/);
    expect(validated.stderr).toMatch(message);

    const reconciled = await stator([
      'reconcile',
      '--once',
      '--desired',
      federation.rules,
      '--database',
      federation.database,
    ]);
    expect(reconciled.code).toBe(1);
    expect(reconciled.stderr).toBe(validated.stderr);
    expect(await world(federation)).toEqual(before);
  });

  it('several errors in several files tells all of them in one run', async () => {
    const { rules, bundle } = await smallFederation({
      'a.yaml': placement('a', 'datasets: dataset.nam == "x"\nto: "true"\ncopies: 1'),
      'b.yaml': placement('b', 'datasets: "true"\nto: "true"\ncopies: many'),
    });
    const { code, stdout, stderr } = await stator(['plan', '--desired', rules, '--inventory', bundle]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^error: .*a\.yaml:5:\d+/);
    expect(lines[1]).toMatch(/^error: .*b\.yaml:7:\d+/);
  });

  it('errors is told as data by validate --output json', async () => {
    const { rules } = await smallFederation({ 'a.yaml': placement('a', 'datasets: "true"\nto: "true"\ncopys: 1') });
    const { code, stdout } = await stator(['validate', rules, '--output', 'json']);
    expect(code).toBe(2);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ valid: false });
    expect(document.errors).toBeGreaterThan(0);
    expect(document.diagnostics[0]).toMatchObject({ severity: 'error', file: 'a.yaml', line: 7, column: 3 });
  });
});

describe('a desired state that cannot be read', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['is not there', 'nowhere', /nowhere/],
    ['is a file', 'rules/rules.yaml', /rules\.yaml/],
    ['has no YAML', 'sites', /no YAML file/],
  ];
  test.each(cases)('because it %s is an error, never an empty one', async (_, path, message) => {
    const federation = await withInventory();
    const before = await world(federation);
    const desired = `${federation.directory}/${path}`;
    const validated = await stator(['validate', desired]);
    expect(validated.code).toBe(2);
    expect(validated.stderr).toMatch(message);
    const planned = await stator(['plan', '--desired', desired, '--inventory', federation.bundle]);
    expect({ code: planned.code, stdout: planned.stdout }).toEqual({ code: 1, stdout: '' });
    expect(planned.stderr).toMatch(/^error: [^\n]+\n$/);
    const reconciled = await stator(['reconcile', '--once', '--desired', desired, '--database', federation.database]);
    expect(reconciled.code).toBe(1);
    expect(await world(federation)).toEqual(before);
  });

  it('because the repository is out of reach is an error', async () => {
    const federation = await withInventory();
    const before = await world(federation);
    const env = { STATOR_REPOSITORY_CACHE: `${federation.directory}/cache` };
    const args = ['reconcile', '--once', '--repo', `${federation.directory}/no.git`, '--database', federation.database];
    const { code, stderr } = await stator(args, { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: [^\n]+; [^\n]*no\.git; [^\n]+\n$/);
    expect(await world(federation)).toEqual(before);
  });
});

const row = (value: object): string => `${JSON.stringify(value)}\n`;

/** A table, what is appended to it, and the words and place of the error. */
const brokenBundles: readonly (readonly [string, string, string, RegExp])[] = [
  ['a broken line', 'blocks', '{"dataset": "/A/one", \n', /blocks\.jsonl:3/],
  ['an unknown dataset', 'blocks', row({ dataset: '/X/none', name: 'b1', size: 1 }), /\/X\/none.*blocks\.jsonl:3/],
  ['an unknown block', 'replicas', row({ dataset: '/A/one', block: 'b9', site: 'west' }), /b9.*replicas\.jsonl:3/],
  ['a negative size', 'blocks', row({ dataset: '/A/one', name: 'b2', size: -1 }), /-1.*blocks\.jsonl:3/],
  ['a duplicate', 'datasets', row({ name: '/A/one' }), /\/A\/one.*datasets\.jsonl:3/],
  ['an unknown column', 'datasets', row({ name: '/A/two', colour: 'red' }), /colour.*datasets\.jsonl:3/],
  ['a word for a number', 'blocks', row({ dataset: '/A/one', name: 'b2', size: 'big' }), /big.*blocks\.jsonl:3/],
];

describe('a bundle with', () => {
  test.each(brokenBundles)(
    '%s is refused with its line, and nothing of it imported',
    async (_, table, text, message) => {
      const federation = await withInventory();
      const before = await world(federation);
      const { tables } = bundleFiles();
      await writeTree(federation.bundle, { [`${table}.jsonl`]: `${tables[`${table}.jsonl`]}${text}` });

      const imported = await stator(['inventory', 'import', federation.bundle, '--database', federation.database]);
      expect({ code: imported.code, stdout: imported.stdout }).toEqual({ code: 1, stdout: '' });
      expect(imported.stderr.split('\n')[0]).toMatch(message);
      for (const line of imported.stderr.trimEnd().split('\n')) expect(line).toMatch(/^error: /);
      expect(await world(federation)).toEqual(before);

      const planned = await stator(['plan', '--desired', federation.rules, '--inventory', federation.bundle]);
      expect({ code: planned.code, stdout: planned.stdout }).toEqual({ code: 1, stdout: '' });
      expect(planned.stderr.split('\n')[0]).toBe(imported.stderr.split('\n')[0]);
    },
  );

  it('a table missing or empty is refused; --allow-empty accepts the empty one', async () => {
    const { tables } = bundleFiles();
    const database = ['--database', `sqlite:${await scratch()}/stator.db`];
    const { 'replicas.jsonl': _, ...rest } = tables;
    const missing = await stator(['inventory', 'import', await writeTree(await scratch(), rest), ...database]);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/replicas/);
    const empty = await writeTree(await scratch(), { ...tables, 'replicas.jsonl': '', 'files.jsonl': '' });
    expect(await stator(['inventory', 'import', empty, ...database])).toMatchObject({ code: 1, stdout: '' });
    expect(await stator(['inventory', 'import', empty, '--allow-empty', ...database])).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('broken rows can be left out: they are written to a file, and nothing is deleted until they are mended', async () => {
    const { tables } = bundleFiles();
    const directory = await scratch();
    const bundle = await writeTree(`${directory}/bundle`, {
      ...tables,
      'replicas.jsonl': `${tables['replicas.jsonl']}${row({ dataset: '/A/one', block: 'b9', site: 'west' })}`,
    });
    const database = ['--database', `sqlite:${directory}/stator.db`];
    // However it is written, the bundle is the bundle.
    for (const args of [
      [bundle, '--skip-invalid'],
      ['--skip-invalid', bundle],
      ['--skip-invalid', 'bundle.skipped.jsonl', bundle],
    ]) {
      const imported = await stator(['inventory', 'import', ...args, ...database, '--output', 'json'], {
        cwd: directory,
      });
      expect(imported.code, imported.stderr).toBe(0);
      expect(JSON.parse(imported.stdout)).toMatchObject({ skipped: 1, completeness: 'partial' });
      const leftOut = Buffer.from((await readTree(directory))['bundle.skipped.jsonl'] ?? '', 'base64').toString();
      expect(JSON.parse(leftOut)).toMatchObject({ line: 3 });
    }
    const { rules } = await smallFederation();
    const planned = await stator(['plan', '--desired', rules, ...database, '--output', 'json']);
    const plan = JSON.parse(planned.stdout);
    expect(plan.inventory.completeness).toBe('partial');
    expect(plan.actions.filter((action: { type: string }) => action.type === 'delete')).toEqual([]);
  });
});

describe('a database', () => {
  it('that is not there is not made by commands that only read', async () => {
    const directory = await scratch();
    for (const command of [
      ['plan', '--desired', '.'],
      ['status'],
      ['history'],
      ['actions'],
      ['inventory', 'stats'],
      ['db', 'status'],
    ]) {
      await writeTree(directory, ruleFiles('/srv'));
      const { code, stdout, stderr } = await stator([...command, '--database', 'sqlite:none.db'], { cwd: directory });
      expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^error: [^\n]*none\.db; run `stator [^\n]+\n$/);
    }
    expect(Object.keys(await readTree(directory)).sort()).toEqual(['federation.yaml', 'rules.yaml', 'sites.yaml']);
  });

  it('that is no database, or cannot be reached, is an error that names it, without the password', async () => {
    const directory = await writeTree(await scratch(), {
      'x.db': 'this is not a database, but a text file of some length\n'.repeat(200),
    });
    const file = await stator(['status', '--database', 'sqlite:x.db'], { cwd: directory });
    expect(file).toMatchObject({ code: 1, stdout: '' });
    expect(file.stderr).toMatch(/^error: [^\n]*x\.db[^\n]*\n$/);
    const server = await stator(['status', '--database', 'mysql://me:hunter2@127.0.0.1:1/none']);
    expect(server).toMatchObject({ code: 1, stdout: '' });
    expect(server.stderr).toMatch(/^error: [^\n]*mysql:\/\/me@127\.0\.0\.1:1\/none[^\n]*\n$/);
    expect(server.stderr).not.toContain('hunter2');
    const scheme = await stator(['status', '--database', 'postgres://x/y']);
    expect(scheme).toMatchObject({ code: 1, stdout: '' });
  });
});
