/** Long lists of names, which become Selectors with a file of their own instead of filling expressions. */
import { list } from './cel.js';

export interface NameList {
  /** Name of the Selector. */
  readonly name: string;
  readonly scope: 'dataset' | 'site';
  /** Names and globs. */
  readonly entries: readonly string[];
  readonly description: string;
}

/** Above this many, a list is a file. */
const longest = 30;

export class NameLists {
  readonly lists: NameList[] = [];
  readonly #names = new Set<string>();
  readonly #known = new Map<string, string>();

  /**
   * A condition that the name of a thing is one of these names and globs.
   *
   * @param name what a Selector would be called; a number is added where it is taken
   */
  matches(
    thing: { readonly scope: 'dataset' | 'site'; readonly cel: string },
    entries: readonly string[],
    name: string,
    description: string,
  ): string {
    const unique = [...new Set(entries)];
    const fits = unique.every((entry) => entry.length <= 1024 && !/(^|\s)#/.test(entry));
    if (unique.length > longest && fits) {
      return `${thing.cel}.is("${this.add({ scope: thing.scope, entries: unique, name, description })}")`;
    }
    const globs = unique.some((entry) => /[*?]/.test(entry));
    // A site that has no document yet is a warning in a pattern and an error in a comparison.
    if (globs || thing.scope === 'site') {
      const [only] = unique;
      const pattern = unique.length === 1 && only !== undefined ? list([only]).slice(1, -1) : list(unique);
      return `${thing.cel}.name.glob(${pattern})`;
    }
    return unique.length === 1
      ? `${thing.cel}.name == ${list(unique).slice(1, -1)}`
      : `${thing.cel}.name in ${list(unique)}`;
  }

  /** Adds a list, or finds the one that has these entries. @returns the name of its Selector */
  add(wanted: NameList): string {
    const key = `${wanted.scope}\n${wanted.entries.join('\n')}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    let name = wanted.name;
    for (let number = 2; this.#names.has(name); number++) name = `${wanted.name}-${number}`;
    this.#names.add(name);
    this.#known.set(key, name);
    this.lists.push({ ...wanted, name });
    return name;
  }
}
