import { expect, test } from 'vitest';
import { desired, site } from '../../scenarios/desired.js';
import { actionsOf, planOf } from '../../scenarios/loop.js';

test('what an explicit rule protected stays protected from all Retentions, however often it is decided again', () => {
  const state = desired(
    ...['W', 'X', 'Y', 'Z'].map((name) => site(name)),
    `
    kind: Federation
    metadata: { name: test }
    spec: { disposable: 'true' }
    ---
    kind: Partition
    metadata: { name: all }
    spec: { match: 'true' }
    ---
    kind: Retention
    metadata: { name: a }
    spec:
      partition: all
      sites: 'true'
      rules:
        - { id: surplus, action: delete, when: site.name != "Z" }
        - { id: one-of-three, action: protect, when: replica.otherFullCopies > 1 }
      default: protect
    ---
    kind: Retention
    metadata: { name: b }
    spec:
      partition: all
      sites: site.name == "Z"
      rules: [ { id: clean, action: delete, when: 'true', allowLastCopy: true } ]
    `,
  );
  const plan = planOf(state, { '/A': { at: { W: {}, X: {}, Y: {}, Z: {} } } });
  expect(actionsOf(plan)).toEqual(['delete /A @ W', 'delete /A @ X', 'delete /A @ Y']);
});
