/** From what was decided to actions with ids. */
import type { RuleRef } from '../desired/state.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import type { ActionType } from '../snapshot/snapshot.js';
import type { PlannedCopy } from './copies.js';
import { actionId, actionKey } from './identity.js';
import type { OwnershipChange, ReOwning } from './ownership.js';
import type { Cause, Held, PlannedAction } from './plan.js';
import type { Deletion, HandOver } from './retention/retire.js';
import type { World } from './world.js';

export interface ActionRecord {
  readonly action: PlannedAction;
  /** Indexes, which are in the order of the names. */
  readonly dataset: number;
  readonly site: number;
  readonly ruleHash: string;
  readonly blockCount: number;
}

export class ActionMaker {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Ids are hashes: none is made twice. */
  readonly #made = new Map<PlannedCopy | Deletion, ActionRecord>();

  copy(copy: PlannedCopy, held: Held | null): ActionRecord {
    return this.#once(copy, held, () => this.#makeCopy(copy));
  }

  #once(of: PlannedCopy | Deletion, held: Held | null, make: () => ActionRecord): ActionRecord {
    let record = this.#made.get(of);
    if (record === undefined) {
      record = make();
      this.#made.set(of, record);
    }
    return held === null ? record : { ...record, action: { ...record.action, held } };
  }

  #makeCopy(copy: PlannedCopy): ActionRecord {
    const world = this.#world;
    const { need } = copy;
    const blocks = copy.blocks === null ? null : copy.blocks.map((block) => world.blockName(block));
    return this.#record({
      type: 'copy',
      dataset: copy.dataset,
      site: copy.site,
      blocks,
      blockCount: blocks?.length ?? world.blockCount(copy.dataset),
      sources: copy.sources.map((site) => world.siteName(site)),
      owner: copy.owner,
      bytes: copy.bytes,
      files: copy.files,
      cause: need.cause,
      rule: need.rule,
      ruleHash: need.ruleHash,
      reason: need.reason,
      held: null,
    });
  }

  deletion(deletion: Deletion, held: Held | null): ActionRecord {
    return this.#once(deletion, held, () => this.#makeDeletion(deletion));
  }

  #makeDeletion(deletion: Deletion): ActionRecord {
    const owners = new Set(deletion.blockReplicas.map((br) => this.#world.ownerName(br)));
    return this.#ofReplica('delete', deletion.replica, deletion.blockReplicas, [...owners].sort().join(','), {
      cause: deletion.cause,
      rule: deletion.ref,
      ruleHash: deletion.ruleHash,
      reason: deletion.reason,
      held: null,
    });
  }

  handOver(handOver: HandOver): ActionRecord {
    return this.#ofReplica('reassign', handOver.replica, handOver.blockReplicas, handOver.owner, {
      cause: 'retention',
      rule: handOver.ref,
      ruleHash: handOver.ruleHash,
      reason: `only some blocks of the replica go; these are handed over to ${handOver.owner}, which owns whole datasets`,
      held: null,
    });
  }

  reOwning(reOwning: ReOwning): ActionRecord {
    const { placement } = reOwning;
    return this.#ofReplica('reassign', reOwning.replica, reOwning.blockReplicas, reOwning.owner, {
      cause: 'placement',
      rule: placement.origin.ref,
      ruleHash: placement.origin.hash,
      reason: `Placement ${placement.name} wants this copy under ${reOwning.owner}`,
      held: null,
    });
  }

  ownership(change: OwnershipChange): ActionRecord {
    const { origin, name } = change.document;
    return this.#ofReplica('reassign', change.replica, change.blockReplicas, change.owner, {
      cause: 'ownership',
      rule: origin.ref,
      ruleHash: origin.hash,
      reason: `Ownership ${name} gives it to ${change.owner}`,
      held: null,
    });
  }

  #ofReplica(
    type: 'delete' | 'reassign',
    replica: number,
    blockReplicas: readonly number[],
    owner: string,
    why: { cause: Cause; rule: RuleRef; ruleHash: string; reason: string; held: Held | null },
  ): ActionRecord {
    const world = this.#world;
    const { snapshot } = world;
    let bytes = 0;
    let files = 0;
    for (const br of blockReplicas) {
      bytes += floatAt(snapshot.blockReplicas.size, br);
      files += intAt(snapshot.blocks.files, intAt(snapshot.blockReplicas.block, br));
    }
    // With a copy on its way, what is there now is named: what arrives is not meant.
    const whole = blockReplicas.length === this.#presentBefore(replica) && !this.#isArriving(replica);
    const blocks = whole ? null : blockReplicas.map((br) => world.blockName(intAt(snapshot.blockReplicas.block, br)));
    return this.#record({
      type,
      dataset: intAt(snapshot.replicas.dataset, replica),
      site: shortAt(world.replicaSite, replica),
      blocks,
      blockCount: blockReplicas.length,
      sources: [],
      owner,
      bytes,
      files,
      ...why,
    });
  }

  #isArriving(replica: number): boolean {
    const world = this.#world;
    const dataset = intAt(world.snapshot.replicas.dataset, replica);
    const site = shortAt(world.replicaSite, replica);
    return (world.copiesUnderWay.get(dataset) ?? []).some((copy) => copy.site === site);
  }

  /** Block replicas of the replica before this plan, less those whose deletion is open. */
  #presentBefore(replica: number): number {
    const { start } = this.#world.snapshot.replicas;
    return intAt(start, replica + 1) - intAt(start, replica) - (this.#openlyGone.get(replica) ?? 0);
  }

  readonly #openlyGone = new Map<number, number>();

  /** Tells how many block replicas of each replica were gone before planning. */
  countOpenDeletions(): void {
    const { blockReplicas } = this.#world.snapshot;
    for (let br = 0; br < blockReplicas.count; br++) {
      if (flagAt(this.#world.gone, br) === 0) continue;
      const replica = intAt(blockReplicas.replica, br);
      this.#openlyGone.set(replica, (this.#openlyGone.get(replica) ?? 0) + 1);
    }
  }

  #record(what: {
    type: ActionType;
    dataset: number;
    site: number;
    blocks: readonly string[] | null;
    blockCount: number;
    sources: readonly string[];
    owner: string;
    bytes: number;
    files: number;
    cause: Cause;
    rule: RuleRef;
    ruleHash: string;
    reason: string;
    held: Held | null;
  }): ActionRecord {
    const dataset = this.#world.datasetName(what.dataset);
    const site = this.#world.siteName(what.site);
    const key = actionKey(what.type, dataset, site, what.owner, what.blocks);
    const epoch = this.#world.snapshot.memory.finishedActions.get(key) ?? 0;
    return {
      ruleHash: what.ruleHash,
      blockCount: what.blockCount,
      dataset: what.dataset,
      site: what.site,
      action: {
        id: actionId(key, epoch),
        type: what.type,
        dataset,
        blocks: what.blocks,
        site,
        sources: what.sources,
        owner: what.owner,
        bytes: what.bytes,
        files: what.files,
        cause: what.cause,
        rule: what.rule,
        reason: what.reason,
        held: what.held,
      },
    };
  }
}
