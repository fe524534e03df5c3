/**
 * The vocabulary of compiled expressions: what other layers see of the policy language.
 */

/** The things an expression can speak about. A replica is a dataset at a site, a block here is a block at a site. */
export type Root = 'site' | 'dataset' | 'replica' | 'block';

/** Besides those, a test of the policies speaks about the figures of a plan. */
export type ScopeRoot = Root | 'plan';

/** Where an expression stands: which roots it sees, and whether a partition (quota, occupancy) is in scope. */
export interface Scope {
  readonly name: string;
  readonly roots: readonly ScopeRoot[];
  readonly partition: boolean;
  /** Names of particular sites; the host knows each by its place in this list. */
  readonly sites?: readonly string[];
}

export const scopes = {
  /** `sites` of a Guard, a Lock, quota rules. */
  site: { name: 'site', roots: ['site'], partition: false },
  /** `sites`, `trigger`, `until` of a Retention, `weight`. */
  partitionSite: { name: 'site', roots: ['site'], partition: true },
  /** `datasets`, `copies`. */
  dataset: { name: 'dataset', roots: ['dataset'], partition: false },
  /** `to` and `from` of a Placement. */
  datasetSite: { name: 'site', roots: ['site', 'dataset'], partition: false },
  /** A Retention rule with `scope: replica`, and `order`. */
  replica: { name: 'replica', roots: ['replica', 'dataset', 'site'], partition: true },
  /** A Retention rule with `scope: block`. */
  block: { name: 'block', roots: ['block', 'replica', 'dataset', 'site'], partition: true },
  /** `match` of a Partition: no partition is in scope yet. */
  partitionBlock: { name: 'block', roots: ['block', 'replica', 'dataset', 'site'], partition: false },
  /** `when` of a routing rule: the sites that a transfer goes from and to. */
  link: { name: 'link', roots: [], partition: false, sites: ['source', 'destination'] },
  /** Assertions of a PolicyTest about the plan as a whole. */
  plan: { name: 'plan', roots: ['plan'], partition: false },
} as const satisfies Record<string, Scope>;

/**
 * Times are seconds since the epoch, durations seconds, sizes bytes; int and double are both JavaScript numbers. A thing
 * in a list of things is a number that only the host understands.
 */
export type Value = boolean | number | string | readonly string[] | readonly number[];

export type ValueType =
  | 'bool'
  | 'int'
  | 'double'
  | 'string'
  | 'timestamp'
  | 'duration'
  | 'list<string>'
  | 'list<Block>'
  | 'list<Site>';

/** What lists of things are made of; their elements are numbers of the host. */
export type ElementRoot = 'block' | 'site';

/**
 * What an expression is evaluated against. A host keeps a cursor (current site, dataset, replica, block) that it moves
 * itself; the accessors it hands out read whatever the cursor stands on.
 */
export interface VariableHost {
  /** The clock of the cycle, seconds since the epoch. */
  readonly now: number;
  /**
   * The moment some seconds ago, to be compared with a time and for nothing else. For hosts that want to know when an
   * answer turns; of others, `now` is read.
   */
  ago?(seconds: number, time: number): number;
  /** Reads a variable's time to ask how old it is, and for nothing else: what arrives now is as old whenever it is asked. */
  forAge?(read: () => number): () => number;
  /** Reads a variable of the catalogue, e.g. `dataset.name`, at the cursor. */
  variable(path: string): () => Value;
  /** Reads a label at the cursor; an absent label is the empty string. */
  label(root: 'dataset' | 'site', key: string): () => string;
  /** Whether the thing at the cursor is in the named Selector. */
  selector(root: Root, name: string): () => boolean;
  /** Names of the sites whose replica of the dataset at the cursor is in the named Selector, sorted. */
  sitesWhere(selector: string): () => readonly string[];
  /** The values a label has at the named sites, each once, sorted; without the empty one. */
  siteLabels(key: string): (sites: readonly string[]) => readonly string[];
  /** An accessor of this host, read with the cursor on an element of a list of things; the cursor stays where it was. */
  onElement<V extends Value>(root: ElementRoot, read: () => V): (element: number) => V;
}

/** A parsed, type-checked expression. `bind` makes a closure over a host's accessors: no interpretation remains. */
export interface Expression<T extends Value = Value> {
  readonly text: string;
  readonly scope: Scope;
  readonly type: ValueType;
  /** Paths of the variables it reads; labels as `dataset.labels.tier`, the clock as `now`. Selectors' are not included. */
  readonly reads: ReadonlySet<string>;
  readonly selectors: readonly { readonly root: Root; readonly name: string; readonly offset: number }[];
  /** The text without comments and superfluous white space and parentheses: equal for expressions that are the same. */
  readonly canonical: string;
  /** Names and globs of which the dataset's must match one for a condition to hold; null where it may be any. */
  readonly datasetNames: readonly string[] | null;
  /** Set where the expression reads nothing. */
  readonly constant: T | undefined;
  /** Set for a condition of which, as far as its outline tells, no part contradicts itself; a long text is not asked. */
  readonly consistent: boolean;
  bind(host: VariableHost): () => T;
}

export type Condition = Expression<boolean>;

/** An expression that does not parse or type-check; `offset` is the place in its text, from 0. */
export class ExpressionError extends Error {
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(message: string, offset: number, hint?: string) {
    super(message);
    this.name = 'ExpressionError';
    this.offset = offset;
    this.hint = hint;
  }
}

/** An expression that failed on a value, e.g. an integer division by zero. */
export class EvaluationError extends Error {
  readonly expression: string;

  constructor(message: string, expression: string) {
    super(message);
    this.name = 'EvaluationError';
    this.expression = expression;
  }
}
