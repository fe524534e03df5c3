/** The file of partitions: `Name: condition` on block replicas, or `Name: [Member, Member]`, one a line. */
import { type Condition, type ConditionScope, parseCondition } from './condition.js';
import { attempt, BrokenInput, type Findings } from './findings.js';
import type { ReportBuilder } from './report.js';
import { type InputFile, linesOf, type SourceLine, wordsOf } from './source-text.js';
import { replicaScope } from './vocabulary.js';

export interface PartitionLine {
  readonly source: SourceLine;
  readonly comments: readonly SourceLine[];
  readonly name: string;
  /** null for a union. */
  readonly condition: Condition | null;
  readonly members: readonly string[];
}

export interface PartitionsFile {
  readonly path: string;
  readonly partitions: readonly PartitionLine[];
  readonly footer: readonly SourceLine[];
}

export function parsePartitions(
  file: InputFile,
  options: Pick<ConditionScope, 'now' | 'trailingComments'>,
  findings: Findings,
  report: ReportBuilder,
): PartitionsFile {
  const partitions = new Map<string, PartitionLine>();
  let comments: SourceLine[] = [];
  for (const source of linesOf(file, findings) ?? []) {
    if (source.text.startsWith('#')) {
      comments.push(source);
      continue;
    }
    const match = /^([^:]+):\s*(\S.*)$/.exec(source.text);
    if (match === null) {
      report.dropped(source, 'the line is not of the form `Name: condition`; the program skips it too');
      continue;
    }
    const parsed = attempt(findings, () => parseLine(source, match, comments));
    comments = [];
    if (parsed === null) continue;
    const earlier = partitions.get(parsed.name);
    // The last one counts, as in the original.
    if (earlier !== undefined) report.dropped(earlier.source, `line ${source.at.line} says it anew`);
    partitions.delete(parsed.name);
    partitions.set(parsed.name, parsed);
  }
  for (const { source, members } of partitions.values()) {
    for (const member of members) {
      if (partitions.has(member)) continue;
      findings.error('unknown-partition', source.at, `there is no partition \`${member}\` in this file`);
    }
  }
  return { path: file.path, partitions: [...partitions.values()], footer: comments };

  function parseLine(source: SourceLine, match: RegExpExecArray, above: readonly SourceLine[]): PartitionLine {
    const name = (match[1] ?? '').trim();
    const text = (match[2] ?? '').trim();
    const at = { ...source.at, column: source.at.column + source.text.length - text.length };
    const base = { source, comments: above, name };
    const union = /^\[(.+)\]$/.exec(text);
    if (union === null) {
      const condition = parseCondition(wordsOf(text, at), at, { ...options, variables: replicaScope });
      return { ...base, condition, members: [] };
    }
    const members = (union[1] ?? '').split(',').map((member) => member.trim());
    if (members.includes('')) throw new BrokenInput('bad-list', at, 'a name is missing in the list of members');
    return { ...base, condition: null, members };
  }
}

/** Names of the partitions that a partition is made of, itself included. */
export function membersOf(name: string, partitions: readonly PartitionLine[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (current: string): void => {
    if (found.has(current)) return;
    found.add(current);
    for (const member of partitions.find((line) => line.name === current)?.members ?? []) visit(member);
  };
  visit(name);
  return found;
}
