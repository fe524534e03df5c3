/** A policy file as a Retention. */

import { all, any } from './cel.js';
import { basename } from './file-names.js';
import type { NameLists } from './name-lists.js';
import type { Place } from './place.js';
import {
  type Decision,
  type DefaultLine,
  type OrderKey,
  type PlainLine,
  type PolicyFile,
  type SiteLine,
  wordsText,
} from './policy-file.js';
import type { ReportBuilder } from './report.js';
import { failsOnDates, makeRule, type RuleOptions, ruleYaml, sayWhatFails, together } from './rule.js';
import type { SourceLine } from './source-text.js';
import { comments, condition, head, scalar, singleQuoted } from './yaml.js';

export interface RetentionOptions extends RuleOptions {
  readonly asObserved: boolean;
  readonly names: NameLists;
  readonly report: ReportBuilder;
  /** Names of the partitions that were imported; null where no file of partitions was given. */
  readonly partitions: ReadonlySet<string> | null;
}

/** Variables whose values the program takes from the image of its partition only. */
const ofTheImage = /num_full|on_tape|is_last_transfer_source|on_protected_site|enforcer_protected/;

/** Bytes of YAML above which rules that only name datasets are put together: a file may have 4 MiB. */
const largestFile = 3_900_000;

/** The text of the Retention; reports every line of the policy. */
export function retentionYaml(policy: PolicyFile, options: RetentionOptions): string {
  return new RetentionWriter(policy, options).text();
}

/** The last line of a kind counts; earlier ones are reported as overridden. */
export function lastOf<L extends { readonly source: SourceLine }>(
  lines: readonly L[],
  report: ReportBuilder,
): L | null {
  const last = lines.at(-1);
  for (const line of lines.slice(0, -1)) report.dropped(line.source, `line ${last?.source.at.line} overrides it`);
  return last ?? null;
}

/** The name of the policy's partition: one word in the program, all of them where such a partition exists. */
export function partitionName(
  policy: PolicyFile,
  known: ReadonlySet<string> | null,
): { readonly line: PlainLine; readonly name: string } | null {
  const line = policy.partitions.at(-1);
  if (line === undefined) return null;
  const whole = wordsText(line);
  const first = line.words[0]?.text ?? '';
  return { line, name: known?.has(whole) === true ? whole : first };
}

class RetentionWriter {
  readonly #policy: PolicyFile;
  readonly #options: RetentionOptions;
  readonly #became: string;

  constructor(policy: PolicyFile, options: RetentionOptions) {
    this.#policy = policy;
    this.#options = options;
    this.#became = `Retention ${options.name}`;
  }

  text(): string {
    const { header, footer } = this.#policy;
    const { name, asObserved } = this.#options;
    this.#carryComments([...header, ...footer]);
    const file = basename(this.#policy.path);
    const above = comments(
      [
        `Imported from Dynamo's policy ${file} by stator import dynamo, ${asObserved ? 'as the program was observed to work' : 'as it was meant'}.`,
        ...header.map(({ text }) => text),
      ],
      '',
    );
    const before =
      above +
      head('Retention', name) +
      `  description: ${scalar(`Imported from ${file}`)}\n` +
      this.#partition() +
      this.#sites('sites', 'On', this.#policy.on) +
      this.#sites('trigger', 'When', this.#policy.when) +
      this.#sites('until', 'Until', this.#policy.until) +
      this.#algorithm() +
      this.#order();
    const after =
      this.#default() +
      comments(
        footer.map(({ text }) => text),
        '',
      );
    this.#noteWholeReplicas();
    const rules = this.#policy.rules.map((line) => {
      this.#carryComments(line.comments);
      return makeRule(line, this.#options);
    });
    let texts = rules.map(ruleYaml);
    const size = before.length + after.length + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const written = size > largestFile ? together(rules, { ...this.#options, path: this.#policy.path }) : rules;
    if (written !== rules) texts = written.map(ruleYaml);
    for (const rule of written) {
      for (const { line, remarks } of rule.sources) {
        this.#options.report.carried(line, `${this.#became}, rule ${rule.id}`, remarks);
      }
    }
    return `${before}${texts.length > 0 ? '  rules:\n' : ''}${texts.join('')}${after}`;
  }

  #carryComments(lines: readonly SourceLine[]): void {
    for (const line of lines) this.#options.report.carried(line, `comment of ${this.#became}`);
  }

  #comments(lines: readonly SourceLine[], indent: string): string {
    this.#carryComments(lines);
    return comments(
      lines.map(({ text }) => text),
      indent,
    );
  }

  #partition(): string {
    const { report, partitions } = this.#options;
    lastOf(this.#policy.partitions, report);
    const found = partitionName(this.#policy, partitions);
    if (found === null) return '';
    const { line, name } = found;
    const remarks: string[] = [];
    if (line.words.length > 1) {
      remarks.push(
        name === line.words[0]?.text
          ? `the name is one word: what follows \`${name}\` is left out`
          : `the program takes \`${line.words[0]?.text}\` for the name, because it reads one word`,
      );
    }
    if (partitions === null) remarks.push(`no --partitions file is given: declare Partition \`${name}\` by hand`);
    else if (!partitions.has(name)) remarks.push(`the file of partitions has no \`${name}\`: declare it by hand`);
    report.carried(line.source, `${this.#became}, partition`, remarks);
    return `${this.#comments(line.comments, '  ')}  partition: ${scalar(name)}\n`;
  }

  #sites(field: 'sites' | 'trigger' | 'until', directive: string, lines: readonly SiteLine[]): string {
    const { renderer, name, report } = this.#options;
    const above: string[] = [];
    const alternatives = lines.map((line) => {
      const { source } = line;
      const remarks = new Set<string>();
      const place: Place = { listName: `${name}-l${source.at.line}`, remarks };
      if (directive === 'On' && line === lines[0] && this.#readsImage()) {
        remarks.add(
          'copies are counted over the whole inventory; the program sees only what is in its partition at these sites',
        );
      }
      sayWhatFails(
        line.condition.predicates.map(({ variable }) => variable.name),
        remarks,
      );
      const limit = renderer.limit(line.condition.limit, place);
      if (line.condition.limit !== null) remarks.add(failsOnDates);
      const cel = all([renderer.conjunction(line.condition, place), limit]);
      this.#carryComments(line.comments);
      above.push(...line.comments.map(({ text }) => text), source.text);
      report.carried(source, `${this.#became}, ${field}`, [...remarks]);
      return cel;
    });
    return comments(above, '  ') + condition(field, any(alternatives), '  ');
  }

  /** Rules that delete on account of a single block are what they say, and seldom what one wants. */
  #noteWholeReplicas(): void {
    const lines = this.#policy.rules.filter(
      ({ decision, scope, condition: { predicates } }) =>
        scope === 'replica' &&
        (decision === 'delete' || decision === 'dismiss') &&
        predicates.some(({ variable }) => variable.level === 'block'),
    );
    if (lines.length === 0) return;
    const numbers = lines.slice(0, 10).map(({ source }) => source.at.line);
    const more = lines.length > numbers.length ? ` and ${lines.length - numbers.length} more` : '';
    this.#options.report.notes.push(
      `${this.#policy.path}: lines ${numbers.join(', ')}${more} take whole replicas where some block matches; if single blocks, or every block, were meant, use scope: block or replica.blocks.all(...)`,
    );
  }

  #readsImage(): boolean {
    return this.#policy.rules.some(({ condition: { predicates } }) =>
      predicates.some(({ variable }) => ofTheImage.test(variable.name)),
    );
  }

  #algorithm(): string {
    const { report } = this.#options;
    const line = lastOf(this.#policy.algorithms, report);
    if (line === null) return '';
    const static_ = line.words[0]?.text === 'Static';
    const remarks = static_ ? [] : [`\`${wordsText(line)}\` means nothing to the program: it deletes in iterations`];
    report.carried(line.source, `${this.#became}, mode`, remarks);
    return `${this.#comments(line.comments, '  ')}  mode: ${static_ ? 'static' : 'incremental'}\n`;
  }

  #order(): string {
    const { report } = this.#options;
    const line = lastOf(this.#policy.orders, report);
    if (line === null) {
      report.notes.push(
        `${this.#policy.path}: there is no Order line, on which the program fails; replicas go in the order of their names`,
      );
      return '';
    }
    const remarks: string[] = [];
    const keys = line.keys.flatMap((key) => {
      const by = orderExpression(key);
      if (by === null)
        remarks.push(`\`${key.variable.name}\` differs from block to block: replicas have no such order`);
      return by === null ? [] : [{ by, direction: key.direction }];
    });
    report.carried(line.source, `${this.#became}, order`, remarks);
    const above = this.#comments(line.comments, '  ');
    if (keys.length === 0) return above;
    const items = keys.map(({ by, direction }) => `    - { by: ${by}, direction: ${direction} }\n`);
    return `${above}  order:\n${items.join('')}`;
  }

  #default(): string {
    const { report, asObserved } = this.#options;
    const line = lastOf(this.#policy.defaults, report);
    if (line === null) return '';
    const { decision, remarks } = defaultDecision(line, asObserved);
    if (decision === 'delete' || decision === 'dismiss') {
      remarks.push('last complete copies stay: a default cannot allow to remove them');
    }
    report.carried(line.source, `${this.#became}, default`, remarks);
    return `${this.#comments(line.comments, '  ')}  default: ${decision}\n`;
  }
}

function defaultDecision(
  { decision, scope }: DefaultLine,
  asObserved: boolean,
): { readonly decision: Decision; readonly remarks: string[] } {
  if (scope === 'replica') return { decision, remarks: [] };
  if (asObserved) return { decision: 'ignore', remarks: [] };
  return {
    decision,
    remarks: ['the program decides nothing by default, because a decision on blocks wants a condition'],
  };
}

/** Enumerations are in the order of the original's numbers. */
function orderExpression({ variable }: OrderKey): string | null {
  if (variable.level === 'block') return null;
  const cel = `${variable.level}.${variable.field}`;
  if (variable.values === null) return cel;
  const values = [...variable.values.values()].filter(({ ours }) => ours !== null);
  const last = Math.max(...[...variable.values.values()].map(({ number }) => number)) + 1;
  const steps = values.map(({ ours, number }) => `${cel} == "${ours}" ? ${number} : `);
  return singleQuoted(`${steps.join('')}${last}`);
}
