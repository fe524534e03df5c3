/** `stator doctor`: does everything this process is configured for work from here? */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { inventoryStats, migrationStatus, openDatabase } from '../../database/index.js';
import { compileDesired } from '../../desired/index.js';
import type { DesiredState } from '../../desired/state.js';
import { nearest } from '../../desired/suggest.js';
import { messageOf, StatorError } from '../../error.js';
import { formatBytes } from '../../policy/units.js';
import { diagnosticCounts } from '../../report/diagnostics.js';
import type { Style } from '../../report/style.js';
import { count, printable, sourceLine } from '../../report/wording.js';
import type { CommandContext, Run } from '../command-context.js';
import { environmentSettings } from '../config.js';
import { databaseUrl, sqliteFile } from '../database-url.js';
import { desiredInput, readTree } from '../desired-input.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { loadPlugins } from '../load-plugins.js';
import { type DatabaseOptions, type DesiredOptions, withDatabase, withDesired, withOutput } from '../options.js';

interface DoctorOptions extends DesiredOptions, DatabaseOptions {
  readonly output: 'text' | 'json';
}

/** `warning`: it works, but somebody should look. */
type Verdict = 'ok' | 'warning' | 'error';

interface Check {
  readonly subject: string;
  readonly verdict: Verdict;
  readonly finding: string;
}

export function addDoctor(program: Command, run: Run): void {
  const command = program
    .command('doctor')
    .summary('check the configuration, the database, the repository, the plugins and the sites')
    .description(
      'Checks that everything this process is configured for works from here. Changes nothing. Exit 1: something does not.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  stator doctor\n  stator doctor --config /etc/stator/stator.config.yaml --output json',
    );
  withOutput(withDatabase(withDesired(command))).action(run(doctor));
}

async function doctor(context: CommandContext, options: DoctorOptions): Promise<ExitCode> {
  const { terminal } = context;
  const checks: Check[] = [...checkConfiguration(context), await checkGit()];
  checks.push(await checkDatabase(context, options));
  const { check, state } = await checkDesired(context, options);
  checks.push(check, await checkPlugins(context));
  if (state !== null) checks.push(...(await checkSites(state)));
  if (options.output === 'json') await terminal.result(`${JSON.stringify({ checks }, null, 2)}\n`);
  else await terminal.result(checks.map((item) => `${checkLine(item, terminal.style)}\n`));
  return checks.some((item) => item.verdict === 'error') ? exitCodes.error : exitCodes.done;
}

function checkLine({ subject, verdict, finding }: Check, style: Style): string {
  const colour = { ok: style.green, warning: style.yellow, error: style.red }[verdict];
  return `${colour(verdict.padEnd(7))}  ${subject}: ${printable(finding)}`;
}

function checkConfiguration({ config, host }: CommandContext): Check[] {
  const checks: Check[] = [
    {
      subject: 'configuration',
      verdict: 'ok',
      finding: config.file === null ? 'no stator.config.yaml here: defaults and the environment' : config.file,
    },
  ];
  const known = Object.keys(environmentSettings);
  for (const name of Object.keys(host.environment).sort()) {
    if (!name.startsWith('STATOR_') || known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near === null ? '' : `; did you mean ${near}?`;
    checks.push({ subject: 'environment', verdict: 'warning', finding: `${name} is set and means nothing${hint}` });
  }
  return checks;
}

async function checkGit(): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    const version = /(\d+)\.(\d+)/.exec(stdout);
    const old = version === null || Number(version[1]) < 2 || (Number(version[1]) === 2 && Number(version[2]) < 39);
    const finding = old ? `${stdout.trim()}; 2.39 or newer is needed` : stdout.trim();
    return { subject: 'git', verdict: old ? 'error' : 'ok', finding };
  } catch (error) {
    return { subject: 'git', verdict: 'error', finding: `git cannot be run (${messageOf(error)}); install it` };
  }
}

async function checkDatabase(context: CommandContext, options: DatabaseOptions): Promise<Check> {
  const subject = 'database';
  const url = databaseUrl(context, options);
  const file = sqliteFile(url);
  if (file !== null && !existsSync(file)) {
    return {
      subject,
      verdict: 'warning',
      finding: `${url} does not exist yet; \`stator inventory import DIR\` makes it`,
    };
  }
  try {
    const database = await openDatabase(url);
    try {
      const { pending, unknown } = await migrationStatus(database);
      if (unknown.length > 0) {
        return {
          subject,
          verdict: 'error',
          finding: `${database.url} is newer than this program; use the newer version`,
        };
      }
      if (pending.length > 0) {
        return {
          subject,
          verdict: 'error',
          finding: `${database.url} lacks ${count(pending.length, 'migration')}; run \`stator db migrate\``,
        };
      }
      const stats = await inventoryStats(database);
      const finding = `${database.url}: ${count(stats.datasets, 'dataset')}, ${count(stats.replicas, 'replica')}, ${formatBytes(stats.bytes)}`;
      return { subject, verdict: 'ok', finding };
    } finally {
      await database.close();
    }
  } catch (error) {
    return { subject, verdict: 'error', finding: told(error) };
  }
}

async function checkDesired(
  context: CommandContext,
  options: DesiredOptions,
): Promise<{ check: Check; state: DesiredState | null }> {
  const subject = 'desired state';
  const input = desiredInput(context, options);
  if (input === null) {
    const finding = 'none is configured; set repository.url in stator.config.yaml, or give --desired or --repo';
    return { check: { subject, verdict: 'warning', finding }, state: null };
  }
  try {
    if (input.kind === 'repository') {
      await mkdir(input.cacheDir, { recursive: true });
      await access(input.cacheDir, constants.W_OK);
    }
    const tree = await readTree(input);
    const { state, diagnostics } = compileDesired(tree.files, tree.source);
    const place = input.kind === 'repository' ? `${input.url} at ${sourceLine(tree.source)}` : input.directory;
    const finding = `${place}: ${diagnosticCounts(diagnostics)}${state === null ? '; run `stator validate`' : ''}`;
    const verdict = state === null ? 'error' : diagnostics.length > 0 ? 'warning' : 'ok';
    return { check: { subject, verdict, finding }, state };
  } catch (error) {
    return { check: { subject, verdict: 'error', finding: told(error) }, state: null };
  }
}

async function checkPlugins({ config }: CommandContext): Promise<Check> {
  const subject = 'plugins';
  try {
    const registry = await loadPlugins(config);
    const names = [...new Set([...registry.movers, ...registry.deleters].map((plugin) => plugin.name))];
    await registry.close();
    return { subject, verdict: 'ok', finding: names.join(', ') };
  } catch (error) {
    return { subject, verdict: 'error', finding: told(error) };
  }
}

/** Directories that are sites must be there and be writable; other storage is looked at by its plugin only. */
async function checkSites(state: DesiredState): Promise<Check[]> {
  const checks: Check[] = [];
  for (const site of state.sites) {
    const subject = `site ${printable(site.name)}`;
    if (site.endpoints.length === 0) {
      checks.push({
        subject,
        verdict: 'warning',
        finding: 'has no endpoints: it can be planned for, and nothing can be moved',
      });
    }
    for (const { root } of site.endpoints) {
      if (root === null) continue;
      try {
        await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
        checks.push({ subject, verdict: 'ok', finding: root });
      } catch (error) {
        checks.push({ subject, verdict: 'error', finding: messageOf(error) });
      }
    }
  }
  return checks;
}

function told(error: unknown): string {
  if (!(error instanceof StatorError)) return messageOf(error);
  return [error.message, error.where, error.todo].filter((part) => part !== undefined).join('; ');
}
