/** `stator simulate`: what the rules would do over time, on a copy of the inventory. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatTime } from '../../policy/units.js';
import { simulationChart } from '../../report/simulation-chart.js';
import { simulationJson, simulationNdjson } from '../../report/simulation-json.js';
import { simulationText } from '../../report/simulation-text.js';
import { parseRate, type Rate, type SimulatedDay, Simulation } from '../../simulation/index.js';
import { type AssumptionOptions, loadAssumptions } from '../assumptions.js';
import { checkChartFile, writeChart } from '../chart-file.js';
import type { CommandContext, Run } from '../command-context.js';
import { loadDesired, requireDesiredInput } from '../desired-input.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { type Observed, whileReading, withObserved } from '../inventory-input.js';
import {
  type ClockOptions,
  type DesiredOptions,
  type InventoryOptions,
  parseLimit,
  parseSpan,
  type TimingsOptions,
  withClock,
  withDesired,
  withInventory,
  withOutput,
  withTimings,
} from '../options.js';
import { Timings } from '../timings.js';

interface SimulateOptions extends DesiredOptions, InventoryOptions, ClockOptions, TimingsOptions, AssumptionOptions {
  readonly days: number;
  readonly step: number;
  readonly seed: number;
  readonly assumptions?: string;
  readonly chart?: string;
  readonly output: 'text' | 'json' | 'ndjson';
}

export function addSimulate(program: Command, run: Run): void {
  const command = program
    .command('simulate')
    .summary('show what the rules would do over time')
    .description(
      'Plans cycle after cycle on a copy of the inventory: data arrives and ages, copies take their time,\n' +
        'deletions take effect, demand decays. Nothing is changed.',
    )
    .addHelpText('after', examples);
  withDesired(command);
  withInventory(command);
  withClock(command);
  withOutput(command, ['text', 'json', 'ndjson'])
    .addOption(new Option('--days <n>', 'how many days').argParser(parseLimit).default(30))
    .addOption(new Option('--step <duration>', 'from one cycle to the next').argParser(parseSpan).default(86_400, '1d'))
    .addOption(new Option('--seed <n>', 'which data arrives where is drawn with it').argParser(parseSeed).default(1))
    .addOption(
      new Option(
        '--arrival <rate>',
        'new data: 5TB/d, `recent` (as much as lately), or `none` (default: recent)',
      ).argParser(parseArrival),
    )
    .addOption(
      new Option('--templates <duration>', 'new data is like what was created within this long')
        .argParser(parseSpan)
        .default(30 * 86_400, '30d'),
    )
    .addOption(
      new Option('--throughput <rate>', 'what each link carries (default: 100MB/s)').argParser(parseThroughput),
    )
    .addOption(
      new Option('--demand-half-life <duration>', 'in which demand and accesses halve, or `never`')
        .argParser(parseHalfLife)
        .default(30 * 86_400, '30d'),
    )
    .option('--approve-all', 'do what waits for an approval at once')
    .option('--assumptions <file>', 'YAML: streams of new data, links that are faster or slower')
    .option('--chart <file>', 'draw occupancy over time, as .svg or .png');
  withTimings(command).action(run(simulate));
}

const examples = `
Examples:
  stator simulate --days 30 --desired rules/ --inventory bundle/
  stator simulate --days 90 --arrival 50TB/d --throughput 500MB/s --chart full.png
  stator simulate --days 7 --step 1h --approve-all --output json`;

async function simulate(context: CommandContext, options: SimulateOptions): Promise<ExitCode> {
  const { host, terminal } = context;
  const timings = new Timings();
  const clock = options.now ?? host.now();
  const chart = options.chart === undefined ? null : resolve(host.directory, options.chart);
  // Half a minute of work is not begun for a file that cannot be written.
  if (chart !== null) await checkChartFile(chart);
  const file = options.assumptions === undefined ? null : resolve(host.directory, options.assumptions);
  const { desired, assumptions, snapshot } = await whileReading(context, options, clock, async (ahead) => {
    const desired = (await loadDesired(requireDesiredInput(context, options), timings)).state;
    const assumptions = await loadAssumptions(file, options, desired);
    const take = async (observed: Observed) => observed.snapshot;
    const snapshot = await withObserved(context, options, clock, desired, timings, ahead, take);
    return { desired, assumptions, snapshot };
  });
  const { days: count, step, seed } = options;
  const simulation = timings.measureNow(
    'prepare',
    () =>
      new Simulation(desired, snapshot, { clock, days: count, step, seed, assumptions, measure: timings.measureNow }),
  );
  const days: SimulatedDay[] = [];
  const working = watched(context, simulation, days);
  if (options.output === 'json') await terminal.result(simulationJson(simulation, working));
  else if (options.output === 'ndjson') await terminal.result(simulationNdjson(simulation, working));
  else {
    for (const _ of working);
    await terminal.result(simulationText(simulation, days, { style: terminal.style, all: terminal.verbose }));
  }
  if (chart !== null) {
    await timings.measure('chart', () => writeChart(chart, simulationChart(simulation, days)));
    terminal.note(`chart written to ${chart}`);
  }
  if (options.timings !== undefined) await timings.write(resolve(host.directory, options.timings));
  return exitCodes.done;
}

/** The days as they are worked out, with a bar on the terminal; each is kept in `days`. */
function* watched(context: CommandContext, simulation: Simulation, days: SimulatedDay[]): Generator<SimulatedDay> {
  const total = simulation.options.days;
  const progress = context.terminal.progress();
  try {
    progress.update(0, total, 'days');
    for (const day of simulation.days()) {
      days.push(day);
      progress.update(day.day, total, `days, ${formatTime(day.time).slice(0, 10)}`);
      yield day;
    }
  } finally {
    progress.stop();
  }
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^-?\d{1,10}$/.test(text) || seed !== (seed | 0)) throw new InvalidArgumentError('give a whole number.');
  return seed;
}

function parseArrival(text: string): Rate | 'recent' | 'none' {
  return text === 'recent' || text === 'none' ? text : rate(text, 'a rate such as 5TB/d, `recent` or `none`');
}

function parseThroughput(text: string): Rate {
  return rate(text, 'a rate such as 100MB/s');
}

function rate(text: string, what: string): Rate {
  const parsed = parseRate(text);
  if (parsed === null) throw new InvalidArgumentError(`give ${what}.`);
  return parsed;
}

function parseHalfLife(text: string): number | 'never' {
  return text === 'never' ? text : parseSpan(text);
}
