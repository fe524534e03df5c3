/** The figures of a simulated day: what happened in it, and how things stand at its end. */

import { compareBytes } from '../order.js';
import type { Plan, PlannedAction } from '../planning/plan.js';
import { nameAt } from '../snapshot/column.js';
import { floatAt, intAt, shortAt } from '../snapshot/index.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Arrived } from './arrivals.js';
import type { Transferred } from './transfers.js';

/** Sizes are bytes. Of two days, the later `bytes` are the earlier ones, plus arrived and copied, less deleted. */
export interface Flows {
  /** At the end of the day. */
  readonly bytes: number;
  readonly arrived: number;
  readonly copied: number;
  readonly deleted: number;
  /** Of open copies, at the end of the day. */
  readonly pending: number;
}

export interface SimulatedPartition {
  readonly partition: string;
  /** null: unlimited. */
  readonly quota: number | null;
  readonly used: number;
  readonly projected: number;
  /** Fraction of quota; null where there is none. */
  readonly occupancy: number | null;
  /** A Retention wants to free space there. */
  readonly triggered: boolean;
}

export interface SimulatedSite extends Flows {
  readonly site: string;
  readonly partitions: readonly SimulatedPartition[];
}

export interface DayTotals extends Flows {
  readonly datasets: number;
  readonly blockReplicas: number;
  readonly datasetsArrived: number;
  readonly copiesBegun: number;
  readonly copiesFinished: number;
  readonly deletions: number;
  readonly reassignments: number;
  /** As the plan at the end of the day has it. */
  readonly heldBytes: number;
  readonly deferredBytes: number;
  readonly unsatisfied: number;
}

export interface SimulatedDay {
  /** 0 is before anything happened. */
  readonly day: number;
  /** Its end, seconds since the epoch. */
  readonly time: number;
  readonly totals: DayTotals;
  /** By name; those with data, a quota, or work. */
  readonly sites: readonly SimulatedSite[];
}

interface SiteFlows {
  arrived: number;
  copied: number;
  deleted: number;
}

export class DayFigures {
  readonly #flows = new Map<string, SiteFlows>();
  pending: ReadonlyMap<string, number> = new Map();
  #datasetsArrived = 0;
  #copiesBegun = 0;
  #copiesFinished = 0;
  #deletions = 0;
  #reassignments = 0;

  transferred(step: Transferred, begun: number): void {
    for (const [site, bytes] of step.copied) this.#at(site).copied += bytes;
    this.pending = step.pending;
    this.#copiesBegun += begun;
    this.#copiesFinished += step.finished.length;
  }

  arrived(step: Arrived): void {
    for (const [site, bytes] of step.bytes) this.#at(site).arrived += bytes;
    this.#datasetsArrived += step.datasets.length;
  }

  deleted(site: string, bytes: number): void {
    this.#at(site).deleted += bytes;
    this.#deletions++;
  }

  reassigned(actions: readonly PlannedAction[]): void {
    this.#reassignments += actions.length;
  }

  close(snapshot: Snapshot, plan: Plan, day: number, time: number): SimulatedDay {
    const bytes = bytesBySite(snapshot);
    const lines = new Map<string, SimulatedPartition[]>();
    for (const { site, partition, quota, usedBefore, projectedBefore, triggered } of plan.sites) {
      const occupancy = quota === null ? null : quota === 0 ? null : rounded(usedBefore / quota);
      const line = { partition, quota, used: usedBefore, projected: projectedBefore, occupancy, triggered };
      const list = lines.get(site);
      if (list === undefined) lines.set(site, [line]);
      else list.push(line);
    }
    const names = new Set([...bytes.keys(), ...lines.keys(), ...this.#flows.keys(), ...this.pending.keys()]);
    const sites = [...names].sort(compareBytes).map((site): SimulatedSite => {
      const flows = this.#flows.get(site) ?? { arrived: 0, copied: 0, deleted: 0 };
      const pending = this.pending.get(site) ?? 0;
      return { site, bytes: bytes.get(site) ?? 0, ...flows, pending, partitions: lines.get(site) ?? [] };
    });
    const total = (of: (site: SimulatedSite) => number): number => sites.reduce((sum, site) => sum + of(site), 0);
    return {
      day,
      time,
      totals: {
        bytes: total((site) => site.bytes),
        arrived: total((site) => site.arrived),
        copied: total((site) => site.copied),
        deleted: total((site) => site.deleted),
        pending: total((site) => site.pending),
        datasets: snapshot.datasets.count,
        blockReplicas: snapshot.blockReplicas.count,
        datasetsArrived: this.#datasetsArrived,
        copiesBegun: this.#copiesBegun,
        copiesFinished: this.#copiesFinished,
        deletions: this.#deletions,
        reassignments: this.#reassignments,
        heldBytes: plan.summary.held.bytes,
        deferredBytes: plan.summary.deferred.bytes,
        unsatisfied: plan.summary.unsatisfied,
      },
      sites,
    };
  }

  #at(site: string): SiteFlows {
    let flows = this.#flows.get(site);
    if (flows === undefined) {
      flows = { arrived: 0, copied: 0, deleted: 0 };
      this.#flows.set(site, flows);
    }
    return flows;
  }
}

function bytesBySite({ sites, replicas, blockReplicas }: Snapshot): Map<string, number> {
  const bytes = new Float64Array(sites.length);
  for (let r = 0; r < replicas.count; r++) {
    const site = shortAt(replicas.site, r);
    for (let br = intAt(replicas.start, r); br < intAt(replicas.start, r + 1); br++) {
      bytes[site] = floatAt(bytes, site) + floatAt(blockReplicas.size, br);
    }
  }
  return new Map(Array.from(bytes, (value, site) => [nameAt(sites, site), value] as const));
}

/** Six digits: more than a reader needs, and the same on every machine. */
function rounded(fraction: number): number {
  return Math.round(fraction * 1e6) / 1e6;
}
