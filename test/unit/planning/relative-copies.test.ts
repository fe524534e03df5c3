/** Copies that are there already, and count once `relativeTo` allows them. */
import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { actionsOf, observed, untilRest } from '../../scenarios/loop.js';

test('a full copy that counts with the copies of this plan is not copied again', () => {
  const state = desired(
    `
    kind: Placement
    metadata: { name: on-tape }
    spec: { datasets: "true", to: 'site.storage == "tape"', owner: keepers }
    ---
    kind: Placement
    metadata: { name: beside }
    spec:
      datasets: "true"
      to: 'site.storage == "disk"'
      relativeTo: { placement: on-tape, label: region, same: true }
      owner: readers
    ---
    kind: Group
    metadata: { name: keepers }
    spec: {}
    ---
    kind: Group
    metadata: { name: readers }
    spec: {}
    `,
    site('DISK', '', 'region: eu'),
    site('TAPE', 'storage: tape', 'region: eu'),
  );
  const { plans } = untilRest(state, observed({ '/d': { at: { DISK: { owner: 'old' } } } }));
  // Only what is to be near is known when the copy on tape is planned; the owner follows in the next cycle.
  expect(plans.map(actionsOf)).toEqual([['copy /d -> TAPE'], ['reassign /d @ DISK to readers'], []]);
});
