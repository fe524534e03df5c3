/** "Did you mean": the nearest of some names. */
import { distance } from 'fastest-levenshtein';

/** The candidate that differs least from `found`, if it differs by at most about a third of its length. */
export function nearest(found: string, candidates: Iterable<string>): string | null {
  const wanted = found.toLowerCase();
  let best: string | null = null;
  // Two letters in the wrong order are two edits.
  let least = Math.max(wanted.length > 3 ? 2 : 1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - found.length) >= least) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}

/** `; did you mean \`x\`?`, or nothing. */
export function didYouMean(found: string, candidates: Iterable<string>): string {
  const best = nearest(found, candidates);
  return best === null ? '' : `; did you mean \`${best}\`?`;
}

/** `a`, `b`, `c`: at most twelve, then how many more. */
export function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `\`${name}\``);
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return shown.join(', ');
}
