/** One line of a policy, imported: the rule it became and what the report says of it. */
import { parseAllDocuments } from 'yaml';
import { importDynamo, type ReportLine } from '../../../src/import/index.js';
import { clock } from '../../scenarios/inventory.js';

export interface ImportedRule {
  readonly when: string;
  readonly rule: Readonly<Record<string, unknown>>;
  readonly line: ReportLine;
  /** All documents, by kind and name. */
  readonly documents: ReadonlyMap<string, { readonly spec: Readonly<Record<string, unknown>> }>;
}

export interface Surroundings {
  readonly asObserved?: boolean;
  readonly trustLastCopy?: boolean;
  readonly protectedSites?: readonly string[];
  readonly enforcer?: string;
  readonly locks?: string;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The other lines that a policy needs; the rule stands in line 5. */
export function policyWith(...lines: readonly string[]): string {
  return ['Partition P', 'On always', 'When never', 'Until always', ...lines, 'Protect', 'Order none', ''].join('\n');
}

export function importFiles(policy: string, surroundings: Surroundings = {}) {
  const { asObserved = false, trustLastCopy = false, protectedSites, enforcer, locks } = surroundings;
  const file = (path: string, text: string) => ({ path, bytes: bytes(text) });
  return importDynamo(
    {
      policies: [file('policy.txt', policy)],
      partitions: file('partitions.txt', 'P: site.storage_type == DISK\n'),
      enforcers: enforcer === undefined ? [] : [file('enforcer.json', enforcer)],
      locks: locks === undefined ? null : file('locks.tsv', locks),
      protectedSites: protectedSites ?? null,
    },
    { now: clock, asObserved, trustLastCopy },
  );
}

export function documentsOf(result: ReturnType<typeof importDynamo>): ImportedRule['documents'] {
  const documents = (result.files ?? [])
    .filter(({ path }) => path.endsWith('.yaml'))
    .flatMap(({ text }) => parseAllDocuments(text).map((document) => document.toJS()))
    .filter((document) => document !== null);
  return new Map(documents.map((document) => [`${document.kind} ${document.metadata.name}`, document]));
}

export function importRule(line: string, surroundings: Surroundings = {}): ImportedRule {
  const result = importFiles(policyWith(line), surroundings);
  if (result.files === null) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
  const documents = documentsOf(result);
  const rules = documents.get('Retention policy')?.spec.rules as Readonly<Record<string, unknown>>[];
  const rule = rules.find(({ id }) => id === 'l5');
  const reported = result.report.lines.find((entry) => entry.file === 'policy.txt' && entry.line === 5);
  if (rule === undefined || reported === undefined) throw new Error('the line became no rule');
  return { when: String(rule.when).trim().replace(/\s+/g, ' '), rule, line: reported, documents };
}
