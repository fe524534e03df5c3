/** Simulations as tests write them: small inventories, and assumptions under which nothing happens by itself. */
import type { DesiredState } from '../../../src/desired/index.js';
import {
  type ArrivalStream,
  type Assumptions,
  type SimulatedDay,
  Simulation,
  type SimulationOptions,
  type Violation,
} from '../../../src/simulation/index.js';
import { emptyMemory, type LoopMemory, type Snapshot } from '../../../src/snapshot/index.js';
import { clock, days, type InventorySpec, inventory, toSnapshot } from '../../scenarios/inventory.js';

/** Links without a limit, no new data, demand as it is. */
export const still: Assumptions = {
  arrivals: [],
  templateWindow: days(30),
  throughput: { default: Number.MAX_SAFE_INTEGER, links: [] },
  demandHalfLife: null,
  approveAll: false,
};

/** A stream that says nothing but how much. */
export function arrival(fields: Partial<ArrivalStream> & Pick<ArrivalStream, 'rate'>): ArrivalStream {
  return {
    name: 'all',
    like: null,
    at: null,
    named: null,
    owner: null,
    status: null,
    labels: {},
    datasetSize: null,
    blockSize: null,
    ...fields,
  };
}

export const perDay = (bytes: number): { readonly bytes: number; readonly per: number } => ({ bytes, per: days(1) });

export interface Simulated {
  readonly days: readonly SimulatedDay[];
  readonly violations: readonly Violation[];
  readonly end: Snapshot;
  readonly simulation: Simulation;
}

export function simulate(
  desired: DesiredState,
  spec: InventorySpec | Snapshot,
  count: number,
  assumptions: Partial<Assumptions> = {},
  options: Partial<SimulationOptions> = {},
  memory: Partial<LoopMemory> = {},
): Simulated {
  const snapshot = isSnapshot(spec)
    ? spec
    : toSnapshot(inventory(spec), { takenAt: clock, memory: { ...emptyMemory, ...memory } });
  const simulation = new Simulation(desired, snapshot, {
    clock,
    days: count,
    step: days(1),
    seed: 1,
    assumptions: { ...still, ...assumptions },
    ...options,
  });
  const all = [...simulation.days()];
  return { days: all, violations: simulation.violations, end: simulation.snapshot, simulation };
}

function isSnapshot(spec: InventorySpec | Snapshot): spec is Snapshot {
  return Array.isArray(spec.sites);
}

/** Bytes of a partition at a site, day by day. */
export function used(simulated: Simulated, site: string, partition: string): number[] {
  return simulated.days.map(
    (day) =>
      day.sites.find((each) => each.site === site)?.partitions.find((line) => line.partition === partition)?.used ?? 0,
  );
}

/** A figure of a site, day by day. */
export function course(
  simulated: Simulated,
  site: string,
  figure: 'bytes' | 'arrived' | 'copied' | 'deleted' | 'pending',
): number[] {
  return simulated.days.map((day) => day.sites.find((each) => each.site === site)?.[figure] ?? 0);
}

/** `over-quota X day 3` */
export function briefly({ violations }: Simulated): string[] {
  return violations.map(({ code, site, rule, day }) => `${code} ${site ?? rule ?? ''} day ${day}`);
}

/** Names of the sites with blocks of a dataset, and how many of them are there: `X 2`. */
export function whereIs(snapshot: Snapshot, dataset: string): string[] {
  const { datasets, replicas } = snapshot;
  const d = datasets.name.indexOf(dataset);
  const found: string[] = [];
  for (let r = 0; r < replicas.count; r++) {
    const blocks = (replicas.start[r + 1] ?? 0) - (replicas.start[r] ?? 0);
    if (replicas.dataset[r] === d && blocks > 0) found.push(`${snapshot.sites[replicas.site[r] ?? 0]} ${blocks}`);
  }
  return found;
}
