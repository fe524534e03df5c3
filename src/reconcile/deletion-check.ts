/**
 * The invariants at the start of a deletion: the same functions that planning uses, asked of one dataset as the database
 * has it inside the transaction. What placements require is found anew, with the choices of this cycle's plan.
 */
import type { DesiredState } from '../desired/state.js';
import type { DeletionCheck, DeletionToCheck } from '../execution/index.js';
import { Diagnoses } from '../planning/diagnoses.js';
import { Exclusions } from '../planning/exclusions.js';
import { findNeeds } from '../planning/needs.js';
import type { Held, PlanResult, Recording } from '../planning/plan.js';
import { PlanClock } from '../planning/plan-clock.js';
import { findEndings } from '../planning/removals.js';
import { Safety } from '../planning/safety.js';
import { World } from '../planning/world.js';
import type { LoopMemory, OpenAction, Snapshot } from '../snapshot/index.js';

export function makeDeletionCheck(
  desired: DesiredState,
  result: PlanResult,
  memory: LoopMemory,
  clock: number,
): DeletionCheck {
  const marksOf = new Map<string, Recording['requiredMarks'][number][]>();
  for (const mark of result.recording().requiredMarks) {
    const list = marksOf.get(mark.dataset);
    if (list === undefined) marksOf.set(mark.dataset, [mark]);
    else list.push(mark);
  }
  return {
    memory: (dataset: string, openActions: readonly OpenAction[]): LoopMemory => ({
      ...memory,
      openActions,
      finishedActions: new Map(),
      placements: result.placements,
      endings: result.endings,
      moves: result.moves,
      requiredMarks: marksOf.get(dataset) ?? [],
      deferred: [],
      deletions: [],
      approvals: [],
    }),
    refuse: (snapshot, deletion) => refuse(desired, snapshot, clock, deletion),
  };
}

function refuse(desired: DesiredState, snapshot: Snapshot, clock: number, deletion: DeletionToCheck): Held | null {
  const world = new World(desired, snapshot, new PlanClock(clock));
  // Marks what is required: by placements, to stand in for a copy that is not complete (I5), and kept after an ending.
  findEndings(world, findNeeds(world, new Exclusions(world), new Diagnoses()));
  const dataset = world.findDataset(deletion.dataset);
  const site = world.sites.indexOf.get(deletion.site);
  const replica = site === undefined || dataset < 0 ? -1 : world.findReplica(dataset, site);
  const blockReplicas = deletion.blocks.map((name) => {
    const block = world.findBlock(dataset, name);
    return block < 0 || site === undefined ? -1 : world.findCopy(block, site);
  });
  if (replica < 0 || blockReplicas.includes(-1)) {
    return { code: 'in-flight', message: 'it is not in the inventory as it was planned with' };
  }
  const rule = desired.retentions
    .find(({ name }) => deletion.rule.kind === 'Retention' && name === deletion.rule.name)
    ?.rules.find(({ id }) => id === deletion.rule.id);
  return new Safety(world).forbids(replica, blockReplicas, rule ?? null);
}
