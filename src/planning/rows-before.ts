/** Which datasets have the row they had in an inventory before: copied from it, or found by comparing. */
import { compareBytes } from '../order.js';
import { at, intAt, nameAt } from '../snapshot/column.js';
import { datasetsCopied } from '../snapshot/replace-datasets.js';
import type { DatasetColumns, Snapshot } from '../snapshot/snapshot.js';

/**
 * The row that each dataset had before, or -1 where it has changed or was not there. All of a dataset's own columns are
 * compared, its labels, and how many blocks it has; not what its blocks and replicas are.
 */
export function rowsBefore(snapshot: Snapshot, snapshotBefore: Snapshot): Int32Array {
  const copied = datasetsCopied(snapshot, snapshotBefore);
  if (copied !== null) return copied;
  const { datasets: now } = snapshot;
  const { datasets: before } = snapshotBefore;
  const rows = new Int32Array(now.count).fill(-1);
  if (before === now) return rows.map((_, dataset) => dataset);
  pairByName(rows, now, before);
  // `Object.keys` does not say whose keys they are.
  for (const column of Object.keys(now) as (keyof DatasetColumns)[]) {
    const [a, b] = [now[column], before[column]];
    // Where a dataset's blocks and replicas begin says nothing of it.
    if (typeof a === 'number' || typeof b === 'number' || column === 'blockStart' || column === 'replicaStart')
      continue;
    if (!isMap(a) && !isMap(b)) dropDifferent(rows, a, b);
  }
  for (const key of new Set([...now.labels.keys(), ...before.labels.keys()])) {
    dropDifferent(rows, now.labels.get(key) ?? absent, before.labels.get(key) ?? absent);
  }
  for (let d = 0; d < rows.length; d++) {
    const row = intAt(rows, d);
    if (row >= 0 && blockCount(now, d) !== blockCount(before, row)) rows[d] = -1;
  }
  return rows;
}

/** A label that no dataset has. */
const absent: readonly string[] = [];

/** Both are sorted by name. */
function pairByName(rows: Int32Array, now: DatasetColumns, before: DatasetColumns): void {
  let row = 0;
  for (let d = 0; d < now.count; d++) {
    const name = nameAt(now.name, d);
    while (row < before.count && compareBytes(nameAt(before.name, row), name) < 0) row++;
    if (row < before.count && before.name[row] === name) rows[d] = row;
  }
}

function dropDifferent(rows: Int32Array, now: ArrayLike<unknown>, before: ArrayLike<unknown>): void {
  for (let d = 0; d < rows.length; d++) {
    const row = intAt(rows, d);
    if (row >= 0 && !Object.is(now[d] ?? '', before[row] ?? '')) rows[d] = -1;
  }
}

function isMap(column: DatasetColumns[keyof DatasetColumns]): column is ReadonlyMap<string, readonly string[]> {
  return column instanceof Map;
}

function blockCount({ blockStart }: DatasetColumns, dataset: number): number {
  return at(blockStart, dataset + 1) - at(blockStart, dataset);
}
