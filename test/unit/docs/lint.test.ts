/** docs/lint.md: every code that the lint can say, and examples that make it say so. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileDesired } from '../../../src/desired/index.js';
import { plan } from '../../../src/planning/index.js';
import { emptyMemory } from '../../../src/snapshot/index.js';
import { source } from '../../scenarios/desired.js';
import { clock, inventory, toSnapshot } from '../../scenarios/inventory.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/lint.md');
const federation = read('test/fixtures/docs-examples/federation.yaml')
  // Quotas are compared with a label that has to be declared.
  .replace('site: [country, region]', 'site: [country, region, capacity]');

const world = inventory({
  '/Beam/2026-A/RAW': { labels: { tier: 'RAW' }, at: { cloud: { owner: 'analysis' }, vault: { owner: 'analysis' } } },
  '/Beam/2026-A/AOD': { labels: { tier: 'AOD' }, at: { cloud: { owner: 'analysis' }, mirror: { owner: 'analysis' } } },
});

const sections = [...page.matchAll(/^### `([a-z-]+)`\n(.*?)(?=^##|(?![\s\S]))/gms)].map(
  ([, code = '', body = '']) => [code, /^```yaml\n(.*?)^```$/ms.exec(body)?.[1] ?? ''] as const,
);

describe('docs/lint.md', () => {
  test.each(sections)('the example of %s shows it', (code, example) => {
    const documents = example.split('---\n').map((text) => `apiVersion: stator/v1\n${text}`);
    const files = { 'example.yaml': documents.join('---\n'), 'federation.yaml': federation };
    const { state, diagnostics } = compileDesired(
      Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
      source,
    );
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    if (state === null) throw new Error('not compiled');
    const snapshot = toSnapshot(world, { takenAt: clock, memory: emptyMemory });
    const found = plan(state, snapshot, { clock }).plan.diagnostics.filter((diagnostic) => diagnostic.code === code);
    expect(found.map(({ file }) => file)).toContain('example.yaml');
    const [, severity] = new RegExp(`\\[\`${code}\`\\]\\(#${code}\\) \\| (\\w+)`).exec(page) ?? [];
    expect(found[0]?.severity).toBe(severity === 'warning' && code === 'label-never-seen' ? 'info' : severity);
  });

  test('names every code of the lint', () => {
    const files = ['src/planning/lint/', 'src/desired/check/']
      .flatMap((folder) => readdirSync(new URL(folder, root)).map((name) => `${folder}${name}`))
      .filter((path) => path.includes('planning/lint') || path.includes('/lint-'));
    const codes = files.flatMap((path) => [...read(path).matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)].map(([, code]) => code));
    expect(codes.length).toBeGreaterThan(15);
    for (const code of codes) expect(page, code).toContain(`\`${code}\``);
  });
});
