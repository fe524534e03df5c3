/** A parsed YAML node to a plain value, refusing what YAML would otherwise do behind the writer's back. */
import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { Json } from './parsed-document.js';
import { forbiddenCharacter } from './text.js';

export type Report = (code: string, offset: number, message: string) => void;

/**
 * Reports duplicate keys, merge keys, keys that are no text, numbers that cannot be kept exactly, and forbidden
 * characters that came in through escapes. Maps have no prototype, so that no key means anything to JavaScript.
 */
export function toValue(node: unknown, report: Report): Json {
  if (isScalar(node)) return scalarValue(node, report);
  if (isSeq(node)) return node.items.map((item) => toValue(item, report));
  if (isMap(node)) return mapValue(node, report);
  return null;
}

function mapValue(map: YAMLMap, report: Report): Json {
  const value: { [key: string]: Json } = Object.create(null);
  const seen = new Set<string>();
  for (const { key, value: item } of map.items) {
    const offset = (key as Node | null)?.range?.[0] ?? map.range?.[0] ?? 0;
    if (!isScalar(key) || typeof key.value !== 'string') {
      const found = isScalar(key) ? `\`${key.source ?? String(key.value)}\`` : 'a collection';
      report('key-not-text', offset, `a key must be text, found ${found}: quote it`);
      continue;
    }
    if (key.value === '<<') {
      report('yaml-merge-key', offset, 'merge keys (`<<`) are not allowed: write it out, or share it with a Selector');
      continue;
    }
    if (seen.has(key.value)) {
      report('duplicate-key', offset, `the key \`${key.value}\` stands twice in the same mapping`);
      continue;
    }
    seen.add(key.value);
    checkText(key, key.value, report);
    value[key.value] = toValue(item, report);
  }
  return value;
}

function scalarValue(scalar: Scalar, report: Report): Json {
  const { value } = scalar;
  if (typeof value === 'string') {
    checkText(scalar, value, report);
    return value;
  }
  if (typeof value === 'number') {
    const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    if (exact) return value;
    const written = scalar.source ?? String(value);
    report('number-out-of-range', scalar.range?.[0] ?? 0, `the number ${written} is not exact: integers end at 2^53`);
    // Any number that fits will do: nothing is compiled from a document with an error.
    return 0;
  }
  return typeof value === 'boolean' ? value : null;
}

function checkText(scalar: Scalar, text: string, report: Report): void {
  const found = forbiddenCharacter(text);
  if (found === null) return;
  report(
    'forbidden-character',
    scalar.range?.[0] ?? 0,
    `the text contains the character ${found.name}, which is not allowed`,
  );
}
