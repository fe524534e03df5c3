/**
 * Simulations of random small worlds (`test/property/world.ts`). `STATOR_PROPERTY_RUNS` makes more of them,
 * `STATOR_PROPERTY_SEED` other ones.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileExpression, scopes } from '../../../src/policy/index.js';
import { simulationJson } from '../../../src/report/simulation-json.js';
import { type ArrivalStream, type Assumptions, Simulation } from '../../../src/simulation/index.js';
import type { Snapshot } from '../../../src/snapshot/index.js';
import { documentsOf, filesOf, observedOf } from '../../property/documents.js';
import { type WorldModel, worlds } from '../../property/world.js';
import { desiredFiles } from '../../scenarios/desired.js';
import { days, type Inventory, toSnapshot } from '../../scenarios/inventory.js';
import { later, type Observed, perform, planFor } from '../../scenarios/loop.js';
import { arrival, perDay, still } from './simulate.js';

const parameters = {
  numRuns: Math.ceil(Number(process.env.STATOR_PROPERTY_RUNS ?? 600) / 3),
  seed: Number(process.env.STATOR_PROPERTY_SEED ?? 20260701),
};
const timeout = 60_000 + 200 * parameters.numRuns;

const compile = (world: WorldModel) => desiredFiles(filesOf(documentsOf(world)));

const snapshotOf = (state: Observed): Snapshot =>
  toSnapshot(state.inventory, { takenAt: state.clock, generation: state.generation, memory: state.memory });

function simulationOf(world: WorldModel, count: number, assumptions: Partial<Assumptions>): Simulation {
  const state = observedOf(world);
  const options = { clock: state.clock, days: count, step: days(1), seed: 7 };
  return new Simulation(compile(world), snapshotOf(state), { ...options, assumptions: { ...still, ...assumptions } });
}

/** Block replicas and subscriptions, one line each, sorted. */
function linesOf(snapshot: Snapshot): string[] {
  const { datasets, blocks, replicas, blockReplicas: br, sites, owners } = snapshot;
  const lines: string[] = [];
  for (let i = 0; i < br.count; i++) {
    const block = br.block[i] ?? 0;
    const name = `${datasets.name[blocks.dataset[block] ?? 0]}#${blocks.name.at(block)}@${sites[br.site[i] ?? 0]}`;
    const flags = `${br.complete[i]}${br.custodial[i]}${br.managed[i]}`;
    lines.push(`${name} ${owners[br.owner[i] ?? 0]} ${br.size[i]} ${flags} ${br.lastUpdate[i]}`);
  }
  for (let r = 0; r < replicas.count; r++) {
    if (replicas.growing[r] !== 1) continue;
    const name = `${datasets.name[replicas.dataset[r] ?? 0]}@${sites[replicas.site[r] ?? 0]}`;
    lines.push(`${name} grows for ${owners[replicas.growingOwner[r] ?? 0]}`);
  }
  return lines.sort();
}

/** Complete copies of each block, at any site. */
function copiesOf(rows: Inventory | Snapshot): Map<string, number> {
  const copies = new Map<string, number>();
  const add = (name: string): void => {
    copies.set(name, (copies.get(name) ?? 0) + 1);
  };
  if (!('blockReplicas' in rows)) {
    for (const row of rows.replicas) if (row.complete) add(`${row.dataset}#${row.block}`);
    return copies;
  }
  const { blockReplicas: br, blocks, datasets } = rows;
  for (let i = 0; i < br.count; i++) {
    const block = br.block[i] ?? 0;
    if (br.complete[i] === 1) add(`${datasets.name[blocks.dataset[block] ?? 0]}#${blocks.name.at(block)}`);
  }
  return copies;
}

/** Five bytes a day at a ready site, in datasets of two blocks; nothing where no site is ready. */
function arrivalsIn(world: WorldModel): ArrivalStream[] {
  if (!world.sites.some(({ state }) => state === 'ready')) return [];
  const at = compileExpression<boolean>('true', scopes.site, 'bool');
  return [arrival({ rate: perDay(5), at, named: '/new{n}', owner: 'A', datasetSize: 3, blockSize: 2 })];
}

const slow = fc.integer({ min: 1, max: 12 }).map((bytes): Assumptions['throughput'] => ({
  default: bytes / days(1),
  links: [{ from: 'S0', to: '*', rate: 3 / days(1) }],
}));

describe('simulations of random worlds', { timeout }, () => {
  test('where links have no limit and nothing arrives, every day is what the loop makes of the day before', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const desired = compile(world);
        let state = observedOf(world);
        const simulation = simulationOf(world, 4, {});
        for (const { day } of simulation.days()) {
          if (day > 0) {
            const result = planFor(desired, state);
            state = perform(desired, later(state, days(1)), result);
          }
          expect(linesOf(simulation.snapshot), `day ${day}`).toEqual(linesOf(snapshotOf(state)));
        }
      }),
      parameters,
    );
  });

  test('the last complete copy of a block is never deleted, unless rules and the federation say so', () => {
    const withLinks = fc.tuple(worlds, slow, fc.boolean());
    fc.assert(
      fc.property(withLinks, ([drawn, throughput, approveAll]) => {
        const world = {
          ...drawn,
          retentions: drawn.retentions.map((retention) => ({
            ...retention,
            rules: retention.rules.map((rule) => ({ ...rule, allowLastCopy: false })),
          })),
        };
        const simulation = simulationOf(world, 5, { throughput, approveAll, arrivals: arrivalsIn(world) });
        let before = copiesOf(world.inventory);
        for (const { day } of simulation.days()) {
          const after = copiesOf(simulation.snapshot);
          for (const block of before.keys()) expect(after.get(block) ?? 0, `${block} on day ${day}`).toBeGreaterThan(0);
          before = after;
        }
      }),
      parameters,
    );
  });

  test('no byte appears or vanishes: a day is the day before, plus arrived and copied, less deleted', () => {
    fc.assert(
      fc.property(fc.tuple(worlds, slow), ([world, throughput]) => {
        const simulation = simulationOf(world, 5, { throughput, arrivals: arrivalsIn(world) });
        let before = new Map<string, number>();
        for (const { day, sites, totals } of simulation.days()) {
          for (const { site, bytes, arrived, copied, deleted } of sites) {
            if (day > 0) expect(bytes, site).toBe((before.get(site) ?? 0) + arrived + copied - deleted);
          }
          before = new Map(sites.map(({ site, bytes }) => [site, bytes]));
          expect(totals.bytes).toBe(simulation.snapshot.blockReplicas.size.reduce((sum, size) => sum + size, 0));
        }
      }),
      parameters,
    );
  });

  test('the same world and seed give the same bytes', () => {
    fc.assert(
      fc.property(fc.tuple(worlds, slow), ([world, throughput]) => {
        const text = (): string => {
          const simulation = simulationOf(world, 3, { throughput, demandHalfLife: days(2) });
          return [...simulationJson(simulation, simulation.days())].join('');
        };
        expect(text()).toBe(text());
      }),
      { ...parameters, numRuns: Math.ceil(parameters.numRuns / 4) },
    );
  });
});
