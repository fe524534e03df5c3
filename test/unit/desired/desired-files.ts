/** Small desired states for the tests of the compiler. */
import { expect } from 'vitest';
import { type CompileResult, compileDesired, type DesiredSource, type SourceFile } from '../../../src/desired/index.js';
import { JsonDocuments, stateJson } from '../../document-cache.js';

export const noSource: DesiredSource = {
  commit: null,
  tree: null,
  ref: null,
  author: null,
  committedAt: null,
  signature: 'unchecked',
};

export function sourceFiles(files: Readonly<Record<string, string | Uint8Array>>): SourceFile[] {
  return Object.entries(files).map(([path, content]) => ({
    path,
    bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
  }));
}

/** What earlier compilations of the same test file have read. */
const kept = new JsonDocuments();
/** Of larger ones the tests ask for time. */
const comparedBytes = 100_000;

/** Compiles them, and sees that documents which were kept from before change nothing. */
export function compile(files: Readonly<Record<string, string | Uint8Array>>): CompileResult {
  const sources = sourceFiles(files);
  const result = compileDesired(sources, noSource);
  if (sources.reduce((sum, { bytes }) => sum + bytes.length, 0) > comparedBytes) return result;
  for (const time of ['first', 'second']) {
    const again = compileDesired(sources, noSource, kept);
    expect(again.diagnostics, `with a cache, the ${time} time`).toEqual(result.diagnostics);
    expect(stateJson(again.state), `with a cache, the ${time} time`).toBe(stateJson(result.state));
  }
  return result;
}

/** A document whose `spec` begins in line 5. */
export function document(kind: string, name: string, spec: string): string {
  return `apiVersion: stator/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n${spec.replace(/^(?=.)/gm, '  ')}\n`;
}

export const federation = 'apiVersion: stator/v1\nkind: Federation\nmetadata: { name: test }\nspec: {}\n';

/** A Federation, two sites, a partition and a union, a group: enough for others to refer to. */
export const base = [
  federation,
  document('Site', 'T1_DE_Disk', 'storage: disk\nquotas: { physics: 2PB }').replace(
    'name: T1_DE_Disk',
    'name: T1_DE_Disk, labels: { country: DE, region: europe }',
  ),
  document('Site', 'T2_US_MIT', 'storage: disk').replace('name: T2_US_MIT', 'name: T2_US_MIT, labels: { country: US }'),
  document('Partition', 'physics', 'match: true'),
  document('Partition', 'relval', 'match: \'block.owner == "RelVal"\''),
  document('Group', 'AnalysisOps', 'ownership: dataset'),
].join('---\n');

/** Everything but `severity`, in one line each. */
export function lines(result: CompileResult, severity = 'error'): string[] {
  return result.diagnostics
    .filter((diagnostic) => diagnostic.severity === severity)
    .map(({ file, line, column, code, message }) => `${file}:${line}:${column} ${code}: ${message}`);
}
