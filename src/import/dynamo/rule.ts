/** The rules of a Retention, from the lines of a policy. */
import { atom, type Cel, printed } from './cel.js';
import { basename } from './file-names.js';
import { type Disposable, mayTakeLastCopy, plainNames } from './last-copy.js';
import type { NameLists } from './name-lists.js';
import type { Place } from './place.js';
import type { Decision, RuleLine } from './policy-file.js';
import type { Renderer } from './render.js';
import type { SourceLine } from './source-text.js';
import { comments, condition, singleQuoted } from './yaml.js';

export interface RuleOptions {
  /** Of the Retention. */
  readonly name: string;
  readonly trustLastCopy: boolean;
  readonly renderer: Renderer;
  /** Collects what rules may remove the last copies of. */
  readonly disposable: Disposable;
}

export interface MergeOptions {
  readonly name: string;
  readonly names: NameLists;
  /** Of the policy. */
  readonly path: string;
}

export interface Rule {
  readonly id: string;
  readonly decision: Decision;
  readonly scope: 'replica' | 'block';
  readonly when: Cel;
  readonly notBefore: string | null;
  readonly expires: string | null;
  readonly allowLastCopy: boolean;
  readonly description: string;
  readonly comments: readonly SourceLine[];
  /** The lines it came from, with what is to be said of each. */
  readonly sources: readonly { readonly line: SourceLine; readonly remarks: readonly string[] }[];
  /** Set where it asks for names and nothing else. */
  readonly names: readonly string[] | null;
}

/** A line of a policy as a rule. */
export function makeRule(line: RuleLine, options: RuleOptions): Rule {
  const { renderer, name, trustLastCopy, disposable } = options;
  const { source, condition: parsed, scope } = line;
  const remarks = new Set<string>();
  const place: Place = { listName: `${name}-l${source.at.line}`, remarks };
  const when = scope === 'block' ? renderer.conjunction(parsed, place) : renderer.ofReplica(parsed, place);
  sayWhatFails(
    parsed.predicates.map(({ variable }) => variable.name),
    remarks,
  );
  const { limit } = parsed;
  if (limit !== null) remarks.add(failsOnDates);
  const date = limit === null ? null : renderer.fixedTime(limit, place).replace('T00:00:00Z', '');
  const lastCopies = mayTakeLastCopy(line) && printed(when) !== 'false';
  if (lastCopies && trustLastCopy) {
    disposable.add(line, renderer, { ...place, remarks: new Set() });
    remarks.add('last copies go only where Federation.spec.disposable holds');
  } else if (lastCopies) {
    remarks.add('the last complete copy stays (I1), which the program would take; --trust-last-copy allows it');
  }
  const [only] = parsed.predicates;
  return {
    id: `l${source.at.line}`,
    decision: line.decision,
    scope,
    when,
    notBefore: limit?.kind === 'from' ? date : null,
    expires: limit?.kind === 'until' ? date : null,
    allowLastCopy: lastCopies && trustLastCopy,
    description: source.text,
    comments: line.comments,
    sources: [{ line: source, remarks: [...remarks] }],
    names: only !== undefined && parsed.predicates.length === 1 ? plainNames(only) : null,
  };
}

/** Rules that follow each other, decide the same and name datasets become one with a Selector. */
export function together(rules: readonly Rule[], options: MergeOptions): readonly Rule[] {
  const result: Rule[] = [];
  let run: Rule[] = [];
  const key = ({ decision, scope, notBefore, expires, allowLastCopy, names }: Rule): string =>
    names === null ? '' : JSON.stringify([decision, scope, notBefore, expires, allowLastCopy]);
  const close = (): void => {
    const [first] = run;
    if (first !== undefined) result.push(run.length === 1 ? first : merged(first, run, options));
    run = [];
  };
  for (const rule of rules) {
    const [first] = run;
    if (first !== undefined && (rule.names === null || key(rule) !== key(first))) close();
    run.push(rule);
    if (rule.names === null) close();
  }
  close();
  return result;
}

function merged(first: Rule, run: readonly Rule[], { name, names, path }: MergeOptions): Rule {
  const entries = run.flatMap((rule) => rule.names ?? []);
  const thing = { scope: 'dataset', cel: 'dataset' } as const;
  const description = `${run.length} rules of ${basename(path)}, from line ${first.id.slice(1)}.`;
  const remark = `the file would be larger than 4 MiB: the rule stands for ${run.length} lines that decide the same`;
  return {
    ...first,
    when: atom(names.matches(thing, entries, `${name}-${first.id}`, description)),
    description: `${first.description} (and ${run.length - 1} more)`,
    comments: run.flatMap((rule) => rule.comments),
    sources: run.flatMap((rule) => rule.sources.map((source) => ({ ...source, remarks: [...source.remarks, remark] }))),
  };
}

export const failsOnDates = 'the program fails where it evaluates `until` or `from`';

export function sayWhatFails(variables: readonly string[], remarks: Set<string>): void {
  for (const name of ['site.quota', 'blockreplica.age_relative_to_newest']) {
    if (variables.includes(name)) remarks.add(`the program fails where it evaluates \`${name}\``);
  }
}

export function ruleYaml(rule: Rule): string {
  const field = (name: string, value: string | null): string => (value === null ? '' : `      ${name}: ${value}\n`);
  return (
    comments(
      rule.comments.map(({ text }) => text),
      '    ',
    ) +
    `    - id: ${rule.id}\n` +
    field('action', rule.decision) +
    field('scope', rule.scope === 'block' ? 'block' : null) +
    condition('when', rule.when, '      ') +
    field('notBefore', rule.notBefore) +
    field('expires', rule.expires) +
    field('allowLastCopy', rule.allowLastCopy ? 'true' : null) +
    field('description', singleQuoted(rule.description))
  );
}
