/** The `summary` of a plan. `actions` of what is protected or kept counts replicas. */
import { flagAt, floatAt, intAt } from '../snapshot/column.js';
import type { ActionRecord } from './actions.js';
import { ByteSums } from './byte-sums.js';
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
  const sums = { copy: new Actions(), delete: new Actions(), reassign: new Actions(), held: new Actions() };
  for (const record of records) {
    const { held, type } = record.action;
    sums[held === null ? type : 'held'].add(record);
  }
  const { protect, keep } = keptTallies(world, retirement);
  return {
    copy: sums.copy.tally(),
    delete: sums.delete.tally(),
    reassign: sums.reassign.tally(),
    held: sums.held.tally(),
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
  const { size, replica } = world.snapshot.blockReplicas;
  const { replicas } = world.snapshot;
  const sums = { protect: new Sum(), keep: new Sum() };
  const held = new Set<number>();
  const heldAt = new Set<number>();
  for (const { blockReplicas } of retirement.result.held) {
    for (const br of blockReplicas) {
      held.add(br);
      heldAt.add(intAt(replica, br));
    }
  }
  const count = (r: number, br: number, isProtected: boolean): void => {
    if (isProtected) sums.protect.add(r, intAt(replicas.dataset, r), 1, floatAt(size, br));
    else if (!held.has(br)) sums.keep.add(r, intAt(replicas.dataset, r), 1, floatAt(size, br));
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
    if (action !== null && covering.isAllHere(r) && !heldAt.has(r)) {
      const sum = action === 'protect' ? sums.protect : sums.keep;
      sum.add(r, intAt(replicas.dataset, r), intAt(world.present, r), floatAt(world.bytesOf, r));
      continue;
    }
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

/** Of actions, in any order. */
class Actions {
  #actions = 0;
  readonly #datasets = new Set<number>();
  #blocks = 0;
  readonly #bytes = new ByteSums(1);

  add({ action, dataset, blockCount }: ActionRecord): void {
    this.#actions++;
    this.#datasets.add(dataset);
    this.#blocks += blockCount;
    this.#bytes.add(0, action.bytes);
  }

  tally(): Tally {
    return { actions: this.#actions, datasets: this.#datasets.size, blocks: this.#blocks, bytes: this.#bytes.at(0) };
  }
}

/** Of replicas. They come in dataset order, so that counting changes counts distinct ones. */
class Sum {
  #lastReplica = -1;
  #lastDataset = -1;
  #actions = 0;
  #datasets = 0;
  #blocks = 0;
  readonly #bytes = new ByteSums(1);

  add(replica: number, dataset: number, blocks: number, bytes: number): void {
    if (replica !== this.#lastReplica) this.#actions++;
    if (dataset !== this.#lastDataset) this.#datasets++;
    this.#lastReplica = replica;
    this.#lastDataset = dataset;
    this.#blocks += blocks;
    this.#bytes.add(0, bytes);
  }

  tally(): Tally {
    return { actions: this.#actions, datasets: this.#datasets, blocks: this.#blocks, bytes: this.#bytes.at(0) };
  }
}
