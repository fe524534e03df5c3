/** The `summary` of a plan. `actions` of what is protected or kept counts replicas. */
import { flagAt, floatAt, intAt } from '../snapshot/column.js';
import type { ActionRecord } from './actions.js';
import type { CopyPlan } from './copies.js';
import type { Plan, Tally } from './plan.js';
import type { Decisions } from './retention/decisions.js';
import type { Retirement } from './retention/retire.js';
import type { World } from './world.js';

export function summarize(
  world: World,
  retirement: Retirement,
  records: readonly ActionRecord[],
  copies: CopyPlan,
): Plan['summary'] {
  const of = (test: (record: ActionRecord) => boolean): Tally => {
    const list = records.filter(test);
    return {
      actions: list.length,
      datasets: new Set(list.map(({ action }) => action.dataset)).size,
      blocks: list.reduce((sum, record) => sum + record.blockCount, 0),
      bytes: list.reduce((sum, { action }) => sum + action.bytes, 0),
    };
  };
  const free = (type: string) => (record: ActionRecord) => record.action.type === type && record.action.held === null;
  const { protect, keep } = keptTallies(world, retirement);
  return {
    copy: of(free('copy')),
    delete: of(free('delete')),
    reassign: of(free('reassign')),
    held: of(({ action }) => action.held !== null),
    deferred: {
      actions: copies.deferred.length,
      datasets: new Set(copies.deferred.map((entry) => entry.dataset)).size,
      blocks: copies.deferredBlocks,
      bytes: copies.deferred.reduce((sum, entry) => sum + entry.bytes, 0),
    },
    unsatisfied: copies.unsatisfied.length,
    protect,
    keep,
  };
}

/** What some rule protects, and what all rules would give up but nothing asks for. */
function keptTallies(world: World, retirement: Retirement): { protect: Tally; keep: Tally } {
  const { size } = world.snapshot.blockReplicas;
  const { replicas } = world.snapshot;
  const sums = { protect: new Sum(), keep: new Sum() };
  const held = new Uint8Array(world.snapshot.blockReplicas.count);
  for (const { blockReplicas } of retirement.result.held) for (const br of blockReplicas) held[br] = 1;
  const count = (r: number, br: number, yes: boolean): void => {
    const dataset = intAt(replicas.dataset, r);
    if (yes) sums.protect.add(r, dataset, floatAt(size, br));
    else if (flagAt(held, br) === 0) sums.keep.add(r, dataset, floatAt(size, br));
  };
  for (let r = 0; r < replicas.count; r++) {
    if (intAt(world.present, r) === 0) continue;
    let covering: Decisions | null = null;
    let isOnly = true;
    for (const decisions of retirement.decisions) {
      if (!decisions.covers(r)) continue;
      isOnly = covering === null;
      covering = decisions;
    }
    // Nearly always one Retention covers a replica, and one of its rules decides all of it.
    const action = isOnly ? (covering?.onlyAction(r) ?? null) : null;
    if (covering === null || action === 'ignore') continue;
    if (action !== null) {
      for (let br = intAt(replicas.start, r), end = intAt(replicas.start, r + 1); br < end; br++) {
        if (covering.isHere(br)) count(r, br, action === 'protect');
      }
      continue;
    }
    const isProtected = new Map<number, boolean>();
    for (const decisions of retirement.decisions) {
      for (const unit of decisions.units(r)) {
        if (unit.action === 'ignore') continue;
        for (const br of unit.blockReplicas) {
          if (flagAt(world.gone, br) === 1) continue;
          isProtected.set(br, isProtected.get(br) === true || unit.action === 'protect');
        }
      }
    }
    for (const [br, yes] of isProtected) count(r, br, yes);
  }
  return { protect: sums.protect.tally(), keep: sums.keep.tally() };
}

/** Replicas come in dataset order, so that counting changes counts distinct ones. */
class Sum {
  #lastReplica = -1;
  #lastDataset = -1;
  #actions = 0;
  #datasets = 0;
  #blocks = 0;
  #bytes = 0;

  add(replica: number, dataset: number, bytes: number): void {
    if (replica !== this.#lastReplica) this.#actions++;
    if (dataset !== this.#lastDataset) this.#datasets++;
    this.#lastReplica = replica;
    this.#lastDataset = dataset;
    this.#blocks++;
    this.#bytes += bytes;
  }

  tally(): Tally {
    return { actions: this.#actions, datasets: this.#datasets, blocks: this.#blocks, bytes: this.#bytes };
  }
}
