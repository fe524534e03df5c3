/**
 * JSON with sorted keys and no white space: the same value gives the same text. Used for digests and content hashes.
 */
import { createHash, type Hash } from 'node:crypto';

/** The canonical text of a value. Keys that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  return new CanonicalTexts().of(value);
}

/**
 * `sha256:` and the SHA-256 (hex) of the canonical text of a document. Its lists can have a hundred thousand entries:
 * the text is hashed in pieces and never whole in memory.
 *
 * @param head knows the beginning of a document hashed before, where this one begins with the same value
 * @param ordered for lists of the document, how their entries are written
 */
export function canonicalDigest(
  document: object,
  head: DigestHead | null = null,
  ordered: ReadonlyMap<unknown, EntriesText> = new Map(),
): string {
  const texts = new CanonicalTexts();
  const entries = texts.entries(document);
  const [first] = entries;
  const known = first === undefined ? null : (head?.of(first) ?? null);
  const hash = known ?? createHash('sha256');
  let separator = '{';
  for (const entry of entries) {
    const [name, value] = entry;
    if (entry !== first) head?.keep(first, hash);
    else if (known !== null) {
      separator = ',';
      continue;
    }
    hash.update(separator + name);
    separator = ',';
    if (!Array.isArray(value)) {
      hash.update(texts.of(value));
      continue;
    }
    const inOrder = ordered.get(value);
    for (let from = 0; from < value.length; from += entriesAtOnce) {
      const to = Math.min(from + entriesAtOnce, value.length);
      hash.update(from === 0 ? '[' : ',');
      hash.update(inOrder === undefined ? texts.of(value.slice(from, to)).slice(1, -1) : inOrder(from, to));
    }
    hash.update(value.length === 0 ? '[]' : ']');
  }
  hash.update(separator === '{' ? '{}' : '}');
  return `sha256:${hash.digest('hex')}`;
}

/** The canonical text of entries of a list, from one index up to, and without, another; without the brackets. */
export type EntriesText = (from: number, to: number) => string;

/** @param entryAt an entry by its index, with all its keys in canonical order, those of what is in it too, and nothing undefined */
export function asEntries(entryAt: (index: number) => object): EntriesText {
  return (from, to) => {
    const entries: object[] = [];
    for (let i = from; i < to; i++) entries.push(entryAt(i));
    // What is in order already, the engine writes out itself.
    return JSON.stringify(entries).slice(1, -1);
  };
}

/** @param textAt the canonical text of an entry */
export function asTexts(textAt: (index: number) => string): EntriesText {
  return (from, to) => {
    let text = '';
    for (let i = from; i < to; i++) text += i === from ? textAt(i) : `,${textAt(i)}`;
    return text;
  };
}

/**
 * The same value with its keys in canonical order. For an object that has nothing but texts and numbers in it, and no
 * number for a key: an object has those first.
 */
export function inKeyOrder(value: Readonly<Record<string, Flat>>): object {
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, value[key]]));
}

type Flat = string | number | boolean | null;

type Entry = readonly [name: string, value: unknown];

/**
 * How far the hash of a document had come after its first entry. The next document that begins with the same value (the
 * same object, which must not have been changed) goes on from there.
 */
export class DigestHead {
  #first: Entry | null = null;
  #hash: Hash | null = null;

  /** The hash after an entry; null where it is not known. */
  of([name, value]: Entry): Hash | null {
    if (this.#first === null || this.#first[0] !== name || this.#first[1] !== value) return null;
    return this.#hash?.copy() ?? null;
  }

  keep(first: Entry | undefined, hash: Hash): void {
    if (first === undefined || this.#first === first) return;
    this.#first = first;
    this.#hash = hash.copy();
  }
}

const entriesAtOnce = 128;

/** Keys as an object has them, and the same sorted, with their texts. */
interface Shape {
  readonly keys: readonly string[];
  readonly sorted: readonly (readonly [key: string, text: string])[];
}

/** Remembers what repeats in a document: which keys its objects have, and the rules that thousands of actions name. */
class CanonicalTexts {
  readonly #shapes: Shape[] = [];
  readonly #members = new Map<object, string>();

  of(value: unknown): string {
    if (typeof value === 'string') return quoted(value);
    if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
    if (Array.isArray(value)) return this.#list(value);
    let text = '';
    for (const [key, name] of this.#shapeOf(value).sorted) {
      const entry = (value as Readonly<Record<string, unknown>>)[key];
      if (entry !== undefined) text += `${text === '' ? '{' : ','}${name}${this.#member(entry)}`;
    }
    return text === '' ? '{}' : `${text}}`;
  }

  /** Names, written out with their colon, and values of an object in canonical order. */
  entries(value: object): Entry[] {
    return this.#shapeOf(value)
      .sorted.map(([key, name]) => [name, (value as Readonly<Record<string, unknown>>)[key]] as const)
      .filter(([, entry]) => entry !== undefined);
  }

  #list(values: readonly unknown[]): string {
    let text = '';
    for (const value of values) text += `${text === '' ? '[' : ','}${this.of(value)}`;
    return text === '' ? '[]' : `${text}]`;
  }

  #member(value: unknown): string {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return this.of(value);
    let text = this.#members.get(value);
    if (text === undefined) {
      text = this.of(value);
      this.#members.set(value, text);
    }
    return text;
  }

  #shapeOf(value: object): Shape {
    const keys = Object.keys(value);
    for (const shape of this.#shapes) {
      if (shape.keys.length === keys.length && shape.keys.every((key, i) => key === keys[i])) return shape;
    }
    // By code units, which for keys of ours is by bytes.
    const sorted = [...keys].sort().map((key) => [key, `${JSON.stringify(key)}:`] as const);
    const shape = { keys, sorted };
    // Objects that are used as maps have a shape each; remembering those would only be slow.
    if (this.#shapes.length < 16) this.#shapes.push(shape);
    return shape;
  }
}

/** What JSON escapes: quotes, backslashes, control characters, lone surrogates (any, to be sure). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes control characters
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;

/** The JSON of a text. */
export function quoted(text: string): string {
  return escaped.test(text) ? JSON.stringify(text) : `"${text}"`;
}
