/** `stator plugins`: what moves and deletes files in this process. */
import type { Command } from 'commander';
import { PluginRegistry } from '../../plugin/registry.js';
import { table } from '../../report/table.js';
import { printable } from '../../report/wording.js';
import type { CommandContext, Run } from '../command-context.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { withOutput } from '../options.js';

interface PluginsOptions {
  readonly output: 'text' | 'json';
}

export function addPlugins(program: Command, run: Run): void {
  const command = program
    .command('plugins')
    .summary('list the plugins of this process')
    .description('Loads the configured plugins and lists what each can do.')
    .addHelpText('after', '\nExample:\n  stator plugins --output json');
  withOutput(command).action(run(plugins));
}

async function plugins({ terminal, config }: CommandContext, options: PluginsOptions): Promise<ExitCode> {
  const registry = await PluginRegistry.load({ plugins: config.plugins, directory: config.directory });
  try {
    const list = [
      ...registry.movers.map((mover) => ({
        name: mover.name,
        kind: 'mover',
        schemes: mover.pairs.map((pair) => `${pair.sources.join('|')} -> ${pair.destinations.join('|')}`),
      })),
      ...registry.deleters.map((deleter) => ({ name: deleter.name, kind: 'deleter', schemes: [...deleter.schemes] })),
    ];
    if (options.output === 'json') await terminal.result(`${JSON.stringify({ plugins: list }, null, 2)}\n`);
    else {
      const rows = list.map(({ name, kind, schemes }) => [printable(name), kind, printable(schemes.join(', '))]);
      const lines = table([{ title: 'name' }, { title: 'kind' }, { title: 'schemes' }], rows, terminal.style);
      await terminal.result(`${lines.join('\n')}\n`);
    }
    return exitCodes.done;
  } finally {
    await registry.close();
  }
}
