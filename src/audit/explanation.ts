/**
 * Why data is where it is, why it is not, what will happen to it, and what did: everything that is known of one dataset
 * (or one block of it, or what is at one site), each part with the rule that stands behind it.
 */
import type { RuleRef } from '../desired/state.js';
import type { ConditionTrace } from '../planning/condition-trace.js';
import type { PlacementTrace, RetentionTrace } from '../planning/dataset-trace.js';
import type { Approval, Deferred, PlannedAction, Unsatisfied } from '../planning/plan.js';
import type { ActionRecord } from './records.js';

/** What is asked about: `DATASET[#BLOCK][@SITE]`. */
export interface Subject {
  readonly dataset: string;
  readonly block: string | null;
  readonly site: string | null;
}

/** Who last changed a line of the desired state, and with which commit. */
export interface LineOrigin {
  readonly commit: string;
  readonly author: string;
  /** RFC 3339. */
  readonly committedAt: string;
  /** First line of the commit's message. */
  readonly summary: string;
}

/** A rule with what its document says about itself; `origin` is null outside git. */
export interface ExplainedRule {
  readonly ref: RuleRef;
  readonly description: string | null;
  readonly requestedBy: string | null;
  readonly link: string | null;
  readonly origin: LineOrigin | null;
}

export interface ExplainedReplica {
  readonly site: string;
  /** As the desired state declares it; null for a site without a document. */
  readonly state: string | null;
  readonly storage: string | null;
  /** Blocks (of the subject) that are there, and how many there could be. */
  readonly blocks: number;
  readonly blocksOfDataset: number;
  readonly completeBlocks: number;
  /** Present bytes. */
  readonly bytes: number;
  readonly owners: readonly string[];
  readonly custodial: boolean;
  /** False where any block is one that the loop may not delete. */
  readonly managed: boolean;
  readonly growing: boolean;
  /** What each Retention decides before anything is deleted; empty where none covers it. */
  readonly decisions: readonly ExplainedDecision[];
  /** How each Retention came to that: every rule it asked, with the values that the rule read. */
  readonly retentions: readonly RetentionTrace[];
  readonly requiredBy: readonly ExplainedRule[];
  readonly locks: readonly ExplainedLock[];
  /** What the plan does with it now, held or not. */
  readonly planned: readonly ExplainedAction[];
  readonly waitsFor: readonly WaitsFor[];
}

/** What has to happen before something that rules want of the data is done. */
export type WaitsFor =
  /** An action of the plan is held; `approval` is what `stator approve` takes, where that is what it waits for. */
  | {
      readonly kind: 'held';
      readonly action: string;
      readonly code: string;
      readonly message: string;
      readonly approval: string | null;
    }
  /** It is dismissed, and goes only while the Retention's `trigger` holds at the site; null: it has none. */
  | { readonly kind: 'trigger'; readonly retention: RuleRef; readonly trigger: ConditionTrace | null }
  /** It is dismissed and the site is triggered, but the plan reaches `until` without it. */
  | { readonly kind: 'turn'; readonly retention: RuleRef };

export interface ExplainedDecision {
  readonly decision: 'protect' | 'delete' | 'dismiss';
  readonly blocks: number;
  readonly bytes: number;
  readonly rule: ExplainedRule;
}

export interface ExplainedLock {
  readonly rule: ExplainedRule;
  readonly reason: string;
  /** Seconds since the epoch. */
  readonly expires: number;
}

export interface ExplainedAction {
  readonly action: PlannedAction;
  readonly rule: ExplainedRule;
}

export interface ExplainedPlacement {
  readonly rule: ExplainedRule;
  /** Sites whose copies it requires. */
  readonly requires: readonly string[];
  /** Sites it has copied to, now. */
  readonly copies: readonly string[];
  readonly deferred: readonly Pick<Deferred, 'site' | 'limit' | 'reason' | 'bytes'>[];
  readonly unsatisfied: readonly Pick<Unsatisfied, 'missing' | 'code' | 'reason'>[];
}

/** Why there is no copy at a site: what every placement made of it. */
export interface WhyNot {
  readonly site: string;
  /** As the desired state declares it; null where it has no document: nothing is placed there. */
  readonly state: string | null;
  /** What placements said; those that want the dataset come first. */
  readonly placements: readonly (PlacementTrace & { readonly rule: ExplainedRule })[];
}

export interface Explanation {
  readonly subject: Subject;
  readonly dataset: {
    readonly status: string;
    readonly type: string;
    readonly open: boolean;
    readonly blocks: number;
    readonly files: number;
    readonly bytes: number;
    readonly labels: Readonly<Record<string, string>>;
  } | null;
  /** False where no desired state was given: then nothing is said of rules, placements and what is planned. */
  readonly rulesKnown: boolean;
  readonly replicas: readonly ExplainedReplica[];
  readonly placements: readonly ExplainedPlacement[];
  /** Asked for with `--why-not SITE`, else null. */
  readonly whyNot: WhyNot | null;
  /** Planned where the subject has no replica: copies that are to be made. */
  readonly planned: readonly ExplainedAction[];
  /** Groups of held actions that the subject is part of. */
  readonly approvals: readonly Approval[];
  /** Actions that are recorded and not finished, the newest first. */
  readonly open: readonly ActionRecord[];
  /** Finished ones, the newest first. */
  readonly history: readonly ActionRecord[];
}
