/**
 * The lint is what keeps the layers apart, so it is tested itself: a small tree with one violation each must be refused
 * by the rule meant for it, and the same tree without the violation must pass.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A small tree in which every import follows the table. */
const sound: Readonly<Record<string, string>> = {
  'src/error.ts': 'export const error = 1;\n',
  'src/order.ts': 'export const order = 1;\n',
  'src/diagnostic.ts': 'export type Diagnostic = string;\n',
  'src/policy/index.ts': "import { order } from '../order.js';\n\nexport const policy: number = order;\n",
  'src/desired/state.ts':
    "import { policy } from '../policy/index.js';\n\nexport type State = string;\nexport const desired: number = policy;\n",
  'src/snapshot/index.ts': "import type { State } from '../desired/state.js';\n\nexport const snapshot: State = '';\n",
  'src/planning/index.ts':
    "import { createHash } from 'node:crypto';\nimport { snapshot } from '../snapshot/index.js';\n\nexport const planning: unknown = [createHash, snapshot];\n",
  'src/database/index.ts':
    "import { readFileSync } from 'node:fs';\nimport { snapshot } from '../snapshot/index.js';\n\nexport const database: unknown = [snapshot, readFileSync];\n",
  'src/execution/index.ts': 'export const execution = 1;\n',
  'src/cli/main.ts': 'export const main = 1;\n',
  'src/plugin/index.ts': 'export const plugin = 1;\n',
  'plugins/posix/index.ts':
    "import { plugin } from '../../src/plugin/index.js';\n\nexport const posix: number = plugin;\n",
};

function makeTree(files: Readonly<Record<string, string>>): string {
  const tree = mkdtempSync(join(tmpdir(), 'stator-lint-'));
  for (const file of [
    '.dependency-cruiser.cjs',
    'biome.json',
    'package.json',
    'tsconfig.json',
    'scripts/pure-core.grit',
  ]) {
    cpSync(join(root, file), join(tree, file));
  }
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  return tree;
}

describe('import lint', () => {
  const violations: readonly (readonly [title: string, path: string, text: string, rule: string])[] = [
    ['policy imports nothing of ours', 'src/policy/a.ts', "import '../error.js';\n", 'layer-policy'],
    ['policy writes no log', 'src/policy/b.ts', "import 'pino';\n", 'pure-policy-packages'],
    ['desired starts no process', 'src/desired/a.ts', "import 'node:child_process';\n", 'pure-desired-node'],
    ['desired knows no git', 'src/desired/b.ts', "import 'simple-git';\n", 'pure-desired-packages'],
    ['snapshot does not import planning', 'src/snapshot/a.ts', "import '../planning/index.js';\n", 'layer-snapshot'],
    [
      'snapshot may name types of desired but not use its values',
      'src/snapshot/b.ts',
      "import { desired } from '../desired/state.js';\n\nexport const x = desired;\n",
      'layer-snapshot-types-only',
    ],
    ['snapshot knows no database driver', 'src/snapshot/c.ts', "import 'mysql2';\n", 'pure-snapshot-packages'],
    ['planning reads no file', 'src/planning/a.ts', "import 'node:fs';\n", 'pure-planning-node'],
    ['planning has no timers', 'src/planning/b.ts', "import 'node:timers/promises';\n", 'pure-planning-node'],
    ['planning knows no database driver', 'src/planning/c.ts', "import 'better-sqlite3';\n", 'pure-planning-packages'],
    ['report opens no connection', 'src/report/a.ts', "import 'node:net';\n", 'pure-report-node'],
    ['database does not import execution', 'src/database/a.ts', "import '../execution/index.js';\n", 'layer-database'],
    ['what runs is a dependency, not a tool', 'src/database/b.ts', "import 'vitest';\n", 'undeclared-package'],
    ['every import resolves', 'src/database/c.ts', "import './absent.js';\n", 'unresolvable'],
    ['a new folder is not forgotten in the table', 'src/elsewhere/a.ts', "import '../error.js';\n", 'unlisted-folder'],
    ['nothing imports the command line', 'src/reconcile/a.ts', "import '../cli/main.js';\n", 'not-to-cli'],
    ['a plugin sees the plugin API only', 'plugins/posix/a.ts', "import '../../src/error.js';\n", 'plugins'],
    ['a plugin does not see another', 'plugins/other/a.ts', "import '../posix/index.js';\n", 'plugins'],
    [
      'files do not import each other in a circle',
      'src/audit/a.ts',
      "import { b } from './b.js';\n\nexport const a = (): unknown => b;\n",
      'no-cycles',
    ],
    [
      'folders do not import each other in a circle, even by types',
      'src/desired/c.ts',
      "import type { snapshot } from '../snapshot/index.js';\n\nexport type C = typeof snapshot;\n",
      'no-cycles-between-folders',
    ],
  ];
  const trees: string[] = [];

  function lint(files: Readonly<Record<string, string>>): readonly string[] {
    const tree = makeTree(files);
    trees.push(tree);
    const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const result = spawnSync(process.execPath, [program, '--output-type', 'json', 'src', 'plugins'], {
      cwd: tree,
      encoding: 'utf8',
    });
    const report: { summary: { violations: { rule: { name: string }; from: string }[] } } = JSON.parse(result.stdout);
    return report.summary.violations.map((violation) => `${violation.rule.name}: ${violation.from}`);
  }

  let found: readonly string[];
  beforeAll(() => {
    found = lint({
      ...sound,
      'src/audit/b.ts': "import { a } from './a.js';\n\nexport const b = (): unknown => a;\n",
      ...Object.fromEntries(violations.map(([, path, text]) => [path, text])),
    });
  });
  afterAll(() => {
    for (const tree of trees) rmSync(tree, { recursive: true, force: true });
  });

  test('passes where every import follows the table', () => {
    expect(lint(sound)).toEqual([]);
  });

  test.each(violations)('%s', (_title, path, _text, rule) => {
    expect(found).toContain(`${rule}: ${rule === 'no-cycles-between-folders' ? dirname(path) : path}`);
  });
});

describe('code lint', () => {
  const impure = {
    'no clock in the core': 'export const x = Date.now();\n',
    'no clock in the core, as a date': 'export const x = new Date();\n',
    'no random numbers in the core': 'export const x = Math.random();\n',
    'no environment in the core': 'export const x = process.env;\n',
    'no timers in the core': 'setTimeout(() => {}, 5);\n',
  };

  function lint(files: Readonly<Record<string, string>>): { readonly status: number | null; readonly output: string } {
    const tree = makeTree(files);
    try {
      const program = join(root, 'node_modules/@biomejs/biome/bin/biome');
      const args = [program, 'lint', '--error-on-warnings', '--colors=off', 'src'];
      const result = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' });
      return { status: result.status, output: result.stdout + result.stderr };
    } finally {
      rmSync(tree, { recursive: true, force: true });
    }
  }

  test('passes where there is nothing to say, also effects at the edge', () => {
    const files = Object.values(impure).map((text, i) => [`src/database/x${i}.ts`, text]);
    expect(lint({ ...sound, ...Object.fromEntries(files) })).toMatchObject({ status: 0 });
  });

  test.each(Object.entries(impure))('%s', (_title, text) => {
    const result = lint({ ...sound, 'src/planning/x.ts': text });
    expect(result.output).toContain('The core is pure');
    expect(result.status).toBe(1);
  });

  test('no any', () => {
    const result = lint({ ...sound, 'src/database/x.ts': 'export const x: any = 1;\n' });
    expect(result.output).toContain('noExplicitAny');
    expect(result.status).toBe(1);
  });
});

test('every dependency is used', () => {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const sources = ['src', 'plugins'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  );
  // Imported, or named for a file of it (a font): in quotes either way.
  const isUsed = (name: string): boolean =>
    sources.some((text) => [`'${name}'`, `'${name}/`, `\`${name}/`].some((quoted) => text.includes(quoted)));
  expect(Object.keys(dependencies).filter((name) => !isUsed(name))).toEqual([]);
});
