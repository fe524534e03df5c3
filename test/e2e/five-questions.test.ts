/** What a new operator asks, each answered by one command over a real repository, database and directories. */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallFederation } from './small-federation.js';
import { type RunOptions, stator } from './stator.js';

const more = `apiVersion: stator/v1
kind: Site
metadata: { name: north }
spec: { storage: disk, quotas: { all: 1MB } }
---
apiVersion: stator/v1
kind: Site
metadata: { name: small }
spec: { storage: disk, quotas: { all: 100 } }
---
apiVersion: stator/v1
kind: Site
metadata: { name: vault }
spec: { storage: tape, quotas: { all: 1MB } }
---
apiVersion: stator/v1
kind: Exclusion
metadata: { name: no-north }
spec: { datasets: 'true', sites: site.name == "north", reason: its disks are being replaced }
`;

interface Repository {
  readonly here: RunOptions;
  readonly rules: string;
  git(...args: string[]): string;
  /** Changes a file of the rules and commits it. */
  change(from: string, to: string, message: string): Promise<string>;
}

/** The rules in git, one cycle done with them: `/A/one` is at east and west, `/B/old` is gone from west. */
async function afterOneCycle(): Promise<Repository> {
  const federation = await smallFederation({ 'more.yaml': more });
  const { directory, rules } = federation;
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', rules, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Say where data has to be');
  const config = 'repository: { url: rules, ref: main, cache: cache }\ndatabase: { url: "sqlite:stator.db" }\n';
  await writeFile(join(directory, 'stator.config.yaml'), config);
  const here = { cwd: directory };
  expect((await stator(['inventory', 'import', 'bundle'], here)).code).toBe(0);
  expect(await stator(['reconcile', '--once'], here)).toMatchObject({ code: 0, stderr: '' });
  return {
    here,
    rules,
    git,
    change: async (from, to, message) => {
      const file = join(rules, 'rules.yaml');
      const text = await readFile(file, 'utf8');
      expect(text).toContain(from);
      await writeFile(file, text.replace(from, to));
      git('commit', '--quiet', '--all', '--message', message);
      return git('rev-parse', 'HEAD');
    },
  };
}

describe('one command answers', () => {
  it('why was this deleted', async () => {
    const { here, git } = await afterOneCycle();
    const { code, stdout, stderr } = await stator(['explain', '/B/old'], here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('done  deleted /B/old at west');
    const commit = git('rev-parse', 'HEAD').slice(0, 12);
    expect(stdout).toContain(
      `decided by Retention disk/withdrawn at rules.yaml:16, commit ${commit} by Ada <ada@example.org>, cycle 1`,
    );
  });

  it('why is this still here', async () => {
    const { here, change } = await afterOneCycle();
    await change('copies: 2', 'copies: 1', 'One copy is enough');
    await change(
      'rules:\n',
      'trigger: site.occupancy > 0.9\n  default: dismiss\n  rules:\n    - { id: tape, action: protect, when: site.storage == "tape", expires: 2020-01-01 }\n',
      'Let the rest go when a site is full',
    );
    const { code, stdout, stderr } = await stator(['explain', '/A/one@west'], here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /dismiss \(1 block, [^)]*\) by Retention disk\/default at rules\.yaml:\d+ \(.*Let the rest go/,
    );
    expect(stdout).toMatch(/rule tape \(rules\.yaml:\d+\), protect: not in force, it ended at 2020-01-01T00:00:00Z/);
    expect(stdout).toContain('`dataset.status == "DEPRECATED"` was false: dataset.status = "VALID"');
    expect(stdout).toMatch(
      /waits: until the trigger of Retention disk at rules\.yaml:\d+ holds: `site\.occupancy > 0\.9` was false: site\.occupancy = 0\.\d+/,
    );

    // The same question to the rules as they were at first.
    const before = await stator(['explain', '/A/one@west', '--at', 'HEAD~2'], here);
    expect(before.stdout).toMatch(/protect \(1 block, [^)]*\) by Retention disk\/default .*Say where data has to be/);
    expect(before.stdout).toMatch(/required by Placement twice .*Say where data has to be/);
  });

  it('why is there no copy at X', async () => {
    const { here, change } = await afterOneCycle();
    await change('copies: 2', 'copies: 4', 'Four copies');
    const whyNot = async (dataset: string, site: string): Promise<string> => {
      const { code, stdout, stderr } = await stator(['explain', dataset, '--why-not', site], here);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const north = await whyNot('/A/one', 'north');
    expect(north).toContain(
      'wants 4 copies, but north is closed to it by Exclusion no-north at more.yaml:16: its disks are being replaced',
    );
    expect(north).toMatch(/^ {4}east has a copy, which counts$/m);
    expect(north).toMatch(/^ {4}small has no space in partition all: \d+ B needed, 100 B free$/m);
    const vault = 'is not among its sites: `site.storage == "disk"` was false: site.storage = "tape"';
    expect(north).toContain(`    vault ${vault}\n`);
    expect(await whyNot('/A/one', 'vault')).toContain(`wants 4 copies, but vault ${vault}`);

    const other = await whyNot('/B/old', 'east');
    expect(other).toContain('no placement wants it anywhere');
    expect(other).toContain('does not want it: the dataset is DEPRECATED, and `statuses` are');

    const slip = await stator(['explain', '/A/one', '--why-not', 'nort'], here);
    expect(slip).toMatchObject({ code: 1, stdout: '' });
    expect(slip.stderr).toContain('did you mean `north`?');
  });

  it('what happens if I merge this', async () => {
    const { here, git, change } = await afterOneCycle();
    git('checkout', '--quiet', '-b', 'change');
    await change('"DEPRECATED"', '"VALID"', 'Delete what is valid');
    const merged = await stator(['diff', 'main', 'change', '--output', 'json'], here);
    expect(merged.code, merged.stderr).toBe(2);
    const diff = JSON.parse(merged.stdout);
    expect(diff).toMatchObject({ same: false, from: { ref: 'main' }, to: { ref: 'change' } });
    expect(diff.decisions).toMatchObject([
      { dataset: '/A/one', site: 'east', before: [{ decision: 'protect' }], after: [{ rule: 'withdrawn' }] },
      { dataset: '/A/one', site: 'west', before: [{ decision: 'protect' }], after: [{ decision: 'delete' }] },
    ]);
    const text = await stator(['diff', 'main', 'change'], here);
    expect(text.stdout).toMatch(/\/A\/one at west: protect by disk\/default .* -> delete by disk\/withdrawn/);

    // Moving rules about and renaming them does nothing.
    git('checkout', '--quiet', '-b', 'renamed', 'main');
    const renamed = await change('id: withdrawn', 'id: withdrawn-data', 'Call it by its name');
    for (const name of ['renamed', renamed, renamed.slice(0, 10)]) {
      const same = await stator(['diff', 'main', name], here);
      expect(same.code, same.stderr).toBe(0);
      expect(same.stdout).toContain('Both do the same.');
    }
    const plan = await stator(['plan', '--ref', 'change', '--base', 'main'], here);
    expect(plan.stdout).toMatch(/^Compared with [0-9a-f]{12} \(main\)/);
  });

  it('what did this commit do', async () => {
    const { here, git, change } = await afterOneCycle();
    const first = git('rev-parse', 'HEAD');
    const second = await change('"DEPRECATED"', '"INVALID"', 'Withdraw invalid data only');
    expect((await stator(['reconcile', '--once'], here)).code).toBe(0);
    const did = await stator(['actions', '--commit', first.slice(0, 12), '--output', 'json'], here);
    const { total, actions } = JSON.parse(did.stdout);
    expect(total).toBe(2);
    expect(
      actions.map(({ type, dataset, site }: Record<string, string>) => `${type} ${dataset} ${site}`).sort(),
    ).toEqual(['copy /A/one west', 'delete /B/old west']);
    const nothing = await stator(['actions', '--commit', second], here);
    expect(nothing).toMatchObject({ code: 0, stdout: '0 actions\n' });
    expect((await stator(['actions', '--commit', 'HEAD'], here)).code).toBe(4);
  });
});
