/**
 * Occupancy over time as an SVG picture: the partitions at sites that get fullest, their watermarks as dashed lines, and
 * where the quota is. Plain elements with plain attributes, so that every viewer and converter draws the same.
 */
import { formatBytes, formatDuration, formatTime } from '../policy/units.js';
import type { SimulatedDay, Simulation } from '../simulation/index.js';
import { type OccupancySeries, occupancySeries } from './simulation-series.js';
import { count, percent, printable, shortCommit } from './wording.js';

const width = 1120;
const height = 640;
/** Where the lines are drawn; names of sites stand to the right of it. */
const plot = { left: 64, top: 96, right: 812, bottom: 552 } as const;
const most = 8;
/** Told apart also by people who see red and green alike (Okabe and Ito), and dark enough on white. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#9a4f96', '#8a6d00', '#3a9bd9', '#444444', '#b0005a'];
const fonts = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";
const ink = { text: '#1f2933', soft: '#616e7c', grid: '#e4e7eb', axis: '#9aa5b1', full: '#b3261e' } as const;

/** `0..100%` of quota at least; more where it goes above. */
interface Scale {
  x(day: number): number;
  y(occupancy: number): number;
  readonly lowest: number;
  readonly highest: number;
}

export function simulationChart(simulation: Simulation, days: readonly SimulatedDay[]): string {
  const series = occupancySeries(days, simulation.watermarks)
    .filter(({ peak }) => peak !== null)
    .slice(0, most);
  const scale = makeScale(series, days);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(fonts)}" role="img">`,
    `<title>${escaped(title(simulation))}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...heading(simulation, series.length),
    ...grid(scale, simulation, days),
    ...lines(series, days, scale),
    ...watermarks(series, scale),
    ...names(series, scale),
    ...footer(simulation, days),
    '</svg>',
  ].join('\n')}\n`;
}

function title({ options }: Simulation): string {
  return `Occupancy over ${count(options.days, 'day')} from ${formatTime(options.clock).slice(0, 10)}`;
}

function heading(simulation: Simulation, shown: number): string[] {
  const { streams, desired } = simulation;
  const { commit } = desired.source;
  const arriving = streams.reduce((sum, { bytesPerDay }) => sum + bytesPerDay, 0);
  const about = [
    commit === null ? 'rules of the given directory' : `rules of commit ${shortCommit(commit)}`,
    arriving === 0 ? 'nothing arrives' : `${formatBytes(arriving)} arrive a day`,
    `the ${shown} that get fullest`,
  ];
  return [
    text(plot.left, 40, title(simulation), { size: 22, weight: 'bold' }),
    text(plot.left, 64, about.join(' · '), { size: 13, fill: ink.soft }),
  ];
}

function makeScale(series: readonly OccupancySeries[], days: readonly SimulatedDay[]): Scale {
  const values = series.flatMap(({ occupancy }) => occupancy.flatMap((value) => value ?? []));
  const top = Math.max(1, ...values);
  const bottom = Math.min(1, ...values);
  // In tenths, with room above; the lower half is left out where nothing goes on there.
  const highest = Math.min(10, Math.ceil(top * 10 + 0.2) / 10);
  const lowest = bottom >= 0.55 ? Math.floor(bottom * 10) / 10 - 0.1 : 0;
  const last = Math.max(1, days.at(-1)?.day ?? 1);
  return {
    lowest,
    highest,
    x: (day) => plot.left + ((plot.right - plot.left) * day) / last,
    y: (occupancy) =>
      plot.bottom - ((plot.bottom - plot.top) * (Math.min(occupancy, highest) - lowest)) / (highest - lowest),
  };
}

function grid(scale: Scale, { options }: Simulation, days: readonly SimulatedDay[]): string[] {
  const out: string[] = [];
  const step = niceStep((scale.highest - scale.lowest) / 6, [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2]);
  for (let i = 0; scale.lowest + i * step <= scale.highest + 1e-9; i++) {
    const occupancy = scale.lowest + i * step;
    const y = scale.y(occupancy);
    out.push(line(plot.left, y, plot.right, y, { stroke: ink.grid }));
    out.push(text(plot.left - 10, y + 4, `${Math.round(occupancy * 100)}%`, { anchor: 'end', fill: ink.soft }));
  }
  const full = scale.y(1);
  out.push(line(plot.left, full, plot.right, full, { stroke: ink.full, width: 1.5 }));
  out.push(text(plot.left + 8, full - 5, 'quota', { fill: ink.full, halo: true }));
  const last = Math.max(1, days.at(-1)?.day ?? 1);
  const every = niceStep(last / 8, [1, 2, 5, 7, 14, 28, 56, 91, 182, 365]);
  for (let day = 0; day <= last; day += every) {
    const x = scale.x(day);
    const date = formatTime(options.clock + day * 86_400).slice(5, 10);
    out.push(line(x, plot.bottom, x, plot.bottom + 5, { stroke: ink.axis }));
    out.push(text(x, plot.bottom + 22, String(day), { anchor: 'middle', size: 13 }));
    out.push(text(x, plot.bottom + 38, date, { anchor: 'middle', size: 11, fill: ink.soft }));
  }
  out.push(line(plot.left, plot.bottom, plot.right, plot.bottom, { stroke: ink.axis }));
  out.push(text(plot.left - 16, plot.bottom + 22, 'day', { size: 13, fill: ink.soft, anchor: 'end' }));
  return out;
}

/** Each mark once, with what it is; where several Retentions have marks of their own, each in grey. */
function watermarks(series: readonly OccupancySeries[], scale: Scale): string[] {
  const marks = new Map<number, string>();
  for (const { watermark } of series) {
    if (watermark?.high !== null && watermark?.high !== undefined) marks.set(watermark.high, 'deleting begins');
    if (watermark?.low !== null && watermark?.low !== undefined && !marks.has(watermark.low)) {
      marks.set(watermark.low, 'deleting ends');
    }
  }
  const visible = [...marks].filter(([mark]) => mark > scale.lowest && mark < scale.highest).sort(([a], [b]) => b - a);
  return visible.slice(0, 6).flatMap(([mark, what]) => {
    const y = scale.y(mark);
    return [
      line(plot.left, y, plot.right, y, { stroke: ink.soft, dash: '6 5' }),
      text(plot.left + 8, y - 5, `${what} ${percent(mark).replace('.0%', '%')}`, { fill: ink.soft, halo: true }),
    ];
  });
}

function lines(series: readonly OccupancySeries[], days: readonly SimulatedDay[], scale: Scale): string[] {
  // The fullest is drawn last, above the others.
  return [...series.entries()].reverse().map(([index, { occupancy }]) => {
    let path = '';
    let isDrawing = false;
    occupancy.forEach((value, i) => {
      const day = days[i]?.day ?? 0;
      if (value !== null) path += `${isDrawing ? 'L' : 'M'}${round(scale.x(day))} ${round(scale.y(value))}`;
      isDrawing = value !== null;
    });
    return `<path d="${path}" fill="none" stroke="${colourOf(index)}" stroke-width="2.25" stroke-linejoin="round" stroke-linecap="round"/>`;
  });
}

/** Beside the end of each line, moved apart where they would lie on each other. */
function names(series: readonly OccupancySeries[], scale: Scale): string[] {
  const gap = 34;
  const onePartition = new Set(series.map(({ partition }) => partition)).size <= 1;
  const places = series
    .map((each, index) => ({ each, index, end: scale.y(lastOf(each)), y: scale.y(lastOf(each)) }))
    .sort((a, b) => a.end - b.end || a.index - b.index);
  let free = plot.top;
  for (const place of places) {
    place.y = Math.max(place.y, free);
    free = place.y + gap;
  }
  // What was pushed out at the bottom pushes the others back up.
  let limit: number = plot.bottom;
  for (const place of [...places].reverse()) {
    place.y = Math.min(place.y, limit);
    limit = place.y - gap;
  }
  return places.flatMap(({ each, index, end, y }) => {
    const colour = colourOf(index);
    const x = plot.right + 34;
    const name = printable(onePartition ? each.site : `${each.site} · ${each.partition}`);
    const peak = each.peak === null ? '' : `highest ${percent(each.peak.occupancy)} on day ${each.peak.day}`;
    return [
      `<polyline points="${round(plot.right + 3)},${round(end)} ${round(plot.right + 14)},${round(end)} ${round(x - 6)},${round(y)}" fill="none" stroke="${colour}" stroke-width="1"/>`,
      text(x, y + 1, shortened(name, 30), { size: 13, fill: colour, weight: 'bold' }),
      text(x, y + 15, `ends at ${percent(lastOf(each))}, ${peak}`, { size: 11, fill: ink.soft }),
    ];
  });
}

function footer(simulation: Simulation, days: readonly SimulatedDay[]): string[] {
  const { options, violations } = simulation;
  const sum = (of: (totals: SimulatedDay['totals']) => number): string =>
    formatBytes(days.reduce((total, day) => total + of(day.totals), 0));
  const parts = [
    `arrived ${sum((totals) => totals.arrived)}`,
    `copied ${sum((totals) => totals.copied)}`,
    `deleted ${sum((totals) => totals.deleted)}`,
    violations.length === 0 ? 'nothing goes wrong' : `${count(violations.length, 'thing')} going wrong`,
    `a cycle every ${formatDuration(options.step)}`,
    `seed ${options.seed}`,
  ];
  return [text(plot.left, height - 20, parts.join(' · '), { size: 12, fill: ink.soft })];
}

function lastOf({ occupancy }: OccupancySeries): number {
  return occupancy.findLast((value) => value !== null) ?? 0;
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? ink.text;
}

function niceStep(least: number, steps: readonly number[]): number {
  return steps.find((step) => step >= least - 1e-9) ?? Math.ceil(least);
}

function shortened(name: string, length: number): string {
  return name.length <= length ? name : `${name.slice(0, length - 1)}…`;
}

// ---- Elements --------------------------------------------------------------------------------------------------------

interface TextStyle {
  readonly size?: number;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 'bold';
  /** A white edge, for what stands on lines. */
  readonly halo?: boolean;
}

function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const anchor = style.anchor === undefined ? '' : ` text-anchor="${style.anchor}"`;
  const weight = style.weight === undefined ? '' : ` font-weight="${style.weight}"`;
  const halo = style.halo === true ? ' stroke="#ffffff" stroke-width="4" paint-order="stroke"' : '';
  const attributes = `font-size="${style.size ?? 12}" fill="${style.fill ?? ink.text}"${anchor}${weight}${halo}`;
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(content)}</text>`;
}

function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  style: { readonly stroke: string; readonly width?: number; readonly dash?: string },
): string {
  const dash = style.dash === undefined ? '' : ` stroke-dasharray="${style.dash}"`;
  const place = `x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"`;
  return `<line ${place} stroke="${style.stroke}" stroke-width="${style.width ?? 1}"${dash}/>`;
}

/** Tenths of a pixel. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
