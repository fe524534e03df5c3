/**
 * The units of the YAML: bytes, durations, fractions, times. Every parser takes the text as written and returns a
 * number, or null when it is not of that form; callers know the place and make the error.
 */

const byteFactors: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
  EB: 1e18,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
  EiB: 2 ** 60,
};

const durationFactors: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * `500TB`, `10TiB`, `1.5PB`, or a plain integer; whole bytes. A plain integer above 2^53 is refused, because it would be
 * rounded; with a unit larger sizes are exact enough (`100PB` is one number).
 */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMGTPE]?i?B)?$/.exec(text);
  if (match === null) return null;
  const factor = match[2] === undefined ? 1 : byteFactors[match[2]];
  if (factor === undefined) return null;
  const value = Number(match[1]) * factor;
  const rounded = Math.round(value);
  // A fraction of a byte is refused, but 1.1TB must not fail on its binary representation.
  if (Math.abs(value - rounded) > 1e-3 * Math.max(1, value * 1e-12)) return null;
  return Number.isSafeInteger(rounded) || factor >= 1e9 ? rounded : null;
}

/** `30m`, `12h`, `90d`, `2w`, `1h30m`; seconds. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?[smhdw])+$/.test(text)) return null;
  let seconds = 0;
  for (const part of text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)) {
    seconds += Number(part[1]) * (durationFactors[part[2] ?? ''] ?? Number.NaN);
  }
  return Number.isSafeInteger(Math.round(seconds)) ? seconds : null;
}

/** `0.85`, `85%`; a number from 0. */
export function parseFraction(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (match === null) return null;
  const value = Number(match[1]);
  return match[2] === '%' ? value / 100 : value;
}

const dateTime = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** RFC 3339; a date alone is midnight UTC. Seconds since the epoch. Dates that do not exist are refused. */
export function parseTime(text: string): number | null {
  const match = dateTime.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const y = Number(year);
  const mo = Number(month);
  const d = Number(day);
  const h = Number(hour);
  const mi = Number(minute);
  const s = Number(second);
  const millis = Date.UTC(y, mo - 1, d, h, mi, Math.min(s, 59));
  const check = new Date(millis);
  if (check.getUTCFullYear() !== y || check.getUTCMonth() !== mo - 1 || check.getUTCDate() !== d) return null;
  if (h > 23 || mi > 59 || s > 60) return null;
  let offset = 0;
  if (zone !== 'Z' && zone !== 'z') {
    const zoneHours = Number(zone.slice(1, 3));
    const zoneMinutes = Number(zone.slice(4, 6));
    if (zoneHours > 23 || zoneMinutes > 59) return null;
    offset = (zone.startsWith('-') ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60);
  }
  return millis / 1000 + (s === 60 ? 1 : 0) + (fraction === '' ? 0 : Number(fraction)) - offset;
}

/** RFC 3339 in UTC, without a fraction where there is none. */
export function formatTime(seconds: number): string {
  const text = new Date(Math.round(seconds * 1000)).toISOString();
  return text.replace('.000Z', 'Z');
}

/** `1.2 TB`: three significant digits, decimal units. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'unlimited';
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 ? 0 : Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit] ?? 'EB'}`;
}

/** `90d`, `2h30m`: the shortest exact form of whole seconds. */
export function formatDuration(seconds: number): string {
  if (seconds <= 0) return '0s';
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, factor] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / factor);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * factor;
  }
  return parts.join('');
}
