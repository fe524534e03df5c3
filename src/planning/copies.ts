/**
 * Step 4 of a plan: which needs are served, from where, to where. By priority, deferred ones of the last cycle first,
 * then round-robin over datasets (the first missing copy of each, then the second...), then by name; the destination
 * by weighted rendezvous hashing among the sites that may take it.
 */

import type { Placement, RuleRef, SiteState } from '../desired/state.js';
import { compareBytes } from '../order.js';
import type { Expression } from '../policy/expression.js';
import { at, flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import { type CopyLoad, CopyLoads } from './copy-load.js';
import { CopySites } from './copy-sites.js';
import type { DatasetWatch } from './dataset-trace.js';
import type { Exclusions } from './exclusions.js';
import { subscription } from './growing.js';
import { blocksOf, type Counted, type Mark, type Need, plural } from './needs.js';
import type { Deferred, Unsatisfied } from './plan.js';
import { relationAllows, spreadAllows } from './proximity.js';
import { mayScoreAbove, siteScore, textHash } from './rendezvous.js';
import { findSources } from './sources.js';
import { type Refusal, TransferLimits } from './transfer-limits.js';
import type { CopyUnderWay, World } from './world.js';

/** Copies of one dataset to one site under one owner: one action. */
export interface PlannedCopy {
  readonly need: Need;
  readonly dataset: number;
  readonly site: number;
  readonly owner: string;
  /** Sorted block indexes; null: the whole dataset to a site that has none of it. */
  blocks: readonly number[] | null;
  sources: readonly number[];
  bytes: number;
  files: number;
}

export interface CopyPlan {
  readonly copies: PlannedCopy[];
  readonly deferred: Deferred[];
  /** Blocks of all deferred copies. */
  deferredBlocks: number;
  readonly unsatisfied: Unsatisfied[];
  readonly deferredNeeds: { placement: string; dataset: string }[];
  /** What found no site because retention would remove it again at once, or did so lately. */
  readonly retired: { readonly placement: Placement; readonly dataset: number }[];
}

/** A copy that no placement protects, as retention is asked about it. */
export interface UnprotectedCopy {
  readonly blocks: readonly number[];
  readonly site: number;
  readonly owner: string;
  /** Bytes to be transferred. */
  readonly bytes: number;
  /** It will be the only good copy. */
  readonly isLast: boolean;
  /** Copies of the dataset that are still to be planned and will be protected. */
  readonly ahead: number;
}

/** The retention rule that would remove such a copy at once, or null. */
export type RemovalTest = (copy: UnprotectedCopy) => RuleRef | null;

/** Why a site was not chosen for a copy. */
export type Rejection =
  | Refusal
  | { readonly kind: 'held-already' }
  | { readonly kind: 'not-ready'; readonly state: SiteState }
  | { readonly kind: 'excluded'; readonly exclusion: RuleRef; readonly reason: string }
  | { readonly kind: 'spread' }
  | { readonly kind: 'relative' }
  /** `weight` gave nothing above 0. */
  | { readonly kind: 'no-weight'; readonly weight: number }
  /** By that rule; null where it is another copy that would go instead. */
  | { readonly kind: 'would-be-removed'; readonly rule: RuleRef | null }
  /** Seconds since the epoch; the clock where the deletion is under way. */
  | { readonly kind: 'removed-lately'; readonly at: number };

const rejectionText: Readonly<Record<Exclude<Rejection['kind'], 'limit'>, string>> = {
  'held-already': 'hold it already',
  'not-ready': 'are not ready',
  excluded: 'are closed to it by an Exclusion',
  spread: 'would be one too many for `spread`',
  relative: 'are not where `relativeTo` wants them',
  'no-quota': 'have no quota for it',
  'no-space': 'have no space within their quota',
  'no-weight': 'have no weight above 0 for it',
  'too-large': 'refuse datasets of this size',
  'group-limit': 'are closed to it by the limit of its group',
  'would-be-removed': 'would remove it again at once by their retention rules',
  'removed-lately': 'removed it lately by their retention rules',
};

/** A copy to be made, and what is the same for every site that it could go to. */
interface Errand {
  readonly need: Need;
  readonly blocks: readonly number[];
  readonly owner: string;
  /** What rendezvous hashing knows it by. */
  readonly key: readonly [number, number];
  /** Copies of the dataset that are open or planned. */
  readonly underWay: readonly CopyUnderWay[];
}

/** What a site would give for a copy. */
interface Offer {
  readonly site: number;
  readonly score: number;
  readonly load: CopyLoad;
}

/** Nothing holds on to the copy once it is there: a subscription's, or one of a placement with `protect: false`. */
function isUnprotected(need: Need): boolean {
  return need.placement === null ? need.chooser === subscription : !need.placement.protect;
}

/** Whether retention may take the copy once it is there, as far as the need knows. */
function mayRetire(need: Need): boolean {
  return isUnprotected(need) || need.cause === 'evacuation' || need.cause === 'rebalance';
}

/** Serves needs in calls that share what was planned and what the limits have left. */
export class CopyPlanner {
  readonly #world: World;
  readonly #exclusions: Exclusions;
  readonly #takerOf: RemovalTest;
  /** Sites where placements have, or will have, copies of datasets; of those placements where it matters. */
  readonly #sitesOf = new CopySites();
  readonly #apart: ReadonlySet<string>;
  readonly #limits: TransferLimits;
  /** Needs per dataset that come later in the order and will be protected. */
  readonly #ahead: Int32Array;
  readonly #claims = new Map<number, Need[]>();
  /** Lists of needs that are not in `#claims` yet: most plans never ask. */
  readonly #unsorted: (readonly Need[])[] = [];
  /** Replicas that placements with `protect: false` count. */
  readonly #countedUnprotected = new Set<number>();
  /** Copies of each dataset that this plan makes and nothing protects. */
  readonly #unprotected = new Map<number, Omit<UnprotectedCopy, 'ahead'>[]>();
  readonly #weights = new Map<Expression<number>, () => number>();
  readonly #loads: CopyLoads;
  readonly #siteHashes: readonly (readonly [number, number])[];
  /** By dataset. */
  readonly #planned = new Map<number, PlannedCopy[]>();
  /** Sites planned for an item in this plan, by what asked. */
  readonly #plannedSites = new CopySites();
  /** Index of each entry of `unsatisfied`. */
  readonly #failures = new Map<string, number>();
  readonly result: CopyPlan = {
    copies: [],
    deferred: [],
    deferredBlocks: 0,
    unsatisfied: [],
    deferredNeeds: [],
    retired: [],
  };

  /** Told what becomes of the needs of one dataset, where somebody asks. */
  readonly #watch: DatasetWatch | null;

  constructor(
    world: World,
    exclusions: Exclusions,
    counted: readonly Counted[],
    takerOf: RemovalTest,
    watch: DatasetWatch | null,
  ) {
    this.#world = world;
    this.#watch = watch;
    this.#apart = new Set(
      world.desired.placements
        .filter(isApart)
        .flatMap(({ name, relativeTo }) => (relativeTo === null ? [name] : [name, relativeTo.placement])),
    );
    this.#exclusions = exclusions;
    this.#takerOf = takerOf;
    for (const entry of counted) {
      this.#note(entry.placement.name, entry.dataset, entry.site);
      if (!entry.placement.protect && entry.replica >= 0) this.#countedUnprotected.add(entry.replica);
    }
    this.#limits = new TransferLimits(world);
    this.#loads = new CopyLoads(world);
    this.#ahead = new Int32Array(world.snapshot.datasets.count);
    this.#siteHashes = world.sites.names.map((name) => textHash(name, 1));
  }

  serve(needs: readonly Need[]): void {
    const ordered = [...needs].sort(
      (a, b) =>
        b.priority - a.priority ||
        Number(b.deferredBefore) - Number(a.deferredBefore) ||
        a.round - b.round ||
        // What is relative to another placement's copies waits for those.
        Number(isRelative(a)) - Number(isRelative(b)) ||
        // Datasets are in name order already.
        a.dataset - b.dataset ||
        // A copy that is protected anyway may serve one that wants less.
        Number(isUnprotected(a)) - Number(isUnprotected(b)) ||
        compareBytes(a.chooser, b.chooser) ||
        a.site - b.site ||
        (a.blocks?.[0] ?? -1) - (b.blocks?.[0] ?? -1),
    );
    this.#unsorted.push(ordered);
    for (const need of ordered) if (!isUnprotected(need)) this.#expect(need, 1);
    for (const need of ordered) {
      if (!isUnprotected(need)) this.#expect(need, -1);
      this.#serveOne(need);
    }
  }

  /** Owners under which placements that lack copies want one at a site: they would re-own what comes there. */
  #claimants(dataset: number, site: number): Set<string> {
    const owners = new Set<string>();
    for (const need of this.#needsOf(dataset)) {
      if (need.owner !== null && (need.site === site || (need.to !== null && flagAt(need.to, site) === 1))) {
        owners.add(need.owner);
      }
    }
    return owners;
  }

  /** All needs of a dataset that were given so far, in their order. */
  #needsOf(dataset: number): readonly Need[] {
    for (const needs of this.#unsorted.splice(0)) {
      for (const need of needs) {
        const list = this.#claims.get(need.dataset);
        if (list === undefined) this.#claims.set(need.dataset, [need]);
        else list.push(need);
      }
    }
    return this.#claims.get(dataset) ?? [];
  }

  #expect(need: Need, change: number): void {
    this.#ahead[need.dataset] = intAt(this.#ahead, need.dataset) + change;
  }

  /** Serves one need to a given site if that is possible now; says nothing when it is not. */
  offer(need: Need): boolean {
    const items = blocksOf(this.#world, need.dataset, need.blocks);
    const sources = findSources(this.#world, items, need.site, need.from);
    if (sources.missing > 0 || flagAt(this.#world.sites.writable, need.site) === 0) return false;
    const owner = need.owner ?? '';
    const load = this.#loads.at(items, need.site, owner);
    if (this.#rejection(need, need.site, load, owner) !== null) return false;
    this.#accept(need, need.site, load, sources.sites, owner);
    return true;
  }

  /** Copies planned for placements, also where one copy serves several. */
  readonly placed: Mark[] = [];

  #place(placement: string, dataset: number, site: number): void {
    this.#note(placement, dataset, site);
    this.placed.push({ placement, dataset, site });
  }

  #note(placement: string, dataset: number, site: number): void {
    if (this.#apart.has(placement)) this.#sitesOf.add(placement, dataset, site);
  }

  #serveOne(need: Need): void {
    const world = this.#world;
    const items = blocksOf(world, need.dataset, need.blocks);
    if (need.site < 0 && (this.#servedByAnother(need, items) || this.#servedByWhatIsThere(need, items))) return;
    let toCopy = need.site < 0 ? items : items.filter((block) => !world.isComing(block, need.site));
    if (toCopy.length === 0) return;
    if (need.site >= 0 && isUnprotected(need)) {
      toCopy = toCopy.filter((block) => !this.#wasRemoved(block, need.site));
      if (toCopy.length === 0) {
        const at = world.lastDeletion(need.dataset, need.site);
        this.#reject(need, items, new Map([[need.site, { kind: 'removed-lately', at }]]));
        return;
      }
    }
    const sources = findSources(world, toCopy, need.site, need.from);
    if (sources.missing > 0) {
      const of = plural(sources.missing, 'block has', 'blocks have');
      const reason = `${of} no complete copy at a site that can be read`;
      if (need.dataset === this.#watch?.dataset) this.#watch.noSource(need, reason);
      this.#fail(need, 'no-source', reason);
      return;
    }
    const owner = need.owner ?? this.#ownerOfSource(need, toCopy, sources.sites);
    if (need.site >= 0) {
      const load = this.#loads.at(toCopy, need.site, owner);
      const rejection = this.#rejection(need, need.site, load, owner);
      if (rejection === null) this.#accept(need, need.site, load, sources.sites, owner);
      else {
        if (need.dataset === this.#watch?.dataset) {
          this.#watch.answered(need, need.site, { kind: 'rejected', rejection });
        }
        this.#reject(need, toCopy, new Map([[need.site, rejection]]));
      }
      return;
    }
    this.#choose(need, toCopy, sources.sites, owner);
  }

  /** The same data is already planned to a site this placement accepts: one copy serves both. */
  #servedByAnother(need: Need, items: readonly number[]): boolean {
    const world = this.#world;
    const underWay = world.copiesUnderWay.get(need.dataset);
    if (underWay === undefined) return false;
    const own = this.#sitesFor(need);
    for (const copy of underWay) {
      if (copy.action !== null || own.includes(copy.site) || need.occupied.includes(copy.site)) continue;
      if (need.to !== null && flagAt(need.to, copy.site) === 0) continue;
      const covers = items.every((block) => world.isComing(block, copy.site) || this.#isComplete(block, copy.site));
      if (!covers) continue;
      if (need.placement !== null && !this.#mayStand(need.placement, need, copy.site)) continue;
      this.#serveAt(need, copy.site);
      return true;
    }
    return false;
  }

  /** With the copies of this plan, `spread` or `relativeTo` allow a full copy that is there and did not count without. */
  #servedByWhatIsThere(need: Need, items: readonly number[]): boolean {
    const world = this.#world;
    const { placement } = need;
    if (placement === null || !isApart(placement)) return false;
    const { replicaStart } = world.snapshot.datasets;
    for (let r = intAt(replicaStart, need.dataset); r < intAt(replicaStart, need.dataset + 1); r++) {
      const site = shortAt(world.replicaSite, r);
      if (need.to === null || flagAt(need.to, site) === 0 || flagAt(world.sites.counts, site) === 0) continue;
      if (need.occupied.includes(site) || this.#sitesFor(need).includes(site)) continue;
      if (!items.every((block) => this.#isComplete(block, site))) continue;
      if (this.#exclusions.at(need.dataset, site) !== null || !this.#mayStand(placement, need, site)) continue;
      if (placement.protect) {
        world.requireReplica(r, need.blocks === null ? world.remaining(r) : this.#there(items, site), placement.name);
      }
      this.#serveAt(need, site);
      return true;
    }
    return false;
  }

  #there(blocks: readonly number[], site: number): number[] {
    return blocks.map((block) => this.#world.findCopy(block, site)).filter((br) => br >= 0);
  }

  /** Whether a placement's copy may be at a site with regard to the copies it is to be near to, or apart from. */
  #mayStand(placement: Placement, need: Need, site: number): boolean {
    if (!isApart(placement)) return true;
    const sites = this.#placedSites(placement.name, need.dataset);
    return (
      spreadAllows(this.#world, placement, sites, site) &&
      relationAllows(this.#world, placement, this.#otherSites(need), site)
    );
  }

  /** A need is served by what is at a site, or comes there for another. */
  #serveAt(need: Need, site: number): void {
    if (need.placement !== null) this.#place(need.placement.name, need.dataset, site);
    this.#plannedSites.add(need.chooser, itemOf(need), site);
    if (need.dataset === this.#watch?.dataset) this.#watch.answered(need, site, { kind: 'chosen' });
  }

  #isComplete(block: number, site: number): boolean {
    const br = this.#world.findCopy(block, site);
    return br >= 0 && flagAt(this.#world.snapshot.blockReplicas.complete, br) === 1;
  }

  #sitesFor(need: Need): readonly number[] {
    return this.#plannedSites.of(need.chooser, itemOf(need));
  }

  #choose(need: Need, blocks: readonly number[], sources: readonly number[], owner: string): void {
    const taken = this.#sitesFor(need);
    const isWatched = need.dataset === this.#watch?.dataset;
    const errand = this.#errand(need, blocks, owner);
    const best = this.#best(errand, taken);
    // Why each site was not chosen is only worked out where somebody is told.
    if (best === null || isWatched) {
      const { rejections, scores } = this.#answers(errand, taken);
      if (isWatched && this.#watch !== null) {
        this.#tellChoice(this.#watch, need, rejections, scores, best?.site ?? -1);
      }
      if (best === null) this.#reject(need, blocks, rejections);
    }
    if (best === null) return;
    this.#plannedSites.add(need.chooser, itemOf(need), best.site);
    this.#accept(need, best.site, best.load, sources, owner);
  }

  #errand(need: Need, blocks: readonly number[], owner: string): Errand {
    const world = this.#world;
    const name = need.placement?.level === 'block' ? `#${world.blockName(blocks[0] ?? 0)}` : '';
    return {
      need,
      blocks,
      owner,
      key: textHash(`${need.chooser}\n${world.datasetName(need.dataset)}${name}`),
      underWay: world.copiesUnderWay.get(need.dataset) ?? [],
    };
  }

  /** The highest score among the sites that can take a copy; ties: name. */
  #best(errand: Errand, taken: readonly number[]): Offer | null {
    const { sites } = this.#world;
    const { need } = errand;
    const { to, occupied } = need;
    if (to === null) return null;
    const asks = mayRetire(need);
    // The free share of a quota is 1 at most; what cannot win with that need not be asked anything.
    const isBounded = !asks && (need.placement?.weight ?? null) === null && !this.#exclusions.areBound;
    const offers: Offer[] = [];
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    let load: CopyLoad | null = null;
    for (let site = 0; site < sites.count; site++) {
      if (flagAt(to, site) === 0 || flagAt(sites.writable, site) === 0) continue;
      if (occupied.includes(site) || taken.includes(site)) continue;
      if (isBounded && !mayScoreAbove(highest, errand.key, this.#siteHashes[site] ?? [0, 0])) continue;
      const there = this.#loadAt(errand, site);
      if (isBounded && this.#score(errand, site, there) <= highest) continue;
      if (this.#obstacle(need, site, there, errand.owner) !== null) continue;
      const score = this.#score(errand, site, there);
      if (score === Number.NEGATIVE_INFINITY) continue;
      if (asks) offers.push({ site, score, load: there });
      else if (score > highest) {
        best = site;
        highest = score;
        load = there;
      }
    }
    return asks ? this.#firstToKeep(errand, offers) : load === null ? null : { site: best, score: highest, load };
  }

  /** The best offer of a site where retention would not take the copy again. */
  #firstToKeep({ need, owner }: Errand, offers: Offer[]): Offer | null {
    // Retention is asked only of sites that would be chosen: that is the dearest of the questions.
    for (;;) {
      let best: Offer | null = null;
      for (const offer of offers) if (best === null || offer.score > best.score) best = offer;
      if (best === null || this.#retired(need, best.site, best.load, owner) === null) return best;
      offers.splice(offers.indexOf(best), 1);
    }
  }

  /** What every matching site says. */
  #answers(
    errand: Errand,
    taken: readonly number[],
  ): { readonly rejections: Map<number, Rejection>; readonly scores: Map<number, number> } {
    const rejections = new Map<number, Rejection>();
    const scores = new Map<number, number>();
    const { to } = errand.need;
    for (let site = 0; site < this.#world.sites.count; site++) {
      if (to === null || flagAt(to, site) === 0) continue;
      const answer = this.#answerOf(errand, site, taken);
      if (typeof answer === 'number') scores.set(site, answer);
      else rejections.set(site, answer);
    }
    return { rejections, scores };
  }

  /** The score of a matching site for a copy, or the first that speaks against it. */
  #answerOf(errand: Errand, site: number, taken: readonly number[]): Rejection | number {
    const { sites } = this.#world;
    const { need, owner } = errand;
    if (need.occupied.includes(site) || taken.includes(site)) return { kind: 'held-already' };
    if (flagAt(sites.writable, site) === 0) return { kind: 'not-ready', state: sites.state[site] ?? 'down' };
    const load = this.#loadAt(errand, site);
    const rejection = this.#rejection(need, site, load, owner);
    if (rejection !== null) return rejection;
    const score = this.#score(errand, site, load);
    return score === Number.NEGATIVE_INFINITY ? { kind: 'no-weight', weight: this.#weight(need, site, load) } : score;
  }

  #score(errand: Errand, site: number, load: CopyLoad): number {
    return siteScore(errand.key, this.#siteHashes[site] ?? [0, 0], this.#weight(errand.need, site, load));
  }

  /** What speaks against a copy at a site as things stand, or null; plans nothing. */
  objection(need: Need, site: number): Rejection | null {
    const items = blocksOf(this.#world, need.dataset, need.blocks);
    const sources = findSources(this.#world, items, site, need.from);
    const owner = need.owner ?? this.#ownerOfSource(need, items, sources.sites);
    const answer = this.#answerOf(this.#errand(need, items, owner), site, this.#sitesFor(need));
    return typeof answer === 'number' ? null : answer;
  }

  #tellChoice(
    watch: DatasetWatch,
    need: Need,
    rejections: ReadonlyMap<number, Rejection>,
    scores: ReadonlyMap<number, number>,
    best: number,
  ): void {
    for (const [site, rejection] of rejections) watch.answered(need, site, { kind: 'rejected', rejection });
    const winner = best < 0 ? '' : this.#world.siteName(best);
    for (const [site, score] of scores) {
      const lower = { kind: 'lower-score', score, best: scores.get(best) ?? 0, winner } as const;
      watch.answered(need, site, site === best ? { kind: 'chosen' } : lower);
    }
  }

  /** Without the blocks that are complete at the site, or that another copy brings; all of them where that leaves none. */
  #loadAt({ need, blocks, owner, underWay }: Errand, site: number): CopyLoad {
    const world = this.#world;
    const isComing = underWay.some((copy) => copy.site === site);
    // What is there in part is completed in place, except where it does not count for `spread` or `relativeTo`.
    const mayBeThere = need.placement !== null && isApart(need.placement);
    if (!isComing && !mayBeThere) return this.#loads.at(blocks, site, owner);
    const absent = blocks.filter((block) => !world.isComing(block, site) && !this.#isComplete(block, site));
    return this.#loads.at(absent.length === 0 ? blocks : absent, site, owner);
  }

  #rejection(need: Need, site: number, load: CopyLoad, owner: string): Rejection | null {
    return this.#obstacle(need, site, load, owner) ?? this.#retired(need, site, load, owner);
  }

  /** What speaks against a copy besides retention. */
  #obstacle(need: Need, site: number, load: CopyLoad, owner: string): Rejection | null {
    const world = this.#world;
    const exclusion = this.#exclusions.at(need.dataset, site);
    if (exclusion !== null) return { kind: 'excluded', exclusion: exclusion.origin.ref, reason: exclusion.reason };
    if (need.site < 0 && need.placement !== null && isApart(need.placement)) {
      const sites = this.#placedSites(need.placement.name, need.dataset);
      if (!spreadAllows(world, need.placement, sites, site)) return { kind: 'spread' };
      if (!relationAllows(world, need.placement, this.#otherSites(need), site)) return { kind: 'relative' };
    }
    return this.#limits.refusal(site, load, floatAt(world.snapshot.datasets.size, need.dataset), owner);
  }

  /** Whether retention would take a copy that nothing protects, or what evacuation saves, or took it lately. */
  #retired(need: Need, site: number, { blocks, bytes }: CopyLoad, owner: string): Rejection | null {
    const world = this.#world;
    if (!mayRetire(need)) return null;
    const isLast = need.cause === 'evacuation';
    const copy = { blocks, site, owner, bytes, ahead: intAt(this.#ahead, need.dataset) };
    if (isUnprotected(need)) {
      // Where retention would take the copy, or took it lately, making it again helps nobody.
      const deletion = need.site < 0 ? world.lastDeletion(need.dataset, site) : 0;
      if (deletion > 0) return { kind: 'removed-lately', at: deletion };
      const owners = this.#claimants(need.dataset, site).add(owner);
      for (const each of owners) {
        const rule = this.#takerOf({ ...copy, owner: each, isLast: false });
        if (rule !== null) return { kind: 'would-be-removed', rule };
      }
      if (this.#displaces(need.dataset, copy)) return { kind: 'would-be-removed', rule: null };
    }
    if (need.cause === 'rebalance' && !this.#isRequiredAt(need.dataset, need.occupied)) {
      const deletion = world.lastDeletion(need.dataset, site);
      if (deletion > 0) return { kind: 'removed-lately', at: deletion };
      const rule = this.#takerOf({ ...copy, isLast: false });
      if (rule !== null) return { kind: 'would-be-removed', rule };
    }
    // What is evacuated is the last good copy: only a rule that may remove that would take it.
    const rule = isLast ? this.#takerOf({ ...copy, isLast }) : null;
    return rule === null ? null : { kind: 'would-be-removed', rule };
  }

  /** Whether placements require all of a copy that moves: they will require it where it goes. */
  #isRequiredAt(dataset: number, [site = -1]: readonly number[]): boolean {
    const world = this.#world;
    const replica = world.findReplica(dataset, site);
    return replica >= 0 && world.remaining(replica).every((br) => flagAt(world.required, br) === 1);
  }

  /** With one more copy on its way, retention would take one that is wanted, or made by this plan, but not protected. */
  #displaces(dataset: number, { blocks, site, ahead }: Pick<UnprotectedCopy, 'blocks' | 'site' | 'ahead'>): boolean {
    const world = this.#world;
    const wanted = [...(this.#unprotected.get(dataset) ?? []), ...this.#wantedThere(dataset, site)]
      .map((each) => ({ ...each, ahead }))
      .filter((each) => this.#takerOf(each) === null);
    if (wanted.length === 0) return false;
    const copy: CopyUnderWay = { dataset, site, blocks: new Set(blocks), sources: null, action: null };
    const underWay = world.copiesUnderWay.get(dataset);
    if (underWay === undefined) world.copiesUnderWay.set(dataset, [copy]);
    else underWay.push(copy);
    const displaced = wanted.some((each) => this.#takerOf(each) !== null);
    if (underWay === undefined) world.copiesUnderWay.delete(dataset);
    else underWay.pop();
    return displaced;
  }

  /** What is at other sites, and a placement with `protect: false` or a subscription wants there. */
  #wantedThere(dataset: number, besides: number): Omit<UnprotectedCopy, 'ahead'>[] {
    const world = this.#world;
    const { replicas, datasets, blockReplicas } = world.snapshot;
    const found: Omit<UnprotectedCopy, 'ahead'>[] = [];
    for (let r = intAt(datasets.replicaStart, dataset); r < intAt(datasets.replicaStart, dataset + 1); r++) {
      const site = shortAt(world.replicaSite, r);
      if (site === besides || (flagAt(replicas.growing, r) === 0 && !this.#countedUnprotected.has(r))) continue;
      const [first] = world.remaining(r);
      if (first === undefined) continue;
      const blocks = world.remaining(r).map((br) => intAt(blockReplicas.block, br));
      found.push({ blocks, site, owner: world.ownerName(first), bytes: 0, isLast: false });
    }
    return found;
  }

  /** The block is not there, and a deletion at the site may be why: it has not changed since. */
  #wasRemoved(block: number, site: number): boolean {
    const world = this.#world;
    if (world.findCopy(block, site) >= 0) return false;
    const { blocks } = world.snapshot;
    const deletion = world.lastDeletion(intAt(blocks.dataset, block), site);
    return deletion > 0 && floatAt(blocks.lastUpdate, block) <= deletion;
  }

  /** Sites of the copies of the placement that this one is relative to. */
  #otherSites(need: Need): readonly number[] {
    return this.#placedSites(need.placement?.relativeTo?.placement ?? '', need.dataset);
  }

  #placedSites(placement: string, dataset: number): readonly number[] {
    return this.#sitesOf.of(placement, dataset);
  }

  #weight(need: Need, site: number, { partitions }: CopyLoad): number {
    const world = this.#world;
    let narrowest = -1;
    let share = 1;
    for (let i = 0; i < partitions.length; i++) {
      const partition = at(partitions, i);
      const cell = partition * world.sites.count + site;
      const quota = floatAt(world.quotas.of, cell);
      if (flagAt(world.quotas.limits, partition) === 0 || quota === Number.POSITIVE_INFINITY) continue;
      const free = Math.max(0, 1 - floatAt(world.projected, cell) / quota);
      if (narrowest < 0 || free < share) {
        narrowest = partition;
        share = free;
      }
    }
    const weight: Expression<number> | null = need.placement?.weight ?? null;
    if (weight === null) return share;
    world.reader.moveToSite(site);
    world.reader.partition = narrowest >= 0 ? narrowest : (partitions[0] ?? 0);
    let read = this.#weights.get(weight);
    if (read === undefined) {
      read = weight.bind(world.reader);
      this.#weights.set(weight, read);
    }
    return read();
  }

  /** Without a declared owner: that of what is at the destination, else that of the first source's first block. */
  #ownerOfSource(need: Need, blocks: readonly number[], sources: readonly number[]): string {
    const world = this.#world;
    for (const site of [need.site, ...sources]) {
      if (site < 0) continue;
      for (const block of blocks) {
        const br = world.findCopy(block, site);
        if (br >= 0 && world.ownerName(br) !== '') return world.ownerName(br);
      }
    }
    return '';
  }

  #accept(need: Need, site: number, load: CopyLoad, sources: readonly number[], owner: string): void {
    const world = this.#world;
    const { snapshot } = world;
    const { blocks, bytes } = load;
    const { dataset } = need;
    let files = 0;
    for (const block of blocks) files += intAt(snapshot.blocks.files, block);
    this.#limits.start(site, load);
    if (need.placement !== null) this.#place(need.placement.name, dataset, site);
    const replica = world.findReplica(dataset, site);
    const empty = replica < 0 || intAt(world.present, replica) === 0;
    const whole = empty && blocks.length === world.blockCount(dataset);
    world.addCopy(
      { dataset, site, blocks: whole ? null : new Set(blocks), sources, action: null },
      owner,
      load.partitions.map((partition, i) => [partition, at(load.added, i)]),
    );
    if (isUnprotected(need)) {
      const others = this.#unprotected.get(dataset) ?? [];
      this.#unprotected.set(dataset, [...others, { blocks, site, owner, bytes, isLast: false }]);
    }
    const ofDataset = this.#planned.get(dataset) ?? [];
    const known = ofDataset.find((copy) => copy.site === site && copy.owner === owner);
    if (known === undefined) {
      const copy = { need, dataset, site, owner, blocks: whole ? null : blocks, sources, bytes, files };
      if (ofDataset.push(copy) === 1) this.#planned.set(dataset, ofDataset);
      this.result.copies.push(copy);
      return;
    }
    // Blocks of one dataset wanted one by one, or by two placements: one action.
    if (known.blocks !== null) {
      known.blocks = [...new Set([...known.blocks, ...blocks])].sort((a, b) => a - b);
      known.sources = findSources(world, known.blocks, site, need.from).sites;
    }
    known.bytes += bytes;
    known.files += files;
  }

  #reject(need: Need, blocks: readonly number[], rejections: ReadonlyMap<number, Rejection>): void {
    const world = this.#world;
    const limit = [...rejections].find(([, rejection]) => rejection.kind === 'limit');
    if (limit !== undefined && limit[1].kind === 'limit') {
      const { limit: name, guard } = limit[1];
      this.result.deferred.push({
        rule: need.rule,
        dataset: world.datasetName(need.dataset),
        site: need.site < 0 ? null : world.siteName(need.site),
        bytes: this.#loads.bytes(blocks, need.site),
        limit: name,
        reason: `${name} of Guard ${guard.name} is reached; it comes first in the next cycle`,
      });
      this.result.deferredBlocks += blocks.length;
      this.result.deferredNeeds.push({ placement: need.chooser, dataset: world.datasetName(need.dataset) });
      return;
    }
    const kinds = new Map<Exclude<Rejection['kind'], 'limit'>, number>();
    // A subscription gives way to retention; that is no failure.
    const retired = [...rejections.values()].every(
      ({ kind }) => kind === 'would-be-removed' || kind === 'removed-lately',
    );
    if (retired && need.chooser === subscription) return;
    const undone = [...rejections.values()].some(
      ({ kind }) => kind === 'would-be-removed' || kind === 'removed-lately',
    );
    if (undone && need.placement !== null) {
      this.result.retired.push({ placement: need.placement, dataset: need.dataset });
    }
    for (const { kind } of rejections.values()) if (kind !== 'limit') kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const takers = takersIn([...rejections.values()]);
    const parts = [...kinds].map(
      ([kind, count]) => `${count} ${rejectionText[kind]}${kind === 'would-be-removed' ? takers : ''}`,
    );
    const why = parts.length === 0 ? 'no site matches' : `of ${rejections.size} matching sites ${parts.join(', ')}`;
    const tooLarge = kinds.size === 1 && kinds.has('too-large');
    this.#fail(need, tooLarge ? 'dataset-too-large' : 'no-destination', `no site can take the copy: ${why}`);
  }

  /** Several missing copies of one dataset that fail alike are one entry. */
  #fail(need: Need, code: string, reason: string): void {
    const dataset = this.#world.datasetName(need.dataset);
    const what = need.cause === 'evacuation' ? 'drain-blocked' : code;
    const key = `${need.chooser}\n${need.rule.name}\n${dataset}\n${what}`;
    const index = this.#failures.get(key);
    const known = index === undefined ? undefined : this.result.unsatisfied[index];
    if (index === undefined || known === undefined) {
      const entry = { rule: need.rule, dataset, missing: need.count, code: what, reason };
      this.#failures.set(key, this.result.unsatisfied.push(entry) - 1);
    } else this.result.unsatisfied[index] = { ...known, missing: known.missing + need.count };
  }
}

/** Whether it matters where the other copies are. */
function isApart(placement: Placement): boolean {
  return placement.spread !== null || placement.relativeTo !== null;
}

/** A number for what a need is about: a dataset, or a block of one. */
function itemOf(need: Need): number {
  return need.blocks?.[0] ?? -1 - need.dataset;
}

function isRelative(need: Need): boolean {
  return (need.placement?.relativeTo ?? null) !== null;
}

/** ` (rule old of Retention disk and 2 more)`, or nothing where no rule is known. */
function takersIn(rejections: readonly Rejection[]): string {
  const names = new Set(
    rejections.flatMap((rejection) => {
      if (rejection.kind !== 'would-be-removed' || rejection.rule === null) return [];
      const { kind, name, id } = rejection.rule;
      return [id === null ? `${kind} ${name}` : `rule ${id} of ${kind} ${name}`];
    }),
  );
  const [first, ...others] = [...names].sort(compareBytes);
  if (first === undefined) return '';
  return ` (${first}${others.length === 0 ? '' : ` and ${others.length} more`})`;
}
