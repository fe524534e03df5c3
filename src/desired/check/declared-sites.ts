/** Conditions about sites, asked of the Site documents alone: names, storage classes, states and labels. */
import type { Condition, Expression, Value, VariableHost } from '../../policy/index.js';
import { anyGlobMatcher } from '../../policy/index.js';
import type { Selector, Site } from '../state.js';

const declared = new Set(['site.name', 'site.storage', 'site.state', 'sites']);

export class DeclaredSites {
  readonly sites: readonly Site[];
  readonly #selectors: ReadonlyMap<string, Selector>;
  readonly #host: Host;

  constructor(sites: readonly Site[], selectors: readonly Selector[]) {
    this.sites = sites;
    this.#selectors = new Map(selectors.map((selector) => [selector.name, selector]));
    this.#host = new Host(sites, this.#selectors);
  }

  /** The sites where the condition holds, or null where that takes more than the documents. */
  where(condition: Condition): readonly Site[] | null {
    if (!this.#isDeclared(condition)) return null;
    const holds = condition.bind(this.#host);
    return this.sites.filter((_, index) => {
      this.#host.site = index;
      return holds();
    });
  }

  #isDeclared(expression: Expression): boolean {
    return (
      [...expression.reads].every((path) => declared.has(path) || path.startsWith('site.labels.')) &&
      expression.selectors.every(({ root, name }) => {
        const selector = this.#selectors.get(name);
        return root === 'site' && selector !== undefined && (selector.when === null || this.#isDeclared(selector.when));
      })
    );
  }
}

class Host implements VariableHost {
  /** Never read: conditions that ask the clock take more than the documents. */
  readonly now = 0;
  site = 0;
  readonly #sites: readonly Site[];
  readonly #selectors: ReadonlyMap<string, Selector>;

  constructor(sites: readonly Site[], selectors: ReadonlyMap<string, Selector>) {
    this.#sites = sites;
    this.#selectors = selectors;
  }

  variable(path: string): () => Value {
    const all = this.#sites.map((_, index) => index);
    switch (path) {
      case 'site.name':
        return () => this.#here.name;
      case 'site.storage':
        return () => this.#here.storage;
      case 'site.state':
        return () => this.#here.state;
      case 'sites':
        return () => all;
      default:
        throw new Error(`${path} is no variable of a Site document`);
    }
  }

  label(_: 'dataset' | 'site', key: string): () => string {
    return () => this.#here.labels.get(key) ?? '';
  }

  selector(_: string, name: string): () => boolean {
    const selector = this.#selectors.get(name);
    const when = selector?.when?.bind(this) ?? (() => true);
    const names = (selector?.names ?? []).map(({ text }) => text);
    if (names.length === 0) return when;
    const named = anyGlobMatcher(names);
    return () => named(this.#here.name) && when();
  }

  sitesWhere(selector: string): () => readonly string[] {
    throw new Error(`sitesWhere("${selector}") takes more than Site documents`);
  }

  siteLabels(key: string): (sites: readonly string[]) => readonly string[] {
    const labels = new Map(this.#sites.map((site) => [site.name, site.labels.get(key) ?? '']));
    return (names) => [...new Set(names.map((name) => labels.get(name) ?? ''))].filter((value) => value !== '').sort();
  }

  onElement<V extends Value>(_: 'block' | 'site', read: () => V): (element: number) => V {
    return (element) => {
      const before = this.site;
      this.site = element;
      try {
        return read();
      } finally {
        this.site = before;
      }
    };
  }

  get #here(): Site {
    const site = this.#sites[this.site];
    if (site === undefined) throw new Error('no site at the cursor');
    return site;
  }
}
