/** `stator explain DATASET[#BLOCK][@SITE]`: why it is there, why not, what will happen to it, what did. */
import { posix } from 'node:path';
import type { Command } from 'commander';
import { readActions } from '../../audit/actions.js';
import { type ExplainInput, explain, findDataset } from '../../audit/explain.js';
import type { Subject } from '../../audit/explanation.js';
import type { Database } from '../../database/index.js';
import type { RuleRef } from '../../desired/state.js';
import { nearest } from '../../desired/suggest.js';
import { StatorError } from '../../error.js';
import { plan } from '../../planning/index.js';
import { PlanClock } from '../../planning/plan-clock.js';
import { World } from '../../planning/world.js';
import { explanationJson, explanationText } from '../../report/explanation.js';
import type { Snapshot } from '../../snapshot/snapshot.js';
import { originOfLines } from '../../source/index.js';
import type { CommandContext, Run } from '../command-context.js';
import { desiredInput, type LoadedDesired, loadDesired, loadRevision } from '../desired-input.js';
import { type ExitCode, exitCodes, UsageError } from '../exit.js';
import { whileReading, withObserved } from '../inventory-input.js';
import {
  type ClockOptions,
  type DesiredOptions,
  type InventoryOptions,
  withClock,
  withDesired,
  withInventory,
  withOutput,
} from '../options.js';
import { lastLineOf } from '../rule-extent.js';
import { readSubject } from '../subject.js';
import { Timings } from '../timings.js';

export interface ExplainOptions extends DesiredOptions, InventoryOptions, ClockOptions {
  readonly output: 'text' | 'json';
  readonly whyNot?: string;
  readonly at?: string;
}

export function addExplain(program: Command, run: Run): void {
  const command = program
    .command('explain')
    .summary('why data is there, why not, what will happen to it, and what did')
    .description(
      'Says of a dataset (or one block, or one site) where it is, which placements want it, what each retention rule\n' +
        'decides, what holds it, what is planned and under way, and what was done to it: each with rule, file and line,\n' +
        'commit and author. It also works for data that is gone.',
    )
    .argument('<subject>', 'DATASET, DATASET#BLOCK, DATASET@SITE or DATASET#BLOCK@SITE')
    .addHelpText(
      'after',
      `
Examples:
  stator explain /Muons/Run2024/AOD
  stator explain /Muons/Run2024/AOD@T2_US_MIT
  stator explain '/Muons/Run2024/AOD#b1' --output json
  stator explain /Muons/Run2024/AOD --why-not T2_US_MIT
  stator explain /Muons/Run2024/AOD --at HEAD~1`,
    )
    .option('--why-not <site>', 'why placements make no copy there: every site with the reason')
    .option('--at <commit>', 'by the rules of another commit, over the same inventory');
  withOutput(withClock(withInventory(withDesired(command)))).action(run(explainCommand));
}

export async function explainCommand(
  context: CommandContext,
  options: ExplainOptions,
  [text]: readonly (string | undefined)[],
): Promise<ExitCode> {
  const { terminal, host } = context;
  const readings = readSubject(text ?? '');
  if (readings.length === 0) throw new UsageError(`\`${text}\` names no dataset`, 'write DATASET[#BLOCK][@SITE]');
  const clock = options.now ?? host.now();
  const timings = new Timings();
  const input = desiredInput(context, options);
  const needed = options.whyNot !== undefined ? '--why-not' : options.at !== undefined ? '--at' : null;
  if (input === null && needed !== null) {
    throw new UsageError(`${needed} needs the rules`, 'give --desired DIR or --repo URL');
  }
  await whileReading(context, options, clock, async (ahead) => {
    const desired =
      input === null
        ? null
        : options.at === undefined
          ? await loadDesired(input, timings)
          : await loadRevision(context, input, options.at, timings);
    await withObserved(
      context,
      options,
      clock,
      desired?.state ?? null,
      timings,
      ahead,
      async ({ snapshot, database }) => {
        const { subject, actions } = await findSubject(readings, snapshot, database);
        const rules =
          desired === null
            ? null
            : {
                desired: desired.state,
                result: plan(desired.state, snapshot, {
                  clock,
                  watch: { dataset: subject.dataset, block: subject.block },
                }),
              };
        if (options.whyNot !== undefined && desired !== null) requireSite(options.whyNot, desired, snapshot);
        const explanation = await explain({
          subject,
          snapshot,
          rules,
          whyNot: options.whyNot ?? null,
          actions,
          locks: desired === null ? [] : locksOn(subject, desired, snapshot, clock),
          originOf: (rule) => originOf(rule, desired),
        });
        await terminal.result(
          options.output === 'json'
            ? explanationJson(explanation)
            : explanationText(explanation, { style: terminal.style, all: terminal.verbose }),
        );
      },
    );
  });
  return exitCodes.done;
}

/** The first reading that the inventory or the history knows. */
async function findSubject(
  readings: readonly Subject[],
  snapshot: Snapshot,
  database: Database | null,
): Promise<{ subject: Subject; actions: ExplainInput['actions'] }> {
  for (const subject of readings) {
    const actions = database === null ? [] : await readActions(database.kysely, { dataset: subject.dataset });
    if (actions.length > 0 || findDataset(snapshot, subject.dataset) >= 0) {
      requireBlock(subject, snapshot, actions);
      return { subject, actions };
    }
  }
  const [likeliest] = readings;
  const typed = likeliest?.dataset ?? '';
  const near = snapshot.datasets.count > 200_000 ? null : nearest(typed, snapshot.datasets.name);
  throw new StatorError({
    code: 'unknown-dataset',
    what: `neither the inventory nor the history knows \`${typed}\``,
    todo: near === null ? 'check the name; names are compared as they stand' : `did you mean \`${near}\`?`,
  });
}

function requireBlock(subject: Subject, snapshot: Snapshot, actions: ExplainInput['actions']): void {
  const { block } = subject;
  if (block === null || actions.some((action) => action.blocks?.includes(block))) return;
  const d = findDataset(snapshot, subject.dataset);
  const names: string[] = [];
  for (let b = snapshot.datasets.blockStart[d] ?? 0; d >= 0 && b < (snapshot.datasets.blockStart[d + 1] ?? 0); b++) {
    names.push(snapshot.blocks.name.at(b));
  }
  if (names.includes(block)) return;
  const near = nearest(block, names);
  throw new StatorError({
    code: 'unknown-block',
    what: `\`${subject.dataset}\` has no block \`${block}\``,
    todo: near === null ? 'leave the block out to see all of the dataset' : `did you mean \`${near}\`?`,
  });
}

/** A site that neither the rules nor the inventory know is a slip of the pen. */
function requireSite(site: string, { state }: LoadedDesired, snapshot: Snapshot): void {
  const names = [...new Set([...state.sites.map(({ name }) => name), ...snapshot.sites])];
  if (names.includes(site)) return;
  const near = nearest(site, names);
  throw new StatorError({
    code: 'unknown-site',
    what: `neither the rules nor the inventory know the site \`${site}\``,
    todo: near === null ? 'check the name; names are compared as they stand' : `did you mean \`${near}\`?`,
  });
}

/** Locks in force on the subject's block replicas, by site, each once. */
function locksOn(subject: Subject, { state }: LoadedDesired, snapshot: Snapshot, clock: number): ExplainInput['locks'] {
  const d = findDataset(snapshot, subject.dataset);
  if (d < 0) return [];
  const { locks } = new World(state, snapshot, new PlanClock(clock));
  const found = new Map<string, ExplainInput['locks'][number]>();
  const { replicaStart } = snapshot.datasets;
  for (let r = replicaStart[d] ?? 0; r < (replicaStart[d + 1] ?? 0); r++) {
    const site = snapshot.sites[snapshot.replicas.site[r] ?? 0] ?? '';
    for (let i = snapshot.replicas.start[r] ?? 0; i < (snapshot.replicas.start[r + 1] ?? 0); i++) {
      const block = snapshot.blocks.name.at(snapshot.blockReplicas.block[i] ?? 0);
      if (subject.block !== null && block !== subject.block) continue;
      const lock = locks.lockOf(i);
      if (lock === null) continue;
      const { reason, expires } = lock;
      found.set(`${site}\0${lock.name}`, { rule: lock.origin.ref, site, reason, expires });
    }
  }
  return [...found.values()];
}

/** Who last changed the rule, and with which commit; null outside git. */
async function originOf(rule: RuleRef, desired: LoadedDesired | null): ReturnType<ExplainInput['originOf']> {
  if (desired === null) return null;
  const { repository, source, path, files } = desired.tree;
  const file = files.find((candidate) => candidate.path === rule.file);
  if (repository === null || source.commit === null || file === undefined) return null;
  const last = lastLineOf(new TextDecoder().decode(file.bytes), rule);
  return originOfLines(repository, source.commit, posix.join(path, rule.file), rule.line, last);
}
