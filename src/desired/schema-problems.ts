/** Schema errors in the words of the person who wrote the YAML, at its place in the file. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Node } from 'yaml';
import { isPieceOfExpression, quoteIt } from './hints.js';
import { type Kind, schemaErrors } from './kinds.js';
import type { FieldPath, Json, ParsedDocument } from './parsed-document.js';
import type { Problems } from './problems.js';
import { didYouMean, listOf } from './suggest.js';

/** What is used of the schema of a field. */
interface FieldSchema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

interface Explained {
  readonly code: string;
  readonly at: FieldPath;
  readonly message: () => string;
}

/**
 * Reports everything the schema of the document's kind does not allow, and takes it out of the value, so that what is
 * left can still be checked for other errors.
 */
export function checkSchema(document: ParsedDocument, kind: Kind, problems: Problems): void {
  const trapped = new Set<Node>();
  for (const error of schemaErrors(kind, document.value)) {
    // The branches of an alternative and of a condition: the whole speaks for them.
    if (/\/(?:oneOf|anyOf)\/\d|\/if\//.test(error.schemaPath) || error.keyword === 'if') continue;
    const { code, at, message } = explain(document, error);
    const nothingThere = code === 'missing-field';
    if (!nothingThere) remove(document.value, at);
    if (code === 'unknown-field' && isPieceOfExpression(document, at)) {
      // Every further comma of the same expression makes another such field.
      const map = document.node(at.slice(0, -1));
      if (map !== null && trapped.has(map)) continue;
      if (map !== null) trapped.add(map);
    }
    const place = nothingThere || code === 'unknown-field' ? document.keyPlace(at) : document.valuePlace(at);
    const field = formatPath(code === 'unknown-field' ? at.slice(0, -1) : at);
    problems.error(code, place, () => `${document.title}: ${field === '' ? '' : `${field}: `}${message()}`);
  }
}

function explain(document: ParsedDocument, error: ErrorObject): Explained {
  const path = pathOf(document.value, error.instancePath);
  // A part of one of our own schemas, which the library types as anything.
  const schema = (error.parentSchema ?? {}) as FieldSchema;
  const data = error.data as Json;
  const wrong = (expected: string, code = 'wrong-value'): Explained => ({
    code,
    at: path,
    message: () => `found ${describe(data)}, expected ${expected}`,
  });
  switch (error.keyword) {
    case 'additionalProperties': {
      const at = [...path, String(error.params.additionalProperty)];
      return {
        code: 'unknown-field',
        at,
        message: () => unknownField(document, at, Object.keys(schema.properties ?? {})),
      };
    }
    case 'required': {
      const name = String(error.params.missingProperty);
      const purpose = schema.properties?.[name]?.description;
      const why = purpose === undefined ? '' : ` (${lower(purpose)})`;
      return { code: 'missing-field', at: path, message: () => `the field \`${name}\` is missing${why}` };
    }
    case 'oneOf':
    case 'anyOf':
      return { code: 'missing-field', at: path, message: () => alternatives(error) };
    case 'const':
      return wrong(`\`${String(error.params.allowedValue)}\``);
    case 'enum': {
      const allowed = (error.params.allowedValues as readonly unknown[]).map(String);
      const near = typeof data === 'string' ? didYouMean(data, allowed) : '';
      return wrong(`${allowed.length === 1 ? '' : 'one of '}${listOf(allowed)}${near}`);
    }
    case 'type': {
      const scalar = typeof data === 'number' || typeof data === 'boolean';
      const unquoted = scalar && schema.type === 'string' && new RegExp(schema.pattern ?? '').test(String(data));
      return wrong(`${expectation(schema)}${unquoted ? ': quote it' : ''}`, 'wrong-type');
    }
    case 'pattern':
      return wrong(expectation(schema));
    case 'minimum':
      return wrong(`at least ${String(error.params.limit)}`);
    case 'maximum':
      return wrong(
        `at most ${String(error.params.limit)}${schema.pattern === undefined ? '' : ` (${expectation(schema)})`}`,
      );
    case 'minItems':
      return wrong('at least one element');
    case 'minLength':
      return wrong('some text');
    case 'maxLength':
      return wrong(`at most ${String(error.params.limit)} characters`);
    case 'uniqueItems':
      return { code: 'wrong-value', at: path, message: () => 'an element stands twice in the list' };
    case 'propertyNames':
      return {
        code: 'wrong-value',
        at: path,
        message: () => `the key "${String(error.params.propertyName)}" has not 1 to 255 characters`,
      };
    default:
      return wrong(error.message ?? 'something else');
  }
}

function unknownField(document: ParsedDocument, at: FieldPath, known: readonly string[]): string {
  const name = String(at.at(-1));
  const hint = isPieceOfExpression(document, at)
    ? `; if it is a piece of an expression, ${quoteIt}`
    : didYouMean(name, known);
  return `unknown field \`${name}\`${hint}; known here: ${listOf(known)}`;
}

function alternatives(error: ErrorObject): string {
  const branches = error.schema as readonly { readonly required: readonly string[] }[];
  const names = branches.flatMap((branch) => branch.required);
  const present = names.filter((name) => (error.data as { [key: string]: Json })[name] !== undefined);
  const rule = error.keyword === 'oneOf' ? 'exactly one of' : 'at least one of';
  return `${rule} ${listOf(names)} is needed, found ${present.length === 0 ? 'none' : listOf(present)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

/** What a value should look like: the description where the schema restricts its form, else the type. */
function expectation(schema: FieldSchema): string {
  const types = [schema.type ?? []].flat();
  const formed = schema.pattern !== undefined || types.length > 1;
  if (formed && schema.description !== undefined) return lower(schema.description);
  return types.map((type) => typeNames[type] ?? type).join(' or ');
}

function lower(description: string): string {
  const text = description.replace(/\.$/, '');
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}

/** What was found, in a few words. */
function describe(value: Json): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  return typeof value === 'boolean' ? `the truth value ${value}` : `the number ${value}`;
}

/** `spec.rules[2].when`. */
export function formatPath(path: FieldPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** A JSON pointer to keys and, where the value is a list, indexes. */
function pathOf(root: Json, pointer: string): (string | number)[] {
  const path: (string | number)[] = [];
  let value: Json | undefined = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) {
      path.push(Number(key));
      value = value[Number(key)];
    } else {
      path.push(key);
      value = isObject(value) ? value[key] : undefined;
    }
  }
  return path;
}

/** Takes a field out; an element of a list becomes null, so that the others keep their indexes. */
function remove(root: Json, path: FieldPath): void {
  let value: Json | undefined = root;
  for (const step of path.slice(0, -1)) {
    if (Array.isArray(value)) value = value[Number(step)];
    else value = isObject(value) ? value[String(step)] : undefined;
  }
  const last = path.at(-1);
  if (Array.isArray(value)) value[Number(last)] = null;
  else if (isObject(value)) delete value[String(last)];
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
