/**
 * Which rules can hold for a dataset at all: those that ask for its name, and those that ask for no name. A campaign of
 * thousands of names then costs a replica what its own few rules cost.
 */
import type { RetentionRule } from '../../desired/state.js';

export class RuleIndex {
  /** Rules that ask for no name. */
  readonly #general: readonly number[];
  readonly #byName = new Map<string, number[]>();
  /** Rules with globs, by what stands before the first wildcard. */
  readonly #byPrefix = new Map<string, number[]>();
  readonly #prefixLengths: readonly number[];
  readonly #all: readonly number[];
  #lastName: string | null = null;
  #last: readonly number[] = [];

  constructor(rules: readonly RetentionRule[]) {
    const general: number[] = [];
    const lengths = new Set<number>();
    rules.forEach(({ when }, index) => {
      const names = when.datasetNames;
      const prefixes = (names ?? []).map(prefixOf);
      // One character (nearly always the `/` of every name) tells nothing apart.
      if (names === null || prefixes.some((prefix) => prefix !== null && prefix.length < 2)) {
        general.push(index);
        return;
      }
      names.forEach((name, i) => {
        const prefix = prefixes[i] ?? null;
        if (prefix !== null) lengths.add(prefix.length);
        const map = prefix === null ? this.#byName : this.#byPrefix;
        const key = prefix ?? name;
        const list = map.get(key);
        if (list === undefined) map.set(key, [index]);
        else if (list.at(-1) !== index) list.push(index);
      });
    });
    this.#general = general;
    this.#prefixLengths = [...lengths];
    this.#all = rules.map((_, index) => index);
  }

  /** Indexes of the rules that may hold for a dataset of that name, ascending. */
  candidates(name: string): readonly number[] {
    if (this.#general.length === this.#all.length) return this.#all;
    if (name === this.#lastName) return this.#last;
    const named = new Set(this.#byName.get(name));
    for (const length of this.#prefixLengths) {
      for (const index of this.#byPrefix.get(name.slice(0, length)) ?? []) named.add(index);
    }
    this.#lastName = name;
    this.#last = named.size === 0 ? this.#general : [...this.#general, ...named].sort((a, b) => a - b);
    return this.#last;
  }
}

/** What stands before the first wildcard; null where there is none. */
function prefixOf(name: string): string | null {
  const wildcard = name.search(/[*?]/);
  return wildcard < 0 ? null : name.slice(0, wildcard);
}
