/**
 * Policy files: one directive a line. The first word says which; conditions of several `On`, `When` or `Until` lines are
 * alternatives, rules are tried from top to bottom, and a decision without a condition is the default.
 */
import { didYouMean } from '../../desired/suggest.js';
import { type Condition, type ConditionScope, parseCondition } from './condition.js';
import { attempt, BrokenInput, type Findings } from './findings.js';
import { type InputFile, joined, linesOf, type SourceLine, type Word } from './source-text.js';
import { replicaScope, siteScope, type Variable } from './vocabulary.js';

export type Decision = 'protect' | 'delete' | 'dismiss' | 'ignore';

/** What every line has: where it stands and the comments above it. */
interface Line {
  readonly source: SourceLine;
  readonly comments: readonly SourceLine[];
}

export interface SiteLine extends Line {
  readonly condition: Condition;
}

export interface RuleLine extends Line {
  readonly decision: Decision;
  readonly scope: 'replica' | 'block';
  readonly condition: Condition;
}

export interface DefaultLine extends Line {
  readonly decision: Decision;
  readonly scope: 'replica' | 'block';
}

export interface OrderKey {
  readonly direction: 'asc' | 'desc';
  readonly variable: Variable;
}

export interface OrderLine extends Line {
  readonly keys: readonly OrderKey[];
}

export interface PlainLine extends Line {
  /** What follows the directive. */
  readonly words: readonly Word[];
}

export interface PolicyFile {
  readonly path: string;
  /** Comments at the top, apart from the first directive. */
  readonly header: readonly SourceLine[];
  readonly partitions: readonly PlainLine[];
  readonly on: readonly SiteLine[];
  readonly when: readonly SiteLine[];
  readonly until: readonly SiteLine[];
  readonly rules: readonly RuleLine[];
  readonly defaults: readonly DefaultLine[];
  readonly orders: readonly OrderLine[];
  readonly algorithms: readonly PlainLine[];
  /** Comments after the last directive. */
  readonly footer: readonly SourceLine[];
}

const decisions: Readonly<Record<string, Pick<DefaultLine, 'decision' | 'scope'>>> = {
  Ignore: { decision: 'ignore', scope: 'replica' },
  Protect: { decision: 'protect', scope: 'replica' },
  Delete: { decision: 'delete', scope: 'replica' },
  Dismiss: { decision: 'dismiss', scope: 'replica' },
  ProtectBlock: { decision: 'protect', scope: 'block' },
  DeleteBlock: { decision: 'delete', scope: 'block' },
  DismissBlock: { decision: 'dismiss', scope: 'block' },
};
const siteDirectives = { On: 'on', When: 'when', Until: 'until' } as const;
const directives = ['Partition', 'Order', 'Algo', ...Object.keys(siteDirectives), ...Object.keys(decisions)];

/** Parses a policy file; with any error what is returned is only good for finding more. */
export function parsePolicy(
  file: InputFile,
  options: Pick<ConditionScope, 'now' | 'trailingComments'>,
  findings: Findings,
): PolicyFile {
  const policy = {
    path: file.path,
    header: [] as SourceLine[],
    partitions: [] as PlainLine[],
    on: [] as SiteLine[],
    when: [] as SiteLine[],
    until: [] as SiteLine[],
    rules: [] as RuleLine[],
    defaults: [] as DefaultLine[],
    orders: [] as OrderLine[],
    algorithms: [] as PlainLine[],
    footer: [] as SourceLine[],
  };
  let comments: SourceLine[] = [];
  let first = true;
  let broken = false;
  const lines = linesOf(file, findings);
  if (lines === null) return policy;
  for (const source of lines) {
    if (source.text.startsWith('#')) {
      comments.push(source);
      continue;
    }
    if (first) {
      const own = adjoining(comments, source);
      policy.header.push(...comments.slice(0, comments.length - own.length));
      comments = own;
      first = false;
    }
    const line = { source, comments };
    comments = [];
    if (attempt(findings, () => parseLine(line)) === null) broken = true;
  }
  policy.footer.push(...comments);
  requireParts(lines);
  return policy;

  function parseLine(line: Line): true {
    const [directive, ...words] = line.source.words as [Word, ...Word[]];
    const decision = decisions[directive.text];
    if (decision !== undefined) {
      if (words.length === 0) policy.defaults.push({ ...line, ...decision });
      else policy.rules.push({ ...line, ...decision, condition: condition(line, words, replicaScope) });
    } else if (Object.hasOwn(siteDirectives, directive.text)) {
      const part = siteDirectives[directive.text as keyof typeof siteDirectives];
      policy[part].push({ ...line, condition: condition(line, words, siteScope) });
    } else if (directive.text === 'Order') {
      policy.orders.push({ ...line, keys: parseOrder(words) });
    } else if (directive.text === 'Partition' || directive.text === 'Algo') {
      if (words.length === 0) {
        throw new BrokenInput('missing-name', directive.at, `\`${directive.text}\` wants a name after it`);
      }
      (directive.text === 'Algo' ? policy.algorithms : policy.partitions).push({ ...line, words });
    } else {
      const near = didYouMean(directive.text, directives);
      throw new BrokenInput('unknown-directive', directive.at, `\`${directive.text}\` is no directive${near}`);
    }
    return true;
  }

  function condition(line: Line, words: readonly Word[], variables: ReadonlyMap<string, Variable>): Condition {
    const { at, text } = line.source;
    const end = { ...at, column: at.column + text.length };
    return parseCondition(words, end, { ...options, variables });
  }

  function requireParts(lines: readonly SourceLine[]): void {
    const last = lines.at(-1)?.at ?? { file: file.path, line: 1, column: 1 };
    const parts: readonly (readonly [readonly unknown[], string])[] = [
      [policy.partitions, 'a `Partition` line'],
      [policy.on, 'an `On` line: the sites'],
      [policy.when, 'a `When` line: when to delete'],
      [policy.until, 'an `Until` line: when to stop'],
      [policy.defaults, 'a decision without a condition: the default'],
    ];
    // A broken line may have been the one that is missing.
    if (broken) return;
    for (const [found, what] of parts) {
      if (found.length === 0) findings.error('incomplete-policy', last, `the policy lacks ${what}`);
    }
  }
}

/** The comments that stand right above a line. */
function adjoining(comments: readonly SourceLine[], line: SourceLine): SourceLine[] {
  const own: SourceLine[] = [];
  let next = line.at.line;
  for (const comment of comments.toReversed()) {
    if (comment.at.line !== next - 1) break;
    own.unshift(comment);
    next--;
  }
  return own;
}

function parseOrder(words: readonly Word[]): OrderKey[] {
  const keys: OrderKey[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const direction = words[i] as Word;
    if (direction.text === 'none') break;
    if (direction.text !== 'increasing' && direction.text !== 'decreasing') {
      const near = didYouMean(direction.text, ['increasing', 'decreasing', 'none']);
      const message = `expected \`increasing\` or \`decreasing\`, found \`${direction.text}\`${near}`;
      throw new BrokenInput('bad-order', direction.at, message);
    }
    const name = words[i + 1];
    if (name === undefined) {
      throw new BrokenInput('bad-order', direction.at, `\`${direction.text}\` wants a variable after it`);
    }
    const variable = replicaScope.get(name.text);
    if (variable === undefined) {
      const near = didYouMean(name.text, replicaScope.keys());
      throw new BrokenInput('unknown-variable', name.at, `unknown variable \`${name.text}\`${near}`);
    }
    if (variable.type === 'bool' || variable.type === 'text') {
      const message = `replicas cannot be put in order by \`${name.text}\`: it is neither a number nor a time`;
      throw new BrokenInput('bad-order', name.at, message);
    }
    keys.push({ direction: direction.text === 'increasing' ? 'asc' : 'desc', variable });
  }
  return keys;
}

/** What a directive said, without the directive. */
export function wordsText(line: PlainLine): string {
  return joined(line.words);
}
