/** Figures as Markdown: one size, several sizes beside each other, and two versions beside each other. */
import { type Figures, figureAt } from './figures.js';
import { measurements } from './measurements.js';

export type Results = Readonly<Record<string, Figures>>;

export interface SizeResults {
  readonly blockReplicas: number;
  /** By version, in the order in which they were given. */
  readonly results: readonly Results[];
}

interface Column {
  readonly title: string;
  /** Where it stands in the figures. */
  readonly path: string;
  format(value: number): string;
}

const columns: readonly Column[] = [
  { title: 'load', path: 'phases.load', format: seconds },
  { title: 'plan', path: 'phases.plan', format: seconds },
  { title: 'plan from scratch', path: 'phases.fromScratch', format: seconds },
  { title: 'whole command', path: 'seconds', format: seconds },
  { title: 'processor', path: 'cpuSeconds', format: seconds },
  { title: 'peak of memory', path: 'peakResidentBytes', format: megabytes },
  { title: 'rows per second', path: 'rowsPerSecond', format: (value) => Math.round(value).toLocaleString('en') },
];

/** A section for each size, with all of the first version's figures. */
export function figuresTable(sizes: readonly SizeResults[]): string {
  const sections = sizes.map(({ blockReplicas, results: [results = {}] }) => {
    const rows = Object.entries(results).map(([name, figures]) => [
      titleOf(name),
      ...columns.map(({ path, format }) => formatted(figureAt(figures, path), format)),
    ]);
    return `### ${blockReplicas.toLocaleString('en')} block replicas\n\n${table(['', ...columns.map(({ title }) => title)], rows)}`;
  });
  return sections.join('\n');
}

/**
 * How the steps grow from size to size: each figure, and how much more it grew than the inventory did. 1.00 is linear; what
 * costs the same at every size falls below.
 */
export function growthTable(sizes: readonly SizeResults[]): string {
  const steps = columns.slice(0, 6);
  const rows: string[][] = [];
  for (const [name, measurement] of Object.entries(measurements)) {
    if (measurement.ofOneSize === true) continue;
    for (const { title, path, format } of steps) {
      const values = sizes.map(({ results }) => figureAt(results[0]?.[name], path));
      if (values.every((value) => value === null)) continue;
      const cells = sizes.map(({ blockReplicas }, i) => {
        const [value, before] = [values[i] ?? null, values[i - 1] ?? null];
        const text = formatted(value, format);
        const smaller = sizes[i - 1];
        if (value === null || before === null || smaller === undefined) return text;
        return `${text} (${(value / before / (blockReplicas / smaller.blockReplicas)).toFixed(2)})`;
      });
      rows.push([measurement.title, title, ...cells]);
    }
  }
  return table(['', 'figure', ...sizes.map(({ blockReplicas }) => blockReplicas.toLocaleString('en'))], rows);
}

/** Two versions: each figure of both, and by how many percent the second is above the first. */
export function comparisonTable(
  sizes: readonly SizeResults[],
  names: readonly [first: string, second: string],
): string {
  const rows: string[][] = [];
  for (const { blockReplicas, results } of sizes) {
    const [first = {}, second = {}] = results;
    for (const [name, figures] of Object.entries(first)) {
      for (const { title, path, format } of columns.slice(0, 6)) {
        const [a, b] = [figureAt(figures, path), figureAt(second[name], path)];
        if (a === null || b === null) continue;
        const size = measurements[name]?.ofOneSize === true ? '' : blockReplicas.toLocaleString('en');
        rows.push([titleOf(name), size, title, format(a), format(b), difference(a, b)]);
      }
    }
  }
  return table(['', 'block replicas', 'figure', ...names, 'difference'], rows);
}

function difference(a: number, b: number): string {
  const percent = ((b - a) / a) * 100;
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

function titleOf(name: string): string {
  return measurements[name]?.title ?? name;
}

function formatted(value: number | null, format: (value: number) => string): string {
  return value === null ? '' : format(value);
}

/** Two digits that count, at least. */
function seconds(value: number): string {
  return `${value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3)} s`;
}

function megabytes(value: number): string {
  return `${Math.round(value / 1e6).toLocaleString('en')} MB`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}
