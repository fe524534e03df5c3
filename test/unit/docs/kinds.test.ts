import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describeKinds } from '../../../src/desired/kinds.js';

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly default?: unknown;
}

/** Documented once, for all kinds. */
const everywhere = new Set(['description', 'requestedBy', 'link']);

/** Paths as the tables write them: `labels.dataset`, `rules`, `rules[].id`. */
function fieldsOf(schema: Schema, prefix = ''): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    if (everywhere.has(name)) return [];
    const path = `${prefix}${name}`;
    if (field.properties !== undefined) return fieldsOf(field, `${path}.`);
    if (field.items?.properties !== undefined) return [path, ...fieldsOf(field.items, `${path}[].`)];
    return [path];
  });
}

/** `policy-test.md` is about PolicyTest. */
const pageOf = (kind: string): string => `${kind.replace(/\B[A-Z]/g, '-$&').toLowerCase()}.md`;

const folder = new URL('../../../docs/kinds/', import.meta.url);

describe('docs/kinds', () => {
  test('has a page for every kind', () => {
    const pages = [...describeKinds().keys()].map(pageOf);
    expect(readdirSync(folder).sort()).toEqual(pages.sort());
  });

  test.each([...describeKinds()])('%s: every field of the schema, and no other', (kind, schema) => {
    const text = readFileSync(new URL(pageOf(kind), folder), 'utf8');
    const table = text.slice(text.indexOf('| field |'), text.indexOf('Besides these'));
    const documented = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]);
    const { properties } = schema as Schema;
    expect(documented.toSorted()).toEqual(fieldsOf(properties?.spec ?? {}).toSorted());
  });
});
