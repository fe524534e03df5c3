/** From what was decided to actions with ids. */
import type { Placement } from '../desired/state.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import type { ActionsBefore, Why } from './actions-before.js';
import type { PlannedCopy } from './copies.js';
import { actionId, actionKey } from './identity.js';
import type { OwnershipChange, ReOwning } from './ownership.js';
import type { Held, PlannedAction } from './plan.js';
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

const noSources: readonly string[] = [];

export class ActionMaker {
  readonly #world: World;
  readonly #before: ActionsBefore | null;

  /** @param before actions of the plan before, and where those of this one are kept; null: neither */
  constructor(world: World, before: ActionsBefore | null = null) {
    this.#world = world;
    this.#before = before;
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
    return held === null ? record : this.#held(record, held);
  }

  /** The same action while it waits for something. */
  #held(record: ActionRecord, held: Held): ActionRecord {
    return this.#before?.held(record, held) ?? { ...record, action: { ...record.action, held } };
  }

  #makeCopy(copy: PlannedCopy): ActionRecord {
    const world = this.#world;
    const { need } = copy;
    const dataset = world.datasetName(copy.dataset);
    const site = world.siteName(copy.site);
    const blocks = copy.blocks === null ? null : copy.blocks.map((block) => world.blockName(block));
    return {
      ruleHash: need.ruleHash,
      blockCount: blocks?.length ?? world.blockCount(copy.dataset),
      dataset: copy.dataset,
      site: copy.site,
      action: {
        id: this.#id(actionKey('copy', dataset, site, copy.owner, blocks)),
        type: 'copy',
        dataset,
        blocks,
        site,
        sources: copy.sources.map((source) => world.siteName(source)),
        owner: copy.owner,
        bytes: copy.bytes,
        files: copy.files,
        cause: need.cause,
        rule: need.rule,
        reason: need.reason,
        held: null,
      },
    };
  }

  deletion(deletion: Deletion, held: Held | null): ActionRecord {
    return this.#once(deletion, held, () => this.#makeDeletion(deletion));
  }

  #makeDeletion(deletion: Deletion): ActionRecord {
    return this.#ofReplica('delete', deletion.replica, deletion.blockReplicas, null, {
      cause: deletion.cause,
      rule: deletion.ref,
      ruleHash: deletion.ruleHash,
      reason: deletion.reason,
    });
  }

  /** Sorted, with commas between them. */
  #ownersOf(blockReplicas: readonly number[]): string {
    const owners = new Set<string>();
    for (const br of blockReplicas) owners.add(this.#world.ownerName(br));
    return [...owners].sort().join(',');
  }

  handOver(handOver: HandOver, held: Held | null): ActionRecord {
    const record = this.#ofReplica('reassign', handOver.replica, handOver.blockReplicas, handOver.owner, {
      cause: 'retention',
      rule: handOver.ref,
      ruleHash: handOver.ruleHash,
      reason: `only some blocks of the replica go; these are handed over to ${handOver.owner}, which owns whole datasets`,
    });
    return held === null ? record : this.#held(record, held);
  }

  reOwning(reOwning: ReOwning): ActionRecord {
    const { placement } = reOwning;
    return this.#ofReplica('reassign', reOwning.replica, reOwning.blockReplicas, reOwning.owner, {
      cause: 'placement',
      rule: placement.origin.ref,
      ruleHash: placement.origin.hash,
      reason: this.#whyReOwned(reOwning),
    });
  }

  /** The same text for all that a placement re-owns. */
  #whyReOwned({ placement, owner }: ReOwning): string {
    let text = this.#reasons.get(placement);
    if (text === undefined) {
      text = `Placement ${placement.name} wants this copy under ${owner}`;
      this.#reasons.set(placement, text);
    }
    return text;
  }

  readonly #reasons = new Map<Placement, string>();

  ownership(change: OwnershipChange): ActionRecord {
    const { origin, name } = change.document;
    return this.#ofReplica('reassign', change.replica, change.blockReplicas, change.owner, {
      cause: 'ownership',
      rule: origin.ref,
      ruleHash: origin.hash,
      reason: `Ownership ${name} gives it to ${change.owner}`,
    });
  }

  /** @param newOwner null: a deletion */
  #ofReplica(
    type: 'delete' | 'reassign',
    replica: number,
    blockReplicas: readonly number[],
    newOwner: string | null,
    why: Why,
  ): ActionRecord {
    const world = this.#world;
    const { snapshot } = world;
    // With a copy on its way, what is there now is named: what arrives is not meant.
    const isWhole = blockReplicas.length === this.#presentBefore(replica) && !this.#isArriving(replica);
    const index = intAt(snapshot.replicas.dataset, replica);
    const site = world.siteName(shortAt(world.replicaSite, replica));
    const known = isWhole ? this.#before?.find({ type, dataset: index, site, owner: newOwner, why }) : null;
    if (known) return known;
    let bytes = 0;
    let files = 0;
    for (const br of blockReplicas) {
      bytes += floatAt(snapshot.blockReplicas.size, br);
      files += intAt(snapshot.blocks.files, intAt(snapshot.blockReplicas.block, br));
    }
    const blocks = isWhole ? null : blockReplicas.map((br) => world.blockName(intAt(snapshot.blockReplicas.block, br)));
    const dataset = world.datasetName(index);
    const owner = newOwner ?? this.#ownersOf(blockReplicas);
    const key = actionKey(type, dataset, site, owner, blocks);
    const record: ActionRecord = {
      ruleHash: why.ruleHash,
      blockCount: blockReplicas.length,
      dataset: index,
      site: shortAt(world.replicaSite, replica),
      action: {
        id: this.#id(key),
        type,
        dataset,
        blocks,
        site,
        sources: noSources,
        owner,
        bytes,
        files,
        cause: why.cause,
        rule: why.rule,
        reason: why.reason,
        held: null,
      },
    };
    if (isWhole) this.#before?.keep(record, key, this.#epoch(key));
    return record;
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
    const { blockReplicas, memory } = this.#world.snapshot;
    if (memory.openActions.every(({ type }) => type !== 'delete')) return;
    for (let br = 0; br < blockReplicas.count; br++) {
      if (flagAt(this.#world.gone, br) === 0) continue;
      const replica = intAt(blockReplicas.replica, br);
      this.#openlyGone.set(replica, (this.#openlyGone.get(replica) ?? 0) + 1);
    }
  }

  #id(key: string): string {
    return actionId(key, this.#epoch(key));
  }

  /** How many actions of that key have finished. */
  #epoch(key: string): number {
    return this.#world.snapshot.memory.finishedActions.get(key) ?? 0;
  }
}
