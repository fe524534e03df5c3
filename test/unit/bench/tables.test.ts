import { describe, expect, test } from 'vitest';
import { type Figures, figureAt, medianFigures } from '../../../bench/figures.js';
import { comparisonTable, figuresTable, growthTable } from '../../../bench/tables.js';

const plan = (seconds: number, load: number): Figures => ({
  seconds,
  peakResidentBytes: 3e8,
  phases: { load, plan: 1 },
});

describe('medians', () => {
  test('are taken figure by figure, also in groups', () => {
    expect(medianFigures([plan(9, 1), plan(1, 5), plan(2, 3)])).toEqual(plan(2, 3));
    expect(medianFigures([plan(4, 1), plan(2, 2)])).toEqual(plan(3, 1.5));
  });

  test('leave out what is not in all runs', () => {
    expect(medianFigures([{ seconds: 1, rows: 5 }, { seconds: 3 }])).toEqual({ seconds: 2 });
  });
});

test('a figure is found by its path', () => {
  expect(figureAt(plan(9, 1), 'phases.load')).toBe(1);
  expect(figureAt(plan(9, 1), 'seconds')).toBe(9);
  expect([figureAt(plan(9, 1), 'phases'), figureAt(plan(9, 1), 'rows'), figureAt(undefined, 'a.b')]).toEqual([
    null,
    null,
    null,
  ]);
});

describe('tables', () => {
  test('say for each size what was measured', () => {
    const text = figuresTable([{ blockReplicas: 1000, results: [{ 'plan-bundle': plan(12.34, 0.5) }] }]);
    expect(text).toContain('### 1,000 block replicas');
    expect(text).toContain('| 22 retention rules, from the bundle | 0.500 s | 1.00 s |  | 12.3 s |  | 300 MB |  |');
  });

  test('say how much more than the inventory a step grew', () => {
    const sizes = [
      { blockReplicas: 1000, results: [{ 'plan-bundle': plan(4, 1), validate: { seconds: 1 } }] },
      { blockReplicas: 5000, results: [{ 'plan-bundle': plan(10, 7.5) }] },
    ];
    const lines = growthTable(sizes).split('\n');
    expect(lines[0]).toBe('|  | figure | 1,000 | 5,000 |');
    expect(lines).toContain('| 22 retention rules, from the bundle | load | 1.00 s | 7.50 s (1.50) |');
    expect(lines).toContain('| 22 retention rules, from the bundle | whole command | 4.00 s | 10.0 s (0.50) |');
    expect(growthTable(sizes)).not.toContain('validate');
  });

  test('say by how many percent the second version is above the first', () => {
    const results = [{ validate: { seconds: 2 } }, { validate: { seconds: 1.5 } }];
    const text = comparisonTable([{ blockReplicas: 1000, results }], ['old', 'new']);
    expect(text).toContain('|  | block replicas | figure | old | new | difference |');
    expect(text).toContain('| validate 20,000 documents in 400 files |  | whole command | 2.00 s | 1.50 s | -25.0 % |');
  });
});
