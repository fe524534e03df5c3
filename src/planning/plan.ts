/**
 * The plan document: `stator plan --output json`. Field names, order and units are a public contract
 * (`schemas/plan.schema.json`, `docs/plan.md`). Sizes are bytes, times RFC 3339.
 */
import type { RuleRef, Signature } from '../desired/state.js';
import type { Diagnostic } from '../diagnostic.js';
import type { ActionType, Ending, Move, SeenPlacement } from '../snapshot/snapshot.js';
import type { DatasetTrace } from './dataset-trace.js';
import type { PlanMemory } from './plan-memory.js';

export type Cause =
  | 'placement'
  | 'retention'
  | 'evacuation'
  | 'rebalance'
  | 'ownership'
  | 'exclusion'
  | 'removal'
  | 'drift'
  | 'request';

/** Why an action waits. The first group are invariants: nothing a person could release by approving. */
export type HeldCode =
  | 'last-copy'
  | 'minimum-copies'
  | 'locked'
  | 'required'
  | 'custodial'
  | 'last-source'
  | 'unmanaged'
  | 'in-flight'
  | 'owner-conflict'
  | 'approval-required'
  | 'stale'
  | 'window'
  | 'site-unavailable';

export interface Held {
  readonly code: HeldCode;
  readonly message: string;
}

export interface PlannedAction {
  readonly id: string;
  readonly type: ActionType;
  readonly dataset: string;
  /** Block names without the dataset's, sorted; null: the whole dataset replica. */
  readonly blocks: readonly string[] | null;
  readonly site: string;
  /** Copies only: sites with a complete copy of any of it, disk before tape. */
  readonly sources: readonly string[];
  /** Copy: the owner it will have; reassign: the new owner; delete: the present owner(s), joined by commas. */
  readonly owner: string;
  readonly bytes: number;
  readonly files: number;
  readonly cause: Cause;
  readonly rule: RuleRef;
  readonly reason: string;
  readonly held: Held | null;
}

export interface Tally {
  readonly actions: number;
  readonly datasets: number;
  readonly blocks: number;
  readonly bytes: number;
}

export interface SitePartitionLine {
  readonly site: string;
  readonly partition: string;
  /** Bytes; null: unlimited. */
  readonly quota: number | null;
  readonly usedBefore: number;
  readonly usedAfter: number;
  readonly projectedBefore: number;
  readonly projectedAfter: number;
  readonly protected: number;
  readonly copyIn: number;
  readonly delete: number;
  readonly triggered: boolean;
}

export interface Approval {
  readonly hash: string;
  readonly rule: RuleRef;
  readonly site: string;
  readonly actions: number;
  readonly bytes: number;
}

export interface Deferred {
  readonly rule: RuleRef;
  readonly dataset: string;
  readonly site: string | null;
  readonly bytes: number;
  readonly limit: string;
  readonly reason: string;
}

export interface Unsatisfied {
  readonly rule: RuleRef;
  readonly dataset: string;
  readonly missing: number;
  readonly code: string;
  readonly reason: string;
}

export interface Plan {
  readonly apiVersion: 'stator/v1';
  readonly kind: 'Plan';
  /** `sha256:` and the SHA-256 (hex) of the canonical JSON of everything else. */
  readonly digest: string;
  readonly desired: {
    readonly commit: string | null;
    readonly tree: string | null;
    readonly ref: string | null;
    readonly author: string | null;
    readonly committedAt: string | null;
    readonly signature: Signature;
  };
  readonly inventory: {
    readonly generation: number;
    readonly takenAt: string;
    readonly completeness: string;
    readonly datasets: number;
    readonly blocks: number;
    readonly replicas: number;
    readonly bytes: number;
  };
  readonly clock: string;
  readonly engine: string;
  readonly summary: {
    readonly copy: Tally;
    readonly delete: Tally;
    readonly reassign: Tally;
    readonly held: Tally;
    readonly deferred: Tally;
    readonly unsatisfied: number;
    readonly protect: Tally;
    readonly keep: Tally;
  };
  readonly sites: readonly SitePartitionLine[];
  readonly actions: readonly PlannedAction[];
  readonly approvals: readonly Approval[];
  readonly deferred: readonly Deferred[];
  readonly unsatisfied: readonly Unsatisfied[];
  readonly diagnostics: readonly Diagnostic[];
}

/** One row of the decisions file: what one rule decided of one replica in the first evaluation. */
export interface DecisionRow {
  readonly retention: string;
  readonly site: string;
  readonly dataset: string;
  readonly rule: string;
  readonly decision: 'protect' | 'delete' | 'dismiss';
  readonly blocks: number;
  readonly bytes: number;
}

/** What is recorded of a plan besides its actions. */
export interface Recording {
  /** Hash of the deciding rule per action id: stored with the action. */
  readonly ruleHashes: ReadonlyMap<string, string>;
  readonly requiredMarks: readonly { readonly placement: string; readonly dataset: string; readonly site: string }[];
  /** Copies that open a subscription when recorded (`level: dataset`): new blocks follow. */
  readonly subscriptions: readonly { readonly dataset: string; readonly site: string; readonly owner: string }[];
  /** Placement priority and activity per copy action id: passed to the mover. */
  readonly transferHints: ReadonlyMap<string, { readonly priority: number; readonly activity: string | null }>;
}

/** What planning hands on: the document, and what the loop must remember or call off. */
export interface PlanResult {
  readonly plan: Plan;
  /** Ids of open actions that are no longer wanted, with the reason. */
  readonly cancellations: readonly { readonly id: string; readonly reason: string }[];
  readonly deferred: readonly { readonly placement: string; readonly dataset: string }[];
  readonly placements: readonly SeenPlacement[];
  readonly endings: readonly Ending[];
  readonly moves: readonly Move[];
  /** Made when it is first asked for: who only looks at a plan does not. */
  readonly recording: () => Recording;
  /** First evaluation, sorted bytewise; empty unless asked for. */
  readonly decisions: readonly DecisionRow[];
  /** How the watched dataset fared; null where none is watched. */
  readonly watched: DatasetTrace | null;
}

export interface PlanOptions {
  /** Seconds since the epoch. */
  readonly clock: number;
  readonly decisions?: boolean;
  /** Tell how one dataset (or, of rules over blocks, one block of it) fares; changes nothing in the plan. */
  readonly watch?: { readonly dataset: string; readonly block: string | null };
  /** What the plan before has left, and where this one leaves what it knows; changes nothing in the plan. */
  readonly memory?: PlanMemory;
  /** Told how long each part took, where the caller wants to know; never part of the plan. */
  readonly measure?: <T>(phase: string, work: () => T) => T;
}
