/**
 * When nothing may be deleted (I7): the desired state is not the verified current one, or the inventory is older, or
 * shrank more, than the guards allow.
 */
import type { DesiredState } from '../desired/state.js';
import { formatDuration } from '../policy/units.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { PlanClock } from './plan-clock.js';

/** In force where no Guard sets `maxShrink`. */
const builtInShrink = 0.25;

/** The reasons for doubt, in words; empty when deletions may be planned. */
export function findDoubts(desired: DesiredState, snapshot: Snapshot, clock: PlanClock): string[] {
  const doubts: string[] = [];
  const { memory } = snapshot;
  if (memory.sourceDoubt !== null) doubts.push(memory.sourceDoubt);
  const { inventoryAt } = memory;
  for (const guard of desired.guards) {
    const limit = guard.staleness.inventory;
    // Where no catalog feeds the inventory, it is as old as the cycle.
    if (limit === null || inventoryAt === null) continue;
    if (clock.beside(inventoryAt + limit) - inventoryAt > limit) {
      const age = clock.now - inventoryAt;
      doubts.push(`the inventory is ${formatDuration(age)} old, Guard ${guard.name} allows ${formatDuration(limit)}`);
    }
  }
  if (memory.baseline !== null) {
    const limits = desired.guards.flatMap((guard) => guard.staleness.maxShrink ?? []);
    const limit = limits.length === 0 ? builtInShrink : Math.min(...limits);
    const bytes = totalBytes(snapshot);
    const shrink = Math.max(
      share(memory.baseline.replicas, snapshot.blockReplicas.count),
      share(memory.baseline.bytes, bytes),
    );
    if (shrink > limit) {
      const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
      doubts.push(
        `the inventory shrank by ${percent(shrink)} since the last cycle, at most ${percent(limit)} is believed; if that is true, import it with --accept-shrink`,
      );
    }
  }
  return doubts;
}

function share(before: number, now: number): number {
  return before <= 0 ? 0 : Math.max(0, 1 - now / before);
}

export function totalBytes(snapshot: Snapshot): number {
  const { size } = snapshot.blockReplicas;
  let bytes = 0;
  for (let i = 0; i < size.length; i++) bytes += size[i] as number;
  return bytes;
}
