/** Cycles in a graph of names. */
import { compareBytes } from '../../order.js';

/**
 * Every cycle that a depth-first walk in name order meets, as the names on it from its least one; each name is on at
 * most one of them. Linear, and without recursion.
 */
export function cyclesOf(names: readonly string[], next: (name: string) => readonly string[]): readonly string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  for (const start of names) {
    const path: { readonly name: string; readonly edges: readonly string[]; at: number }[] = [];
    const onPath = new Map<string, number>();
    const enter = (name: string): void => {
      onPath.set(name, path.length);
      path.push({ name, edges: next(name), at: 0 });
    };
    if (!done.has(start)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const edge = top.edges[top.at++];
      if (edge === undefined) {
        done.add(top.name);
        onPath.delete(top.name);
        path.pop();
        continue;
      }
      const index = onPath.get(edge);
      if (index !== undefined) cycles.push(fromLeast(path.slice(index).map(({ name }) => name)));
      else if (!done.has(edge)) enter(edge);
    }
  }
  const seen = new Set<string>();
  return cycles.filter((cycle) => {
    const key = cycle.join('\0');
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}

function fromLeast(cycle: readonly string[]): string[] {
  const least = cycle.reduce((a, b) => (compareBytes(b, a) < 0 ? b : a));
  const index = cycle.indexOf(least);
  return [...cycle.slice(index), ...cycle.slice(0, index)];
}
