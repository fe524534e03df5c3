/**
 * What becomes of copies whose placement ended, was removed, or no longer matches the dataset: released (nothing),
 * kept (required for good), or deleted after a grace period. What another placement requires stays, so that renaming a
 * placement deletes nothing.
 */
import { compareBytes } from '../order.js';
import { formatTime } from '../policy/units.js';
import { flagAt, intAt } from '../snapshot/column.js';
import type { Ending, SeenPlacement } from '../snapshot/snapshot.js';
import type { Needs } from './needs.js';
import type { Deletion } from './retention/retire.js';
import type { World } from './world.js';

/** Between the end of a placement and the deletion of its copies, seconds. */
const grace = 86_400;

/** The endings in force, sorted; `keep` is applied to the picture at once. */
export function findEndings(world: World, needs: Needs): Ending[] {
  const { memory } = world.snapshot;
  const seen = new Map(memory.placements.map((placement) => [placement.name, placement]));
  const known = new Map(
    memory.endings.map((ending) => [keyOf(ending.placement.name, ending.dataset, ending.site), ending]),
  );
  for (const mark of memory.requiredMarks) {
    const placement = seen.get(mark.placement);
    if (placement === undefined || placement.onRemove === 'release') continue;
    if (needs.matched.has(`${mark.placement}\n${mark.dataset}`)) continue;
    const key = keyOf(mark.placement, mark.dataset, mark.site);
    if (!known.has(key)) known.set(key, { placement, dataset: mark.dataset, site: mark.site, since: world.clock.now });
  }
  const result: Ending[] = [];
  for (const key of [...known.keys()].sort(compareBytes)) {
    const ending = known.get(key) as Ending;
    if (needs.matched.has(`${ending.placement.name}\n${ending.dataset}`)) continue;
    const replica = replicaOf(world, ending);
    if (replica < 0) continue;
    const here = world.remaining(replica);
    const requiredByOther = here.every((br) => flagAt(world.required, br) === 1);
    if (ending.placement.onRemove === 'delete' && requiredByOther) continue;
    if (ending.placement.onRemove === 'keep') world.requireReplica(replica, here, ending.placement.name);
    result.push(ending);
  }
  return result;
}

function keyOf(placement: string, dataset: string, site: string): string {
  return `${placement}\n${dataset}\n${site}`;
}

/** The replica an ending is about, or -1 when nothing of it is left. */
function replicaOf(world: World, ending: Ending): number {
  const dataset = world.findDataset(ending.dataset);
  const site = world.sites.indexOf.get(ending.site);
  if (dataset < 0 || site === undefined) return -1;
  const replica = world.findReplica(dataset, site);
  return replica >= 0 && intAt(world.present, replica) > 0 ? replica : -1;
}

/** Deletions of endings whose grace is over, as candidates: safety is asked by the caller. */
export function removalsDue(world: World, endings: readonly Ending[]): Omit<Deletion, 'held'>[] {
  return endings.flatMap((ending) => {
    const { placement } = ending;
    const { since } = ending;
    if (placement.onRemove !== 'delete' || world.clock.beside(since + grace) - since < grace) return [];
    const replica = replicaOf(world, ending);
    if (replica < 0) return [];
    const at = placement.commit === null ? '' : ` in commit ${placement.commit.slice(0, 12)}`;
    return [
      {
        replica,
        blockReplicas: world.remaining(replica),
        ref: placement.rule,
        ruleHash: placement.ruleHash,
        rule: null,
        cause: 'removal' as const,
        reason: `Placement ${placement.name} (last at ${placement.rule.file}:${placement.rule.line}${at}) stopped wanting it at ${formatTime(ending.since)}, \`onRemove: delete\``,
      },
    ];
  });
}

/** What the next cycle must know of today's placements. */
export function seenPlacements(world: World): SeenPlacement[] {
  return world.desired.placements.map((placement) => ({
    name: placement.name,
    onRemove: placement.onRemove,
    rule: placement.origin.ref,
    ruleHash: placement.origin.hash,
    commit: world.desired.source.commit,
  }));
}
