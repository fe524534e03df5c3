/** What a condition saw: the values of the variables it reads, at the cursor where it was asked. */
import { EvaluationError, type Expression, type Root, type Value, type ValueType } from '../policy/expression.js';
import { variableByPath } from '../policy/variables.js';
import { intAt } from '../snapshot/column.js';
import type { VariableReader } from './variable-reader.js';

/** Times are seconds since the epoch, durations seconds, sizes bytes; a list of things is the list of their names. */
export interface ReadValue {
  readonly path: string;
  readonly type: ValueType;
  readonly value: boolean | number | string | readonly string[];
}

export interface ConditionTrace {
  readonly text: string;
  readonly held: boolean;
  /** In the order of the text's first use. */
  readonly reads: readonly ReadValue[];
  /** `held` is null where the Selector fails on a value that the condition itself did not come to ask for. */
  readonly selectors: readonly { readonly root: Root; readonly name: string; readonly held: boolean | null }[];
}

/** The trace of a condition that has just been asked; the cursor is still where it was. */
export function traceCondition(condition: Expression, held: boolean, reader: VariableReader): ConditionTrace {
  const selectors = new Map<string, ConditionTrace['selectors'][number]>();
  for (const { root, name } of condition.selectors) {
    if (!standsOn(reader, root)) continue;
    selectors.set(`${root} ${name}`, { root, name, held: answer(reader.selector(root, name)) });
  }
  return {
    text: readable(condition),
    held,
    reads: [...condition.reads].flatMap((path) => readAt(path, reader) ?? []),
    selectors: [...selectors.values()],
  };
}

function answer(selected: () => boolean): boolean | null {
  try {
    return selected();
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}

/** As it was written, on one line. */
function readable({ text, canonical }: Expression): string {
  return text.trim().includes('\n') ? canonical : text.trim();
}

/** null for what has no one value here: variables of the elements of a list. */
function readAt(path: string, reader: VariableReader): ReadValue | null {
  if (path === 'now') return { path, type: 'timestamp', value: reader.now };
  if (path === 'groups') return { path, type: 'list<string>', value: reader.groups() };
  if (path === 'sites') {
    return { path, type: 'list<Site>', value: reader.sites().map((site) => reader.world.siteName(site)) };
  }
  const [root = '', ...rest] = path.split('.');
  if (!standsOn(reader, root)) return null;
  const key = /^labels\.(.+)$/s.exec(rest.join('.'))?.[1];
  if (key !== undefined && (root === 'dataset' || root === 'site')) {
    return { path, type: 'string', value: reader.label(root, key)() };
  }
  const variable = variableByPath.get(path);
  if (variable === undefined || (variable.partition && reader.partition < 0)) return null;
  return { path, type: variable.type, value: named(reader.variable(path)(), variable.type, reader) };
}

function standsOn(reader: VariableReader, root: string): boolean {
  if (root === 'site') return reader.site >= 0;
  if (root === 'dataset') return reader.dataset >= 0;
  if (root === 'replica') return reader.replica >= 0;
  return root === 'block' && reader.blockReplica >= 0;
}

function named(value: Value, type: ValueType, { world }: VariableReader): ReadValue['value'] {
  if (!Array.isArray(value)) return value as ReadValue['value'];
  if (type !== 'list<Block>') return value as readonly string[];
  const { block } = world.snapshot.blockReplicas;
  return (value as readonly number[]).map((br) => world.blockName(intAt(block, br)));
}
