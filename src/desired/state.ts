/**
 * The compiled desired state: what planning reads. It is immutable, sorted by name, and free of I/O; everything in it
 * knows the document, file and line it came from.
 */
import type { Diagnostic } from '../diagnostic.js';
import type { Condition, Expression, Root } from '../policy/expression.js';

export type Signature = 'good' | 'bad' | 'none' | 'unchecked';

/** Where the documents came from. All fields but `ref` are null for a directory that is not read from git. */
export interface DesiredSource {
  readonly commit: string | null;
  readonly tree: string | null;
  readonly ref: string | null;
  readonly author: string | null;
  /** RFC 3339. */
  readonly committedAt: string | null;
  readonly signature: Signature;
}

/** Names the document (and rule) that decided something; goes into plans, actions and history as it stands. */
export interface RuleRef {
  readonly kind: string;
  readonly name: string;
  readonly id: string | null;
  /** Relative to the root of the desired state, with forward slashes. */
  readonly file: string;
  readonly line: number;
}

export interface Origin {
  readonly ref: RuleRef;
  readonly column: number;
  /** SHA-256 (hex) of the canonical content: unchanged by comments, formatting, descriptions and position. */
  readonly hash: string;
  readonly description: string | null;
  readonly requestedBy: string | null;
  readonly link: string | null;
}

interface Document {
  readonly name: string;
  readonly origin: Origin;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
}

export type StorageClass = 'disk' | 'tape' | 'buffer';
export type SiteState = 'ready' | 'readonly' | 'draining' | 'down' | 'lost';
export type DatasetStatus = 'VALID' | 'PRODUCTION' | 'DEPRECATED' | 'INVALID' | 'DELETED' | 'IGNORED' | 'UNKNOWN';

export interface Federation extends Document {
  /** Source of the regular expression that dataset names must match, or null. */
  readonly datasetName: string | null;
  /** Declared label keys; null where none are declared (then any key may be used). */
  readonly declaredLabels: { readonly dataset: ReadonlySet<string> | null; readonly site: ReadonlySet<string> | null };
  readonly defaultOwner: string | null;
  readonly defaultPriority: number;
  /** Seconds. */
  readonly downGrace: number;
  readonly evacuateTo: Condition | null;
  /** Dataset scope: where `allowLastCopy` may remove last copies. */
  readonly disposable: Condition;
}

/** How a logical file name becomes a URL. */
export interface Endpoint {
  readonly protocol: string;
  /** Source of a regular expression over the logical file name. */
  readonly match: string;
  /** `$1`... are the groups of `match`. */
  readonly url: string;
  /** The directory nothing may leave; present for `protocol: file`. */
  readonly root: string | null;
}

export interface Site extends Document {
  readonly storage: StorageClass;
  readonly state: SiteState;
  /** Bytes per partition name; `Infinity` is "unlimited". */
  readonly quotas: ReadonlyMap<string, number>;
  readonly endpoints: readonly Endpoint[];
}

export interface Group extends Document {
  readonly ownership: 'dataset' | 'block';
  /** Bytes over all sites, or null. */
  readonly limit: number | null;
}

export interface Partition extends Document {
  /** Block scope; null for a union. */
  readonly match: Condition | null;
  /** Names of the member partitions; empty unless a union. */
  readonly include: readonly string[];
  /** First match wins; bytes, `Infinity` is "unlimited". */
  readonly quotas: readonly { readonly sites: Condition; readonly size: number }[];
}

export interface Selector extends Document {
  readonly scope: Root;
  readonly when: Condition | null;
  /** Names and globs with the position of each (from `names` or the lines of `namesFile`). */
  readonly names: readonly { readonly text: string; readonly file: string; readonly line: number }[];
}

export interface Placement extends Document {
  readonly datasets: Condition;
  readonly statuses: readonly DatasetStatus[];
  readonly to: Condition;
  readonly from: Condition | null;
  /** A constant, `all`, or an integer expression in dataset scope. */
  readonly copies: number | 'all' | Expression<number>;
  readonly level: 'dataset' | 'block';
  /** The placement's own, or the Federation's default, or null (the source's owner is kept). */
  readonly owner: string | null;
  readonly priority: number;
  readonly activity: string | null;
  readonly protect: boolean;
  /** Site scope with a partition; null for the default, the projected free share of quota. */
  readonly weight: Expression<number> | null;
  /** Seconds since the epoch, or null. */
  readonly expires: number | null;
  /** At most `max` copies at sites with the same value of a label. */
  readonly spread: { readonly by: string; readonly max: number } | null;
  /** Only at sites whose label has (or has not) a value that copies of another Placement have. */
  readonly relativeTo: { readonly placement: string; readonly label: string; readonly same: boolean } | null;
  /** Seconds from a dataset's creation after which the placement ends for it, or null. */
  readonly keepFor: number | null;
  /** What becomes of its copies when it no longer wants them. */
  readonly onRemove: OnRemove;
}

export type OnRemove = 'release' | 'keep' | 'delete';

export interface Exclusion extends Document {
  readonly datasets: Condition;
  readonly sites: Condition;
  readonly reason: string;
  readonly remove: boolean;
}

export interface Ownership extends Document {
  /** Block scope. */
  readonly match: Condition;
  readonly owner: string;
}

export interface Rebalance extends Document {
  readonly partition: string;
  /** Site scope, with the partition. */
  readonly sites: Condition;
  readonly datasets: Condition;
  /** Fraction of quota. */
  readonly tolerance: number;
  readonly maxBytesPerCycle: number | null;
  readonly maxDatasetSize: number | null;
}

export type WindowClass = 'transfers' | 'deletions' | 'all';

export interface Window extends Document {
  readonly sites: Condition;
  /** Five-field cron expression of its starts. */
  readonly cron: string;
  /** Seconds. */
  readonly duration: number;
  readonly timezone: string;
  readonly effect: 'allow' | 'deny';
  readonly what: WindowClass;
}

export interface Tenant extends Document {
  /** Globs over the paths of files below the root of the desired state; `*` also crosses `/`. */
  readonly paths: readonly string[];
  /** What documents in those files may speak about; null: everything. */
  readonly datasets: Condition | null;
  readonly sites: Condition | null;
  readonly owners: ReadonlySet<string> | null;
  /** Whose signature and approval its documents need; null: nobody's. */
  readonly signers: readonly string[] | null;
  readonly approvers: readonly string[] | null;
}

/** A time (seconds since the epoch), or so many seconds before the clock of the test. */
export type Moment = { readonly at: number } | { readonly ago: number };

/** A dataset at a site, as a test gives it. */
export interface TestReplica {
  readonly site: string;
  readonly blocks: readonly {
    readonly name: string;
    /** The empty string is nobody. */
    readonly owner: string;
    /** Fraction of its bytes that is there; null: it is complete. */
    readonly present: number | null;
  }[];
  readonly custodial: boolean;
  readonly managed: boolean;
  readonly lastUpdate: Moment;
  /** Under which owner new blocks follow, or null. */
  readonly growing: string | null;
}

export interface TestDataset {
  readonly name: string;
  readonly status: DatasetStatus;
  readonly type: string;
  readonly open: boolean;
  readonly labels: ReadonlyMap<string, string>;
  /** Bytes. */
  readonly blocks: readonly { readonly name: string; readonly size: number }[];
  readonly created: Moment;
  readonly lastUpdate: Moment;
  readonly lastAccess: Moment;
  readonly accesses: number;
  readonly usageRank: number;
  readonly demand: number;
  readonly tapeRequested: boolean;
  readonly copyRequested: boolean;
  readonly replicas: readonly TestReplica[];
}

/** An action that a test expects in a plan; null where it does not matter. */
export interface ExpectedAction {
  readonly dataset: string;
  readonly site: string | null;
  readonly owner: string | null;
  /** What holds it. */
  readonly code: string | null;
  readonly blocks: readonly string[] | null;
}

/** Whether something holds of the inventory as it is, or once the rules have had their way. */
export type When = 'before' | 'after';

export type Assertion = { readonly origin: Origin; readonly description: string } & (
  | { readonly about: 'datasets'; readonly which: Condition; readonly that: Condition; readonly when: When }
  | {
      readonly about: 'sites';
      readonly which: Condition;
      readonly that: Condition;
      readonly partition: string | null;
      readonly when: When;
    }
  | { readonly about: 'plan'; readonly that: Condition }
  /** The actions of a plan that start, or those that are held: these and no others. */
  | {
      readonly about: 'copies' | 'deletions' | 'reassignments' | 'held';
      readonly actions: readonly ExpectedAction[];
    }
  | { readonly about: 'nothing' }
);

export interface PolicyTest extends Document {
  /** null: the inventory as it is. */
  readonly given: readonly TestDataset[] | null;
  /** Seconds since the epoch; null: the clock of the run. */
  readonly now: number | null;
  readonly expect: readonly Assertion[];
}

export type RetentionAction = 'protect' | 'delete' | 'dismiss' | 'ignore';

export interface RetentionRule {
  readonly id: string;
  readonly origin: Origin;
  readonly action: RetentionAction;
  readonly scope: 'replica' | 'block';
  readonly when: Condition;
  /** Seconds since the epoch; the rule is inert before. */
  readonly notBefore: number | null;
  /** Seconds since the epoch; the rule is inert from then on. */
  readonly expires: number | null;
  readonly allowLastCopy: boolean;
  readonly allowCustodial: boolean;
}

export interface Retention extends Document {
  readonly partition: string;
  /** Site scope, with the partition. */
  readonly sites: Condition;
  /** null: never triggered. */
  readonly trigger: Condition | null;
  /** null: until the trigger no longer holds. */
  readonly until: Condition | null;
  readonly mode: 'incremental' | 'static';
  /** Fraction of quota per iteration. */
  readonly slice: number;
  readonly order: readonly { readonly by: Expression<number | string>; readonly direction: 'asc' | 'desc' }[];
  readonly rules: readonly RetentionRule[];
  readonly default: RetentionAction;
}

export interface Lock extends Document {
  /** Dataset scope; null when only `blocks` are named. */
  readonly datasets: Condition | null;
  /** Full block names, `dataset#block`. */
  readonly blocks: ReadonlySet<string> | null;
  /** null: all sites. */
  readonly sites: Condition | null;
  /** null: all owners. */
  readonly owners: ReadonlySet<string> | null;
  /** Seconds since the epoch. */
  readonly expires: number;
  readonly reason: string;
}

export interface Guard extends Document {
  readonly sites: Condition;
  /** null: the whole federation. */
  readonly partition: string | null;
  readonly transfers: {
    readonly maxBytesPerCycle: number | null;
    readonly maxOccupancy: number | null;
    readonly maxPending: number | null;
    readonly maxDatasetSize: number | null;
  };
  readonly deletions: {
    /** Length of the rolling window, seconds. */
    readonly per: number;
    readonly maxBytes: number | null;
    readonly maxShareOfSite: number | null;
    readonly maxDatasets: number | null;
    readonly approvalAbove: number | null;
  } | null;
  readonly copies: readonly { readonly datasets: Condition; readonly min: number; readonly tape: boolean }[];
  readonly staleness: {
    /** Seconds, or null. */
    readonly inventory: number | null;
    readonly source: number | null;
    /** Fraction, or null. */
    readonly maxShrink: number | null;
  };
}

export interface DesiredState {
  readonly source: DesiredSource;
  readonly federation: Federation;
  readonly sites: readonly Site[];
  readonly groups: readonly Group[];
  readonly partitions: readonly Partition[];
  readonly selectors: readonly Selector[];
  readonly placements: readonly Placement[];
  readonly retentions: readonly Retention[];
  readonly locks: readonly Lock[];
  readonly guards: readonly Guard[];
  readonly exclusions: readonly Exclusion[];
  readonly ownerships: readonly Ownership[];
  readonly rebalances: readonly Rebalance[];
  readonly windows: readonly Window[];
  readonly tenants: readonly Tenant[];
  readonly policyTests: readonly PolicyTest[];
  /** Warnings that came up while compiling; errors never reach this far. */
  readonly diagnostics: readonly Diagnostic[];
}
