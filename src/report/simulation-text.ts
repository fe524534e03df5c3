/** A simulation for people: what happened day by day, where it gets full, and what goes wrong first. */
import { formatBytes, formatDuration, formatTime } from '../policy/units.js';
import type { SimulatedDay, Simulation, Violation } from '../simulation/index.js';
import { type OccupancySeries, occupancySeries } from './simulation-series.js';
import { plain, type Style } from './style.js';
import { type Column, table } from './table.js';
import { count, percent, printable, sourceLine, thousands } from './wording.js';

export interface SimulationTextOptions {
  readonly style?: Style;
  /** Every day, site and violation. */
  readonly all?: boolean;
}

/** Rows of each table, unless all are wanted. */
const most = { days: 32, sites: 20, violations: 20 };
const right = 'right' as const;

export function simulationText(
  simulation: Simulation,
  days: readonly SimulatedDay[],
  options: SimulationTextOptions = {},
): string {
  const style = options.style ?? plain;
  const all = options.all === true;
  return `${[
    ...heading(simulation, style),
    '',
    ...dayTable(days, all, style),
    '',
    ...siteTable(simulation, days, all, style),
    '',
    ...violationTable(simulation.violations, all, style),
  ].join('\n')}\n`;
}

function heading({ desired, options, streams }: Simulation, style: Style): string[] {
  const { clock, days, step, seed, assumptions } = options;
  const { throughput, demandHalfLife, approveAll, templateWindow } = assumptions;
  const links = throughput.links.length === 0 ? '' : `, ${count(throughput.links.length, 'exception')}`;
  const arrivals = streams.map(({ name, bytesPerDay, templates }) => {
    const like = templates === 0 ? 'nothing' : `${formatBytes(bytesPerDay)} a day, like ${count(templates, 'dataset')}`;
    return streams.length === 1 && name === 'all' ? like : `${printable(name)}: ${like}`;
  });
  const window = assumptions.arrivals.some(({ like }) => like === null) ? formatDuration(templateWindow) : null;
  const facts: readonly (readonly [string, string])[] = [
    ['rules', sourceLine(desired.source)],
    [
      'arrival',
      arrivals.length === 0 ? 'nothing' : `${arrivals.join('; ')}${window === null ? '' : ` of the last ${window}`}`,
    ],
    ['links', `${formatBytes(throughput.default)}/s each${links}`],
    ['demand', demandHalfLife === null ? 'stays as it is' : `halves in ${formatDuration(demandHalfLife)}`],
    ['approvals', approveAll ? 'everything that waits for one is approved' : 'none are given: what waits, waits'],
  ];
  return [
    style.bold(`Simulation of ${count(days, 'day')} from ${formatTime(clock)}`),
    style.dim(`a cycle every ${formatDuration(step)}, seed ${seed}; nothing was changed`),
    ...facts.map(([name, value]) => `  ${name.padEnd(10)}${value}`),
  ];
}

// ---- Days ------------------------------------------------------------------------------------------------------------

const dayColumns: readonly Column[] = [
  { title: 'day', align: right },
  { title: 'until' },
  { title: 'bytes', align: right },
  { title: 'arrived', align: right },
  { title: 'copied', align: right },
  { title: 'deleted', align: right },
  { title: 'pending', align: right },
  { title: 'held', align: right },
  { title: 'deferred', align: right },
  { title: 'unsatisfied', align: right },
];

function dayTable(days: readonly SimulatedDay[], all: boolean, style: Style): string[] {
  const first = days.slice(0, 1);
  const rest = days.slice(1);
  const perRow = all ? 1 : Math.ceil(rest.length / most.days);
  const rows = [...first.map((day) => [day]), ...chunks(rest, perRow)].flatMap((group) => {
    const last = group.at(-1);
    if (last === undefined) return [];
    const sum = (of: (day: SimulatedDay) => number): string => bytes(group.reduce((total, day) => total + of(day), 0));
    const { totals } = last;
    return [
      [
        String(last.day),
        formatTime(last.time).slice(0, 10),
        formatBytes(totals.bytes),
        sum((day) => day.totals.arrived),
        sum((day) => day.totals.copied),
        sum((day) => day.totals.deleted),
        bytes(totals.pending),
        bytes(totals.heldBytes),
        bytes(totals.deferredBytes),
        totals.unsatisfied === 0 ? '-' : thousands(totals.unsatisfied),
      ],
    ];
  });
  const note = perRow > 1 ? [style.dim(`each row is ${perRow} days; -v shows every day`)] : [];
  return [...table(dayColumns, rows, style), ...note, totalLine(days)];
}

function totalLine(days: readonly SimulatedDay[]): string {
  const sum = (of: (totals: SimulatedDay['totals']) => number): number =>
    days.reduce((total, day) => total + of(day.totals), 0);
  const change = (days.at(-1)?.totals.bytes ?? 0) - (days[0]?.totals.bytes ?? 0);
  return [
    `In all: ${count(
      sum((totals) => totals.datasetsArrived),
      'new dataset',
    )} (${formatBytes(sum((totals) => totals.arrived))})`,
    `${count(
      sum((totals) => totals.copiesFinished),
      'copy',
      'copies',
    )} (${formatBytes(sum((totals) => totals.copied))})`,
    `${count(
      sum((totals) => totals.deletions),
      'deletion',
    )} (${formatBytes(sum((totals) => totals.deleted))})`,
    `${formatBytes(Math.abs(change))} ${change < 0 ? 'less' : 'more'} than at first.`,
  ].join(', ');
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < list.length; i += size) result.push(list.slice(i, i + size));
  return result;
}

// ---- Sites -----------------------------------------------------------------------------------------------------------

const siteColumns: readonly Column[] = [
  { title: 'site' },
  { title: 'partition' },
  { title: 'quota', align: right },
  { title: 'first', align: right },
  { title: 'highest', align: right },
  { title: 'last', align: right },
  { title: 'trend' },
  { title: 'marks', align: right },
  { title: 'arrived', align: right },
  { title: 'copied', align: right },
  { title: 'deleted', align: right },
  { title: 'pending', align: right },
];

function siteTable(simulation: Simulation, days: readonly SimulatedDay[], all: boolean, style: Style): string[] {
  const series = occupancySeries(days, simulation.watermarks);
  const shown = all ? series : series.filter(({ peak }) => peak !== null).slice(0, most.sites);
  const flows = siteFlows(days);
  const seen = new Set<string>();
  const rows = shown.map((each) => {
    const flow = flows.get(each.site);
    // What moves is known per site, so it stands in the first line of each.
    const isFirst = !seen.has(each.site);
    seen.add(each.site);
    const moved = isFirst ? [flow?.arrived, flow?.copied, flow?.deleted, flow?.pending].map((x) => bytes(x ?? 0)) : [];
    return [
      printable(each.site),
      printable(each.partition),
      each.quota === null ? 'unlimited' : formatBytes(each.quota),
      occupancy(each.occupancy[0]),
      each.peak === null ? formatBytes(each.used) : highest(each, style),
      occupancy(each.occupancy.at(-1)),
      sparkline(each.occupancy),
      marks(each),
      ...moved,
      ...(isFirst ? [] : ['', '', '', '']),
    ];
  });
  const hidden = series.length - shown.length;
  const title = `Occupancy, fullest first${hidden === 0 ? '' : ` (${shown.length} of ${series.length}; -v shows all)`}`;
  return [style.bold(title), ...table(siteColumns, rows, style)];
}

function highest({ peak }: OccupancySeries, style: Style): string {
  if (peak === null) return '';
  const text = `${percent(peak.occupancy)} day ${peak.day}`;
  return peak.occupancy > 1 ? style.red(text) : text;
}

function marks({ watermark }: OccupancySeries): string {
  if (watermark === null) return '';
  return [watermark.high, watermark.low].map((mark) => (mark === null ? '-' : shortPercent(mark))).join('/');
}

/** `90%`, `92.5%`. */
function shortPercent(fraction: number): string {
  return `${Math.round(fraction * 1e4) / 100}%`;
}

function siteFlows(days: readonly SimulatedDay[]) {
  const flows = new Map<string, { arrived: number; copied: number; deleted: number; pending: number }>();
  for (const day of days) {
    for (const { site, arrived, copied, deleted, pending } of day.sites) {
      const known = flows.get(site) ?? { arrived: 0, copied: 0, deleted: 0, pending: 0 };
      flows.set(site, {
        arrived: known.arrived + arrived,
        copied: known.copied + copied,
        deleted: known.deleted + deleted,
        pending,
      });
    }
  }
  return flows;
}

const bars = '▁▂▃▄▅▆▇█';
const sparkWidth = 16;

/** The course of occupancy from 0 to full, in at most 16 characters; `!` is above quota. */
function sparkline(values: readonly (number | null)[]): string {
  const step = Math.max(1, values.length / sparkWidth);
  let text = '';
  for (let i = 0; i < Math.min(values.length, sparkWidth); i++) {
    const value = values[Math.min(values.length - 1, Math.round((i + 1) * step - 1))] ?? null;
    text += value === null ? ' ' : value > 1 ? '!' : (bars[Math.min(bars.length - 1, Math.floor(value * 8))] ?? '');
  }
  return text.trimEnd();
}

// ---- Violations ------------------------------------------------------------------------------------------------------

const violationColumns: readonly Column[] = [
  { title: 'day', align: right },
  { title: 'what' },
  { title: 'where' },
  { title: 'message' },
];

function violationTable(violations: readonly Violation[], all: boolean, style: Style): string[] {
  if (violations.length === 0) return ['Nothing goes wrong.'];
  const shown = all ? violations : violations.slice(0, most.violations);
  const hidden = violations.length - shown.length;
  const title = `What goes wrong, the first time each${hidden === 0 ? '' : ` (${shown.length} of ${violations.length}; -v shows all)`}`;
  const rows = shown.map(({ day, code, site, rule, message }) => [
    String(day),
    code,
    printable(site ?? rule ?? ''),
    printable(message),
  ]);
  return [style.bold(title), ...table(violationColumns, rows, style)];
}

function occupancy(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : percent(value);
}

function bytes(value: number): string {
  return value === 0 ? '-' : formatBytes(value);
}
