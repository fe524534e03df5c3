/** The Enforcer's rules: how many copies of which datasets there are to be at which sites. */
import type { Position } from '../../error.js';
import { type Condition, type ConditionScope, parseCondition } from './condition.js';
import { attempt, BrokenInput, type Findings } from './findings.js';
import { type Json, type JsonField, parseJson } from './json.js';
import type { ReportBuilder } from './report.js';
import { type InputFile, type SourceLine, textOf, wordsOf } from './source-text.js';
import { replicaScope, siteScope, type Variable } from './vocabulary.js';

export interface EnforcerCondition {
  readonly source: SourceLine;
  readonly condition: Condition;
}

export interface EnforcerRule {
  readonly source: SourceLine;
  readonly name: string;
  /** Alternatives, each. */
  readonly replicas: readonly EnforcerCondition[];
  readonly destinations: readonly EnforcerCondition[];
  readonly sources: readonly EnforcerCondition[];
  readonly copies: number;
  /** The rule's, or that of the file; null where there is none. */
  readonly owner: string | null;
  readonly protect: boolean;
  /** Other fields, as they stand. */
  readonly settings: readonly SourceLine[];
}

export interface EnforcerFile {
  readonly path: string;
  readonly partition: string;
  /** The lines that say so. */
  readonly head: readonly SourceLine[];
  readonly rules: readonly EnforcerRule[];
}

/** Parses a file; null where it is too broken to say anything of its rules. */
export function parseEnforcer(
  file: InputFile,
  options: Pick<ConditionScope, 'now' | 'trailingComments'>,
  findings: Findings,
  report: ReportBuilder,
): EnforcerFile | null {
  const text = textOf(file, findings);
  return text === null ? null : attempt(findings, () => parseDocument(parseJson(file.path, text)));

  function parseDocument(document: Json): EnforcerFile {
    const fields = fieldsOf(document, 'the file');
    const partition = requiredText(fields, 'partition', document.at);
    const rules = fields.get('rules');
    if (rules === undefined) {
      const hint = fields.has('policy') ? '; give the file that its `policy` names' : '';
      throw new BrokenInput('missing-field', document.at, `\`rules\` is missing${hint}`);
    }
    const group = fields.get('default_destination_group');
    const owner = group === undefined ? null : requiredText(fields, 'default_destination_group', document.at);
    const head = [fields.get('partition'), group].flatMap((field) => (field === undefined ? [] : [asLine(field)]));
    for (const [name, field] of fields) {
      if (['partition', 'rules', 'default_destination_group'].includes(name)) continue;
      report.dropped(asLine(field), 'it says nothing about rules');
    }
    const named = [...fieldsOf(rules.value, '`rules`').values()];
    const parsed = named.flatMap((field) => attempt(findings, () => parseRule(field, owner)) ?? []);
    return { path: file.path, partition, head, rules: parsed };
  }

  function parseRule(field: JsonField, fileOwner: string | null): EnforcerRule {
    const { name, at, value } = field;
    const fields = fieldsOf(value, `rule \`${name}\``);
    const settings: SourceLine[] = [];
    for (const [key, setting] of fields) {
      if (['replicas', 'destinations', 'sources'].includes(key)) continue;
      if (['num_copies', 'destination_group', 'protect'].includes(key)) settings.push(asLine(setting));
      else report.dropped(asLine(setting), `the program has no field \`${key}\` of a rule`);
    }
    const copies = fields.get('num_copies')?.value;
    if (copies?.kind !== 'number' || !Number.isInteger(copies.value) || copies.value < 0) {
      throw new BrokenInput('wrong-value', copies?.at ?? at, '`num_copies` must be a whole number from 0');
    }
    const protect = fields.get('protect')?.value;
    if (protect !== undefined && (protect.kind !== 'literal' || protect.value === null)) {
      throw new BrokenInput('wrong-value', protect.at, '`protect` must be true or false');
    }
    const group = fields.has('destination_group') ? requiredText(fields, 'destination_group', at) : '';
    return {
      source: { at, text: `"${name}"`, words: [] },
      name,
      replicas: conditions(fields, 'replicas', replicaScope, at),
      destinations: conditions(fields, 'destinations', siteScope, at),
      sources: conditions(fields, 'sources', siteScope, at),
      copies: copies.value,
      owner: group === '' ? fileOwner : group,
      protect: protect?.value === true,
      settings,
    };
  }

  function conditions(
    fields: ReadonlyMap<string, JsonField>,
    name: string,
    variables: ReadonlyMap<string, Variable>,
    at: Position,
  ): EnforcerCondition[] {
    const value = fields.get(name)?.value;
    if (value?.kind !== 'array') {
      throw new BrokenInput('wrong-value', value?.at ?? at, `\`${name}\` must be a list of conditions`);
    }
    return value.items.flatMap((item) => {
      const parsed = attempt(findings, () => {
        if (item.kind !== 'string') throw new BrokenInput('wrong-value', item.at, 'a condition must be a text');
        // Inside the quotes.
        const inside = { ...item.at, column: item.at.column + 1 };
        const condition = parseCondition(wordsOf(item.value, inside), inside, { ...options, variables });
        return { source: { at: item.at, text: item.value, words: [] }, condition };
      });
      return parsed ?? [];
    });
  }
}

function fieldsOf(value: Json, what: string): ReadonlyMap<string, JsonField> {
  if (value.kind !== 'object') throw new BrokenInput('wrong-value', value.at, `${what} must be an object`);
  return new Map(value.fields.map((field) => [field.name, field]));
}

function requiredText(fields: ReadonlyMap<string, JsonField>, name: string, at: Position): string {
  const value = fields.get(name)?.value;
  if (value?.kind === 'string') return value.value;
  throw new BrokenInput('wrong-value', value?.at ?? at, `\`${name}\` must be a text`);
}

function asLine({ name, at, value }: JsonField): SourceLine {
  const said = value.kind === 'object' ? '{…}' : value.kind === 'array' ? '[…]' : JSON.stringify(value.value);
  return { at, text: `"${name}": ${said}`, words: [] };
}
