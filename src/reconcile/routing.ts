/** Which mover serves which pair of sites, as the configuration of the process says. */
import type { ExecutionSite, Route } from '../execution/index.js';
import { type Condition, compileExpression, ExpressionError, scopes, type VariableHost } from '../policy/index.js';

export interface RoutingRule {
  readonly when: Condition;
  /** Name of a mover in the configuration. */
  readonly mover: string;
}

/**
 * Compiles the condition of a routing rule: over `source` and `destination`, which are sites.
 *
 * @throws ExpressionError with the offset in the text
 */
export function compileRoutingCondition(text: string): Condition {
  const condition = compileExpression<boolean>(text, scopes.link, 'bool');
  if (condition.reads.has('now')) throw onlySites('`now`');
  // What a pair of sites cannot answer shows when it is bound.
  condition.bind(new Pair());
  return condition;
}

/** The mover of the first rule whose condition holds; null, the first mover that can, where none does. */
export function makeRoute(rules: readonly RoutingRule[]): Route {
  const pair = new Pair();
  const bound = rules.map(({ when, mover }) => ({ holds: when.bind(pair), mover }));
  return (source, destination) => {
    pair.sites = [source, destination];
    return bound.find(({ holds }) => holds())?.mover ?? null;
  };
}

/** Reads the two sites of a transfer. */
class Pair implements VariableHost {
  readonly now = 0;
  sites: readonly [ExecutionSite, ExecutionSite] | null = null;
  /** 0: the source; 1: the destination. */
  #current = 0;

  variable(path: string): () => string {
    const field = path.slice('site.'.length);
    if (field !== 'name' && field !== 'storage' && field !== 'state') throw onlySites(`\`${path}\``);
    return () => this.#site()[field];
  }

  label(_root: 'dataset' | 'site', key: string): () => string {
    return () => this.#site().labels.get(key) ?? '';
  }

  onElement<V>(_root: 'block' | 'site', read: () => V): (element: number) => V {
    return (element) => {
      const before = this.#current;
      this.#current = element;
      try {
        return read();
      } finally {
        this.#current = before;
      }
    };
  }

  siteLabels(): never {
    throw onlySites('`siteLabels`');
  }

  selector(): never {
    throw onlySites('`is`');
  }

  sitesWhere(): never {
    throw onlySites('`sitesWhere`');
  }

  #site(): ExecutionSite {
    const site = this.sites?.[this.#current];
    if (site === undefined) throw new Error('there is no pair of sites to ask about');
    return site;
  }
}

function onlySites(what: string): ExpressionError {
  const hint = 'ask for `name`, `storage`, `state` and labels of `source` and `destination`';
  return new ExpressionError(`${what} is not available in routing`, 0, hint);
}
