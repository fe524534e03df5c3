import { expect, test } from 'vitest';
import { isDatasetColumn, variables } from '../../../src/policy/variables.js';

test('rules are asked once per dataset only about what copies, deletions and requests cannot change', () => {
  const columns = variables.filter(({ path }) => isDatasetColumn(path));
  expect(columns.map(({ root, volatility }) => `${root} ${volatility}`)).toEqual(columns.map(() => 'dataset fixed'));
  const others = variables.filter(({ root, path }) => root === 'dataset' && !isDatasetColumn(path));
  expect(others.map(({ field }) => field).sort()).toEqual([
    'copyRequested',
    'fullCopies',
    'fullDiskCopies',
    'onTape',
    'owners',
    'replicaSites',
    'sites',
    'tapeRequested',
  ]);
  expect(['now', 'dataset.labels.tier', 'site.labels.tier'].map(isDatasetColumn)).toEqual([true, true, false]);
});
