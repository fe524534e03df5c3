/**
 * YAML files of the process (its configuration, the assumptions of a simulation): read against a JSON Schema, every
 * error with its position. They are no part of the desired state.
 */
import { readFile } from 'node:fs/promises';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { offsetInSource } from '../desired/expression-offset.js';
import { didYouMean } from '../desired/suggest.js';
import type { Diagnostic } from '../diagnostic.js';
import { messageOf, StatorError } from '../error.js';
import { InvalidInput } from './exit.js';
import { packageJson } from './package-files.js';

/** What a file is, in words and by the name of its schema. */
export interface YamlFileKind {
  /** `the configuration` */
  readonly subject: string;
  /** `config`: its schema, and the code of its errors. */
  readonly schema: string;
  /** `--config`: what names the file on the command line. */
  readonly option: string;
  /** What a text that does not match a pattern must be; null: whatever the schema says. */
  readonly pattern: (error: ErrorObject) => string | null;
}

export interface CheckedYaml<T> {
  readonly content: T;
  /** An error about a part of the file (keys and indexes from the top), `offset` characters into its value. */
  problem(path: readonly (string | number)[], message: string, offset?: number): Diagnostic;
}

const ajv = new Ajv2020({ allErrors: true, strict: true, verbose: true, validateSchema: false });
const validators = new Map<string, ValidateFunction>();

/** The validator of a schema that comes with the program. */
export function schemaValidator<T>(schema: string): ValidateFunction<T> {
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(packageJson(`schemas/${schema}.schema.json`) as object);
    validators.set(schema, validate);
  }
  // What it accepts is what the schema says, which T repeats.
  return validate as ValidateFunction<T>;
}

/**
 * @throws InvalidInput with every error of the file; StatorError where it cannot be read
 */
export async function readCheckedYaml<T>(path: string, kind: YamlFileKind): Promise<CheckedYaml<T>> {
  const text = await readText(path, kind);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const problems: Diagnostic[] = [];
  const problemAt = (offset: number, message: string): Diagnostic => {
    const { line, col } = lines.linePos(offset);
    return { severity: 'error', code: kind.schema, message, file: path, line, column: col };
  };
  for (const found of [...document.errors, ...document.warnings]) {
    const message = found.message.split('\n')[0]?.replace(/ at line \d+, column \d+:$/, '');
    problems.push(problemAt(found.pos[0], `${message}; correct the YAML`));
  }
  visit(document, (_, node) => {
    if (!isAlias(node)) return;
    problems.push(problemAt(node.range?.[0] ?? 0, `an alias stands in ${kind.subject}; write its value out`));
  });
  if (problems.length > 0) throw new InvalidInput(problems, kind.subject);
  const content: unknown = document.toJS() ?? {};
  const check = schemaValidator<T>(kind.schema);
  if (check(content)) {
    return {
      content,
      problem: (keys, message, offset = 0) => {
        const node = nodeAt(document.contents, keys.map(String));
        return problemAt(isScalar(node) ? offsetInSource(text, node, offset) : rangeStart(node), message);
      },
    };
  }
  for (const error of check.errors ?? []) {
    const message = `${kind.subject} ${settingOf(error)}${describeError(error, kind)}; see \`stator schema ${kind.schema}\``;
    problems.push(problemAt(offsetOf(document.contents, error), message));
  }
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  throw new InvalidInput(problems, kind.subject);
}

async function readText(path: string, kind: YamlFileKind): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new StatorError({
      code: kind.schema,
      what: `cannot read ${kind.subject}: ${messageOf(error)}`,
      where: path,
      todo: `check the path given with ${kind.option}`,
      actBy: 'admin',
      cause: error,
    });
  }
}

function settingOf(error: ErrorObject): string {
  const path = error.instancePath.slice(1).replaceAll('/', '.');
  return path === '' ? '' : `setting \`${path}\` `;
}

/** What is wrong, as the end of a sentence that begins with what it is about. */
export function describeError(error: ErrorObject | undefined, kind: YamlFileKind): string {
  if (error === undefined) return 'is not valid';
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params.additionalProperty);
    const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
    return `has an unknown key \`${key}\`${didYouMean(key, known).replace('; ', ', ')}`;
  }
  if (error.keyword === 'enum') return `must be one of ${(error.params.allowedValues as string[]).join(', ')}`;
  const pattern = error.keyword === 'pattern' ? kind.pattern(error) : null;
  return pattern ?? error.message ?? 'is not valid';
}

/** Where in the text an error is: the unknown key itself, or the value that is wrong. */
function offsetOf(root: Node | null, error: ErrorObject): number {
  const keys = error.instancePath.split('/').slice(1);
  const node = nodeAt(
    root,
    keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')),
  );
  if (error.keyword === 'additionalProperties' && isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === error.params.additionalProperty);
    if (isPair(pair) && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
  }
  return rangeStart(node);
}

function nodeAt(root: Node | null, keys: readonly string[]): unknown {
  let node: unknown = root;
  for (const key of keys) {
    if (isSeq(node)) node = node.get(Number(key), true);
    else if (isMap(node)) node = node.get(key, true);
  }
  return node;
}

function rangeStart(node: unknown): number {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0] ?? 0;
}
