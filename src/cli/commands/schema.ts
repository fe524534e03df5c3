/** `stator schema [KIND]`: the JSON Schemas, for editors and CI. */
import { readdirSync } from 'node:fs';
import type { Command } from 'commander';
import { kinds } from '../../desired/index.js';
import { nearest } from '../../desired/suggest.js';
import { compareBytes } from '../../order.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes, UsageError } from '../exit.js';
import { packageJson, packageRoot } from '../package-files.js';

export function addSchema(program: Command, run: Run): void {
  program
    .command('schema')
    .summary('print the JSON Schema of a kind, of the configuration, or of the plan')
    .description('Prints the JSON Schema (draft 2020-12) of a kind; without KIND, lists what there is.')
    .argument('[kind]', 'a kind of the desired state, `config`, or `plan`; upper and lower case are the same')
    .addHelpText('after', '\nExamples:\n  stator schema\n  stator schema Placement > placement.schema.json')
    .action(run(schema));
}

async function schema(
  { terminal }: CommandContext,
  _: unknown,
  [kind]: readonly (string | undefined)[],
): Promise<ExitCode> {
  const names = schemaNames();
  if (kind === undefined) {
    await terminal.result(names.map((name) => `${name}\n`));
    return exitCodes.done;
  }
  const name = names.find((candidate) => candidate.toLowerCase() === kind.toLowerCase());
  if (name === undefined) {
    const near = nearest(kind, names);
    throw new UsageError(
      `there is no schema \`${kind}\``,
      near === null ? 'run `stator schema` for the list' : `did you mean \`${near}\`?`,
    );
  }
  await terminal.result(`${JSON.stringify(packageJson(`schemas/${name.toLowerCase()}${suffix}`), null, 2)}\n`);
  return exitCodes.done;
}

const suffix = '.schema.json';

/** Names of the schemas that come with the program, sorted; kinds as they are written in YAML. */
export function schemaNames(): string[] {
  return readdirSync(`${packageRoot}schemas`)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .map((name) => kinds.find((kind) => kind.toLowerCase() === name) ?? name)
    .sort(compareBytes);
}
