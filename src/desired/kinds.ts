/** The kinds of documents, and the schema of each. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { schemas } from './generated/index.js';

export const apiVersion = 'stator/v1';

export type Kind = keyof typeof schemas;

/** In the order in which people meet them. */
export const kinds: readonly Kind[] = [
  'Federation',
  'Site',
  'Group',
  'Partition',
  'Selector',
  'Placement',
  'Retention',
  'Lock',
  'Guard',
  'Exclusion',
  'Ownership',
  'Rebalance',
  'Window',
  'Tenant',
  'PolicyTest',
];

export function isKind(text: string): text is Kind {
  return Object.hasOwn(schemas, text);
}

/** The JSON Schema (draft 2020-12) of every kind, by its name. */
export function describeKinds(): ReadonlyMap<Kind, object> {
  return new Map(kinds.map((kind) => [kind, schemas[kind]]));
}

/** Our own schemas are checked by a test (`test/unit/desired/generated.test.ts`), not by every command again. */
const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  validateSchema: false,
});

const validators = new Map<Kind, ValidateFunction>();

/** What the schema of `kind` has to say about `value`: nothing, or every error. */
export function schemaErrors(kind: Kind, value: unknown): readonly ErrorObject[] {
  let validate = validators.get(kind);
  if (validate === undefined) {
    validate = ajv.compile(schemas[kind]);
    validators.set(kind, validate);
  }
  return validate(value) ? [] : (validate.errors ?? []);
}
