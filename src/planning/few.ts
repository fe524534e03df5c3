/**
 * Sorts a list in place, and gives it back; stable. For lists of a few entries, of which there are tens of thousands:
 * the engine takes longer to begin with one than this takes to be done. Grows with the square of the length.
 */
export function sortFew<T>(list: T[], compare: (a: T, b: T) => number): T[] {
  for (let i = 1; i < list.length; i++) {
    const entry = list[i] as T;
    let at = i;
    for (; at > 0 && compare(list[at - 1] as T, entry) > 0; at--) list[at] = list[at - 1] as T;
    list[at] = entry;
  }
  return list;
}
