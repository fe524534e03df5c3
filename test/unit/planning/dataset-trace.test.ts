/** What a plan tells of one dataset while it is made. */
import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../../src/desired/index.js';
import { type PlanResult, plan } from '../../../src/planning/index.js';
import { desired, site } from '../../scenarios/desired.js';
import { clock, daysAgo, type InventorySpec, inventory, toSnapshot } from '../../scenarios/inventory.js';
import { observed } from '../../scenarios/loop.js';

function watched(state: DesiredState, spec: InventorySpec, dataset: string, block: string | null = null): PlanResult {
  const { memory } = observed(spec);
  const snapshot = toSnapshot(inventory(spec), { generation: 1, takenAt: clock, memory });
  const result = plan(state, snapshot, { clock, decisions: true, watch: { dataset, block } });
  // Being watched changes nothing.
  expect(result.plan.digest).toBe(plan(state, snapshot, { clock }).plan.digest);
  return result;
}

function answersOf(result: PlanResult, placement: string) {
  const trace = result.watched?.placements.find((candidate) => candidate.placement.name === placement);
  return Object.fromEntries((trace?.items[0]?.sites ?? []).map(({ site: name, answer }) => [name, answer]));
}

describe('a placement', () => {
  test('says of every site why it was not chosen, with the figures', () => {
    const state = desired(
      `
      kind: Partition
      metadata: { name: all }
      spec: { match: "true" }
      ---
      kind: Placement
      metadata: { name: wide }
      spec: { datasets: "true", to: site.storage == "disk", copies: 3, spread: { by: country, max: 1 } }
      ---
      kind: Exclusion
      metadata: { name: closed }
      spec: { datasets: "true", sites: site.name == "Closed", reason: no such data there }
      ---
      kind: Guard
      metadata: { name: brakes }
      spec: { sites: site.name == "Busy", transfers: { maxOccupancy: 50% } }
      `,
      site('Has', 'quotas: { all: 1000 }', 'country: A'),
      site('Near', 'quotas: { all: 1000 }', 'country: A'),
      site('None', '', 'country: B'),
      site('Full', 'quotas: { all: 50 }', 'country: C'),
      site('Closed', 'quotas: { all: 1000 }', 'country: D'),
      site('Away', 'state: readonly, quotas: { all: 1000 }', 'country: E'),
      site('Busy', 'quotas: { all: 150 }', 'country: F'),
      site('Free', 'quotas: { all: 1000 }', 'country: G'),
      site('Vault', 'storage: tape, quotas: { all: 1000 }', 'country: H'),
    );
    const result = watched(state, { '/a': { size: 100, at: { Has: {} } } }, '/a');
    expect(answersOf(result, 'wide')).toMatchObject({
      Has: { kind: 'counted', full: true },
      Near: { kind: 'rejected', rejection: { kind: 'spread' } },
      None: { kind: 'rejected', rejection: { kind: 'no-quota', partition: 'all' } },
      Full: { kind: 'rejected', rejection: { kind: 'no-space', partition: 'all', needed: 100, free: 50 } },
      Closed: { kind: 'rejected', rejection: { kind: 'excluded', exclusion: { name: 'closed' } } },
      Away: { kind: 'rejected', rejection: { kind: 'not-ready', state: 'readonly' } },
      Busy: { kind: 'rejected', rejection: { kind: 'limit', limit: 'maxOccupancy', would: 100, allowed: 75 } },
      Free: { kind: 'chosen' },
      Vault: {
        kind: 'not-matching',
        to: { text: 'site.storage == "disk"', held: false, reads: [{ path: 'site.storage', value: 'tape' }] },
      },
    });
    expect(result.watched?.placements).toMatchObject([
      { against: null, items: [{ wanted: 3, missing: 2, counted: ['Has'], noSource: null }] },
    ]);
  });

  test('says which site won, and what would speak against one that is not needed', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: one }
      spec: { datasets: "true", to: site.name != "Old", copies: 1 }
      `,
      site('Old', 'state: readonly'),
      site('X'),
      site('Y'),
      site('Down', 'state: draining'),
    );
    const chosen = watched(state, { '/a': { at: { Old: {} } } }, '/a');
    const [copy] = chosen.plan.actions;
    const loser = copy?.site === 'X' ? 'Y' : 'X';
    expect(answersOf(chosen, 'one')).toMatchObject({
      [copy?.site ?? '']: { kind: 'chosen' },
      [loser]: { kind: 'lower-score', winner: copy?.site },
    });

    const enough = watched(state, { '/a': { at: { X: {} } } }, '/a');
    expect(answersOf(enough, 'one')).toMatchObject({
      X: { kind: 'counted' },
      Y: { kind: 'enough', besides: null },
      Down: { kind: 'enough', besides: { kind: 'not-ready', state: 'draining' } },
    });
  });

  test('says why it does not want the dataset', () => {
    const state = desired(
      `
      kind: Placement
      metadata: { name: over }
      spec: { datasets: "true", to: "true", expires: 2020-01-01 }
      ---
      kind: Placement
      metadata: { name: other }
      spec: { datasets: dataset.name == "/b" && dataset.size > 5, to: "true" }
      ---
      kind: Placement
      metadata: { name: young }
      spec: { datasets: "true", to: "true", keepFor: 30d }
      ---
      kind: Placement
      metadata: { name: withdrawn }
      spec: { datasets: "true", to: "true", statuses: [DEPRECATED] }
      `,
      site('X'),
    );
    const { watched: trace } = watched(state, { '/a': { size: 7, at: { X: {} } } }, '/a');
    const against = Object.fromEntries(
      (trace?.placements ?? []).map(({ placement, against: why }) => [placement.name, why]),
    );
    expect(against).toMatchObject({
      over: { kind: 'expired' },
      other: {
        kind: 'datasets',
        condition: {
          reads: [
            { path: 'dataset.name', value: '/a' },
            { path: 'dataset.size', value: 7 },
          ],
        },
      },
      young: { kind: 'keep-for' },
      withdrawn: { kind: 'status', status: 'VALID', statuses: ['DEPRECATED'] },
    });
  });

  test('says that there is nothing to copy from', () => {
    const state = desired(
      'kind: Placement\nmetadata: { name: one }\nspec: { datasets: "true", to: site.name == "Y" }\n',
      site('X', 'state: down'),
      site('Y'),
    );
    const result = watched(state, { '/a': { at: { X: {} } } }, '/a');
    expect(answersOf(result, 'one')).toMatchObject({ Y: { kind: 'not-asked' } });
    expect(result.watched?.placements[0]?.items[0]?.noSource).toContain('no complete copy');
  });
});

describe('a retention', () => {
  const state = desired(
    `
    kind: Partition
    metadata: { name: all }
    spec: { match: "true" }
    ---
    kind: Selector
    metadata: { name: kept }
    spec: { scope: dataset, names: [/k] }
    ---
    kind: Retention
    metadata: { name: r }
    spec:
      partition: all
      sites: site.storage == "disk"
      trigger: site.occupancy > 0.9
      default: delete
      rules:
        - { id: kept, action: protect, when: dataset.is("kept") }
        - { id: ended, action: protect, when: "true", expires: 2020-01-01 }
        - { id: old, action: dismiss, scope: block, when: 'block.lastUpdate.olderThan("90d")' }
        - { id: small, action: protect, when: replica.size < 15 }
        - { id: never, action: protect, when: "true", notBefore: 2099-01-01 }
    `,
    site('X', 'quotas: { all: 1000 }'),
    site('T', 'storage: tape'),
  );
  const spec: InventorySpec = {
    '/a': {
      blocks: { b1: 10, b2: 20, b3: 10 },
      at: { X: { lastUpdates: { b1: daysAgo(10), b2: daysAgo(100), b3: daysAgo(10) } }, T: {} },
    },
  };

  test('shows every rule that was asked, with what it read, up to the one that decided', () => {
    const { watched: trace, decisions } = watched(state, spec, '/a');
    const [tape, disk] = trace?.retentions ?? [];
    expect(tape).toMatchObject({
      site: 'T',
      outside: { kind: 'sites', sites: { held: false } },
      rules: [],
      decided: [],
    });
    expect(disk).toMatchObject({
      site: 'X',
      partition: 'all',
      outside: null,
      trigger: { held: false, reads: [{ path: 'site.occupancy', value: 0.04 }] },
      rules: [
        { ref: { id: 'kept' }, condition: { held: false, selectors: [{ name: 'kept', held: false }] } },
        { ref: { id: 'ended' }, inert: { kind: 'expired' }, condition: null },
        { ref: { id: 'old' }, asked: 3, matched: 1, block: 'b1', condition: { held: false } },
        // Of what the rule before it left.
        { ref: { id: 'small' }, condition: { held: false, reads: [{ path: 'replica.size', value: 20 }] } },
        { ref: { id: 'never' }, inert: { kind: 'not-before' } },
      ],
      decided: [
        { ref: { id: 'old' }, action: 'dismiss', blocks: ['b2'], bytes: 20 },
        { ref: { id: 'default' }, action: 'delete', blocks: ['b1', 'b3'], bytes: 20 },
      ],
    });
    const rows = decisions.map(({ rule, decision, blocks, bytes }) => [rule, decision, blocks, bytes]);
    expect(rows).toEqual(
      (disk?.decided ?? []).map(({ ref, action, blocks, bytes }) => [ref.id, action, blocks.length, bytes]).sort(),
    );
  });

  test('shows of one block the rule that decided it, and the rules before that', () => {
    const of = (block: string) => watched(state, spec, '/a', block).watched?.retentions[1];
    expect(of('b2')?.decided).toMatchObject([{ ref: { id: 'old' }, blocks: ['b2'], bytes: 20 }]);
    expect(of('b2')?.rules.map(({ ref }) => ref.id)).toEqual(['kept', 'ended', 'old']);
    expect(of('b2')?.rules.at(-1)).toMatchObject({ asked: 1, matched: 1, block: 'b2', condition: { held: true } });
    expect(of('b3')?.decided).toMatchObject([{ ref: { id: 'default' }, blocks: ['b3'], bytes: 10 }]);
    expect(of('b3')?.rules[2]).toMatchObject({ asked: 1, matched: 0, block: 'b3', condition: { held: false } });
  });
});
