/** Hashes of what a document or rule means: unchanged by comments, formatting, units, descriptions and position. */
import { hash } from 'node:crypto';
import { compareBytes } from '../order.js';

/** SHA-256 (hex) of the canonical JSON of compiled content; expressions count as their canonical text. */
export function contentHash(content: object): string {
  return hash('sha256', canonical(content));
}

function canonical(value: unknown): string {
  if (value === Number.POSITIVE_INFINITY) return '"unlimited"';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value instanceof Map) {
    const entries = [...value.entries()].sort(([a], [b]) => compareBytes(a, b));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  if (value instanceof Set) return canonical([...value].sort(compareBytes));
  if (isExpression(value)) return `{"cel":${JSON.stringify(value.canonical)}}`;
  return canonicalFields(value as Readonly<Record<string, unknown>>);
}

function canonicalFields(fields: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const { name, json } of orderOf(Object.keys(fields))) {
    const item = fields[name];
    if (item === undefined) continue;
    text += text === '' ? json : `,${json}`;
    text += canonical(item);
  }
  return `{${text}}`;
}

/** The fields of one shape of objects, in the order of their names. */
interface FieldOrder {
  readonly names: readonly string[];
  readonly sorted: readonly { readonly name: string; readonly json: string }[];
}

/** By the number of fields. Thousands of documents are of a few shapes, which the kinds bound. */
const orders = new Map<number, FieldOrder[]>();

function orderOf(names: readonly string[]): FieldOrder['sorted'] {
  let known = orders.get(names.length);
  if (known === undefined) {
    known = [];
    orders.set(names.length, known);
  }
  for (const order of known) if (sameNames(order.names, names)) return order.sorted;
  const sorted = [...names].sort(compareBytes).map((name) => ({ name, json: `${JSON.stringify(name)}:` }));
  if (known.length < mostShapes) known.push({ names, sorted });
  return sorted;
}

/** Of each number of fields: more are sorted each time. */
const mostShapes = 16;

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isExpression(value: object): value is { readonly canonical: string } {
  return 'canonical' in value && 'bind' in value;
}
