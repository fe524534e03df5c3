/**
 * What is recorded of a plan besides its actions, made when it is first asked for. It is made of little: while nobody has
 * asked, the picture that the plan was made with is not held in memory.
 */
import { compareBytes } from '../order.js';
import { nameAt } from '../snapshot/column.js';
import type { ActionRecord } from './actions.js';
import type { PlannedCopy } from './copies.js';
import type { Mark } from './needs.js';
import type { Recording } from './plan.js';

interface Planned {
  /** Names, by index. */
  readonly datasets: readonly string[];
  readonly sites: readonly string[];
  readonly actions: readonly ActionRecord[];
  readonly marks: readonly Mark[];
  readonly copies: readonly {
    /** Of the action. */
    readonly id: string;
    readonly copy: PlannedCopy;
    /** New blocks are to follow it. */
    readonly isGrowing: boolean;
  }[];
}

export function recordingOf(planned: Planned): () => Recording {
  let of: Planned | null = planned;
  let made: Recording | null = null;
  return () => {
    if (of !== null) made = make(of);
    of = null;
    return made as Recording;
  };
}

function make({ datasets, sites, actions, marks, copies }: Planned): Recording {
  return {
    ruleHashes: new Map(actions.map(({ action, ruleHash }) => [action.id, ruleHash])),
    requiredMarks: unique(marks).map(({ placement, dataset, site }) => ({
      placement,
      dataset: nameAt(datasets, dataset),
      site: nameAt(sites, site),
    })),
    subscriptions: copies
      .filter(({ isGrowing }) => isGrowing)
      .map(({ copy: { dataset, site, owner } }) => ({
        dataset: nameAt(datasets, dataset),
        site: nameAt(sites, site),
        owner,
      })),
    transferHints: new Map(
      copies.map(({ id, copy: { need } }) => [
        id,
        { priority: need.priority, activity: need.placement?.activity ?? null },
      ]),
    ),
  };
}

/** Sorted by placement, dataset and site, each once. */
function unique(marks: readonly Mark[]): readonly Mark[] {
  const ordered = [...marks].sort(
    (a, b) => compareBytes(a.placement, b.placement) || a.dataset - b.dataset || a.site - b.site,
  );
  return ordered.filter((mark, i) => {
    const before = ordered[i - 1];
    return before?.site !== mark.site || before.dataset !== mark.dataset || before.placement !== mark.placement;
  });
}
