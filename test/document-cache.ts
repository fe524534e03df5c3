/** What the tests of the document cache compare, and a cache of their own. */
import type { DesiredState, DocumentCache, DocumentContent } from '../src/desired/index.js';

/** Keeps documents as the JSON that a file would hold. */
export class JsonDocuments implements DocumentCache {
  readonly #kept = new Map<string, string>();
  found = 0;

  get(key: string): readonly DocumentContent[] | null {
    const json = this.#kept.get(key);
    if (json === undefined) return null;
    this.found++;
    return JSON.parse(json);
  }

  put(key: string, documents: readonly DocumentContent[]): void {
    this.#kept.set(key, JSON.stringify(documents));
  }
}

/** Everything in a desired state, with every place in it; of expressions what they say of themselves. */
export function stateJson(state: DesiredState | null): string {
  return JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Map || value instanceof Set) return [...value];
    return value === Number.POSITIVE_INFINITY ? 'Infinity' : value;
  });
}
