/** `stator approve HASH`: lets a held group of actions go, for a while, with a name and a reason. */
import { type Command, Option } from 'commander';
import { saveApproval } from '../../database/index.js';
import { formatTime } from '../../policy/units.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes, UsageError } from '../exit.js';
import { withInventoryDatabase } from '../inventory-input.js';
import { type ClockOptions, type DatabaseOptions, parseSpan, withClock, withDatabase, withOutput } from '../options.js';

interface ApproveOptions extends DatabaseOptions, ClockOptions {
  readonly output: 'text' | 'json';
  readonly reason: string;
  readonly by?: string;
  /** Seconds. */
  readonly expires: number;
}

const week = 7 * 86_400;

export function addApprove(program: Command, run: Run): void {
  const command = program
    .command('approve')
    .summary('let a held group of actions go')
    .description(
      'Approves one group of held actions by the hash that `stator plan` shows. The hash covers the rule and exactly these\n' +
        'items: when the rule comes to propose anything else, it waits again. Who, why and until when are recorded.',
    )
    .argument('<hash>', 'sha256:… as `stator plan` shows it')
    .requiredOption('--reason <text>', 'why; recorded')
    .option('--by <name>', 'who approves; recorded (default: $USER)')
    .addOption(new Option('--expires <duration>', 'how long it holds').argParser(parseSpan).default(week, '7d'))
    .addHelpText(
      'after',
      "\nExample:\n  stator approve sha256:77ee… --reason 'agreed in the operations meeting' --expires 2d",
    );
  withOutput(withClock(withDatabase(command))).action(run(approve));
}

async function approve(
  context: CommandContext,
  options: ApproveOptions,
  [hash = '']: readonly (string | undefined)[],
): Promise<ExitCode> {
  const { terminal, host } = context;
  if (!/^sha256:[0-9a-f]{64}$/.test(hash)) {
    throw new UsageError(
      `\`${hash}\` is not the hash of an approval`,
      'copy it from `stator plan`: sha256: and 64 digits',
    );
  }
  const who = options.by ?? host.environment.USER ?? '';
  if (who.trim() === '') throw new UsageError('nobody approves: $USER is not set', 'say who with --by NAME');
  if (options.reason.trim() === '') throw new UsageError('the reason is empty', 'say why with --reason TEXT');
  const created = options.now ?? host.now();
  const approval = { hash, who, why: options.reason, created, expires: created + options.expires };
  await withInventoryDatabase(context, options, 'read', (database) =>
    database.transaction((transaction) => saveApproval(transaction, approval)),
  );
  const document = {
    hash,
    by: who,
    reason: approval.why,
    created: formatTime(created),
    expires: formatTime(approval.expires),
  };
  await terminal.result(
    options.output === 'json'
      ? `${JSON.stringify(document, null, 2)}\n`
      : `Approved by ${who} until ${document.expires}; the next cycle acts on it.\n`,
  );
  return exitCodes.done;
}
