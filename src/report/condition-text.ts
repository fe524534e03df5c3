/** A condition with its answer and the values that it read, for people and for programs. */
import type { ConditionTrace, ReadValue } from '../planning/condition-trace.js';
import { formatBytes, formatDuration, formatTime } from '../policy/units.js';
import { printable } from './wording.js';

const shownElements = 6;

/** Variables that are bytes; everything else that is a number is a count or a fraction. */
const sizes = /^(?:site\.(?:quota|used|projected|free)|(?:dataset|replica|block)\.(?:size|projectedSize))$/;

/** `` `dataset.status == "DEPRECATED"` was false: dataset.status = "VALID" ``. */
export function conditionText(trace: ConditionTrace): string {
  const values = [
    ...trace.reads.map((read) => `${read.path} = ${valueText(read)}`),
    ...trace.selectors.map(
      ({ root, name, held }) => `${root}.is(${JSON.stringify(name)}) = ${held === null ? 'not to be told' : held}`,
    ),
  ];
  return printable(`\`${trace.text}\` was ${trace.held}${values.length === 0 ? '' : `: ${values.join(', ')}`}`);
}

function valueText({ path, type, value }: ReadValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') {
    const shown = value.slice(0, shownElements).map((element) => JSON.stringify(element));
    if (value.length > shownElements) shown.push(`and ${value.length - shownElements} more`);
    return `[${shown.join(', ')}]`;
  }
  if (type === 'timestamp') return value <= 0 ? 'never (1970-01-01T00:00:00Z)' : formatTime(value);
  if (type === 'duration') return formatDuration(value);
  if (value === Number.POSITIVE_INFINITY) return 'unlimited';
  if (sizes.test(path)) return `${formatBytes(value)} (${value})`;
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}

/** Times as RFC 3339, and what JSON has no number for as text. */
export function conditionDocument(trace: ConditionTrace): object {
  return {
    ...trace,
    reads: trace.reads.map(({ path, type, value }) => ({
      path,
      type,
      value:
        typeof value !== 'number'
          ? value
          : type === 'timestamp'
            ? formatTime(value)
            : Number.isFinite(value)
              ? value
              : 'unlimited',
    })),
  };
}
