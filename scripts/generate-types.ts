/**
 * Writes `src/desired/generated/`: the TypeScript types of the YAML kinds, and the schemas themselves as a module, so
 * that the program needs no files at run time. The source of both is `schemas/`.
 *
 * `npm run generate` writes them; a test compares them with what {@link generate} returns.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, type JSONSchema } from 'json-schema-to-typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'src/desired/generated');
const header = '/* Generated from schemas/ by `npm run generate`; do not edit. */\n';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** File name -> text of everything that is generated. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const kinds: { readonly kind: string; readonly file: string; readonly schema: string }[] = [];
  for (const name of readdirSync(join(root, 'schemas')).sort()) {
    const text = readFileSync(join(root, 'schemas', name), 'utf8');
    const schema = JSON.parse(text) as { title?: string };
    const kind = /^(\w+)Document$/.exec(schema.title ?? '')?.[1];
    if (kind === undefined) continue;
    const file = name.replace(/\.schema\.json$/, '');
    const types = await compile(shapeOf(schema as Json) as JSONSchema, `${kind}Document`, {
      bannerComment: '',
      additionalProperties: false,
      format: true,
      style: { singleQuote: true, printWidth: 120 },
    });
    files.set(`${file}.ts`, `${header}${types}`);
    kinds.push({ kind, file, schema: text.trim() });
  }
  const exports = kinds.map(({ kind, file }) => `export type { ${kind}Document } from './${file}.js';\n`).join('');
  const schemas = kinds.map(({ kind, schema }) => `  ${kind}: ${schema.replaceAll('\n', '\n  ')},\n`).join('');
  files.set('index.ts', `${header}${exports}export { schemas } from './schemas.js';\n`);
  files.set('schemas.ts', `${header}export const schemas = {\n${schemas}} as const;\n`);
  return files;
}

/** The schema without what only validation needs: alternatives and conditions would blur the types. */
function shapeOf(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(shapeOf);
  if (schema === null || typeof schema !== 'object') return schema;
  const validationOnly = ['oneOf', 'anyOf', 'if', 'then', 'propertyNames', 'examples', 'default', 'minItems'];
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !validationOnly.includes(key))
      .map(([key, value]) => [
        key,
        key === 'properties'
          ? Object.fromEntries(Object.entries(value as Record<string, Json>).map(([name, s]) => [name, shapeOf(s)]))
          : shapeOf(value),
      ]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of readdirSync(target)) rmSync(join(target, name));
  for (const [name, text] of await generate()) writeFileSync(join(target, name), text);
}
