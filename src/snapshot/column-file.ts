/**
 * A file of columns, of numbers and of names: what a snapshot cache is made of. A format for one machine and one version of
 * the program; whoever cannot use what is there reads the inventory again.
 *
 * | part | bytes |
 * |---|---|
 * | prelude | 16: `stator snapshot\n`; 32: SHA-256 of all that follows; 3 x 8: lengths of the other parts as 64-bit floating-point numbers |
 * | head | JSON: what the columns are of, and where each is |
 * | numbers | the columns of numbers as they are in memory, each from a multiple of 8 bytes on |
 * | text | names |
 *
 * The parts are separate so that the numbers can be used where they were read to, and the text be dropped.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { decodeNames, encodeNames, fromDictionary, toDictionary } from './text-columns.js';

/**
 * Goes up when the same bytes mean something else. A column that is added, or is of another type, needs no new number: old
 * files lack it, and are not used.
 */
const format = 1;

const magic = Buffer.from('stator snapshot\n', 'latin1');
const digestBytes = 32;
export const preludeBytes = 72;

/** What the columns are of. */
export interface ContentKey {
  readonly generation: number;
  /** The random token of that generation. */
  readonly token: string;
  /** The program and the schema of the database; equal, or the file is of no use. */
  readonly writer: string;
}

/** The file does not hold what it should; the message says why, for the log. */
export class UnusableColumnFile extends Error {}

interface Place {
  readonly type: NumberType;
  readonly offset: number;
  readonly length: number;
}

interface Head extends ContentKey {
  readonly format: number;
  /** Byte order, as the platform has it. */
  readonly order: string;
  readonly columns: Readonly<Record<string, Place>>;
  /** Columns of names, in their order in the text. */
  readonly names: readonly string[];
}

const byteOrder = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'little' : 'big';

/** Collects columns; a name must be used once only. */
export class ColumnFileWriter {
  readonly #columns: Record<string, Place> = {};
  readonly #names: string[] = [];
  readonly #numbers: Uint8Array[] = [];
  readonly #text: Uint8Array[] = [];
  #offset = 0;

  numbers(name: string, column: NumberColumn): void {
    this.#columns[name] = { type: typeOf(column), offset: this.#offset, length: column.length };
    this.#numbers.push(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    const padding = -column.byteLength & 7;
    if (padding > 0) this.#numbers.push(new Uint8Array(padding));
    this.#offset += column.byteLength + padding;
  }

  names(name: string, column: readonly string[]): void {
    const { lengths, widths, chunks } = encodeNames(column);
    this.#names.push(name);
    this.numbers(`${name} lengths`, lengths);
    this.numbers(`${name} widths`, widths);
    this.#text.push(...chunks);
  }

  dictionary(name: string, column: readonly string[]): void {
    const { values, index } = toDictionary(column);
    this.names(name, values);
    this.numbers(`${name} index`, index);
  }

  /** The file, piece by piece: most pieces are the columns themselves, not copies. */
  file(key: ContentKey): readonly Uint8Array[] {
    const head: Head = { ...key, format, order: byteOrder, columns: this.#columns, names: this.#names };
    const headPart = Buffer.from(JSON.stringify(head), 'utf8');
    const lengths = Float64Array.of(headPart.length, this.#offset, byteLength(this.#text));
    const rest = [new Uint8Array(lengths.buffer), headPart, ...this.#numbers, ...this.#text];
    return [magic, digestOf(rest), ...rest];
  }
}

/** Lengths of the parts behind the prelude, in bytes. */
export interface PartLengths {
  readonly head: number;
  readonly numbers: number;
  readonly text: number;
}

/**
 * @param prelude the first {@link preludeBytes} of a file of `size` bytes
 * @throws UnusableColumnFile
 */
export function partLengths(prelude: Uint8Array, size: number): PartLengths {
  if (prelude.length !== preludeBytes || !magic.equals(prelude.subarray(0, magic.length))) {
    throw new UnusableColumnFile('it is no snapshot');
  }
  const [head = -1, numbers = -1, text = -1] = new Float64Array(
    Uint8Array.from(prelude.subarray(magic.length + digestBytes)).buffer,
  );
  const isLength = (n: number) => Number.isSafeInteger(n) && n >= 0;
  if (![head, numbers, text].every(isLength) || preludeBytes + head + numbers + text !== size) {
    throw new UnusableColumnFile('it is not as long as it should be');
  }
  return { head, numbers, text };
}

/** The parts of a file. `numbers` must begin at a multiple of 8 bytes of its buffer, and belongs to the columns afterwards. */
export interface ColumnFileParts {
  readonly prelude: Uint8Array;
  readonly head: Uint8Array;
  readonly numbers: Uint8Array;
  readonly text: Uint8Array;
}

/**
 * What the columns are of, from the head alone: enough to see that the rest is of no use. That the file is whole, only
 * {@link ColumnFileReader} knows.
 *
 * @throws UnusableColumnFile
 */
export function contentKey(head: Uint8Array): ContentKey {
  const { generation, token, writer } = parseHead(head);
  return { generation, token, writer };
}

function parseHead(bytes: Uint8Array): Head {
  let head: Partial<Head> | null;
  try {
    // Whatever JSON it is: the checksum says whether this program wrote it.
    head = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Head> | null;
  } catch {
    throw new UnusableColumnFile('its head cannot be read');
  }
  if (head?.format !== format || head.order !== byteOrder) {
    throw new UnusableColumnFile('it has the form of another version');
  }
  const { generation, token, writer, columns, names } = head;
  if (
    !Number.isSafeInteger(generation) ||
    generation === undefined ||
    typeof token !== 'string' ||
    writer === undefined ||
    columns === undefined ||
    names === undefined
  ) {
    throw new UnusableColumnFile('its head is not complete');
  }
  return { format, order: byteOrder, generation, token, writer, columns, names };
}

/**
 * The columns of a whole file. Those of numbers are views of `parts.numbers`.
 *
 * @throws UnusableColumnFile where the file is not whole, or a column is not there, is of another type, or has another
 *   length than it should
 */
export class ColumnFileReader {
  readonly #columns: ReadonlyMap<string, Place>;
  readonly #numbers: Uint8Array;
  readonly #names = new Map<string, string[]>();

  constructor(parts: ColumnFileParts) {
    const { prelude, numbers, text } = parts;
    const checked = magic.length + digestBytes;
    const digest = digestOf([prelude.subarray(checked), parts.head, numbers, text]);
    if (!digest.equals(prelude.subarray(magic.length, checked))) {
      throw new UnusableColumnFile('its checksum is wrong');
    }
    const head = parseHead(parts.head);
    this.#columns = new Map(Object.entries(head.columns));
    this.#numbers = numbers;
    let offset = 0;
    for (const name of head.names) {
      const lengths = this.i32(`${name} lengths`);
      const decoded = decodeNames(text.subarray(offset), { lengths, widths: this.u8(`${name} widths`) });
      this.#names.set(name, decoded.names);
      offset += decoded.byteLength;
    }
  }

  names(name: string): string[] {
    const column = this.#names.get(name);
    if (column === undefined) throw new UnusableColumnFile(`it lacks ${name}`);
    return column;
  }

  dictionary(name: string, length: number): string[] {
    return fromDictionary({ values: this.names(name), index: this.i32(`${name} index`, length) });
  }

  u8(name: string, length?: number): Uint8Array {
    const { offset, length: count } = this.#place(name, 'u8', length);
    return new Uint8Array(this.#numbers.buffer, offset, count);
  }

  u16(name: string, length?: number): Uint16Array {
    const { offset, length: count } = this.#place(name, 'u16', length);
    return new Uint16Array(this.#numbers.buffer, offset, count);
  }

  i32(name: string, length?: number): Int32Array {
    const { offset, length: count } = this.#place(name, 'i32', length);
    return new Int32Array(this.#numbers.buffer, offset, count);
  }

  f64(name: string, length?: number): Float64Array {
    const { offset, length: count } = this.#place(name, 'f64', length);
    return new Float64Array(this.#numbers.buffer, offset, count);
  }

  #place(name: string, type: NumberType, length: number | undefined): { offset: number; length: number } {
    const place = this.#columns.get(name);
    if (place === undefined) throw new UnusableColumnFile(`it lacks ${name}`);
    const inside = place.offset >= 0 && place.offset + place.length * bytesOf[type] <= this.#numbers.length;
    if (place.type !== type || !inside || place.length !== (length ?? place.length)) {
      throw new UnusableColumnFile(`${name} is not what it should be`);
    }
    return { offset: this.#numbers.byteOffset + place.offset, length: place.length };
  }
}

const bytesOf = { u8: 1, u16: 2, i32: 4, f64: 8 } as const;
type NumberType = keyof typeof bytesOf;
type NumberColumn = Uint8Array | Uint16Array | Int32Array | Float64Array;

export function isNumberColumn(column: unknown): column is NumberColumn {
  return (
    column instanceof Uint8Array ||
    column instanceof Uint16Array ||
    column instanceof Int32Array ||
    column instanceof Float64Array
  );
}

function typeOf(column: NumberColumn): NumberType {
  if (column instanceof Uint8Array) return 'u8';
  if (column instanceof Uint16Array) return 'u16';
  return column instanceof Int32Array ? 'i32' : 'f64';
}

function digestOf(pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

function byteLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
