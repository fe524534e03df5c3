/** `stator init [DIR]`: a commented desired-state repository to start from, with workflows for pull requests. */
import { chmod, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { messageOf, StatorError } from '../../error.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { packageRoot } from '../package-files.js';

export function addInit(program: Command, run: Run): void {
  program
    .command('init')
    .summary('make a commented desired-state repository to start from')
    .description(
      'Writes a small commented federation and workflows that show the plan of every pull request. The directory must be\n' +
        'empty (a `.git` may be there) or not exist.',
    )
    .argument('[dir]', 'where to write it', '.')
    .addHelpText('after', '\nExample:\n  stator init rules && stator validate rules')
    .action(run(init));
}

/** What the desired state is joined by, as files of the package and of the new repository. */
const workflows: readonly (readonly [string, string])[] = [
  ['examples/ci/github.yml', '.github/workflows/stator.yml'],
  ['examples/ci/gitlab.yml', '.gitlab-ci.yml'],
  ['examples/ci/plan.sh', 'ci/plan.sh'],
];

async function init(
  { terminal, host }: CommandContext,
  _: unknown,
  [directory = '.']: readonly (string | undefined)[],
): Promise<ExitCode> {
  const target = resolve(host.directory, directory);
  await requireEmpty(target);
  try {
    await mkdir(target, { recursive: true });
    await cp(join(packageRoot, 'desired-state'), target, { recursive: true });
    for (const [from, to] of workflows) {
      await mkdir(dirname(join(target, to)), { recursive: true });
      await cp(join(packageRoot, from), join(target, to));
    }
    await chmod(join(target, 'ci/plan.sh'), 0o755);
    await writeFile(join(target, 'README.md'), readme);
  } catch (error) {
    throw new StatorError({
      code: 'cannot-write',
      what: `cannot write the desired state: ${messageOf(error)}`,
      where: target,
      todo: 'check the permissions and the space of the directory',
      cause: error,
    });
  }
  const shown = relative(host.directory, target) || '.';
  await terminal.result(
    `Wrote a desired state to ${shown}. Next:\n` +
      `  stator validate ${shown}\n` +
      `  edit sites.yaml and placements.yaml, then commit: git init && git add . && git commit\n` +
      `  stator plan --desired ${shown} --inventory BUNDLE\n`,
  );
  return exitCodes.done;
}

async function requireEmpty(directory: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new StatorError({
      code: 'cannot-write',
      what: `cannot use the directory: ${messageOf(error)}`,
      where: directory,
      todo: 'name another one',
      cause: error,
    });
  }
  const others = entries.filter((name) => name !== '.git');
  if (others.length === 0) return;
  throw new StatorError({
    code: 'not-empty',
    what: `the directory is not empty (${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''})`,
    where: directory,
    todo: 'name an empty or a new directory; nothing was written',
  });
}

const readme = `# Desired state

What this federation should look like. Stator compares it with what is there and makes it so.

| file | says |
|---|---|
| \`federation.yaml\` | names, labels and defaults that hold everywhere |
| \`sites.yaml\` | the storage sites: state, quotas, how names become URLs |
| \`groups.yaml\`, \`partitions.yaml\` | who owns data, and in which slices space is counted |
| \`placements.yaml\` | which datasets have how many copies where |
| \`retention.yaml\` | what may be deleted, when, in which order |
| \`locks.yaml\`, \`guards.yaml\` | what must stay, and the limits of what happens by itself |
| \`selectors/\` | lists that the others use |

Change it by pull request: the workflow validates it and shows what it would do (\`ci/plan.sh\`). By hand:

    stator validate .
    stator plan --desired . --inventory BUNDLE
    stator schema Placement        # every field, for editors too
`;
