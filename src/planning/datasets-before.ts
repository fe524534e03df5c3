/** Which datasets are as they were in an inventory before with all that is theirs: copied from it, or found by comparing. */
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import { datasetsCopied } from '../snapshot/replace-datasets.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { isSameValue } from './same-value.js';

/** Whether a dataset has the same as another of the inventory before. */
type Compare = (dataset: number, before: number) => boolean;

/**
 * The dataset that each was before, or -1 where anything of it has changed: its row, its blocks, its replicas, or what
 * is open for it. No dataset is the same where the sites or the owners of the inventories are not.
 *
 * @param rows datasets whose own rows are the same ({@link rowsBefore}); -1 where they are not
 */
export function datasetsBefore(rows: Int32Array, now: Snapshot, before: Snapshot): Int32Array {
  if (!isSameValue(now.sites, before.sites) || !isSameValue(now.owners, before.owners)) return rows.map(() => -1);
  const same = rows.slice();
  dropWhereOpenActionsDiffer(same, now, before);
  if (datasetsCopied(now, before) !== null) return same;
  const hasSameBlocks = blocksCompared(now, before);
  const hasSameReplicas = replicasCompared(now, before);
  const hasSameBlockReplicas = blockReplicasCompared(now, before);
  for (let d = 0; d < same.length; d++) {
    const old = intAt(same, d);
    if (old < 0) continue;
    // In this order: each relies on what the ones before have compared.
    if (!hasSameBlocks(d, old) || !hasSameReplicas(d, old) || !hasSameBlockReplicas(d, old)) same[d] = -1;
  }
  return same;
}

/** Of a dataset that has as many blocks as before, which is part of its row. */
function blocksCompared(now: Snapshot, before: Snapshot): Compare {
  const { blocks } = now;
  const { name, size, files, open, lastUpdate } = blocks;
  const old = before.blocks;
  const [oldName, oldSize, oldFiles, oldOpen, oldUpdate] = [old.name, old.size, old.files, old.open, old.lastUpdate];
  const [start, oldStart] = [now.datasets.blockStart, before.datasets.blockStart];
  return (dataset, other) => {
    const shift = intAt(oldStart, other) - intAt(start, dataset);
    // Columns are never changed once they are made: the same object is the same content.
    if (blocks === old && shift === 0) return true;
    for (let i = intAt(start, dataset), end = intAt(start, dataset + 1); i < end; i++) {
      const j = i + shift;
      const isSame =
        floatAt(size, i) === floatAt(oldSize, j) &&
        floatAt(lastUpdate, i) === floatAt(oldUpdate, j) &&
        intAt(files, i) === intAt(oldFiles, j) &&
        flagAt(open, i) === flagAt(oldOpen, j) &&
        name.isSame(i, oldName, j);
      if (!isSame) return false;
    }
    return true;
  };
}

function replicasCompared(now: Snapshot, before: Snapshot): Compare {
  const { replicas } = now;
  const { site, start, growing, growingOwner } = replicas;
  const old = before.replicas;
  const [first, oldFirst] = [now.datasets.replicaStart, before.datasets.replicaStart];
  return (dataset, other) => {
    const shift = intAt(oldFirst, other) - intAt(first, dataset);
    const end = intAt(first, dataset + 1);
    if (intAt(oldFirst, other + 1) !== end + shift) return false;
    if (replicas === old && shift === 0) return true;
    for (let i = intAt(first, dataset); i < end; i++) {
      const j = i + shift;
      const isSame =
        shortAt(site, i) === shortAt(old.site, j) &&
        flagAt(growing, i) === flagAt(old.growing, j) &&
        shortAt(growingOwner, i) === shortAt(old.growingOwner, j) &&
        intAt(start, i + 1) - intAt(start, i) === intAt(old.start, j + 1) - intAt(old.start, j);
      if (!isSame) return false;
    }
    return true;
  };
}

/** Of a dataset whose replicas have as many block replicas as before. */
function blockReplicasCompared(now: Snapshot, before: Snapshot): Compare {
  const { blockReplicas } = now;
  const { block, owner, size, complete, custodial, managed, lastUpdate } = blockReplicas;
  const old = before.blockReplicas;
  const [oldBlock, oldOwner, oldSize, oldUpdate] = [old.block, old.owner, old.size, old.lastUpdate];
  const [oldComplete, oldCustodial, oldManaged] = [old.complete, old.custodial, old.managed];
  return (dataset, other) => {
    const first = intAt(now.replicas.start, intAt(now.datasets.replicaStart, dataset));
    const end = intAt(now.replicas.start, intAt(now.datasets.replicaStart, dataset + 1));
    const shift = intAt(before.replicas.start, intAt(before.datasets.replicaStart, other)) - first;
    const blockShift = intAt(before.datasets.blockStart, other) - intAt(now.datasets.blockStart, dataset);
    if (blockReplicas === old && shift === 0 && blockShift === 0) return true;
    for (let i = first; i < end; i++) {
      const j = i + shift;
      const isSame =
        intAt(block, i) + blockShift === intAt(oldBlock, j) &&
        shortAt(owner, i) === shortAt(oldOwner, j) &&
        floatAt(size, i) === floatAt(oldSize, j) &&
        floatAt(lastUpdate, i) === floatAt(oldUpdate, j) &&
        flagAt(complete, i) === flagAt(oldComplete, j) &&
        flagAt(custodial, i) === flagAt(oldCustodial, j) &&
        flagAt(managed, i) === flagAt(oldManaged, j);
      if (!isSame) return false;
    }
    return true;
  };
}

/** Open actions are the same for a dataset where each is, in the same order. */
function dropWhereOpenActionsDiffer(same: Int32Array, now: Snapshot, before: Snapshot): void {
  const [actions, old] = [actionsByDataset(now), actionsByDataset(before)];
  if (actions.size === 0 && old.size === 0) return;
  const { name } = now.datasets;
  for (let d = 0; d < same.length; d++) {
    const dataset = name[d] ?? '';
    if (!isSameValue(actions.get(dataset), old.get(dataset))) same[d] = -1;
  }
}

function actionsByDataset({ memory }: Snapshot): Map<string, Snapshot['memory']['openActions'][number][]> {
  const result = new Map<string, Snapshot['memory']['openActions'][number][]>();
  for (const action of memory.openActions) {
    const list = result.get(action.dataset);
    if (list === undefined) result.set(action.dataset, [action]);
    else list.push(action);
  }
  return result;
}
