/** The `summary` of a plan. `actions` of what is protected or kept counts replicas. */
import { flagAt, floatAt, intAt } from '../snapshot/column.js';
import type { ActionRecord } from './actions.js';
import type { CopyPlan } from './copies.js';
import type { Plan, Tally } from './plan.js';
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
  const held = new Set(retirement.result.held.flatMap((deletion) => deletion.blockReplicas));
  for (let r = 0; r < replicas.count; r++) {
    if (intAt(world.present, r) === 0) continue;
    const isProtected = new Map<number, boolean>();
    const dataset = intAt(replicas.dataset, r);
    const count = (br: number, yes: boolean): void => {
      if (yes) sums.protect.add(r, dataset, floatAt(size, br));
      else if (!held.has(br)) sums.keep.add(r, dataset, floatAt(size, br));
    };
    const [only, second] = retirement.decisions.filter((decisions) => decisions.covers(r));
    if (only !== undefined && second === undefined) {
      only.visit(r, (br, action) => {
        if (action !== 'ignore' && flagAt(world.gone, br) === 0) count(br, action === 'protect');
      });
      continue;
    }
    for (const decisions of retirement.decisions) {
      decisions.visit(r, (br, action) => {
        if (action === 'ignore' || flagAt(world.gone, br) === 1) return;
        isProtected.set(br, isProtected.get(br) === true || action === 'protect');
      });
    }
    for (const [br, yes] of isProtected) count(br, yes);
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
