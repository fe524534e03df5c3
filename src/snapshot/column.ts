/**
 * Reads of elements that are known to exist: columns are indexed by positions that come from the snapshot itself.
 *
 * One function per kind of column, because an engine compiles a read for the kinds it has seen: a read of any kind is
 * about ten times as slow as one of one kind, and these are the innermost of all.
 */
export function intAt(column: Int32Array, index: number): number {
  return column[index] as number;
}

export function floatAt(column: Float64Array, index: number): number {
  return column[index] as number;
}

export function flagAt(column: Uint8Array, index: number): number {
  return column[index] as number;
}

export function shortAt(column: Uint16Array, index: number): number {
  return column[index] as number;
}

/** The same for lists and columns of a kind that is not known. */
export function at(column: ArrayLike<number>, index: number): number {
  return column[index] as number;
}

/** The same for names. */
export function nameAt(names: readonly string[], index: number): string {
  return names[index] as string;
}
