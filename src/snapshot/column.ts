/** Reads an element that is known to exist: columns are indexed by positions that come from the snapshot itself. */
export function at(column: ArrayLike<number>, index: number): number {
  return column[index] as number;
}

/** The same for names. */
export function nameAt(names: readonly string[], index: number): string {
  return names[index] as string;
}
