/** The schemas in `schemas/`, and what is made of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { generate } from '../../../scripts/generate-types.js';
import { describeKinds, kinds } from '../../../src/desired/index.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

test('the generated files are those that `npm run generate` would write', async () => {
  const files = await generate();
  expect(readdirSync(new URL('src/desired/generated/', root)).sort()).toEqual([...files.keys()].sort());
  for (const [name, text] of files) expect(read(`src/desired/generated/${name}`), name).toBe(text);
});

test('describeKinds gives the schema of every kind as it stands in schemas/', () => {
  expect([...describeKinds().keys()]).toEqual([...kinds]);
  for (const [kind, schema] of describeKinds()) {
    expect(schema).toEqual(JSON.parse(read(`schemas/${kind.toLowerCase()}.schema.json`)));
  }
});

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly type?: unknown;
  readonly additionalProperties?: unknown;
}

function* objects(schema: Schema, path: string): Generator<readonly [string, Schema]> {
  if (schema.properties !== undefined) yield [path, schema];
  for (const [name, field] of Object.entries(schema.properties ?? {})) yield* objects(field, `${path}.${name}`);
  if (schema.items !== undefined) yield* objects(schema.items, `${path}[]`);
}

describe.each([...describeKinds()])('%s', (_, schema) => {
  test('is a valid schema of draft 2020-12', () => {
    expect(new Ajv2020({ strict: false }).validateSchema(schema)).toBe(true);
  });

  test('every field has a description, and no object takes others', () => {
    for (const [path, object] of objects(schema as Schema, '')) {
      expect(object.additionalProperties, path).toBe(false);
      for (const [name, field] of Object.entries(object.properties ?? {})) {
        expect(field.description, `${path}.${name}`).toMatch(/^\S.*\S$/);
      }
    }
  });

  test('has the common envelope', () => {
    expect(Object.keys((schema as Schema).properties ?? {})).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(Object.keys((schema as Schema).properties?.spec?.properties ?? {})).toEqual(
      expect.arrayContaining(['description', 'requestedBy', 'link']),
    );
  });
});
