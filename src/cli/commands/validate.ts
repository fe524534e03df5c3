/** `stator validate`: is the desired state well formed and consistent? */
import type { Command } from 'commander';
import type { Diagnostic } from '../../diagnostic.js';
import { StatorError } from '../../error.js';
import { diagnosticCounts, diagnosticLine, validationJson } from '../../report/diagnostics.js';
import { count } from '../../report/wording.js';
import type { CommandContext, Run } from '../command-context.js';
import { checkTree, type DesiredInput, desiredInput, readTree } from '../desired-input.js';
import { diagnosticErrorLine, errorLines } from '../error-lines.js';
import { type ExitCode, exitCodes, UsageError } from '../exit.js';
import { type CacheOptions, type DesiredOptions, withCache, withDesired, withOutput } from '../options.js';

interface ValidateOptions extends DesiredOptions, CacheOptions {
  readonly output: 'text' | 'json';
}

export function addValidate(program: Command, run: Run): void {
  const command = program
    .command('validate')
    .summary('check the desired state: schema, types, references, policy lint')
    .description(
      'Checks the desired state: schema, types of expressions, references between documents, policy lint.\n' +
        'Every error of every file is told in one run, with file, line and column. Exit 0: no errors; 2: errors.',
    )
    .argument(
      '[dir]',
      'directory of the desired state (default: the configured repository, else the working directory)',
    )
    .addHelpText('after', examples);
  withOutput(withCache(withDesired(command))).action(run(validate));
}

const examples = `
Examples:
  stator validate rules/
  stator validate --repo https://git.example.org/rules.git --ref refs/heads/main
  stator validate --output json | jq '.diagnostics[] | select(.severity == "error")'`;

async function validate(
  context: CommandContext,
  options: ValidateOptions,
  [directory]: readonly (string | undefined)[],
): Promise<ExitCode> {
  const { terminal } = context;
  let files = 0;
  let diagnostics: readonly Diagnostic[];
  try {
    const input = inputOf(context, options, directory);
    const tree = await readTree(input);
    files = tree.files.length;
    diagnostics = await checkTree(tree, input.documents);
  } catch (error) {
    // What cannot be read is not valid either: 0 and 2 are the only answers that CI has to know.
    if (!(error instanceof StatorError) || error instanceof UsageError) throw error;
    for (const line of errorLines(error)) terminal.error(line);
    const unreadable: Diagnostic = {
      severity: 'error',
      code: error.code,
      message: [error.message, error.where, error.todo].filter((part) => part !== undefined).join('; '),
      file: null,
      line: 0,
      column: 0,
    };
    if (options.output === 'json') await terminal.result(validationJson([unreadable]));
    return exitCodes.changes;
  }
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  for (const error of errors) terminal.error(diagnosticErrorLine(error));
  if (options.output === 'json') await terminal.result(validationJson(diagnostics));
  else {
    const others = diagnostics.filter((diagnostic) => diagnostic.severity !== 'error');
    const lines = others.map((diagnostic) => diagnosticLine(diagnostic, terminal.style));
    lines.push(`${count(files, 'file')}: ${diagnosticCounts(diagnostics)}`);
    await terminal.result(`${lines.join('\n')}\n`);
  }
  return errors.length > 0 ? exitCodes.changes : exitCodes.done;
}

/** What a command is about that takes a directory as its argument. */
export function inputOf(
  context: CommandContext,
  options: DesiredOptions & CacheOptions,
  directory: string | undefined,
): DesiredInput {
  if (directory !== undefined) {
    if (options.repo ?? options.desired ?? options.ref ?? options.path) {
      throw new UsageError('a directory and --repo, --ref, --path or --desired are given', 'give one of them');
    }
    return requireDirectory(context, options, directory);
  }
  return desiredInput(context, options) ?? requireDirectory(context, options, '.');
}

function requireDirectory(context: CommandContext, { cache }: CacheOptions, directory: string): DesiredInput {
  const input = desiredInput(context, { desired: directory, ...(cache === undefined ? {} : { cache }) });
  if (input === null) throw new UsageError('no directory is given', 'name one');
  return input;
}
