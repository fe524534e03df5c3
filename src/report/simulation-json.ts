/**
 * A simulation as data: one JSON document, or one object per line as the days come. The order of fields is part of the
 * contract (`docs/simulate.md`), so every object is written out here field by field. Sizes are bytes, times RFC 3339.
 */
import { formatTime } from '../policy/units.js';
import type { SimulatedDay, SimulatedSite, Simulation, Violation, Watermark } from '../simulation/index.js';

/** Pretty-printed with two spaces and ending in a newline; in pieces, as the days are worked out. */
export function* simulationJson(simulation: Simulation, days: Iterable<SimulatedDay>): Generator<string> {
  let separator = '{';
  const field = (key: string, value: unknown): string => {
    const text = `${separator}\n  ${JSON.stringify(key)}: ${indented(value, '  ')}`;
    separator = ',';
    return text;
  };
  for (const [key, value] of Object.entries(header(simulation))) yield field(key, value);
  yield ',\n  "days": [';
  let before = '';
  for (const day of days) {
    yield `${before}\n    ${indented(dayDocument(day), '    ')}`;
    before = ',';
  }
  yield before === '' ? ']' : '\n  ]';
  yield field('violations', simulation.violations.map(violationDocument));
  yield '\n}\n';
}

/** One record per line; `record` says which: header, day, violation. */
export function* simulationNdjson(simulation: Simulation, days: Iterable<SimulatedDay>): Generator<string> {
  const line = (record: string, fields: object): string => `${JSON.stringify({ record, ...fields })}\n`;
  yield line('header', header(simulation));
  for (const day of days) yield line('day', dayDocument(day));
  for (const violation of simulation.violations) yield line('violation', violationDocument(violation));
}

function header({ desired, inventory, options, streams, watermarks }: Simulation) {
  const { assumptions } = options;
  return {
    apiVersion: 'stator/v1',
    kind: 'Simulation',
    engine: inventory.engine,
    desired: {
      commit: desired.source.commit,
      tree: desired.source.tree,
      ref: desired.source.ref,
      author: desired.source.author,
      committedAt: desired.source.committedAt,
      signature: desired.source.signature,
    },
    inventory: {
      generation: inventory.generation,
      completeness: inventory.completeness,
      datasets: inventory.datasets,
      blocks: inventory.blocks,
      replicas: inventory.replicas,
    },
    clock: formatTime(options.clock),
    stepSeconds: options.step,
    seed: options.seed,
    assumptions: {
      arrivals: streams.map(({ name, bytesPerDay, templates }) => ({ name, bytesPerDay, templates })),
      throughput: assumptions.throughput.default,
      links: assumptions.throughput.links.map(({ from, to, rate }) => ({ from, to, throughput: rate })),
      demandHalfLifeSeconds: assumptions.demandHalfLife,
      approveAll: assumptions.approveAll,
    },
    watermarks: watermarks.map(watermarkDocument),
  };
}

const watermarkDocument = ({ site, partition, retention, high, low }: Watermark) => ({
  site,
  partition,
  retention,
  high,
  low,
});

const violationDocument = ({ day, time, code, site, rule, message }: Violation) => ({
  day,
  time: formatTime(time),
  code,
  site,
  rule,
  message,
});

function dayDocument({ day, time, totals, sites }: SimulatedDay) {
  return {
    day,
    time: formatTime(time),
    totals: {
      bytes: totals.bytes,
      arrived: totals.arrived,
      copied: totals.copied,
      deleted: totals.deleted,
      pending: totals.pending,
      held: totals.heldBytes,
      deferred: totals.deferredBytes,
      unsatisfied: totals.unsatisfied,
      datasets: totals.datasets,
      replicas: totals.blockReplicas,
      datasetsArrived: totals.datasetsArrived,
      copiesBegun: totals.copiesBegun,
      copiesFinished: totals.copiesFinished,
      deletions: totals.deletions,
      reassignments: totals.reassignments,
    },
    sites: sites.map(siteDocument),
  };
}

const siteDocument = (site: SimulatedSite) => ({
  site: site.site,
  bytes: site.bytes,
  arrived: site.arrived,
  copied: site.copied,
  deleted: site.deleted,
  pending: site.pending,
  partitions: site.partitions.map((line) => ({
    partition: line.partition,
    quota: line.quota,
    used: line.used,
    projected: line.projected,
    occupancy: line.occupancy,
    triggered: line.triggered,
  })),
});

function indented(value: unknown, indent: string): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`);
}
