/** The policy lint over an inventory: what matches nothing, what is past its end, what works against each other. */
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../src/desired/index.js';
import { desired, desiredFiles, site } from './desired.js';
import { days, daysAgo, type InventorySpec } from './inventory.js';
import { later, observed, planFor } from './loop.js';

const all = `
  kind: Partition
  metadata: { name: all }
  spec: { match: "true" }
`;
const sites = [all, site('X'), site('Y')];

/** Diagnostics of a code: `severity line: message`. */
function found(state: DesiredState, spec: InventorySpec, code: string, after = 0): string[] {
  return planFor(state, later(observed(spec), after))
    .plan.diagnostics.filter((diagnostic) => diagnostic.code === code)
    .map(({ severity, line, message }) => `${severity} ${line}: ${message}`);
}

const retention = (...rules: readonly string[]): string =>
  `kind: Retention\nmetadata: { name: r }\nspec:\n  partition: all\n  sites: 'site.name == "X"'\n  rules:\n${rules.map((rule) => `    - ${rule}\n`).join('')}`;
const rule = (id: string, when: string, more = 'action: protect'): string => `{ id: ${id}, ${more}, when: '${when}' }`;

const some: InventorySpec = { '/a': { labels: { tier: 'RAW' }, at: { X: {} } }, '/b': { at: { X: {}, Y: {} } } };

describe('rules that match nothing now', () => {
  test('each is told at its place: what rules above decide, it does not', () => {
    const state = desired(
      retention(
        rule('a', 'dataset.name == "/a"'),
        rule('covered', 'dataset.labels.tier == "RAW"'),
        rule('elsewhere', 'site.name == "Y"'),
        rule('b', 'dataset.name == "/b"'),
        rule('later', 'true', 'action: protect, notBefore: 2027-01-01'),
      ),
      ...sites,
    );
    expect(found(state, some, 'rule-matches-nothing')).toEqual([
      'info 8: rule covered of Retention r matches nothing now that no rule above it decides',
      'info 9: rule elsewhere of Retention r matches nothing now that no rule above it decides',
    ]);
  });

  test('block rules too; what is at a draining site counts', () => {
    const state = desired(
      retention(
        rule('big', 'block.size > 5', 'scope: block, action: protect'),
        rule('small', 'block.size < 5', 'scope: block, action: protect'),
      ).replace('"X"', '"D"'),
      all,
      site('D', 'state: draining'),
      site('Y'),
    );
    expect(found(state, { '/a': { blocks: { b: 9 }, at: { D: {}, Y: {} } } }, 'rule-matches-nothing')).toEqual([
      'info 8: rule small of Retention r matches nothing now that no rule above it decides',
    ]);
  });

  test('of a campaign they are counted', () => {
    const state = desired(
      retention(...Array.from({ length: 30 }, (_, i) => rule(`r${i}`, `dataset.name == "/${'abc'[i] ?? i}"`))),
      ...sites,
    );
    expect(found(state, some, 'rule-matches-nothing')).toEqual([
      'info 1: 28 of 30 rules of Retention r match nothing now: r2, r3, r4, r5, r6 and 23 more',
    ]);
  });

  test('a Retention that covers nothing says only that', () => {
    const state = desired(retention(rule('a', 'true')), ...sites);
    const elsewhere: InventorySpec = { '/a': { at: { Y: {} } } };
    expect(found(state, elsewhere, 'rule-matches-nothing')).toEqual([]);
    expect(found(state, elsewhere, 'retention-covers-nothing')).toEqual([
      'info 1: Retention r covers no replica: nothing of Partition all is at its sites',
    ]);
  });
});

describe('documents that match nothing', () => {
  test('a Lock, or blocks that it names', () => {
    const state = desired(
      `
      kind: Lock
      metadata: { name: typo }
      spec: { datasets: dataset.name == "/A", expires: 2027-01-01, reason: r }
      ---
      kind: Lock
      metadata: { name: blocks }
      spec: { blocks: ['/a#1', '/a#2', '/c#1'], expires: 2027-01-01, reason: r }
      ---
      kind: Lock
      metadata: { name: sound }
      spec: { datasets: "true", expires: 2027-01-01, reason: r }
      `,
      ...sites,
    );
    expect(found(state, some, 'lock-matches-nothing')).toEqual([
      'warning 1: Lock typo matches no dataset',
      'warning 6: 2 of 3 blocks of Lock blocks do not exist: /a#2, /c#1',
    ]);
  });

  test('an Exclusion, and copies of a Guard', () => {
    const state = desired(
      `
      kind: Exclusion
      metadata: { name: e }
      spec: { datasets: dataset.name == "/A", sites: "true", reason: r }
      ---
      kind: Guard
      metadata: { name: g }
      spec: { copies: [ { datasets: dataset.size > 100, min: 2 }, { datasets: "true", min: 1 } ] }
      `,
      ...sites,
    );
    expect(found(state, some, 'exclusion-matches-nothing')).toEqual(['info 1: Exclusion e matches no dataset']);
    expect(found(state, some, 'guard-matches-nothing')).toEqual([
      'info 6: Guard g: `copies` for `dataset.size > 100` matches no dataset',
    ]);
  });

  test('entries of a Selector, at the line of the first', () => {
    const state = desiredFiles({
      'all.yaml': `apiVersion: stator/v1
kind: Federation
metadata: { name: t }
spec: {}
---
apiVersion: stator/v1
kind: Selector
metadata: { name: keep }
spec: { scope: dataset, namesFile: keep.txt }
---
apiVersion: stator/v1
kind: Selector
metadata: { name: places }
spec: { scope: site, names: [X, "Z*", "Q?"] }
---
apiVersion: stator/v1
kind: Selector
metadata: { name: sound }
spec: { scope: dataset, names: ["/*", "*b", /a] }
`,
      'keep.txt': '# first\n/a\n/c\n/b*\n/d*\n',
    });
    const diagnostics = planFor(state, observed(some)).plan.diagnostics.filter(
      ({ code }) => code === 'selector-entries-match-nothing',
    );
    expect(diagnostics.map(({ severity, file, line, message }) => `${severity} ${file}:${line}: ${message}`)).toEqual([
      'info all.yaml:14: 2 of 3 entries of Selector places match nothing, the first is Z*',
      'info keep.txt:3: 2 of 4 entries of Selector keep match nothing, the first is /c',
    ]);
  });

  test('nothing is said of an empty inventory', () => {
    const state = desired(retention(rule('a', 'dataset.labels.none == "x"')), ...sites);
    expect(planFor(state, observed({})).plan.diagnostics).toEqual([]);
  });
});

test('labels that no dataset has: a warning, where they are not declared', () => {
  const rules = retention(
    rule('tier', 'dataset.labels.tier == "RAW"'),
    rule('teir', 'dataset.labels.teir == "RAW"'),
    rule('again', 'dataset.labels.teir == "AOD" && dataset.labels.era == "x"'),
  );
  expect(found(desired(rules, ...sites), some, 'label-never-seen')).toEqual([
    'warning 8: no dataset has the label `teir`: it is always empty (read by 2 conditions)',
    'warning 9: no dataset has the label `era`: it is always empty',
  ]);
  const federation = `
    kind: Federation
    metadata: { name: t }
    spec: { labels: { dataset: [tier, teir, era] } }
  `;
  expect(found(desired(rules, federation, ...sites), some, 'label-never-seen').map((text) => text.slice(0, 4))).toEqual(
    ['info', 'info'],
  );
});

describe('past their end', () => {
  const state = desired(
    `
    kind: Lock
    metadata: { name: l }
    spec: { datasets: "true", expires: 2026-08-01, reason: r }
    ---
    kind: Placement
    metadata: { name: p }
    spec: { datasets: "true", to: "true", expires: 2026-08-01 }
    `,
    retention(
      rule('a', 'true', 'action: delete, expires: 2026-08-01'),
      rule('b', 'true', 'action: delete, expires: 2026-08-01'),
      rule('c', 'true'),
    ),
    ...sites,
  );

  test('S22 a Lock is worth a warning; a campaign and a Placement are worth a word', () => {
    for (const code of ['lock-ended', 'placement-ended', 'rules-ended']) expect(found(state, some, code)).toEqual([]);
    expect(found(state, some, 'lock-ended', days(31))).toEqual([
      'warning 1: Lock l ended at 2026-08-01T00:00:00Z: it holds nothing',
    ]);
    expect(found(state, some, 'placement-ended', days(31))).toEqual([
      'info 6: Placement p ended at 2026-08-01T00:00:00Z',
    ]);
    expect(found(state, some, 'rules-ended', days(31))).toEqual([
      'info 11: 2 rules of Retention r are past their end: a, b',
    ]);
  });
});

describe('rules that work against each other', () => {
  test('S17 a Placement whose every site is closed to the data', () => {
    const closed = (where: string): DesiredState =>
      desired(
        `
        kind: Placement
        metadata: { name: p }
        spec: { datasets: dataset.labels.tier == "RAW", to: "true", copies: 2 }
        ---
        kind: Exclusion
        metadata: { name: e }
        spec: { datasets: dataset.name != "/c", sites: '${where}', reason: r }
        `,
        ...sites,
      );
    const world: InventorySpec = Object.fromEntries(
      ['/a', '/b', '/c'].map((name) => [name, { labels: { tier: 'RAW' }, at: { X: {} } }]),
    );
    expect(found(closed('true'), world, 'placement-excluded')).toEqual([
      'warning 1: Placement p: `to` and Exclusion e leave no site for 2 datasets, the first is /a',
    ]);
    expect(found(closed('site.name == "X"'), world, 'placement-excluded')).toEqual([]);
  });

  test('S10 an unprotected Placement that would copy to where retention deletes', () => {
    const state = (when: string): DesiredState =>
      desired(
        `
        kind: Placement
        metadata: { name: p }
        spec: { datasets: "true", to: site.name == "X", protect: false }
        `,
        retention(rule('clean', when, 'action: delete')),
        ...sites,
      );
    const world: InventorySpec = { '/a': { at: { Y: {} } }, '/b': { at: { Y: {} } } };
    expect(found(state('true'), world, 'placement-against-retention')).toEqual([
      'warning 1: Placement p wants copies of 2 datasets where a Retention would remove them again at once, the first is /a',
    ]);
    expect(found(state('dataset.open'), world, 'placement-against-retention')).toEqual([]);
  });

  test('a rule that deletes what a protected Placement counts: held for good', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: p }
      spec: { datasets: dataset.name == "/a", to: site.name == "X" }
      `,
      retention(
        rule('old', 'dataset.lastUpdate.olderThan("30d")', 'action: delete'),
        rule('rest', 'true', 'action: dismiss'),
      ),
      ...sites,
    );
    const old = { lastUpdate: daysAgo(60) };
    expect(
      found(
        state,
        { '/a': { ...old, at: { X: {}, Y: {} } }, '/b': { ...old, at: { X: {}, Y: {} } } },
        'delete-of-required',
      ),
    ).toEqual([
      'warning 12: rule old of Retention r deletes what Placement p counts: 1 replica is held for good, the first is /a at X',
    ]);
  });

  test('a copy that stands in for one to come is not held for good', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: p }
      spec: { datasets: "true", to: site.name == "Y" }
      `,
      retention(rule('all', 'true', 'action: delete')),
      ...sites,
    );
    const plan = planFor(state, observed({ '/a': { at: { X: {} } } })).plan;
    expect(plan.actions.map(({ type, site: where, held }) => `${type} ${where} ${held?.code}`)).toEqual([
      'copy Y undefined',
      'delete X required',
    ]);
    expect(plan.diagnostics.map(({ code }) => code)).not.toContain('delete-of-required');
  });
});
