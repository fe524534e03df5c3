/** Hashes of what a document or rule means: unchanged by comments, formatting, units, descriptions and position. */
import { createHash } from 'node:crypto';
import { compareBytes } from '../order.js';

/** SHA-256 (hex) of the canonical JSON of compiled content; expressions count as their canonical text. */
export function contentHash(content: object): string {
  return createHash('sha256').update(canonical(content)).digest('hex');
}

function canonical(value: unknown): string {
  if (value instanceof Map) return canonicalEntries([...value.entries()]);
  if (value instanceof Set) return canonical([...value].sort(compareBytes));
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === Number.POSITIVE_INFINITY) return '"unlimited"';
  if (value !== null && typeof value === 'object') {
    if (isExpression(value)) return canonical({ cel: value.canonical });
    return canonicalEntries(Object.entries(value).filter(([, item]) => item !== undefined));
  }
  return JSON.stringify(value);
}

function canonicalEntries(entries: readonly (readonly [string, unknown])[]): string {
  const sorted = [...entries].sort(([a], [b]) => compareBytes(a, b));
  return `{${sorted.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

function isExpression(value: object): value is { readonly canonical: string } {
  return 'canonical' in value && 'bind' in value;
}
