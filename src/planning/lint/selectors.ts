/** Entries of Selectors that name nothing there is. Lists grow old: some of them is usual, so it is counted. */
import type { Selector } from '../../desired/state.js';
import { compareBytes } from '../../order.js';
import { globMatcher } from '../../policy/text-match.js';
import { nameAt } from '../../snapshot/column.js';
import type { World } from '../world.js';
import type { LintInput } from './lint-input.js';

/** Names compared with globs, over all Selectors: about a tenth of a second. */
const mostCompared = 1_000_000;

export function lintSelectors({ world, diagnoses }: LintInput): void {
  let left = mostCompared;
  for (const selector of world.desired.selectors) {
    const sought = namesOf(world, selector);
    if (sought === null) continue;
    const missing = selector.names.filter(({ text }) => {
      const { found, compared } = lookUp(sought, text, left);
      left -= compared;
      return !found;
    });
    const [first] = missing;
    if (first === undefined) continue;
    // Who was not looked for any more may be missing too.
    const least = left > 0 ? '' : 'at least ';
    const of = `${least}${missing.length} of ${selector.names.length} ${selector.names.length === 1 ? 'entry' : 'entries'}`;
    const message = `${of} of Selector ${selector.name} match nothing, the first is ${first.text}`;
    const { ref } = selector.origin;
    const place = { ...selector.origin, ref: { ...ref, file: first.file, line: first.line }, column: 1 };
    diagnoses.add('info', 'selector-entries-match-nothing', message, place);
  }
}

/** The sorted names that a Selector's entries are about; null where that are too many to list. */
function namesOf(world: World, { scope, names }: Selector): readonly string[] | null {
  if (names.length === 0 || scope === 'block') return null;
  return scope === 'site' ? world.sites.names : world.snapshot.datasets.name;
}

/** A name is searched for; a glob is compared with the names that begin like it, as long as there is time. */
function lookUp(
  sorted: readonly string[],
  entry: string,
  left: number,
): { readonly found: boolean; readonly compared: number } {
  const wildcard = entry.search(/[*?]/);
  const prefix = wildcard < 0 ? entry : entry.slice(0, wildcard);
  const start = firstFrom(sorted, prefix);
  if (wildcard < 0) return { found: sorted[start] === entry, compared: 1 };
  const matches = globMatcher(entry);
  let compared = 0;
  for (let i = start; i < sorted.length; i++) {
    const name = nameAt(sorted, i);
    if (!name.startsWith(prefix)) break;
    if (++compared > left || matches(name)) return { found: true, compared };
  }
  return { found: false, compared };
}

/** Index of the first name that is not before `text`. */
function firstFrom(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(nameAt(sorted, middle), text) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
