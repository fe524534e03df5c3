/**
 * One row of a bundle: from a line of text to typed values. Every accessor says what is wrong with a value by throwing
 * a {@link RowError}; who reads the file knows the line.
 */
import { Buffer } from 'node:buffer';
import { parseTime } from '../policy/units.js';
import { type BundleFormat, type BundleTable, bundleFormat, labelPrefix, tsvNull } from './bundle-columns.js';
import type { ByteSlice } from './byte-names.js';
import { TsvCells } from './tsv-cells.js';

/** What is wrong with a row, without its position. */
export class RowError extends Error {}

/** Longest name the databases hold, in UTF-16 units (at least as many characters fit). */
export const longestName = 512;

/** Control characters would break the line format, lone surrogates cannot be written as UTF-8. */
const unprintable = /[\p{Cc}\p{Surrogate}]/u;

const unpaired = /\p{Surrogate}/u;

const mostSound = 1000;

/** The end of the year 9999, seconds. */
const lastTime = 253_402_300_799;

export class BundleRow {
  readonly #table: BundleTable;
  readonly #tsv: boolean;
  readonly #columns: readonly string[];
  readonly #positions = new Map<string, number>();
  /** By column; undefined: not given. */
  readonly #values: unknown[];
  /** TSV: for each cell the column, or -1 where it is a label. */
  #header: readonly number[] = [];
  #labelKeys: readonly string[] = [];
  #labels: Readonly<Record<string, string>> | undefined;
  /** TSV: keys and values of labels that were checked. Most datasets have what others have. */
  readonly #sound = new Set<string>();
  /** TSV: lines whose cells are read from their bytes; null where columns are labels. */
  #cells: TsvCells | null = null;
  /** By column, its cell; -1 where it is not in the header. */
  #cellOf: readonly number[] = [];
  /** The row was taken from bytes. */
  #fromBytes = false;
  #lastTimeText = '';
  #lastTime = 0;

  constructor(table: BundleTable, format: BundleFormat) {
    this.#table = table;
    this.#tsv = format === 'tsv';
    this.#columns = bundleFormat[table].columns;
    for (const [position, column] of this.#columns.entries()) this.#positions.set(column, position);
    this.#values = new Array<unknown>(this.#columns.length).fill(undefined);
  }

  /** Reads the first line of a TSV file. */
  header(line: string): void {
    const names = line.split('\t');
    const header: number[] = [];
    const labelKeys: string[] = [];
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) throw new RowError(`the column ${quote(name)} stands twice in the header`);
      seen.add(name);
      if (this.#table === 'datasets' && name.startsWith(labelPrefix) && name.length > labelPrefix.length) {
        labelKeys.push(name.slice(labelPrefix.length));
        header.push(-1);
        continue;
      }
      const position = name === 'labels' ? undefined : this.#positions.get(name);
      if (position === undefined) throw new RowError(this.#unknown(name));
      header.push(position);
    }
    for (const column of bundleFormat[this.#table].required) {
      if (!seen.has(column)) throw new RowError(`the column ${quote(column)} is missing`);
    }
    this.#header = header;
    this.#labelKeys = labelKeys;
    this.#cellOf = this.#columns.map((_, position) => header.indexOf(position));
    this.#cells = labelKeys.length === 0 ? new TsvCells(header.length) : null;
  }

  /** Whether rows can be taken from these bytes; ASCII. */
  setBytes(bytes: Uint8Array): boolean {
    if (this.#cells === null) return false;
    this.#cells.bytes = bytes;
    return true;
  }

  /**
   * Takes the row that begins at `from` in the bytes.
   *
   * @returns where its line ends; -1 where it must be parsed as text, which says what is wrong with it
   */
  takeBytes(from: number): number {
    const end = this.#cells?.take(from) ?? -1;
    this.#fromBytes = end >= 0;
    return end;
  }

  parse(line: string): void {
    this.#fromBytes = false;
    if (this.#tsv) this.#parseCells(line);
    else this.#parseObject(line);
  }

  #parseCells(line: string): void {
    const cells = line.split('\t');
    const header = this.#header;
    if (cells.length !== header.length) {
      throw new RowError(`${cells.length} columns, the header has ${header.length}`);
    }
    const values = this.#values;
    let labels: Record<string, string> | undefined;
    let label = 0;
    for (let i = 0; i < header.length; i++) {
      const cell = cells[i] as string;
      const position = header[i] as number;
      if (position >= 0) {
        values[position] = cell === tsvNull ? null : cell;
      } else {
        const key = this.#labelKeys[label++] as string;
        if (cell !== tsvNull && cell !== '') {
          labels ??= {};
          if (this.#sound.has(cell) && this.#sound.has(key)) setLabel(labels, key, cell);
          else this.#newLabel(labels, key, cell);
        }
      }
    }
    this.#labels = this.#labelKeys.length > 0 ? (labels ?? {}) : undefined;
  }

  #newLabel(labels: Record<string, string>, key: string, value: string): void {
    defineLabel(labels, key, value);
    if (this.#sound.size < mostSound) this.#sound.add(key).add(detached(value));
  }

  #parseObject(line: string): void {
    let object: unknown;
    try {
      object = JSON.parse(line);
    } catch (error) {
      throw new RowError(`not valid JSON: ${(error as SyntaxError).message}`);
    }
    if (typeof object !== 'object' || object === null || Array.isArray(object)) {
      throw new RowError('not a JSON object');
    }
    this.#values.fill(undefined);
    for (const [key, value] of Object.entries(object)) {
      const position = this.#positions.get(key);
      if (position === undefined) throw new RowError(this.#unknown(key));
      this.#values[position] = value;
    }
    for (const column of bundleFormat[this.#table].required) {
      if (this.#values[this.column(column)] === undefined) throw new RowError(`${column} is missing`);
    }
    this.#labels = this.#table === 'datasets' ? this.#labelObject() : undefined;
  }

  #labelObject(): Readonly<Record<string, string>> | undefined {
    const given = this.#values[this.column('labels')];
    if (given === undefined) return undefined;
    if (given === null) return {};
    if (typeof given !== 'object' || Array.isArray(given)) throw new RowError('labels must be an object of strings');
    const labels: Record<string, string> = {};
    for (const [key, value] of Object.entries(given)) {
      if (value === null || value === '') continue;
      if (typeof value !== 'string') throw new RowError(`labels.${key} must be a string, not ${show(value)}`);
      defineLabel(labels, key, value);
    }
    return labels;
  }

  /** The position by which the accessors name a column. */
  column(name: string): number {
    const position = this.#positions.get(name);
    if (position === undefined) throw new Error(`no column ${name} in ${this.#table}`);
    return position;
  }

  /** Labels with a value; undefined where the row says nothing about labels. */
  labels(): Readonly<Record<string, string>> | undefined {
    return this.#labels;
  }

  /** What is given; undefined or null where nothing is. */
  #value(column: number): unknown {
    if (!this.#fromBytes || this.#cells === null) return this.#values[column];
    const cell = this.#cellOf[column] as number;
    return cell < 0 || this.#cells.isNull(cell) ? null : this.#cells.text(cell);
  }

  /** A number written in digits alone, -1 for everything else. */
  #digits(column: number): number {
    if (!this.#fromBytes || this.#cells === null) return -1;
    const cell = this.#cellOf[column] as number;
    return cell < 0 ? -1 : this.#cells.digits(cell);
  }

  /** A text that may be kept, without more of the file than itself. */
  kept(text: string): string {
    return this.#fromBytes ? text : detached(text);
  }

  /** A string as it stands, null where there is none. */
  text(column: number): string | null {
    const value = this.#value(column);
    if (typeof value === 'string') return value;
    if (value === undefined || value === null) return null;
    throw new RowError(`${this.#columns[column]} must be a string, not ${show(value)}`);
  }

  /** A string that must be there. It is not checked as a name: use {@link checkedName} before it is kept. */
  required(column: number): string {
    const value = this.text(column);
    if (value === null) throw new RowError(`${this.#columns[column]} must not be null`);
    return value;
  }

  /**
   * {@link text} without a string: sets a slice to its UTF-8, until the next call.
   *
   * @returns false where there is none
   */
  slice(column: number, slice: ByteSlice): boolean {
    if (this.#fromBytes && this.#cells !== null) {
      const cell = this.#cellOf[column] as number;
      if (cell < 0 || this.#cells.isNull(cell)) return false;
      this.#cells.slice(cell, slice);
      return true;
    }
    const text = this.text(column);
    if (text === null) return false;
    // What is no UTF-8 would become the same replacement character, whatever it was.
    if (unpaired.test(text)) throw new RowError(`${this.#columns[column]} holds half a surrogate pair`);
    slice.bytes = Buffer.from(text, 'utf8');
    slice.start = 0;
    slice.end = slice.bytes.length;
    return true;
  }

  /** {@link required} without a string. */
  requiredSlice(column: number, slice: ByteSlice): void {
    if (!this.slice(column, slice)) throw new RowError(`${this.#columns[column]} must not be null`);
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(column: number): number | null {
    const digits = this.#digits(column);
    if (digits >= 0) return digits;
    const value = this.#value(column);
    if (value === undefined || value === null) return null;
    const number =
      typeof value === 'number' && !this.#tsv ? value : this.#tsv ? wholeNumber(value as string) : Number.NaN;
    if (Number.isSafeInteger(number) && number >= 0) return number;
    const name = this.#columns[column];
    if (number < 0) throw new RowError(`${name} is negative: ${show(value)}`);
    if (Number.isInteger(number)) throw new RowError(`${name} is above 2^53 - 1: ${show(value)}`);
    throw new RowError(`${name} must be a whole number, not ${show(value)}`);
  }

  /** Any finite number. */
  number(column: number): number | null {
    const value = this.#value(column);
    if (value === undefined || value === null) return null;
    const number =
      typeof value === 'number' && !this.#tsv
        ? value
        : this.#tsv && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value as string)
          ? Number(value)
          : Number.NaN;
    if (Number.isFinite(number)) return number;
    throw new RowError(`${this.#columns[column]} must be a number, not ${show(value)}`);
  }

  flag(column: number): boolean | null {
    if (this.#fromBytes && this.#cells !== null) {
      const cell = this.#cellOf[column] as number;
      if (cell >= 0 && this.#cells.is(cell, 'true')) return true;
      if (cell >= 0 && this.#cells.is(cell, 'false')) return false;
    }
    const value = this.#value(column);
    switch (value) {
      case undefined:
      case null:
        return null;
      case true:
      case 1:
        return true;
      case false:
      case 0:
        return false;
      case 'true':
      case '1':
        if (this.#tsv) return true;
        break;
      case 'false':
      case '0':
        if (this.#tsv) return false;
        break;
    }
    throw new RowError(`${this.#columns[column]} must be true or false, not ${show(value)}`);
  }

  /** RFC 3339 or Unix seconds; seconds since the epoch, to the millisecond. */
  time(column: number): number | null {
    const digits = this.#digits(column);
    if (digits >= 0 && digits <= lastTime) return digits;
    const value = this.#value(column);
    if (value === undefined || value === null) return null;
    if (typeof value === 'number') return this.#checkedTime(column, value, value);
    // Neighbouring rows often carry the same time.
    if (value === this.#lastTimeText) return this.#lastTime;
    let seconds: number | null = null;
    if (typeof value === 'string') seconds = /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : parseTime(value);
    const time = this.#checkedTime(column, seconds, value);
    this.#lastTimeText = value as string;
    this.#lastTime = time;
    return time;
  }

  #checkedTime(column: number, seconds: number | null, value: unknown): number {
    const name = this.#columns[column];
    if (seconds === null || !Number.isFinite(seconds)) {
      throw new RowError(`${name} must be a time (RFC 3339 or Unix seconds), not ${show(value)}`);
    }
    if (seconds < 0) throw new RowError(`${name} is before 1970: ${show(value)}`);
    if (seconds > lastTime) {
      throw new RowError(`${name} is after the year 9999: ${show(value)} (Unix seconds are wanted, not milliseconds)`);
    }
    return Number.isInteger(seconds) ? seconds : Math.round(seconds * 1000) / 1000;
  }

  /** A list of names: in TSV a JSON array, or names separated by commas. */
  list(column: number): readonly string[] | null {
    let value = this.#value(column);
    if (value === undefined || value === null) return null;
    if (this.#tsv) {
      const text = value as string;
      if (text === '') return [];
      if (!text.startsWith('[')) return text.split(',');
      try {
        value = JSON.parse(text);
      } catch {
        throw new RowError(`${this.#columns[column]} is not a valid JSON array`);
      }
    }
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      throw new RowError(`${this.#columns[column]} must be a list of strings`);
    }
    return value;
  }

  #unknown(name: string): string {
    const known = this.#columns.map((column) => (this.#tsv && column === 'labels' ? 'labels.KEY' : column));
    return `unknown column ${quote(name)}; ${this.#table} has ${known.join(', ')}`;
  }
}

/** Checks a name (or another text) that is about to be kept, and returns it. */
export function checkedName(what: string, name: string): string {
  if (name === '') throw new RowError(`${what} is empty`);
  return checkedText(what, name);
}

/** The same for a text that may be empty. */
export function checkedText(what: string, text: string): string {
  if (text.length > longestName) throw new RowError(`${what} is longer than ${longestName} characters`);
  if (unprintable.test(text)) throw new RowError(`${what} holds a control character or half a surrogate pair`);
  return text;
}

function defineLabel(labels: Record<string, string>, key: string, value: string): void {
  checkedName('a label key', key);
  checkedText(`labels.${key}`, value);
  setLabel(labels, key, value);
}

function setLabel(labels: Record<string, string>, key: string, value: string): void {
  // A plain assignment would not make a property of a key like __proto__.
  Object.defineProperty(labels, key, { value, enumerable: true, configurable: true, writable: true });
}

/** {@link checkedName} of a name that is not a string yet. */
export function checkedSlice(what: string, name: ByteSlice): void {
  const { bytes, start, end } = name;
  let plain = end > start && end - start <= longestName;
  for (let i = start; plain && i < end; i++) {
    const byte = bytes[i] as number;
    plain = byte >= 0x20 && byte < 0x7f;
  }
  if (!plain) checkedName(what, name.toString());
}

/** NaN for anything but digits, so that 0x10, 1e3 and 1.0 are no counts. */
function wholeNumber(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/**
 * A copy of its own. A piece of a long string keeps all of it in memory, and a name that is kept is a piece of a whole
 * read buffer.
 */
export function detached(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
