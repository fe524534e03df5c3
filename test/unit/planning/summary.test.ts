import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { planOf } from '../../scenarios/loop.js';

test('bytes are summed up exactly, also beyond what numbers hold exactly while they are added', () => {
  const state = desired(
    site('X'),
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: 'true' }
    ---
    kind: Retention
    metadata: { name: keep }
    spec:
      partition: all
      sites: 'true'
      rules: [ { id: all, action: protect, when: 'true' } ]
    `,
  );
  const half = 2 ** 52;
  const { protect } = planOf(state, {
    '/A': { size: half, at: { X: {} } },
    '/B': { size: half, at: { X: {} } },
    '/C': { size: 1, at: { X: {} } },
    '/D': { size: 1, at: { X: {} } },
  }).summary;
  // One after another, 2^53 + 1 would be rounded to 2^53, twice.
  expect(protect.bytes).toBe(2 ** 53 + 2);
  expect(protect.actions).toBe(4);
});
