import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { documentCount, documentFiles, editOneDocument, writeManyDocuments } from '../../../bench/many-documents.js';
import { compileDesired, type SourceFile } from '../../../src/desired/index.js';
import { noSource } from '../desired/desired-files.js';

const dir = mkdtempSync(join(tmpdir(), 'stator-many-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function filesIn(folder: string): SourceFile[] {
  return readdirSync(folder).map((path) => ({ path, bytes: readFileSync(join(folder, path)) }));
}

test('the many documents are as many as is said, the same for the same seed, and nothing is wrong with them', {
  timeout: 60_000,
}, () => {
  const [one, two] = [join(dir, 'one'), join(dir, 'two')];
  writeManyDocuments(one, 1);
  writeManyDocuments(two, 1);
  const files = filesIn(one);
  const changed = () => filesIn(two).filter(({ bytes }, i) => Buffer.compare(bytes, files[i]?.bytes ?? bytes) !== 0);
  expect(files).toHaveLength(documentFiles + 2);
  expect(changed()).toHaveLength(0);
  editOneDocument(two, 3);
  expect(changed()).toHaveLength(1);
  const { state, diagnostics } = compileDesired(filesIn(two), noSource);
  expect(diagnostics).toEqual([]);
  const { placements = [], locks = [], exclusions = [] } = state ?? {};
  expect(placements.length + locks.length + exclusions.length).toBe(documentCount);
});
