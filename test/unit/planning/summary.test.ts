import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { planOf } from '../../scenarios/loop.js';

/** One Retention over everything at X. */
function retention(rule: string) {
  return desired(
    site('X'),
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: 'true' }
    ---
    kind: Retention
    metadata: { name: disk }
    spec: { partition: all, sites: 'true', rules: [ ${rule} ], default: dismiss }
    `,
  );
}

test('bytes are summed up exactly, also beyond what numbers hold exactly while they are added', () => {
  const half = 2 ** 52;
  const { protect } = planOf(retention(`{ id: all, action: protect, when: 'true' }`), {
    '/A': { size: half, at: { X: {} } },
    '/B': { size: half, at: { X: {} } },
    '/C': { size: 1, at: { X: {} } },
    '/D': { size: 1, at: { X: {} } },
  }).summary;
  // One after another, 2^53 + 1 would be rounded to 2^53, twice.
  expect(protect.bytes).toBe(2 ** 53 + 2);
  expect(protect.actions).toBe(4);
});

test('what is to be deleted and may not be is held, and nothing that is kept', () => {
  const state = retention(`{ id: old, action: delete, when: 'dataset.name == "/A"' }`);
  const { held, keep } = planOf(state, { '/A': { size: 5, at: { X: {} } }, '/B': { size: 7, at: { X: {} } } }).summary;
  expect([held.bytes, keep.bytes]).toEqual([5, 7]);
});
