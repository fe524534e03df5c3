/** Numbers, sizes, ages and times of ours, as a person would write them. */
import { formatDuration, formatTime, parseBytes } from '../../policy/index.js';
import type { Moment } from './gnu-date.js';
import type { Unit } from './vocabulary.js';

const byteUnits = [
  ['EB', 1e18],
  ['PB', 1e15],
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
] as const;

/** A number to compare a variable of `unit` with; `exact` where it has to be of the variable's own type. */
export function numberLiteral(value: number, unit: Unit, exact: boolean): string {
  if (unit === 'seconds') return durationLiteral(value);
  if (unit === 'bytes' && Number.isInteger(value) && value >= 1e6) {
    for (const [name, factor] of byteUnits) {
      const count = Number((value / factor).toFixed(3));
      if (count >= 1 && parseBytes(`${count}${name}`) === value) return `byteSize("${count}${name}")`;
    }
  }
  const integer = Number.isSafeInteger(value);
  if (unit === 'fraction' && exact) return integer ? `${value}.0` : decimal(value);
  return integer ? String(value) : decimal(value);
}

/** With a decimal point or an exponent: a floating-point number. */
function decimal(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function durationLiteral(seconds: number): string {
  const text = `duration("${Number.isInteger(seconds) ? formatDuration(Math.abs(seconds)) : `${Math.abs(seconds)}s`}")`;
  return seconds < 0 ? `duration("0s") - ${text}` : text;
}

/** `time.olderThan("90d")` or a comparison with a fixed time. */
export function timeComparison(variable: string, operator: '<' | '>', moment: Moment): string {
  const { offset } = moment;
  if (offset !== null && offset < 0) {
    return `${variable}.${operator === '<' ? 'olderThan' : 'newerThan'}("${formatDuration(-offset)}")`;
  }
  return `${variable} ${operator} ${timeLiteral(moment)}`;
}

export function timeLiteral({ at, offset }: Moment): string {
  if (offset === null) return `timestamp("${formatTime(at)}")`;
  if (offset === 0) return 'now';
  return `now ${offset < 0 ? '-' : '+'} duration("${formatDuration(Math.abs(offset))}")`;
}
