/**
 * What the rules of one Retention decide of the replicas in its partition.
 *
 * A replica walks the rules from top to bottom; the first match decides. A `scope: block` rule takes the matching blocks
 * out and the walk goes on with the rest, whose replica variables describe the rest only; if it matches all that is
 * left, it decides the replica. What is at a draining site and complete elsewhere is dismissed whatever protected it.
 */
import type { Retention, RetentionAction, RetentionRule, RuleRef } from '../../desired/state.js';
import { StatorError } from '../../error.js';
import { EvaluationError } from '../../policy/expression.js';
import { variableByPath } from '../../policy/variables.js';
import { flagAt, floatAt, intAt, shortAt } from '../../snapshot/column.js';
import type { Arrival } from '../arrival.js';
import type { Membership } from '../membership.js';
import { pathsRead } from '../surroundings.js';
import type { Bounds } from '../tenancy.js';
import type { World } from '../world.js';
import type { Evaluations, RuleChange, Standing } from './evaluation.js';
import { RuleIndex } from './rule-index.js';

/** Which rule decided: an index into `rules`, or one of these. */
export const byDefault = -1;
/** The site is draining and everything is complete elsewhere. */
export const byEvacuation = -2;
/** It was protected earlier in this cycle. */
const byEarlierProtection = -3;
const notCovered = -4;
const mixed = -5;

/** Block replicas of one replica that one rule decided. */
export interface Unit {
  readonly rule: number;
  readonly action: RetentionAction;
  readonly blockReplicas: readonly number[];
}

interface BoundRule {
  readonly rule: RetentionRule;
  readonly holds: () => boolean;
}

/** Told of every rule that is asked (of one block replica, or -1: of the replica), the cursor still where it was asked. */
export type RuleObserver = (rule: number, blockReplica: number, held: boolean) => void;

export class Decisions {
  readonly retention: Retention;
  readonly partition: number;
  /** Sites the Retention covers. */
  readonly atSite: Uint8Array;
  readonly rules: readonly RetentionRule[];
  /** Whether a deletion of another copy of the dataset, or at the same site, can change a decision. */
  readonly readsCopies: boolean;
  readonly readsOccupancy: boolean;
  readonly orderReadsCopies: boolean;
  /** 1: the rule decided something, at any time in this plan. */
  readonly inUse: Uint8Array;
  /** Bytes decided `protect`, per site. */
  readonly protectedBytes: Float64Array;
  /** Whether rules read what data beyond a dataset changes, so that no decision stands for the next plan. */
  readonly #readsBeyond: boolean;
  /** Whether rules read what placements need. */
  readonly #readsRequired: boolean;
  readonly #world: World;
  readonly #bound: readonly BoundRule[];
  readonly #index: RuleIndex;
  readonly #membership: Membership;
  /** What the Retention may act on, where it is a tenant's. */
  readonly #bounds: Bounds | null;
  readonly #ruleOf: Int32Array;
  /** The same per replica. */
  readonly #protectedOf: Float64Array;
  readonly #mixed = new Map<number, readonly Unit[]>();
  /** Block replicas that were protected once in this cycle stay so: 1 by an explicit rule, 2 by the default. */
  readonly #sticky: Uint8Array;
  #isAnySticky = false;

  constructor(world: World, retention: Retention) {
    this.#world = world;
    this.retention = retention;
    this.partition = world.partitionIndex.get(retention.partition) as number;
    this.#membership = world.membershipOf(this.partition);
    const bounds = world.tenancy.of(retention);
    this.#bounds = bounds;
    const covered = retention.sites.bind(world.reader);
    this.atSite = Uint8Array.from(world.sites.names, (name, site) => {
      if (world.sites.documents[site] === null) return 0;
      world.reader.moveToSite(site);
      world.reader.partition = this.partition;
      if (!covered()) return 0;
      if (bounds === null || bounds.hasSite(site)) return 1;
      world.tenancy.note(retention, bounds, 'sites', name);
      return 0;
    });
    this.rules = retention.rules.filter(
      (rule) =>
        (rule.notBefore === null || world.clock.beside(rule.notBefore) >= rule.notBefore) &&
        (rule.expires === null || world.clock.beside(rule.expires) < rule.expires),
    );
    this.#bound = this.rules.map((rule) => ({ rule, holds: bindRule(world, rule) }));
    this.#index = new RuleIndex(this.rules);
    this.inUse = new Uint8Array(this.rules.length);
    const paths = [
      ...pathsRead(
        world.desired,
        this.rules.map(({ when }) => when),
      ),
    ];
    const variables = paths.flatMap((path) => variableByPath.get(path) ?? []);
    this.readsCopies = variables.some(({ volatility }) => volatility === 'copies');
    this.readsOccupancy = variables.some(({ volatility }) => volatility === 'occupancy');
    this.#readsBeyond = bounds !== null || variables.some(({ partition }) => partition);
    this.#readsRequired = paths.some((path) => path === 'replica.required' || path === 'replica.requiredBy');
    this.orderReadsCopies = retention.order.some(({ by }) =>
      [...by.reads].some((path) => variableByPath.get(path)?.volatility !== 'fixed'),
    );
    this.protectedBytes = new Float64Array(world.sites.count);
    this.#ruleOf = new Int32Array(world.snapshot.replicas.count).fill(notCovered);
    this.#protectedOf = new Float64Array(world.snapshot.replicas.count);
    this.#sticky = new Uint8Array(world.snapshot.blockReplicas.count);
  }

  /**
   * Every replica, once.
   *
   * @param evaluations where what is decided is kept, and what stands of the plan before
   */
  decideAll(evaluations: Evaluations | null): void {
    const { replicas } = this.#world.snapshot;
    if (evaluations !== null && !this.#readsBeyond) this.#decideWhatDoesNotStand(evaluations);
    else for (let r = 0; r < replicas.count; r++) this.decide(r);
    if (this.#bounds !== null) this.#noteOutside(this.#bounds);
  }

  #decideWhatDoesNotStand(evaluations: Evaluations): void {
    const { clock, snapshot, requiredBy } = this.#world;
    const { replicaStart, count } = snapshot.datasets;
    const { partition, atSite, rules, retention } = this;
    const covered = { partition, atSite, rules, default: retention.default };
    const standing = evaluations.standing(this.#world, retention.name, covered);
    const until = new Float64Array(count);
    for (let d = 0; d < count; d++) {
      const before = standing?.datasetOf(d) ?? -1;
      const asked = clock.during(() => {
        const shift = standing === null || before < 0 ? 0 : standing.replicaShift(d, before);
        for (let r = intAt(replicaStart, d); r < intAt(replicaStart, d + 1); r++) {
          if (standing === null || before < 0 || !this.#takeOver(standing, r, r + shift)) this.decide(r);
        }
      });
      until[d] = asked.until;
      if (standing === null || before < 0) continue;
      const edge = floatAt(standing.evaluation.until, before);
      until[d] = Math.min(edge, asked.until);
      // The clock takes a second off.
      clock.holdsUntil(edge + 1);
    }
    evaluations.keep(retention.name, {
      ...covered,
      ruleOf: this.#ruleOf.slice(),
      protectedOf: this.#protectedOf.slice(),
      mixed: new Map(this.#mixed),
      until,
      requiredBy: this.#readsRequired ? new Map(requiredBy) : null,
    });
  }

  /** Decides a replica as it was decided before. @returns whether that was possible */
  #takeOver(standing: Standing, replica: number, before: number): boolean {
    const { evaluation, change } = standing;
    const site = shortAt(this.#world.replicaSite, replica);
    const decided = intAt(evaluation.ruleOf, before);
    if (decided === notCovered) return true;
    // Which rule spoke first is not known of what leaves a draining site.
    if (flagAt(this.#world.sites.draining, site) === 1) return false;
    if (decided === mixed) {
      if (change !== null) return false;
      const units = standing.unitsOf(replica, before);
      for (const { rule } of units) if (rule >= 0) this.inUse[rule] = 1;
      this.#record(replica, site, units);
      return true;
    }
    if (change === null || (decided >= 0 && decided < change.first)) {
      if (decided >= 0) this.inUse[decided] = 1;
      this.#ruleOf[replica] = decided;
      this.#addProtected(replica, site, floatAt(evaluation.protectedOf, before));
      return true;
    }
    // Of a rule that is gone, those after it were not asked.
    const firstOfLast = evaluation.rules.length - change.last;
    if (!change.ofReplicas || (decided !== byDefault && decided < firstOfLast)) return false;
    const members = this.members(replica);
    const found = this.#firstChanged(change, replica, members);
    const rule = found ?? (decided === byDefault ? byDefault : decided - evaluation.rules.length + this.rules.length);
    if (rule >= 0) this.inUse[rule] = 1;
    this.#record(replica, site, [{ rule, action: this.actionOf(rule), blockReplicas: members }]);
    return true;
  }

  /** The first of the rules that have changed that holds for a replica, all of which decide whole replicas. */
  #firstChanged({ first, last }: RuleChange, replica: number, members: readonly number[]): number | null {
    const { reader, snapshot } = this.#world;
    const dataset = intAt(snapshot.replicas.dataset, replica);
    reader.partition = this.partition;
    reader.moveToReplica(replica, members);
    try {
      for (const index of this.#rulesFor(dataset)) {
        if (index >= this.rules.length - last) return null;
        if (index >= first && this.#bound[index]?.holds() === true) return index;
      }
    } catch (error) {
      throw located(error, this.retention, this.#world.datasetName(dataset));
    }
    return null;
  }

  /** What rules (not the default) say of data that is not the tenant's; nothing comes of it. */
  #noteOutside(bounds: Bounds): void {
    const world = this.#world;
    for (let r = 0; r < world.snapshot.replicas.count; r++) {
      if (flagAt(this.atSite, shortAt(world.replicaSite, r)) === 0) continue;
      const outside = world.remaining(r).filter((br) => this.#membership.has(br) && bounds.outside(br) !== null);
      if (outside.length === 0) continue;
      for (const unit of this.#walk(r, outside)) {
        const rule = this.rules[unit.rule];
        const [first] = unit.blockReplicas;
        if (rule !== undefined && first !== undefined) world.tenancy.noteBlockReplica(rule, bounds, first);
      }
    }
  }

  /** Whether any replica of the partition is at its sites. */
  coversAnything(): boolean {
    return this.#ruleOf.some((rule) => rule !== notCovered);
  }

  covers(replica: number): boolean {
    return intAt(this.#ruleOf, replica) !== notCovered;
  }

  actionOf(rule: number): RetentionAction {
    if (rule === byDefault) return this.retention.default;
    if (rule === byEvacuation) return 'dismiss';
    if (rule === byEarlierProtection) return 'protect';
    return this.rules[rule]?.action ?? 'protect';
  }

  /** The document and line that decided. */
  refOf(rule: number, replica: number): { readonly ref: RuleRef; readonly hash: string } {
    if (rule === byEvacuation) {
      const site = this.#world.sites.documents[shortAt(this.#world.replicaSite, replica)];
      if (site !== null && site !== undefined) return { ref: site.origin.ref, hash: site.origin.hash };
    }
    const decided = rule >= 0 ? this.rules[rule] : undefined;
    const { origin } = decided ?? this.retention;
    return { ref: decided === undefined ? { ...origin.ref, id: 'default' } : origin.ref, hash: origin.hash };
  }

  /** The units of a replica; empty where the Retention does not cover it. */
  units(replica: number): readonly Unit[] {
    const rule = intAt(this.#ruleOf, replica);
    if (rule === notCovered) return [];
    if (rule === mixed) return this.#mixed.get(replica) ?? [];
    return [{ rule, action: this.actionOf(rule), blockReplicas: this.members(replica) }];
  }

  /** Whether any unit of the replica has that action; cheaper than {@link units}. */
  mayHave(replica: number, action: RetentionAction): boolean {
    const rule = intAt(this.#ruleOf, replica);
    if (rule === notCovered) return false;
    if (rule === mixed) return (this.#mixed.get(replica) ?? []).some((unit) => unit.action === action);
    return this.actionOf(rule) === action;
  }

  /** What the rules alone say of a replica, without regard to draining. */
  firstEvaluation(replica: number): readonly Unit[] {
    const site = shortAt(this.#world.replicaSite, replica);
    if (flagAt(this.#world.sites.draining, site) === 0) return this.units(replica);
    if (flagAt(this.atSite, site) === 0) return [];
    const members = this.members(replica);
    return members.length === 0 ? [] : this.#walk(replica, members);
  }

  /** The decision of a replica made once more, each rule's answer shown; nothing is changed. Empty where none covers it. */
  trace(replica: number, observe: RuleObserver): readonly Unit[] {
    const site = shortAt(this.#world.replicaSite, replica);
    if (flagAt(this.atSite, site) === 0) return [];
    const members = this.members(replica);
    return members.length === 0 ? [] : this.#overlay(replica, site, this.#walk(replica, members, observe));
  }

  /** The action of the one rule that decides all of a replica that is there; null where there are several, or none. */
  onlyAction(replica: number): RetentionAction | null {
    const rule = intAt(this.#ruleOf, replica);
    return rule === notCovered || rule === mixed ? null : this.actionOf(rule);
  }

  /** Block replicas of the replica in the partition that are still there. */
  members(replica: number): number[] {
    const world = this.#world;
    const { start } = world.snapshot.replicas;
    const [first, end] = [intAt(start, replica), intAt(start, replica + 1)];
    const result: number[] = [];
    if (this.isAllHere(replica)) for (let br = first; br < end; br++) result.push(br);
    else if (this.#membership.ofAll(replica) !== false) {
      for (let br = first; br < end; br++) if (this.isHere(br)) result.push(br);
    }
    return result;
  }

  /** Whether all of a replica is in the partition and still there; false also where that takes a look at its blocks. */
  isAllHere(replica: number): boolean {
    return this.#bounds === null && this.#membership.ofAll(replica) === true && this.#world.isIntact(replica);
  }

  /** Whether a block replica is in the partition, and still there. */
  isHere(blockReplica: number): boolean {
    const world = this.#world;
    return (
      flagAt(world.gone, blockReplica) === 0 &&
      flagAt(world.handedOver, blockReplica) === 0 &&
      this.#membership.has(blockReplica) &&
      (this.#bounds === null || this.#bounds.outside(blockReplica) === null)
    );
  }

  /** Whether a rule (not the default) protects a block replica, now or earlier in this cycle. */
  protectsExplicitly(replica: number, blockReplica: number): boolean {
    if (flagAt(this.#sticky, blockReplica) === 1) return true;
    const rule = intAt(this.#ruleOf, replica);
    if (rule !== mixed) return rule >= 0 && this.actionOf(rule) === 'protect' && this.isHere(blockReplica);
    return this.units(replica).some(
      (unit) => unit.action === 'protect' && unit.rule >= 0 && unit.blockReplicas.includes(blockReplica),
    );
  }

  /** Decides a replica (again). What was protected in this cycle stays protected. */
  decide(replica: number): void {
    const world = this.#world;
    const site = shortAt(world.replicaSite, replica);
    if (flagAt(this.atSite, site) === 0) return;
    this.#keepProtection(replica, site);
    const members = this.members(replica);
    this.#mixed.delete(replica);
    if (members.length === 0) {
      this.#ruleOf[replica] = notCovered;
      return;
    }
    let units: readonly Unit[];
    try {
      units = this.#walk(replica, members);
    } catch (error) {
      throw located(error, this.retention, world.datasetName(intAt(world.snapshot.replicas.dataset, replica)));
    }
    this.#record(replica, site, this.#overlay(replica, site, units));
  }

  #record(replica: number, site: number, units: readonly Unit[]): void {
    const [only] = units;
    if (only !== undefined && units.length === 1) this.#ruleOf[replica] = only.rule;
    else {
      this.#ruleOf[replica] = mixed;
      this.#mixed.set(replica, units);
    }
    for (const unit of units) {
      if (unit.action === 'protect') this.#addProtected(replica, site, this.#bytesOf(unit.blockReplicas));
    }
  }

  /** Before a decision is made again: remembers what it protected, and takes it out of the sum. */
  #keepProtection(replica: number, site: number): void {
    const before = intAt(this.#ruleOf, replica);
    if (before === notCovered) return;
    for (const unit of this.units(replica)) {
      if (unit.action !== 'protect') continue;
      this.#addProtected(replica, site, -this.#bytesOf(unit.blockReplicas));
      for (const br of unit.blockReplicas) {
        // What a rule protected once is not protected by the default alone later on.
        if (unit.rule >= 0 || flagAt(this.#sticky, br) === 0) this.#sticky[br] = unit.rule >= 0 ? 1 : 2;
      }
      this.#isAnySticky = true;
    }
  }

  #addProtected(replica: number, site: number, bytes: number): void {
    this.#protectedOf[replica] = floatAt(this.#protectedOf, replica) + bytes;
    this.protectedBytes[site] = floatAt(this.protectedBytes, site) + bytes;
  }

  #bytesOf(blockReplicas: readonly number[]): number {
    const { size } = this.#world.snapshot.blockReplicas;
    let bytes = 0;
    for (const br of blockReplicas) bytes += floatAt(size, br);
    return bytes;
  }

  /** The walk as the rules say, without regard to draining or to what was protected before. */
  #walk(replica: number, members: readonly number[], observe?: RuleObserver): readonly Unit[] {
    const { reader } = this.#world;
    const units: Unit[] = [];
    let rest = members;
    let narrowed = false;
    reader.partition = this.partition;
    reader.moveToReplica(replica, rest, narrowed);
    // Whoever watches sees every rule asked.
    const asked =
      observe === undefined
        ? this.#rulesFor(intAt(this.#world.snapshot.replicas.dataset, replica))
        : this.#bound.keys();
    for (const index of asked) {
      const { rule, holds } = this.#bound[index] as BoundRule;
      if (rule.scope === 'replica') {
        const held = holds();
        observe?.(index, -1, held);
        if (!held) continue;
        this.inUse[index] = 1;
        units.push({ rule: index, action: rule.action, blockReplicas: rest });
        return units;
      }
      // Most block rules take nothing: the lists are made when the first block is taken.
      let taken: number[] | null = null;
      let left: number[] = [];
      for (let i = 0; i < rest.length; i++) {
        const br = rest[i] as number;
        reader.blockReplica = br;
        const held = holds();
        observe?.(index, br, held);
        if (held && taken === null) {
          taken = [];
          left = rest.slice(0, i);
        }
        if (taken !== null) (held ? taken : left).push(br);
      }
      reader.blockReplica = -1;
      if (taken === null) continue;
      this.inUse[index] = 1;
      units.push({ rule: index, action: rule.action, blockReplicas: taken });
      if (left.length === 0) return units;
      rest = left;
      narrowed = true;
      reader.moveToReplica(replica, rest, narrowed);
    }
    units.push({ rule: byDefault, action: this.retention.default, blockReplicas: rest });
    return units;
  }

  /** Rules that may hold for a dataset, in their order. */
  #rulesFor(dataset: number): readonly number[] {
    return this.#index.candidates(this.#world.datasetName(dataset));
  }

  #overlay(replica: number, site: number, units: readonly Unit[]): readonly Unit[] {
    if (flagAt(this.#world.sites.draining, site) === 1 && isElsewhere(this.#world, replica)) {
      return units.map((unit) =>
        unit.action === 'protect' ? { ...unit, rule: byEvacuation, action: 'dismiss' as const } : unit,
      );
    }
    if (
      !this.#isAnySticky ||
      units.every(
        (unit) => unit.action === 'protect' || unit.blockReplicas.every((br) => flagAt(this.#sticky, br) === 0),
      )
    ) {
      return units;
    }
    const result: Unit[] = [];
    for (const unit of units) {
      if (unit.action === 'protect') result.push(unit);
      else {
        const kept = unit.blockReplicas.filter((br) => flagAt(this.#sticky, br) !== 0);
        const rest = unit.blockReplicas.filter((br) => flagAt(this.#sticky, br) === 0);
        if (rest.length > 0) result.push({ ...unit, blockReplicas: rest });
        if (kept.length > 0) result.push({ rule: byEarlierProtection, action: 'protect', blockReplicas: kept });
      }
    }
    return result;
  }

  /** The rules that would decide blocks that are not at a site yet, once a copy of them has arrived there. */
  rulesOfCopy(blocks: readonly number[], site: number, owner: string, arrival: Arrival): Set<number> {
    const { reader } = this.#world;
    const deciding = new Set<number>();
    const bounds = this.#bounds;
    const inside = (block: number): boolean =>
      bounds === null ||
      (bounds.hasDataset(intAt(this.#world.snapshot.blocks.dataset, block)) && bounds.hasOwner(owner));
    let rest = blocks.filter(inside);
    let narrowed = false;
    const moveTo = (block: number): void => {
      reader.partition = this.partition;
      reader.moveToCopy(block, site, owner, arrival);
      reader.narrowed = narrowed;
    };
    const [any] = rest;
    if (any === undefined) return deciding;
    for (const index of this.#rulesFor(intAt(this.#world.snapshot.blocks.dataset, any))) {
      const { rule, holds } = this.#bound[index] as BoundRule;
      const [first] = rest;
      if (first === undefined) return deciding;
      if (rule.scope === 'replica') {
        moveTo(first);
        if (!holds()) continue;
        return deciding.add(index);
      }
      const left = rest.filter((block) => {
        moveTo(block);
        return !holds();
      });
      if (left.length === rest.length) continue;
      deciding.add(index);
      rest = left;
      narrowed = true;
    }
    return rest.length === 0 ? deciding : deciding.add(byDefault);
  }
}

/** A rule that reads only what the inventory says of a dataset is asked once per dataset. */
function bindRule(world: World, { when }: RetentionRule): () => boolean {
  return world.answers.once(when, world.reader, when.bind(world.reader));
}

/** Every block of the replica is complete at another site that counts. */
export function isElsewhere(world: World, replica: number): boolean {
  const remaining = world.remaining(replica);
  return remaining.every((br) => world.copiesBeside(br) > 0);
}

/** An expression that fails on a value stops the plan: a rule that cannot be evaluated must not be taken for false. */
export function located(error: unknown, retention: Retention, dataset: string): unknown {
  if (!(error instanceof EvaluationError)) return error;
  const rule = retention.rules.find((candidate) => candidate.when.text === error.expression);
  const { ref } = (rule ?? retention).origin;
  return new StatorError({
    code: 'evaluation-failed',
    what: `${error.message} in \`${error.expression}\`, evaluated for ${dataset}`,
    where: `${ref.file}:${ref.line}`,
    todo: 'guard the expression against this value',
    cause: error,
  });
}
