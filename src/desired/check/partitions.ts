/** Unions of partitions must end somewhere. */
import type { Compilation } from '../compilation.js';
import { Fields } from '../fields.js';
import type { ParsedDocument } from '../parsed-document.js';
import type { Partition } from '../state.js';
import { cyclesOf } from './cycles.js';

export function checkUnions(
  compilation: Compilation,
  partitions: readonly Partition[],
  documents: ReadonlyMap<string, ParsedDocument>,
): void {
  const byName = new Map(partitions.map((partition) => [partition.name, partition]));
  for (const cycle of cyclesOf([...byName.keys()], (name) => byName.get(name)?.include ?? [])) {
    const document = documents.get(cycle[0] ?? '');
    if (document === undefined) continue;
    const round = [...cycle, cycle[0]].join(' -> ');
    const fields = new Fields(document, compilation);
    fields.error('union-cycle', ['spec', 'include'], `the partitions include each other in a circle: ${round}`);
  }
}
