/** The small inventory of a PolicyTest as a snapshot that planning reads like any other. */
import type { Moment, TestDataset } from '../desired/state.js';
import { SnapshotBuilder } from '../snapshot/builder.js';
import { emptyMemory, type Snapshot } from '../snapshot/snapshot.js';

/** @param clock of the test, seconds since the epoch: what moments are before */
export function testSnapshot(given: readonly TestDataset[], clock: number): Snapshot {
  const builder = new SnapshotBuilder();
  const time = (moment: Moment): number => ('at' in moment ? moment.at : Math.max(0, clock - moment.ago));
  for (const dataset of given) {
    const d = builder.addDataset({
      ...dataset,
      created: time(dataset.created),
      lastUpdate: time(dataset.lastUpdate),
      labels: Object.fromEntries(dataset.labels),
    });
    builder.setUsage(d, { ...dataset, lastAccess: time(dataset.lastAccess) });
    const sizes = new Map(dataset.blocks.map(({ name, size }) => [name, size]));
    const blocks = new Map(
      dataset.blocks.map(({ name, size }) => [
        name,
        builder.addBlock(d, name, size, 1, dataset.open, time(dataset.lastUpdate)),
      ]),
    );
    for (const { site, blocks: here, custodial, managed, lastUpdate, growing } of dataset.replicas) {
      const at = builder.site(site);
      for (const { name, owner, present } of here) {
        const block = blocks.get(name);
        if (block === undefined) continue;
        const size = Math.round((sizes.get(name) ?? 0) * (present ?? 1));
        const flags = { complete: present === null, custodial, managed };
        builder.addBlockReplica(block, at, builder.owner(owner), size, flags, time(lastUpdate));
      }
      if (growing !== null) builder.addSubscription(d, at, builder.owner(growing), true);
    }
  }
  return builder.build({
    generation: 0,
    takenAt: clock,
    completeness: { state: 'complete' },
    memory: emptyMemory,
  });
}
