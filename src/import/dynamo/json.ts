/** JSON with the place of every value, for errors and reports that point into the file. */
import type { Position } from '../../error.js';
import { BrokenInput } from './findings.js';

export type Json =
  | { readonly kind: 'object'; readonly at: Position; readonly fields: readonly JsonField[] }
  | { readonly kind: 'array'; readonly at: Position; readonly items: readonly Json[] }
  | { readonly kind: 'string'; readonly at: Position; readonly value: string }
  | { readonly kind: 'number'; readonly at: Position; readonly value: number }
  | { readonly kind: 'literal'; readonly at: Position; readonly value: boolean | null };

export interface JsonField {
  readonly name: string;
  readonly at: Position;
  readonly value: Json;
}

const deepest = 100;

/** @throws BrokenInput at the first character that is not JSON */
export function parseJson(file: string, text: string): Json {
  return new JsonReader(file, text).document();
}

class JsonReader {
  readonly #file: string;
  readonly #text: string;
  readonly #lineStarts: number[] = [0];
  #offset = 0;
  #depth = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    for (const match of text.matchAll(/\n/g)) this.#lineStarts.push(match.index + 1);
  }

  document(): Json {
    const value = this.#value();
    this.#skip();
    if (this.#offset < this.#text.length) throw this.#error('expected nothing after the value');
    return value;
  }

  #position(offset: number): Position {
    let line = this.#lineStarts.findLastIndex((start) => start <= offset);
    if (line < 0) line = 0;
    return { file: this.#file, line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) + 1 };
  }

  #error(message: string, offset = this.#offset): BrokenInput {
    return new BrokenInput('bad-json', this.#position(offset), `not JSON: ${message}`);
  }

  #skip(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#offset] ?? '')) this.#offset++;
  }

  #expect(character: string): void {
    this.#skip();
    if (this.#text[this.#offset] !== character) throw this.#error(`expected \`${character}\``);
    this.#offset++;
  }

  #value(): Json {
    this.#skip();
    const start = this.#offset;
    const at = this.#position(start);
    const character = this.#text[start];
    if (character === '{' || character === '[') {
      if (++this.#depth > deepest) throw this.#error(`nested deeper than ${deepest} levels`);
      const value = character === '{' ? this.#object(at) : this.#array(at);
      this.#depth--;
      return value;
    }
    if (character === '"') return { kind: 'string', at, value: this.#string() };
    const word = /^(true|false|null)\b|^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(
      this.#text.slice(start, start + 400),
    );
    if (word === null) throw this.#error('expected a value');
    this.#offset += word[0].length;
    if (word[1] === undefined) return { kind: 'number', at, value: Number(word[0]) };
    return { kind: 'literal', at, value: word[1] === 'null' ? null : word[1] === 'true' };
  }

  #object(at: Position): Json {
    this.#expect('{');
    const fields: JsonField[] = [];
    this.#skip();
    while (this.#text[this.#offset] !== '}') {
      if (fields.length > 0) this.#expect(',');
      this.#skip();
      const name = { at: this.#position(this.#offset), name: this.#string() };
      if (fields.some((field) => field.name === name.name)) {
        throw new BrokenInput('duplicate-key', name.at, `\`${name.name}\` stands twice`);
      }
      this.#expect(':');
      fields.push({ ...name, value: this.#value() });
      this.#skip();
    }
    this.#offset++;
    return { kind: 'object', at, fields };
  }

  #array(at: Position): Json {
    this.#expect('[');
    const items: Json[] = [];
    this.#skip();
    while (this.#text[this.#offset] !== ']') {
      if (items.length > 0) this.#expect(',');
      items.push(this.#value());
      this.#skip();
    }
    this.#offset++;
    return { kind: 'array', at, items };
  }

  #string(): string {
    const start = this.#offset;
    if (this.#text[start] !== '"') throw this.#error('expected a text in double quotes');
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    if (end >= this.#text.length) throw this.#error('the text is not closed', start);
    this.#offset = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch (error) {
      throw this.#error(error instanceof Error ? error.message : String(error), start);
    }
  }
}
