/**
 * Dates as GNU `date -d` reads them, as far as policies use them: `90 days ago`, `3 months ago`, `January 1`,
 * `2023-09-15 UTC`, `2023-07-01 12:00:00 UTC`, `yesterday`, `@1500000000`. Local time is taken to be UTC.
 *
 * What matters besides the moment is whether it moves with the clock, because the original reads its dates again in
 * every cycle.
 */

export interface Moment {
  /** Seconds since the epoch, at the clock of the import. */
  readonly at: number;
  /** Set where it keeps its distance to the clock: that distance in seconds, negative for the past. */
  readonly offset: number | null;
  /** The distance was given in months or years, which differ in length. */
  readonly calendar: boolean;
  /** The moment depends on the clock, by its distance or in another way (`January 1` is of this year). */
  readonly moves: boolean;
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const fullMonthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const ordinals: Readonly<Record<string, number>> = { last: -1, this: 0, next: 1 };
const daysOfWord: Readonly<Record<string, number>> = { yesterday: -1, today: 0, now: 0, tomorrow: 1 };

const secondsPer: Readonly<Record<string, number>> = {
  second: 1,
  sec: 1,
  minute: 60,
  min: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  fortnight: 1_209_600,
};
const monthsPer: Readonly<Record<string, number>> = { month: 1, year: 12 };

/** Reads `text` at the clock `now` (seconds since the epoch); null where it is no date. */
export function parseDate(text: string, now: number): Moment | null {
  const reader = new DateReader(text.toLowerCase());
  return reader.read() ? reader.momentAt(now) : null;
}

class DateReader {
  readonly #tokens: readonly string[];
  #next = 0;
  #year: number | null = null;
  #month: number | null = null;
  #day: number | null = null;
  /** Seconds of the day. */
  #time: number | null = null;
  #zone: number | null = null;
  #weekday: { readonly day: number; readonly ordinal: number } | null = null;
  #epoch: number | null = null;
  #seconds = 0;
  #months = 0;
  #relative = false;

  constructor(text: string) {
    this.#tokens = text
      .replace(/(\d)t(?=\d{2}:)/g, '$1 ')
      .replace(/(\d:\d{2}(?::\d{2}(?:\.\d+)?)?)(?=[a-z+-])/g, '$1 ')
      .replace(/(?<=\d)(?=[a-z])/g, ' ')
      .replaceAll(',', ' ')
      .split(' ')
      .filter((token) => token !== '');
  }

  /** Whether all of the text was understood, and each part given once. */
  read(): boolean {
    if (this.#tokens.length === 0) return false;
    while (this.#next < this.#tokens.length) {
      if (!this.#item(this.#tokens[this.#next] ?? '')) return false;
    }
    return this.#year === null || (this.#month !== null && this.#day !== null);
  }

  #peek(ahead: number): string {
    return this.#tokens[this.#next + ahead] ?? '';
  }

  #take(count: number): true {
    this.#next += count;
    return true;
  }

  #item(token: string): boolean {
    if (token in daysOfWord) {
      this.#relative = true;
      this.#seconds += (daysOfWord[token] ?? 0) * 86_400;
      return this.#take(1);
    }
    const epoch = /^@(-?\d+)$/.exec(token);
    if (epoch !== null) {
      this.#epoch = Number(epoch[1]);
      return this.#take(1);
    }
    return (
      this.#date(token) ||
      this.#clock(token) ||
      this.#relativeItem(token) ||
      this.#weekdayItem(token) ||
      this.#number(token)
    );
  }

  #setDate(year: number | null, month: number, day: number): boolean {
    if (this.#month !== null || month < 1 || month > 12 || day < 1 || day > 31) return false;
    this.#year = year;
    this.#month = month;
    this.#day = day;
    return true;
  }

  #date(token: string): boolean {
    const iso = /^(\d{4,})[-/](\d{1,2})[-/](\d{1,2})$/.exec(token) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(token);
    if (iso !== null) return this.#setDate(Number(iso[1]), Number(iso[2]), Number(iso[3])) && this.#take(1);
    const us = /^(\d{1,2})\/(\d{1,2})(?:\/(\d{4}))?$/.exec(token);
    if (us !== null) {
      const year = us[3] === undefined ? null : Number(us[3]);
      return this.#setDate(year, Number(us[1]), Number(us[2])) && this.#take(1);
    }
    const month = monthOf(token);
    if (month > 0) {
      // `January 1`, `January 1 2018`
      const day = /^\d{1,2}$/.exec(this.#peek(1));
      if (day === null) return false;
      const year = /^\d{4}$/.test(this.#peek(2)) ? Number(this.#peek(2)) : null;
      return this.#setDate(year, month, Number(day[0])) && this.#take(year === null ? 2 : 3);
    }
    if (/^\d{1,2}$/.test(token) && monthOf(this.#peek(1)) > 0) {
      // `1 January`, `1 January 2018`
      const year = /^\d{4}$/.test(this.#peek(2)) ? Number(this.#peek(2)) : null;
      return this.#setDate(year, monthOf(this.#peek(1)), Number(token)) && this.#take(year === null ? 2 : 3);
    }
    return false;
  }

  #clock(token: string): boolean {
    if (token === 'utc' || token === 'gmt' || token === 'z') return this.#setZone(0);
    const zone = /^([+-])(\d{2}):?(\d{2})$/.exec(token);
    if (zone !== null && this.#time !== null) {
      return this.#setZone((zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 3600 + Number(zone[3]) * 60));
    }
    const time = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/.exec(token);
    if (time === null || this.#time !== null) return false;
    let hour = Number(time[1]);
    const half = this.#peek(1);
    const minute = Number(time[2]);
    const second = Number(time[3] ?? 0);
    if (half === 'am' || half === 'pm') {
      if (hour < 1 || hour > 12) return false;
      hour = (hour % 12) + (half === 'pm' ? 12 : 0);
    }
    if (hour > 23 || minute > 59 || second > 60) return false;
    this.#time = hour * 3600 + minute * 60 + second;
    return this.#take(half === 'am' || half === 'pm' ? 2 : 1);
  }

  #setZone(seconds: number): boolean {
    if (this.#zone !== null) return false;
    this.#zone = seconds;
    return this.#take(1);
  }

  /** `90 days ago`, `1 week`, `-3 months`, `last year`, `day ago`. */
  #relativeItem(token: string): boolean {
    let count = 1;
    let length = 0;
    if (/^[+-]?\d+$/.test(token)) {
      count = Number(token);
      length = 1;
    } else if (token in ordinals && dayOf(this.#peek(1)) < 0) {
      count = ordinals[token] ?? 0;
      length = 1;
    }
    const unit = this.#peek(length).replace(/s$/, '');
    const seconds = secondsPer[unit];
    const months = monthsPer[unit];
    if (seconds === undefined && months === undefined) return false;
    length++;
    if (this.#peek(length) === 'ago') {
      count = -count;
      length++;
    }
    this.#relative = true;
    this.#seconds += count * (seconds ?? 0);
    this.#months += count * (months ?? 0);
    return this.#take(length);
  }

  #weekdayItem(token: string): boolean {
    const named = token in ordinals ? 1 : 0;
    const day = dayOf(this.#peek(named));
    if (day < 0 || this.#weekday !== null) return false;
    this.#weekday = { day, ordinal: named === 1 ? (ordinals[token] ?? 0) : 0 };
    return this.#take(named + 1);
  }

  /** A number by itself: the year of a date without one, or a time of day as `20`, `8 pm` or `2018`. */
  #number(token: string): boolean {
    if (!/^\d{1,4}$/.test(token)) return false;
    const value = Number(token);
    if (this.#month !== null && this.#year === null && !this.#relative && (this.#time !== null || token.length > 2)) {
      this.#year = value;
      return this.#take(1);
    }
    const half = this.#peek(1);
    let hour = token.length > 2 ? Math.floor(value / 100) : value;
    const minute = token.length > 2 ? value % 100 : 0;
    if (this.#time !== null || hour > 23 || minute > 59) return false;
    if (half === 'am' || half === 'pm') {
      if (token.length > 2 || hour < 1 || hour > 12) return false;
      hour = (hour % 12) + (half === 'pm' ? 12 : 0);
    }
    this.#time = hour * 3600 + minute * 60;
    return this.#take(half === 'am' || half === 'pm' ? 2 : 1);
  }

  momentAt(now: number): Moment | null {
    if (this.#epoch !== null) {
      const alone = this.#month === null && this.#time === null && this.#weekday === null && !this.#relative;
      return alone ? { at: this.#epoch, offset: null, calendar: false, moves: false } : null;
    }
    const given = this.#month !== null || this.#time !== null || this.#weekday !== null;
    const clock = new Date(now * 1000);
    const year = this.#year ?? clock.getUTCFullYear();
    const month = this.#month === null ? clock.getUTCMonth() : this.#month - 1;
    const day = this.#day ?? clock.getUTCDate();
    if (this.#month !== null && new Date(Date.UTC(year, month, day)).getUTCDate() !== day) return null;
    // Only a distance without a date keeps the time of day; all else begins at midnight.
    const keepsTime = this.#relative && this.#month === null && this.#weekday === null;
    const time = this.#time ?? (keepsTime ? mod(now, 86_400) : 0);
    let at = Date.UTC(year, month + this.#months, day) / 1000 + time - (this.#zone ?? 0);
    if (this.#weekday !== null && this.#month === null) at += this.#daysToWeekday(at) * 86_400;
    at += this.#seconds;
    const offset = given || !this.#relative ? null : at - now;
    const moves = offset !== null || this.#year === null;
    return { at, offset, calendar: this.#months !== 0, moves };
  }

  #daysToWeekday(at: number): number {
    const { day, ordinal } = this.#weekday ?? { day: 0, ordinal: 0 };
    const today = new Date(at * 1000).getUTCDay();
    const weeks = ordinal - (ordinal > 0 && today !== day ? 1 : 0);
    return mod(day - today, 7) + weeks * 7;
  }
}

function monthOf(word: string): number {
  const index = monthNames.indexOf(word.replace(/\.$/, ''));
  return (index >= 0 ? index : word === 'sept' ? 8 : fullMonthNames.indexOf(word)) + 1;
}

/** 0 for Sunday; -1 where the word is no day of the week. */
function dayOf(word: string): number {
  return dayNames.findIndex((name) => name === word || name.slice(0, 3) === word);
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}
