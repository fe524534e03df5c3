/** `DATASET[#BLOCK][@SITE]`, as it is typed. */
import type { Subject } from '../audit/explanation.js';

/**
 * What a text may mean, the likeliest first. Names of datasets, blocks and sites may contain `#` and `@` themselves, so
 * that only the inventory and the history can tell which reading is right.
 */
export function readSubject(text: string): Subject[] {
  const readings: Subject[] = [];
  const add = (dataset: string, block: string | null, site: string | null): void => {
    if (dataset !== '' && block !== '' && site !== '') readings.push({ dataset, block, site });
  };
  const marks = (character: string, part: string): number[] =>
    [...part].length === 0 ? [] : [...part.matchAll(new RegExp(character, 'g'))].map((match) => match.index).reverse();
  for (const at of [...marks('@', text), text.length]) {
    const site = at === text.length ? null : text.slice(at + 1);
    const rest = text.slice(0, at);
    for (const hash of [...marks('#', rest), rest.length]) {
      add(rest.slice(0, hash), hash === rest.length ? null : rest.slice(hash + 1), site);
    }
  }
  return readings;
}
