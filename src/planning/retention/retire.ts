/**
 * Step 6 of a plan: which candidates go, and in which order (the algorithm is told in `docs/planning.md`).
 *
 * Safety comes first: what an invariant forbids is never chosen and frees nothing. After each deletion the copy counts
 * change, and the rest of the dataset is decided again, so that two copies that are each deletable "because the other
 * exists" never both go.
 */
import type { RetentionRule, RuleRef } from '../../desired/state.js';
import { compareBytes } from '../../order.js';
import { formatBytes } from '../../policy/units.js';
import { at, flagAt, floatAt, intAt, shortAt } from '../../snapshot/column.js';
import { makeArrival } from '../arrival.js';
import type { UnprotectedCopy } from '../copies.js';
import type { Diagnoses } from '../diagnoses.js';
import type { Ownerships } from '../ownership.js';
import type { Held } from '../plan.js';
import type { Safety } from '../safety.js';
import type { World } from '../world.js';
import { byEvacuation, Decisions, located, type Unit } from './decisions.js';
import type { Evaluations } from './evaluation.js';

/** Block replicas of one replica that one rule deletes. */
export interface Deletion {
  readonly replica: number;
  readonly blockReplicas: readonly number[];
  readonly ref: RuleRef;
  readonly ruleHash: string;
  readonly rule: RetentionRule | null;
  readonly cause: 'retention' | 'evacuation' | 'exclusion' | 'removal';
  readonly reason: string;
  /** Set for what an invariant forbids. */
  readonly held: Held | null;
}

/** Block replicas that go to another owner instead of being deleted. */
export interface HandOver {
  readonly replica: number;
  readonly blockReplicas: readonly number[];
  readonly owner: string;
  readonly ref: RuleRef;
  readonly ruleHash: string;
}

export interface Retired {
  readonly deletions: Deletion[];
  readonly held: Deletion[];
  readonly handOvers: HandOver[];
}

export class Retirement {
  readonly #world: World;
  readonly #safety: Safety;
  readonly #ownerships: Ownerships;
  readonly #diagnoses: Diagnoses;
  /** In the order in which they act: partition, then Retention name. */
  readonly decisions: readonly Decisions[];
  readonly result: Retired = { deletions: [], held: [], handOvers: [] };
  /** Sites triggered per Retention, before anything is deleted. */
  readonly triggered = new Map<Decisions, Uint8Array>();
  /** What was tried in vain: replica and rule, so that nothing is tried or listed twice. */
  readonly #tried = new Set<string>();
  /** Replicas decided anew, per Retention: its candidates may have changed. */
  readonly #redecided = new Map<Decisions, Set<number>>();
  /** Why each rule deletes, in words: the same for thousands of replicas. */
  readonly #reasons = new Map<Decisions, Map<string, string>>();
  /** Sites whose occupancy changed since a Retention that reads it last decided. */
  readonly #dirtySites = new Map<Decisions, Set<number>>();
  readonly #groupOwnership: ReadonlyMap<string, 'dataset' | 'block'>;

  constructor(world: World, safety: Safety, ownerships: Ownerships, diagnoses: Diagnoses) {
    this.#world = world;
    this.#safety = safety;
    this.#ownerships = ownerships;
    this.#diagnoses = diagnoses;
    this.#groupOwnership = new Map(world.desired.groups.map((group) => [group.name, group.ownership]));
    this.decisions = [...world.desired.retentions]
      .sort((a, b) => compareBytes(a.partition, b.partition) || compareBytes(a.name, b.name))
      .map((retention) => new Decisions(world, retention));
  }

  /**
   * Step 0: everything is decided once, with nothing deleted.
   *
   * @param evaluations where that is kept for the next plan, and what stands of the plan before
   */
  evaluate(evaluations: Evaluations | null): void {
    for (const decisions of this.decisions) {
      decisions.decideAll(evaluations);
      this.triggered.set(decisions, this.#sitesWhere(decisions, decisions.retention.trigger));
      this.#redecided.set(decisions, new Set());
      if (decisions.readsOccupancy) this.#dirtySites.set(decisions, new Set());
    }
    evaluations?.forgetBefore();
  }

  /** Whether a rule would take this replica in this cycle as things stand: deleted, or dismissed at a triggered site. */
  wouldGo(replica: number): boolean {
    return this.#takerOf(replica) !== null;
  }

  #takerOf(replica: number): RuleRef | null {
    const site = shortAt(this.#world.replicaSite, replica);
    for (const decisions of this.decisions) {
      if (!decisions.covers(replica)) continue;
      const isTriggered = at(this.triggered.get(decisions) ?? [0], site) === 1;
      for (const { rule, action } of decisions.units(replica)) {
        if (action === 'delete' || (action === 'dismiss' && isTriggered)) return decisions.refOf(rule, replica).ref;
      }
    }
    return null;
  }

  /**
   * The rule that would take a copy at once, its bytes counted as used; null where none would. Of one that will be the
   * last good copy, only rules that may remove that.
   */
  takerOfCopy({ blocks, site, owner, bytes, isLast, ahead }: UnprotectedCopy): RuleRef | null {
    const world = this.#world;
    const dataset = intAt(world.snapshot.blocks.dataset, blocks[0] as number);
    const replica = world.findReplica(dataset, site);
    const taker = isLast || replica < 0 ? null : this.#takerOf(replica);
    if (taker !== null) return taker;
    const arrival = makeArrival(world, blocks, site, ahead);
    for (const decisions of this.decisions) {
      if (flagAt(decisions.atSite, site) === 0) continue;
      const members = blocks.filter((block) =>
        world.partitionsOfCopy(block, site, owner).includes(decisions.partition),
      );
      for (const rule of decisions.rulesOfCopy(members, site, owner, arrival)) {
        if (isLast && !this.#safety.mayRemoveLastCopy(dataset, decisions.rules[rule] ?? null)) continue;
        const action = decisions.actionOf(rule);
        const takes = action === 'delete' || (action === 'dismiss' && this.#wouldTrigger(decisions, site, bytes));
        if (takes) return decisions.refOf(rule, replica).ref;
      }
    }
    return null;
  }

  /** Whether a site is triggered, or will be when everything that is on its way and so many bytes more have arrived. */
  #wouldTrigger(decisions: Decisions, site: number, bytes: number): boolean {
    const world = this.#world;
    if (at(this.triggered.get(decisions) ?? [0], site) === 1) return true;
    const { trigger } = decisions.retention;
    if (trigger === null) return false;
    const cell = decisions.partition * world.sites.count + site;
    const pending = floatAt(world.projected, cell) - floatAt(world.used, cell) + bytes;
    const used = floatAt(world.used, cell);
    const projected = floatAt(world.projected, cell);
    world.addBytes([decisions.partition], site, pending, bytes);
    world.reader.partition = decisions.partition;
    world.reader.moveToSite(site);
    const fires = trigger.bind(world.reader)();
    // Not by subtracting: beyond 2^53 bytes that need not give what was there.
    world.used[cell] = used;
    world.projected[cell] = projected;
    return fires;
  }

  /** Whether an explicit protect rule of any Retention covers a block replica. */
  isProtected(replica: number, blockReplica: number): boolean {
    return this.decisions.some((decisions) => decisions.protectsExplicitly(replica, blockReplica));
  }

  run(): void {
    for (const decisions of this.decisions) {
      try {
        this.#retire(decisions);
      } catch (error) {
        throw located(error, decisions.retention, 'its order, trigger or until');
      }
    }
  }

  /** Deletes what something other than a Retention gives up; protect rules and invariants hold all the same. */
  remove(deletion: Omit<Deletion, 'held'>): void {
    const world = this.#world;
    const { replica } = deletion;
    const left = deletion.blockReplicas.filter((br) => flagAt(world.gone, br) === 0);
    if (left.length === 0 || left.some((br) => this.isProtected(replica, br))) return;
    const held = this.#safety.forbids(replica, left, deletion.rule);
    if (held !== null) {
      this.result.held.push({ ...deletion, blockReplicas: left, held });
      return;
    }
    for (const br of left) world.remove(br);
    this.result.deletions.push({ ...deletion, blockReplicas: left, held: null });
    for (const dirty of this.#dirtySites.values()) dirty.add(shortAt(world.replicaSite, replica));
    this.#decideAgain(intAt(world.snapshot.replicas.dataset, replica), replica);
  }

  #sitesWhere(decisions: Decisions, condition: Decisions['retention']['trigger']): Uint8Array {
    const world = this.#world;
    const holds = condition?.bind(world.reader);
    return Uint8Array.from(world.sites.names, (_, site) => {
      if (holds === undefined || flagAt(decisions.atSite, site) === 0) return 0;
      world.reader.partition = decisions.partition;
      world.reader.moveToSite(site);
      return holds() ? 1 : 0;
    });
  }

  #retire(decisions: Decisions): void {
    const triggered = (this.triggered.get(decisions) ?? new Uint8Array(this.#world.sites.count)).slice();
    this.#deleteDecided(decisions, null);
    const queues = new Queues(this.#world, decisions, triggered);
    for (;;) {
      this.#settle(decisions, queues);
      if (decisions.retention.mode === 'static') {
        if (!this.#dismissEverywhere(decisions, queues, triggered)) break;
      } else {
        const site = queues.fullestSite(triggered);
        if (site < 0) break;
        this.#dismissAt(decisions, site, queues, triggered);
      }
    }
    this.#diagnoseUnreached(decisions, triggered);
  }

  /** Applies `delete` to what was decided anew, until nothing more follows from it. */
  #settle(decisions: Decisions, queues: Queues): void {
    for (;;) {
      const fresh = this.#takeRedecided(decisions);
      if (fresh.length === 0) return;
      this.#deleteDecided(decisions, fresh);
      for (const replica of fresh) queues.update(replica);
    }
  }

  /** Replicas decided anew since the last call, with those whose rules read an occupancy that changed. */
  #takeRedecided(decisions: Decisions): number[] {
    const set = this.#redecided.get(decisions) ?? new Set<number>();
    const dirty = this.#dirtySites.get(decisions);
    if (dirty !== undefined && dirty.size > 0) {
      const { replicas } = this.#world.snapshot;
      for (let r = 0; r < replicas.count; r++) {
        if (!dirty.has(shortAt(this.#world.replicaSite, r))) continue;
        decisions.decide(r);
        set.add(r);
      }
      dirty.clear();
    }
    const list = [...set].sort((a, b) => a - b);
    set.clear();
    return list;
  }

  /** `delete` takes effect whatever the occupancy: dataset by dataset, sites in name order. */
  #deleteDecided(decisions: Decisions, only: readonly number[] | null): void {
    const { replicas } = this.#world.snapshot;
    const count = only?.length ?? replicas.count;
    for (let k = 0; k < count; k++) {
      const replica = only === null ? k : (only[k] as number);
      if (!decisions.mayHave(replica, 'delete')) continue;
      // Deciding again after each deletion may add to what is to go; `#settle` comes back to it.
      this.#deleteUnits(decisions, replica, 'delete');
    }
  }

  /** Whether a triggered site has come below its mark. */
  #isDone(decisions: Decisions, site: number): boolean {
    const { reader } = this.#world;
    const { until, trigger } = decisions.retention;
    reader.partition = decisions.partition;
    reader.moveToSite(site);
    return until === null ? trigger?.bind(reader)() !== true : until.bind(reader)();
  }

  /** Static mode: all candidates of all sites in one order. @returns whether anything was a candidate */
  #dismissEverywhere(decisions: Decisions, queues: Queues, triggered: Uint8Array): boolean {
    const candidates = queues.takeAll(triggered);
    for (const replica of candidates) {
      const site = shortAt(this.#world.replicaSite, replica);
      if (flagAt(triggered, site) === 0) continue;
      if (this.#isDone(decisions, site)) {
        triggered[site] = 0;
        continue;
      }
      this.#deleteUnits(decisions, replica, 'dismiss');
    }
    return candidates.length > 0;
  }

  /** Deletes candidates of one site in order until a slice is gone or the site is no longer over its mark. */
  #dismissAt(decisions: Decisions, site: number, queues: Queues, triggered: Uint8Array): void {
    const world = this.#world;
    const { retention } = decisions;
    const cell = decisions.partition * world.sites.count + site;
    const quota = floatAt(world.quotas.of, cell);
    const basis = quota === 0 || quota === Number.POSITIVE_INFINITY ? floatAt(world.used, cell) : quota;
    const limit = retention.slice * basis;
    let freed = 0;
    for (;;) {
      if (this.#isDone(decisions, site)) {
        triggered[site] = 0;
        return;
      }
      if (freed >= limit && freed > 0) return;
      const replica = queues.next(site);
      if (replica < 0) return;
      freed += this.#deleteUnits(decisions, replica, 'dismiss');
      // The dataset was decided again: candidates of it elsewhere may have changed.
      for (const changed of this.#redecided.get(decisions) ?? []) queues.update(changed);
    }
  }

  /** Deletes what the rules give up of one replica; after each unit the rest is as decided anew. */
  #deleteUnits(decisions: Decisions, replica: number, action: 'delete' | 'dismiss'): number {
    const tried = new Set<number>();
    let freed = 0;
    for (;;) {
      const unit = decisions.units(replica).find((each) => each.action === action && !tried.has(each.rule));
      if (unit === undefined) return freed;
      tried.add(unit.rule);
      freed += this.#delete(decisions, replica, unit);
    }
  }

  /** @returns the bytes freed in the partition */
  #delete(decisions: Decisions, replica: number, unit: Unit): number {
    const world = this.#world;
    const allowed = unit.blockReplicas.filter((br) => flagAt(world.gone, br) === 0 && !this.isProtected(replica, br));
    const rule = unit.rule >= 0 ? (decisions.rules[unit.rule] ?? null) : null;
    if (rule?.scope !== 'block') {
      if (allowed.length < unit.blockReplicas.length) return 0;
      return this.#deleteTogether(decisions, replica, unit, rule, allowed);
    }
    // Blocks that may not go do not keep the others of a block rule.
    const free: number[] = [];
    const kept = new Map<string, { held: Held; blockReplicas: number[] }>();
    for (const br of allowed) {
      const held = this.#safety.forbids(replica, [br], rule);
      if (held === null) free.push(br);
      else {
        const group = kept.get(held.code) ?? { held, blockReplicas: [] };
        group.blockReplicas.push(br);
        kept.set(held.code, group);
      }
    }
    for (const { held, blockReplicas } of kept.values()) {
      this.#hold(decisions, replica, { ...unit, blockReplicas }, rule, held);
    }
    return free.length === 0 ? 0 : this.#deleteTogether(decisions, replica, unit, rule, free);
  }

  #deleteTogether(
    decisions: Decisions,
    replica: number,
    unit: Unit,
    rule: RetentionRule | null,
    blockReplicas: readonly number[],
  ): number {
    const world = this.#world;
    const dataset = intAt(world.snapshot.replicas.dataset, replica);
    const { going, handed, owner } = this.#handOver(replica, blockReplicas);
    const held =
      (going.length > 0 ? this.#safety.forbids(replica, going, rule) : null) ??
      this.#safety.forbidsHandOver(replica, handed) ??
      this.#wouldBeTakenBack(handed, owner);
    if (held !== null) {
      this.#hold(decisions, replica, unit, rule, held);
      return 0;
    }
    const site = shortAt(world.replicaSite, replica);
    const cell = decisions.partition * world.sites.count + site;
    const before = floatAt(world.used, cell);
    const { ref, hash } = decisions.refOf(unit.rule, replica);
    if (handed.length > 0) {
      for (const br of handed) world.handOver(br, owner);
      this.result.handOvers.push({ replica, blockReplicas: handed, owner, ref, ruleHash: hash });
    }
    if (going.length > 0) {
      for (const br of going) world.remove(br);
      this.result.deletions.push({
        replica,
        blockReplicas: going,
        ref,
        ruleHash: hash,
        rule,
        cause: unit.rule === byEvacuation ? 'evacuation' : 'retention',
        reason: this.#reason(decisions, unit, rule, site),
        held: null,
      });
    }
    for (const dirty of this.#dirtySites.values()) dirty.add(site);
    this.#decideAgain(dataset, replica);
    return before - floatAt(world.used, cell);
  }

  #reason(decisions: Decisions, unit: Unit, rule: RetentionRule | null, site: number): string {
    if (unit.rule === byEvacuation)
      return `${this.#world.siteName(site)} is draining and all of it is complete elsewhere`;
    const reasons = this.#reasons.get(decisions) ?? new Map<string, string>();
    this.#reasons.set(decisions, reasons);
    const key = `${unit.action} ${unit.rule}`;
    let reason = reasons.get(key);
    if (reason === undefined) {
      reason = reasonOf(decisions, unit, rule);
      reasons.set(key, reason);
    }
    return reason;
  }

  #hold(decisions: Decisions, replica: number, unit: Unit, rule: RetentionRule | null, held: Held): void {
    const { ref, hash } = decisions.refOf(unit.rule, replica);
    const key = `${replica} ${ref.name} ${ref.id} ${held.code}`;
    if (this.#tried.has(key)) return;
    this.#tried.add(key);
    const site = shortAt(this.#world.replicaSite, replica);
    this.result.held.push({
      replica,
      blockReplicas: unit.blockReplicas,
      ref,
      ruleHash: hash,
      rule,
      cause: unit.rule === byEvacuation ? 'evacuation' : 'retention',
      reason: this.#reason(decisions, unit, rule, site),
      held,
    });
  }

  /** Why a hand-over would not last: an Ownership document would take it from its new owner again. */
  #wouldBeTakenBack(handed: readonly number[], heir: string): Held | null {
    for (const br of handed) {
      const document = this.#ownerships.lastToMatch(br, heir);
      if (document === null) continue;
      const block = this.#world.blockName(intAt(this.#world.snapshot.blockReplicas.block, br));
      const message = `block ${block} would be handed over to ${heir}, and Ownership ${document.name} gives it to ${document.owner}`;
      return { code: 'owner-conflict', message };
    }
    return null;
  }

  /**
   * When only some blocks of a replica are to go, and another block of it belongs to a group that owns whole datasets,
   * then blocks of groups that own single blocks go to that group instead.
   */
  #handOver(
    replica: number,
    blockReplicas: readonly number[],
  ): { readonly going: readonly number[]; readonly handed: readonly number[]; readonly owner: string } {
    const world = this.#world;
    if (blockReplicas.length === world.remaining(replica).length)
      return { going: blockReplicas, handed: [], owner: '' };
    const leaving = new Set(blockReplicas);
    // What gets another owner in this plan leaves nothing to the one it has.
    const staying = world.remaining(replica).filter((br) => !leaving.has(br) && flagAt(world.reOwned, br) === 0);
    const [heir] = staying
      .map((br) => world.ownerName(br))
      .filter((owner) => this.#groupOwnership.get(owner) === 'dataset')
      .sort(compareBytes);
    if (heir === undefined) return { going: blockReplicas, handed: [], owner: '' };
    const handed = blockReplicas.filter((br) => this.#groupOwnership.get(world.ownerName(br)) === 'block');
    return { going: blockReplicas.filter((br) => !handed.includes(br)), handed, owner: heir };
  }

  /** A copy of the dataset is gone: its other replicas are decided again, by every Retention. */
  #decideAgain(dataset: number, changed: number): void {
    const { replicaStart } = this.#world.snapshot.datasets;
    for (const decisions of this.decisions) {
      for (let r = intAt(replicaStart, dataset); r < intAt(replicaStart, dataset + 1); r++) {
        if (flagAt(decisions.atSite, shortAt(this.#world.replicaSite, r)) === 0) continue;
        if (r !== changed && !decisions.readsCopies) continue;
        decisions.decide(r);
        this.#redecided.get(decisions)?.add(r);
      }
    }
  }

  #diagnoseUnreached(decisions: Decisions, triggered: Uint8Array): void {
    const world = this.#world;
    const { retention } = decisions;
    // A retention that is always on and never done cleans; it has no mark to reach.
    if (retention.until?.constant === false) return;
    for (let site = 0; site < world.sites.count; site++) {
      const cell = decisions.partition * world.sites.count + site;
      if (flagAt(triggered, site) === 0 || flagAt(world.sites.draining, site) === 1 || floatAt(world.used, cell) <= 0)
        continue;
      if (this.#isDone(decisions, site)) continue;
      const blockers = this.#blockersAt(decisions, site);
      this.#diagnoses.warn(
        'watermark-unreachable',
        `${world.siteName(site)} stays above the mark of Retention ${retention.name} with ${formatBytes(floatAt(world.used, cell))} of partition ${retention.partition}: ${blockers}`,
        retention.origin,
      );
    }
  }

  /** What keeps the bytes that are left, most first. */
  #blockersAt(decisions: Decisions, site: number): string {
    const world = this.#world;
    const { blockReplicas } = world.snapshot;
    const bytes = new Map<string, number>();
    const add = (what: string, list: readonly number[]): void => {
      let sum = 0;
      for (const br of list) if (flagAt(world.gone, br) === 0) sum += floatAt(blockReplicas.size, br);
      bytes.set(what, (bytes.get(what) ?? 0) + sum);
    };
    const heldBy = new Map<number, string>();
    for (const held of this.result.held) {
      if (shortAt(world.replicaSite, held.replica) === site && held.held !== null)
        heldBy.set(held.replica, held.held.code);
    }
    const { replicas } = world.snapshot;
    for (let r = 0; r < replicas.count; r++) {
      if (shortAt(world.replicaSite, r) !== site) continue;
      for (const unit of decisions.units(r)) {
        if (unit.action === 'protect') add('protected by rules', unit.blockReplicas);
        else if (unit.action === 'ignore') add('ignored by rules', unit.blockReplicas);
        else add(`held: ${heldBy.get(r) ?? 'protected by another Retention'}`, unit.blockReplicas);
      }
    }
    const parts = [...bytes]
      .filter(([, sum]) => sum > 0)
      .sort(([a, x], [b, y]) => y - x || compareBytes(a, b))
      .map(([what, sum]) => `${formatBytes(sum)} ${what}`);
    return parts.length === 0 ? 'nothing is left to delete' : parts.join(', ');
  }
}

function reasonOf(decisions: Decisions, unit: Unit, rule: RetentionRule | null): string {
  const { name } = decisions.retention;
  const what = rule === null ? `the default of Retention ${name}` : `rule ${rule.id} of Retention ${name}`;
  const why = rule === null ? '' : `: ${rule.when.text.trim().replace(/\s+/g, ' ')}`;
  return unit.action === 'delete'
    ? `deleted by ${what}${why}`
    : `dismissed by ${what}, the site is over its mark${why}`;
}

/** The candidates of each site, in the order of the Retention. */
class Queues {
  readonly #world: World;
  readonly #decisions: Decisions;
  readonly #bySite = new Map<number, Set<number>>();
  readonly #sorted = new Map<number, number[]>();
  readonly #triggered: Uint8Array;
  /** Replicas that were tried: what could not go does not come back in this cycle. */
  readonly #spent = new Set<number>();

  constructor(world: World, decisions: Decisions, triggered: Uint8Array) {
    this.#world = world;
    this.#decisions = decisions;
    this.#triggered = triggered;
    const { replicas } = world.snapshot;
    for (let r = 0; r < replicas.count; r++) this.update(r);
  }

  /** Enters or removes a replica after it was decided. */
  update(replica: number): void {
    const site = shortAt(this.#world.replicaSite, replica);
    if (flagAt(this.#triggered, site) === 0) return;
    let set = this.#bySite.get(site);
    if (set === undefined) {
      set = new Set();
      this.#bySite.set(site, set);
    }
    if (!this.#decisions.mayHave(replica, 'dismiss') || this.#spent.has(replica)) {
      // It stays in the sorted list until it comes up there.
      set.delete(replica);
      return;
    }
    if (!set.has(replica) || this.#decisions.orderReadsCopies) this.#sorted.delete(site);
    set.add(replica);
  }

  /** The next candidate of a site, or -1. */
  next(site: number): number {
    const set = this.#bySite.get(site) ?? new Set<number>();
    while (set.size > 0) {
      let sorted = this.#sorted.get(site);
      if (sorted === undefined) {
        sorted = this.#order([...set]).reverse();
        this.#sorted.set(site, sorted);
      }
      const replica = sorted.pop() ?? -1;
      if (!set.delete(replica)) continue;
      this.#spent.add(replica);
      return replica;
    }
    return -1;
  }

  /** All candidates at triggered sites, in order; they count as tried. */
  takeAll(triggered: Uint8Array): readonly number[] {
    const all: number[] = [];
    for (const [site, set] of this.#bySite) {
      if (flagAt(triggered, site) === 0) continue;
      all.push(...set);
      set.clear();
    }
    for (const replica of all) this.#spent.add(replica);
    return this.#order(all.sort((a, b) => a - b));
  }

  #order(replicas: readonly number[]): number[] {
    const world = this.#world;
    const keys = this.#decisions.retention.order.map(({ by, direction }) => {
      const read = by.bind(world.reader);
      const values = replicas.map((r) => {
        world.reader.partition = this.#decisions.partition;
        world.reader.moveToReplica(r, this.#decisions.members(r));
        return read();
      });
      return { values, sign: direction === 'desc' ? -1 : 1 };
    });
    const order = replicas.map((_, i) => i);
    order.sort((a, b) => {
      for (const { values, sign } of keys) {
        const x = values[a] ?? 0;
        const y = values[b] ?? 0;
        const order =
          typeof x === 'string' || typeof y === 'string' ? compareBytes(String(x), String(y)) : Number(x) - Number(y);
        if (order !== 0) return sign * order;
      }
      // Replicas are in dataset name order.
      return at(replicas, a) - at(replicas, b);
    });
    return order.map((i) => at(replicas, i));
  }

  /** The candidate site with the largest protected share of its quota; ties: name. */
  fullestSite(triggered: Uint8Array): number {
    const { quotas, sites } = this.#world;
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (const site of this.#sites(triggered)) {
      const quota = floatAt(quotas.of, this.#decisions.partition * sites.count + site);
      const bytes = floatAt(this.#decisions.protectedBytes, site);
      const share = quota === 0 ? Number.POSITIVE_INFINITY : bytes / quota;
      if (share > highest) {
        best = site;
        highest = share;
      }
    }
    return best;
  }

  #sites(triggered: Uint8Array): number[] {
    return [...this.#bySite]
      .filter(([site, set]) => set.size > 0 && flagAt(triggered, site) === 1)
      .map(([site]) => site)
      .sort((a, b) => a - b);
  }
}
