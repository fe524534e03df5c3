/** Writes rows in the two formats of a bundle. */
import { StatorError } from '../error.js';
import { type BundleFormat, type BundleTable, bundleFormat, labelPrefix, tsvNull } from '../snapshot/index.js';
import { canonicalLabels } from './content-digest.js';

/** Values by column; null is left out (JSON) or written as null (TSV). */
export type BundleValues = readonly (string | number | boolean | readonly string[] | Labels | null)[];

export type Labels = ReadonlyMap<string, string>;

export interface LineFormat {
  /** The first line, or null. */
  readonly header: string | null;
  /** One row, without the end of the line. Values are in the order of the columns in {@link bundleFormat}. */
  readonly line: (values: BundleValues) => string;
}

/** `labels`: all keys, sorted: TSV has a column for each. */
export function lineFormat(table: BundleTable, format: BundleFormat, labels: readonly string[]): LineFormat {
  const { columns } = bundleFormat[table];
  if (format === 'jsonl') {
    const keys = columns.map((column) => `${JSON.stringify(column)}:`);
    return { header: null, line: (values) => jsonLine(keys, values) };
  }
  return {
    header: columns
      .flatMap((column) => (column === 'labels' ? labels.map((key) => labelPrefix + key) : [column]))
      .join('\t'),
    line: (values) => values.map((value) => cell(value, labels)).join('\t'),
  };
}

function jsonLine(keys: readonly string[], values: BundleValues): string {
  let line = '';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    const text = value instanceof Map ? canonicalLabels(Object.fromEntries(value as Labels)) : JSON.stringify(value);
    line += `${line === '' ? '{' : ','}${keys[i]}${text}`;
  }
  return `${line}}`;
}

function cell(value: BundleValues[number] | undefined, labels: readonly string[]): string {
  if (value === null || value === undefined) return tsvNull;
  if (value instanceof Map) return labels.map((key) => cell((value as Labels).get(key) ?? null, labels)).join('\t');
  if (typeof value === 'string') {
    if (value !== tsvNull) return value;
    throw new StatorError({
      code: 'not-in-tsv',
      what: `the text ${JSON.stringify(value)} cannot be written as TSV, where it stands for null`,
      todo: 'export as jsonl',
    });
  }
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}
