/**
 * Step 1 of a plan: what the placements need. For every dataset of a placement: which of its copies at matching sites
 * count and are required, which of those must be completed in place, which copies elsewhere stand in until enough are
 * complete, and how many new copies are missing.
 */
import type { Placement, RuleRef } from '../desired/state.js';
import { compareBytes } from '../order.js';
import { EvaluationError } from '../policy/expression.js';
import { flagAt, floatAt, intAt, shortAt } from '../snapshot/column.js';
import { type Candidate, Candidates, completeOf, type Item } from './candidates.js';
import { type ConditionTrace, traceCondition } from './condition-trace.js';
import type { Against, DatasetWatch } from './dataset-trace.js';
import type { Diagnoses } from './diagnoses.js';
import type { Exclusions } from './exclusions.js';
import { RequiredBefore } from './required-before.js';
import type { Bounds } from './tenancy.js';
import type { World } from './world.js';

/** One copy to be made: into a given site, or wherever the placement allows. */
export interface Need {
  readonly placement: Placement | null;
  readonly rule: RuleRef;
  readonly ruleHash: string;
  readonly cause: 'placement' | 'drift' | 'evacuation' | 'rebalance';
  readonly dataset: number;
  /** Block indexes; null: all blocks of the dataset. */
  readonly blocks: readonly number[] | null;
  /** Where it must go (completion in place), or -1. */
  readonly site: number;
  /** Candidate sites (by index) for a new copy. */
  readonly to: Uint8Array | null;
  /** Sites that may be read, or null for all. */
  readonly from: Uint8Array | null;
  readonly priority: number;
  /** 0 for the first missing copy of the dataset, 1 for the second... */
  readonly round: number;
  /** How many missing copies it stands for. */
  readonly count: number;
  readonly deferredBefore: boolean;
  /** null: the owner of the source is kept. */
  readonly owner: string | null;
  /** Whether new blocks are to follow. */
  readonly growing: boolean;
  /** The site declared lost whose copy it replaces, or -1. */
  readonly lostAt: number;
  /** What rendezvous hashing calls the chooser. */
  readonly chooser: string;
  /** Sites that already have, or are getting, this copy: not to be chosen again. */
  readonly occupied: readonly number[];
  readonly reason: string;
}

/** A replica a placement counts, for re-owning (step 2) and for keeping open copies. */
export interface Counted {
  readonly placement: Placement;
  readonly dataset: number;
  readonly site: number;
  /** -1 where only an open copy exists. */
  readonly replica: number;
  readonly blocks: readonly number[] | null;
}

/** A copy that a placement counts. */
export interface Mark {
  readonly placement: string;
  readonly dataset: number;
  readonly site: number;
}

export interface Needs {
  readonly needs: Need[];
  readonly counted: Counted[];
  readonly marks: Mark[];
  /** `placement\ndataset` of what placements in force want, as far as the memory asks (see removals). */
  readonly matched: Set<string>;
}

const nowhere: readonly number[] = [];

/** Sites that placements required last time: by the names of placement and dataset. */
type Marks = Map<string, Map<string, string[]>>;

export function findNeeds(
  world: World,
  exclusions: Exclusions,
  diagnoses: Diagnoses,
  watch: DatasetWatch | null = null,
): Needs {
  const result: Needs = { needs: [], counted: [], marks: [], matched: new Set() };
  const marks: Marks = new Map();
  for (const { placement, dataset, site } of world.snapshot.memory.requiredMarks) {
    const ofPlacement = marks.get(placement) ?? new Map<string, string[]>();
    marks.set(placement, ofPlacement);
    const sites = ofPlacement.get(dataset);
    if (sites === undefined) ofPlacement.set(dataset, [site]);
    else sites.push(site);
  }
  const deferred = new Set(world.snapshot.memory.deferred.map((d) => markKey(d.placement, d.dataset)));
  const inForce = world.desired.placements.filter(
    ({ expires }) => expires === null || world.clock.beside(expires) < expires,
  );
  const rank = new Map([...inForce].sort(byPriority).map((placement, index) => [placement.name, index]));
  const ofStatuses = new Map<string, Uint8Array>();
  for (const placement of inDependencyOrder([...inForce].sort(byPriority))) {
    // Nearly all placements want the same.
    const key = placement.statuses.join();
    const ofStatus = ofStatuses.get(key) ?? datasetsOf(world, placement.statuses);
    ofStatuses.set(key, ofStatus);
    new PlacementNeeds(world, placement, exclusions, marks, deferred, diagnoses, result, watch, ofStatus).find();
  }
  for (const placement of watch === null ? [] : world.desired.placements) {
    const { expires } = placement;
    if (expires !== null && world.clock.now >= expires) watch?.against(placement, { kind: 'expired', at: expires });
  }
  const rankOf = (counted: Counted): number => rank.get(counted.placement.name) ?? 0;
  result.counted.sort((a, b) => rankOf(a) - rankOf(b));
  return result;
}

/** 1 for each dataset of one of the statuses. */
function datasetsOf(world: World, statuses: readonly string[]): Uint8Array {
  const wanted = new Set<string>(statuses);
  return Uint8Array.from(world.snapshot.datasets.status, (status) => (wanted.has(status) ? 1 : 0));
}

function byPriority(a: Placement, b: Placement): number {
  return b.priority - a.priority || compareBytes(a.name, b.name);
}

/** Placements that others are relative to come before those; in a circle the given order decides. */
function inDependencyOrder(placements: readonly Placement[]): Placement[] {
  const byName = new Map(placements.map((placement) => [placement.name, placement]));
  const done = new Set<Placement>();
  const visit = (placement: Placement): void => {
    if (done.has(placement)) return;
    done.add(placement);
    const other = placement.relativeTo === null ? undefined : byName.get(placement.relativeTo.placement);
    if (other !== undefined && !done.has(other)) {
      visit(other);
      // A Set keeps insertion order: what came second goes to the end.
      done.delete(placement);
      done.add(placement);
    }
  };
  for (const placement of placements) visit(placement);
  return [...done];
}

function markKey(placement: string, dataset: string): string {
  return `${placement}\n${dataset}`;
}

class PlacementNeeds {
  readonly #world: World;
  readonly #placement: Placement;
  readonly #before: RequiredBefore;
  readonly #candidates: Candidates;
  readonly #deferred: ReadonlySet<string>;
  /** Whether the memory asks which datasets this placement still matches. */
  readonly #remembered: boolean;
  readonly #diagnoses: Diagnoses;
  readonly #result: Needs;
  /** 1: of a status that the placement wants. Per dataset. */
  readonly #ofStatus: Uint8Array;
  readonly #wants: () => boolean;
  /** What the placement may act on, where it is a tenant's. */
  readonly #bounds: Bounds | null;
  /** Told what the placement makes of one dataset, where somebody asks. */
  readonly #watch: DatasetWatch | null;
  /** What `to` said of sites for that dataset: the same for each of its blocks. */
  readonly #notMatching = new Map<number, { readonly to: ConditionTrace; readonly tenants: string | null }>();
  readonly #fixedTo: Uint8Array | null;
  /** Sites in it. */
  readonly #fixedCount: number;
  readonly #fixedFrom: Uint8Array | null;
  readonly #reasons = new Map<number, string>();

  constructor(
    world: World,
    placement: Placement,
    exclusions: Exclusions,
    marks: Marks,
    deferred: ReadonlySet<string>,
    diagnoses: Diagnoses,
    result: Needs,
    watch: DatasetWatch | null,
    ofStatus: Uint8Array,
  ) {
    this.#world = world;
    this.#watch = watch;
    this.#placement = placement;
    const { memory } = world.snapshot;
    this.#remembered =
      memory.placements.some((seen) => seen.name === placement.name && seen.onRemove !== 'release') ||
      memory.endings.some((ending) => ending.placement.name === placement.name);
    const others = sitesByDataset(result.counted, placement.relativeTo?.placement);
    this.#before = new RequiredBefore(world, marks.get(placement.name));
    this.#candidates = new Candidates(world, placement, exclusions, this.#before, others);
    this.#deferred = deferred;
    this.#diagnoses = diagnoses;
    this.#result = result;
    this.#bounds = world.tenancy.of(placement);
    this.#ofStatus = ofStatus;
    this.#wants = world.answers.once(placement.datasets, world.reader, placement.datasets.bind(world.reader));
    this.#fixedTo = readsDataset(placement.to) ? null : this.#sitesTo(-1);
    this.#fixedCount = this.#fixedTo === null ? 0 : countOf(this.#fixedTo);
    this.#fixedFrom =
      placement.from === null || readsDataset(placement.from) ? null : this.#sitesWhere(placement.from, -1);
  }

  /** Sites with a document where a condition holds (for a dataset, where it reads one). */
  #sitesWhere(condition: Placement['to'], dataset: number): Uint8Array {
    const { sites, reader } = this.#world;
    const holds = condition.bind(reader);
    return Uint8Array.from(sites.names, (_, site) => {
      if (sites.documents[site] === null) return 0;
      reader.moveToDatasetAndSite(dataset, site);
      return holds() ? 1 : 0;
    });
  }

  /** Sites where copies may be. */
  #sitesTo(dataset: number): Uint8Array {
    const sites = this.#sitesWhere(this.#placement.to, dataset);
    const bounds = this.#bounds;
    if (bounds === null) return sites;
    return sites.map((flag, site) => {
      if (flag === 0 || bounds.hasSite(site)) return flag;
      this.#world.tenancy.note(this.#placement, bounds, 'sites', this.#world.siteName(site));
      return 0;
    });
  }

  find(): void {
    const world = this.#world;
    const placement = this.#placement;
    const { datasets } = world.snapshot;
    const copies =
      typeof placement.copies === 'object' ? placement.copies.bind(world.reader) : () => placement.copies as number;
    let matched = 0;
    let most = 0;
    for (let d = 0; d < datasets.count; d++) {
      const objection = this.#objection(d);
      if (objection !== null) {
        if (objection === 'tenant' && this.#bounds !== null) {
          world.tenancy.note(placement, this.#bounds, 'datasets', world.datasetName(d));
        }
        if (d === this.#watch?.dataset) this.#watch.against(placement, this.#against(d, objection));
        continue;
      }
      matched++;
      if (this.#remembered) this.#result.matched.add(markKey(placement.name, world.datasetName(d)));
      world.reader.moveToDataset(d);
      const count = placement.copies === 'all' ? 'all' : copies();
      if (typeof placement.copies === 'object' && !Number.isFinite(count)) {
        throw new EvaluationError(`${count} copies of ${world.datasetName(d)}`, placement.copies.text);
      }
      if (count !== 'all') most = Math.max(most, count);
      if (placement.level === 'dataset') this.#item(d, null, count);
      else
        for (let b = intAt(datasets.blockStart, d); b < intAt(datasets.blockStart, d + 1); b++)
          this.#item(d, [b], count);
    }
    this.#diagnose(matched, most);
  }

  /** Why the placement does not want a dataset, or null. */
  #objection(dataset: number): Exclude<Against['kind'], 'expired'> | null {
    const world = this.#world;
    if (flagAt(this.#ofStatus, dataset) === 0) return 'status';
    if (world.blockCount(dataset) === 0) return 'no-blocks';
    world.reader.moveToDataset(dataset);
    if (!this.#wants()) return 'datasets';
    if (this.#isOver(dataset)) return 'keep-for';
    return this.#bounds?.hasDataset(dataset) === false ? 'tenant' : null;
  }

  /** The same with what it depended on. */
  #against(dataset: number, kind: Exclude<Against['kind'], 'expired'>): Against {
    const { reader, snapshot } = this.#world;
    const { datasets, statuses, keepFor } = this.#placement;
    reader.moveToDataset(dataset);
    if (kind === 'status') return { kind, status: snapshot.datasets.status[dataset] ?? '', statuses };
    if (kind === 'datasets') return { kind, condition: traceCondition(datasets, false, reader) };
    if (kind === 'keep-for') return { kind, ended: floatAt(snapshot.datasets.created, dataset) + (keepFor ?? 0) };
    if (kind === 'tenant') return { kind, tenants: this.#bounds?.tenants ?? '' };
    return { kind };
  }

  /** `keepFor` counts from the creation of the dataset. */
  #isOver(dataset: number): boolean {
    const { keepFor } = this.#placement;
    if (keepFor === null) return false;
    const end = floatAt(this.#world.snapshot.datasets.created, dataset) + keepFor;
    return this.#world.clock.beside(end) >= end;
  }

  #diagnose(matched: number, most: number): void {
    const { origin, name } = this.#placement;
    if (matched === 0) {
      this.#diagnoses.warn('placement-matches-nothing', `Placement ${name} matches no dataset`, origin);
    }
    if (this.#fixedTo === null) return;
    const sites = this.#fixedCount;
    if (sites === 0) {
      this.#diagnoses.warn('placement-without-sites', `Placement ${name}: \`to\` matches no site`, origin);
    } else if (most > sites) {
      const message = `Placement ${name} wants ${most} copies, but \`to\` matches ${sites} site${sites === 1 ? '' : 's'}`;
      this.#diagnoses.warn('placement-more-copies-than-sites', message, origin);
    }
  }

  /** One dataset, or one block of a placement with `level: block`. */
  #item(dataset: number, blocks: readonly number[] | null, copies: number | 'all'): void {
    const world = this.#world;
    const placement = this.#placement;
    const to = this.#fixedTo ?? this.#sitesTo(dataset);
    const item = { dataset, blocks, size: blocks?.length ?? world.blockCount(dataset) };
    const candidates = this.#candidates.find(item, to);
    const wanted = copies === 'all' ? this.#all(candidates, to) : Math.max(0, Math.trunc(copies));
    const chosen =
      copies === 'all'
        ? candidates.filter((c) => c.full || flagAt(world.sites.counts, c.site) === 1)
        : candidates.length <= wanted
          ? candidates
          : candidates.slice(0, wanted);
    let full = 0;
    let complete = 0;
    for (const candidate of chosen) {
      this.#keep(dataset, blocks, candidate);
      if (!candidate.full) continue;
      full++;
      if (flagAt(world.sites.counts, candidate.site) === 1) complete++;
    }
    const missing = Math.max(0, wanted - chosen.length);
    if (placement.protect && complete < wanted) this.#standIns(item, to, chosen, wanted - complete);

    const isWatched = dataset === this.#watch?.dataset;
    if (missing === 0 && !isWatched && full === chosen.length) return;
    const occupied = candidates.length === 0 ? nowhere : candidates.map((candidate) => candidate.site);
    if (isWatched && this.#watch !== null) {
      this.#tell(this.#watch, { dataset, blocks, to, occupied }, wanted, missing, chosen);
    }
    const lost = missing > 0 && this.#before.isLost(dataset, candidates);
    // With `all`, a lost site is none of those that are to have one.
    const lostAt = missing > 0 && copies !== 'all' ? this.#lostSites(dataset, blocks, to) : [];
    const from = this.#sourcesAllowed(dataset);
    // More than there are sites is one need that stands for all that can go nowhere.
    const rounds =
      missing === 0 ? 0 : Math.min(missing, Math.max(1, to === this.#fixedTo ? this.#fixedCount : countOf(to)));
    const reason = lost
      ? `a copy that Placement ${placement.name} required is gone`
      : this.#reason(wanted, chosen.length);
    for (let round = 0; round < rounds; round++) {
      const count = round === rounds - 1 ? missing - round : 1;
      const cause = lost ? 'drift' : 'placement';
      this.#result.needs.push(
        this.#need(
          dataset,
          blocks,
          from,
          { cause, site: -1, to, round, count, occupied, reason },
          // What was missing before is not made because of the loss.
          lostAt[round - (rounds - lostAt.length)] ?? -1,
        ),
      );
    }
    for (const candidate of chosen) {
      if (candidate.full || flagAt(world.sites.writable, candidate.site) === 0) continue;
      const absent = this.#absent(dataset, blocks, candidate);
      if (absent.length === 0) continue;
      const incomplete = `Placement ${placement.name} wants a full copy here, ${plural(absent.length, 'block is', 'blocks are')} missing`;
      this.#result.needs.push(
        this.#need(dataset, absent, from, {
          cause: 'placement',
          site: candidate.site,
          to: null,
          round: 0,
          count: 1,
          occupied,
          reason: incomplete,
        }),
      );
    }
  }

  /** The same text for all datasets that lack as much. */
  #reason(wanted: number, count: number): string {
    const key = wanted * 65_536 + count;
    let text = this.#reasons.get(key);
    if (text === undefined) {
      text = `Placement ${this.#placement.name} wants ${plural(wanted, 'copy', 'copies')}, ${count} exist or are on their way`;
      this.#reasons.set(key, text);
    }
    return text;
  }

  #tell(
    watch: DatasetWatch,
    item: Pick<Need, 'dataset' | 'blocks' | 'to' | 'occupied'>,
    wanted: number,
    missing: number,
    chosen: readonly Candidate[],
  ): void {
    const { dataset, blocks } = item;
    const { reader } = this.#world;
    const { to } = this.#placement;
    const from = this.#sourcesAllowed(dataset);
    const { to: matching, occupied } = item;
    const all = new Set(item.occupied);
    const { datasets } = this.#world.snapshot;
    for (let r = intAt(datasets.replicaStart, dataset); r < intAt(datasets.replicaStart, dataset + 1); r++) {
      const site = shortAt(this.#world.replicaSite, r);
      if (blocksOf(this.#world, dataset, blocks).every((block) => completeOf(this.#world, [block], site) === 1))
        all.add(site);
    }
    watch.wanted(
      this.#need(dataset, blocks, from, {
        cause: 'placement',
        site: -1,
        to: matching,
        round: 0,
        count: 1,
        occupied,
        reason: '',
      }),
      {
        wanted,
        missing,
        counted: chosen,
        all,
        notMatching: (site) => {
          let answer = this.#notMatching.get(site);
          if (answer === undefined) {
            reader.moveToDatasetAndSite(dataset, site);
            const held = to.bind(reader)();
            const tenants = held ? (this.#bounds?.tenants ?? null) : null;
            answer = { to: traceCondition(to, held, reader), tenants };
            this.#notMatching.set(site, answer);
          }
          return answer;
        },
      },
    );
  }

  /** Written out in full: there are tens of thousands of needs, and objects put together from parts are slow. */
  #need(
    dataset: number,
    blocks: readonly number[] | null,
    from: Uint8Array | null,
    what: Pick<Need, 'cause' | 'site' | 'to' | 'round' | 'count' | 'occupied' | 'reason'>,
    lostAt = -1,
  ): Need {
    const placement = this.#placement;
    return {
      placement,
      rule: placement.origin.ref,
      ruleHash: placement.origin.hash,
      cause: what.cause,
      dataset,
      blocks,
      site: what.site,
      to: what.to,
      from,
      priority: placement.priority,
      round: what.round,
      count: what.count,
      deferredBefore:
        this.#deferred.size > 0 && this.#deferred.has(markKey(placement.name, this.#world.datasetName(dataset))),
      owner: placement.owner,
      growing: placement.level === 'dataset',
      lostAt,
      chooser: placement.name,
      occupied: what.occupied,
      reason: what.reason,
    };
  }

  #sourcesAllowed(dataset: number): Uint8Array | null {
    if (this.#placement.from === null) return null;
    return this.#fixedFrom ?? this.#sitesWhere(this.#placement.from, dataset);
  }

  /** Blocks of the item that are neither complete at the candidate's site nor coming. */
  #absent(dataset: number, blocks: readonly number[] | null, candidate: Candidate): number[] {
    const world = this.#world;
    return blocksOf(world, dataset, blocks).filter((block) => {
      const br = world.findCopy(block, candidate.site);
      if (br >= 0 && flagAt(world.snapshot.blockReplicas.complete, br) === 1) return false;
      return !world.isComing(block, candidate.site);
    });
  }

  /** `copies: all`: one at every ready matching site, and at readonly ones that hold it. */
  #all(candidates: readonly Candidate[], to: Uint8Array): number {
    const { sites } = this.#world;
    const keeping = new Set(candidates.filter((c) => c.full || flagAt(sites.counts, c.site) === 1).map((c) => c.site));
    for (let site = 0; site < sites.count; site++) {
      if (flagAt(to, site) === 1 && flagAt(sites.writable, site) === 1) keeping.add(site);
    }
    return keeping.size;
  }

  /** The placement counts this copy: it is required (unless `protect: false`), and remembered. */
  #keep(dataset: number, blocks: readonly number[] | null, candidate: Candidate): void {
    const placement = this.#placement;
    this.#result.counted.push({ placement, dataset, site: candidate.site, replica: candidate.replica, blocks });
    this.#mark(dataset, candidate.site);
    if (placement.protect && candidate.replica >= 0) this.#require(blocks, candidate.replica, candidate.site);
  }

  #mark(dataset: number, site: number): void {
    this.#result.marks.push({ placement: this.#placement.name, dataset, site });
  }

  #require(blocks: readonly number[] | null, replica: number, site: number): void {
    const world = this.#world;
    if (blocks === null) {
      world.requireAll(replica, this.#placement.name);
      return;
    }
    const items = blocks.map((block) => world.findCopy(block, site)).filter((br) => br >= 0);
    if (items.length > 0) world.requireReplica(replica, items, this.#placement.name);
  }

  /** Until enough of the chosen are complete, the best full copies elsewhere are required in their place (I5). */
  #standIns(item: Item, to: Uint8Array, chosen: readonly Candidate[], count: number): void {
    for (const candidate of this.#candidates.besides(item, to, chosen).slice(0, count)) {
      // Not marked: it is none of the placement's copies, and nothing is to become of it when the placement ends.
      this.#require(item.blocks, candidate.replica, candidate.site);
    }
  }

  /** Matching sites that are declared lost and held some of the item. */
  #lostSites(dataset: number, blocks: readonly number[] | null, to: Uint8Array): number[] {
    const world = this.#world;
    const { datasets } = world.snapshot;
    const found: number[] = [];
    for (let r = intAt(datasets.replicaStart, dataset); r < intAt(datasets.replicaStart, dataset + 1); r++) {
      const site = shortAt(world.replicaSite, r);
      if (flagAt(to, site) === 0 || world.sites.state[site] !== 'lost') continue;
      if (blocks === null ? intAt(world.present, r) > 0 : blocks.some((block) => world.findCopy(block, site) >= 0)) {
        found.push(site);
      }
    }
    return found;
  }
}

function sitesByDataset(
  counted: readonly Counted[],
  placement: string | undefined,
): ReadonlyMap<number, ReadonlySet<number>> {
  const result = new Map<number, Set<number>>();
  if (placement === undefined) return result;
  for (const entry of counted) {
    if (entry.placement.name !== placement) continue;
    const sites = result.get(entry.dataset);
    if (sites === undefined) result.set(entry.dataset, new Set([entry.site]));
    else sites.add(entry.site);
  }
  return result;
}

/** The block indexes of an item. */
export function blocksOf(world: World, dataset: number, blocks: readonly number[] | null): readonly number[] {
  if (blocks !== null) return blocks;
  const { blockStart } = world.snapshot.datasets;
  const first = intAt(blockStart, dataset);
  const result = new Array<number>(intAt(blockStart, dataset + 1) - first);
  for (let i = 0; i < result.length; i++) result[i] = first + i;
  return result;
}

function readsDataset(condition: Placement['to']): boolean {
  return (
    [...condition.reads].some((path) => path.startsWith('dataset.')) ||
    condition.selectors.some((selector) => selector.root === 'dataset')
  );
}

function countOf(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0);
}

export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
