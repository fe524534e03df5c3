import { execFileSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTree, scratch, stator, writeTree } from './stator.js';

describe('stator demo', () => {
  it('shows the main job, ends with every checksum right, and can be run again in the same place', async () => {
    const directory = join(await scratch(), 'federation');
    const began = performance.now();
    const { code, stdout, stderr } = await stator(['demo', '--dir', directory]);
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(performance.now() - began).toBeLessThan(20_000);

    // Plan, what moved, an explanation of a copy and of a deletion with line and commit, a change, the comparison.
    expect(stdout).toMatch(/\$ stator plan\nPlan at /);
    expect(stdout).toMatch(/done {2}copied \/Beam\/2024A\/RAW to cave, 12 files/);
    expect(stdout).toMatch(/done {2}deleted \/Test\/2022\/RECO at hill, 12 files/);
    expect(stdout).toMatch(/Placement raw-on-tape at placements\/archive\.yaml:\d+ \([0-9a-f]{12}, Ada Demo/);
    expect(stdout).toMatch(
      /decided by Retention disk\/withdrawn at retention\/disk\.yaml:\d+, commit [0-9a-f]{12} by Ada Demo/,
    );
    expect(stdout).toMatch(/added by the change: 1 action[^\n]*\n {4}\+ copy \/Cosmics\/2023\/RECO at hill/);
    expect(stdout).toMatch(/decided by Placement cosmics at [^\n]*commit [0-9a-f]{12} by Ben Demo/);
    // Whoever changed any line of a rule is the one to ask, not who wrote its first line.
    expect(stdout).toMatch(/required by Placement cosmics at [^\n]*, Ben Demo [^\n]*: Read cosmics at the hill\)/);
    const files =
      /All (\d+) files that the inventory lists are there, every checksum is right, and there is no unknown file\./.exec(
        stdout,
      );
    expect(Object.keys(await readTree(join(directory, 'sites')))).toHaveLength(Number(files?.[1]));
    expect(execFileSync('git', ['-C', join(directory, 'rules'), 'log', '--format=%an'], { encoding: 'utf8' })).toBe(
      'Ben Demo\nAda Demo\n',
    );

    // What it leaves is a federation to go on with.
    expect((await stator(['plan'], { cwd: directory })).code).toBe(0);
    expect((await stator(['demo', '--dir', directory])).code).toBe(0);
  });

  it('leaves nothing behind, and is not led astray by what is set for another installation', async () => {
    const cwd = await scratch();
    const temporary = await scratch();
    const env = {
      TMPDIR: temporary,
      HOME: join(cwd, 'home'),
      STATOR_DATABASE_URL: 'mysql://nobody@127.0.0.1:1/none',
      STATOR_REPOSITORY_URL: '/nowhere',
    };
    const { code, stderr } = await stator(['demo'], { cwd, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await readdir(cwd)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('empties no directory that a demo did not make', async () => {
    const directory = await writeTree(await scratch(), { 'thesis.tex': 'years of work' });
    const { code, stderr } = await stator(['demo', '--dir', directory]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: the directory is not empty and was not made by a demo; [^\n]*\n$/);
    expect(Object.keys(await readTree(directory))).toEqual(['thesis.tex']);
  });
});

describe('stator init', () => {
  it('writes a desired state that is valid, with workflows for pull requests', async () => {
    const cwd = await scratch();
    const { code, stdout, stderr } = await stator(['init', 'rules'], { cwd });
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    const files = Object.keys(await readTree(join(cwd, 'rules')));
    expect(files).toEqual(
      expect.arrayContaining([
        'README.md',
        'placements.yaml',
        '.github/workflows/stator.yml',
        '.gitlab-ci.yml',
        'ci/plan.sh',
      ]),
    );
    const valid = await stator(['validate', 'rules'], { cwd });
    expect(valid).toMatchObject({ code: 0, stderr: '' });
    expect(valid.stdout).toContain('no errors, no warnings');
    // Without an argument: here.
    await mkdir(join(cwd, 'here/.git'), { recursive: true });
    expect((await stator(['init'], { cwd: join(cwd, 'here') })).code).toBe(0);
    expect((await stator(['validate'], { cwd: join(cwd, 'here') })).code).toBe(0);
  });

  it('refuses a directory that is not empty, and leaves it as it is', async () => {
    const directory = await writeTree(await scratch(), { 'sites.yaml': 'mine' });
    const before = await readTree(directory);
    const { code, stderr } = await stator(['init', directory]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: the directory is not empty \(sites\.yaml\); [^\n]*; name an empty or a new directory; nothing was written\n$/,
    );
    expect(await readTree(directory)).toEqual(before);
  });
});

describe('stator doctor', () => {
  it('finds everything well in what a demo leaves', async () => {
    const directory = join(await scratch(), 'federation');
    expect((await stator(['demo', '--dir', directory])).code).toBe(0);
    const { code, stdout } = await stator(['doctor', '--output', 'json'], { cwd: directory });
    const { checks } = JSON.parse(stdout);
    expect(checks.filter((check: { verdict: string }) => check.verdict !== 'ok')).toEqual([]);
    expect(code).toBe(0);
    expect(checks.map((check: { subject: string }) => check.subject)).toEqual(
      expect.arrayContaining(['git', 'database', 'desired state', 'plugins', 'site cave']),
    );
  });

  it('says what does not work and what to do, also of a variable that is mistyped', async () => {
    const cwd = await scratch();
    const env = { STATOR_DATABSE_URL: 'sqlite:x', STATOR_REPOSITORY_URL: join(cwd, 'none'), HOME: cwd };
    const { code, stdout } = await stator(['doctor'], { cwd, env });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^warning {2}environment: STATOR_DATABSE_URL is set and means nothing; did you mean STATOR_DATABASE_URL\?$/m,
    );
    expect(stdout).toMatch(/^error {4}desired state: /m);
    expect(stdout).toMatch(/^warning {2}database: .* does not exist yet; `stator inventory import DIR` makes it$/m);
    expect(Object.keys(await readTree(cwd)).filter((path) => path.endsWith('.db'))).toEqual([]);
  });
});
