/**
 * Random small federations: what is desired (as data the oracle can judge by itself, and as YAML for the program) and
 * what is there. Conditions come from pools in which each text stands beside its meaning.
 */
import fc from 'fast-check';
import { daysAgo, type Inventory } from '../scenarios/inventory.js';

export interface SiteModel {
  readonly name: string;
  readonly storage: 'disk' | 'tape' | 'buffer';
  readonly state: 'ready' | 'readonly' | 'draining' | 'down' | 'lost';
  readonly region: string;
  /** Bytes per partition; null: unlimited. */
  readonly quotas: Readonly<Record<string, number | null>>;
  /** Days since it is in its state. */
  readonly since: number;
}

export interface DatasetModel {
  readonly name: string;
  readonly status: string;
  readonly kind: string;
  readonly demand: number;
  /** Days since it was created. */
  readonly age: number;
  readonly blocks: number;
}

export interface Meaning<T> {
  readonly text: string;
  readonly holds: (what: T) => boolean;
}

/** A site condition that may read dataset variables. */
export interface SiteForDataset {
  readonly text: string;
  readonly holds: (site: SiteModel, dataset: DatasetModel) => boolean;
}

/** What the Selectors of {@link selectors} match. */
const isPicked = (dataset: DatasetModel): boolean =>
  dataset.name === '/d0' || (dataset.name === '/d2' && dataset.kind === 'hot');
const isNear = (site: SiteModel): boolean => site.region === 'us' && site.storage !== 'tape';

/** Selector documents by name. */
export const selectors: Readonly<Record<string, string>> = {
  hot: `{ scope: dataset, when: 'dataset.labels.kind == "hot"' }`,
  picked: `{ scope: dataset, names: ['/d0', '/?2'], when: 'dataset.is("hot") || dataset.name == "/d0"' }`,
  near: `{ scope: site, when: 'site.labels.region == "us" && site.storage != "tape"' }`,
  large: `{ scope: replica, when: 'replica.size > 6 && !replica.required' }`,
  later: `{ scope: block, names: ['*#b1', '*#b2'] }`,
};

export const datasetConditions: readonly Meaning<DatasetModel>[] = [
  { text: 'true', holds: () => true },
  { text: 'dataset.labels.kind == "hot"', holds: (d) => d.kind === 'hot' },
  { text: 'dataset.name == "/d0"', holds: (d) => d.name === '/d0' },
  { text: 'dataset.status != "VALID"', holds: (d) => d.status !== 'VALID' },
  { text: 'dataset.is("picked")', holds: (d) => isPicked(d) },
  { text: '!dataset.is("picked")', holds: (d) => !isPicked(d) },
];

export const siteConditions: readonly Meaning<SiteModel>[] = [
  { text: 'true', holds: () => true },
  { text: 'site.storage == "disk"', holds: (s) => s.storage === 'disk' },
  { text: 'site.storage == "tape"', holds: (s) => s.storage === 'tape' },
  { text: 'site.labels.region == "eu"', holds: (s) => s.region === 'eu' },
  { text: 'site.name in ["S0", "S1"]', holds: (s) => s.name === 'S0' || s.name === 'S1' },
  { text: 'site.is("near")', holds: isNear },
];

export const sitesForDatasets: readonly SiteForDataset[] = [
  ...siteConditions,
  {
    text: 'site.labels.region == (dataset.labels.kind == "hot" ? "eu" : "us")',
    holds: (s, d) => s.region === (d.kind === 'hot' ? 'eu' : 'us'),
  },
  { text: 'site.name != "S1" || dataset.name == "/d1"', holds: (s, d) => s.name !== 'S1' || d.name === '/d1' },
];

export interface BlockAtSite {
  readonly owner: string;
  readonly dataset: DatasetModel;
  /** null where it has no document. */
  readonly site: SiteModel | null;
}

/** Partitions by name; the union is what any of its members is. */
export const partitions: Readonly<Record<string, Meaning<BlockAtSite> & { readonly members?: readonly string[] }>> = {
  all: { text: 'true', holds: () => true },
  disk: { text: 'site.storage == "disk"', holds: (b) => b.site?.storage === 'disk' },
  own: { text: 'block.owner == "A"', holds: (b) => b.owner === 'A' },
  hot: { text: 'dataset.labels.kind == "hot"', holds: (b) => b.dataset.kind === 'hot' },
  both: { text: '', holds: (b) => b.owner === 'A' || b.dataset.kind === 'hot', members: ['own', 'hot'] },
};

/** Days: what the conditions here ask of the age of a row. */
export const ageLimitDays = 90;

const replicaConditions = [
  'true',
  'dataset.status == "DEPRECATED"',
  'replica.required',
  '!replica.required',
  'replica.requiredBy.size() > 1',
  'replica.otherFullCopies > 0',
  'replica.otherFullCopiesSameOwner > 0',
  'replica.fullDiskCopiesSameOwner > 1',
  'dataset.fullDiskCopies > 1',
  'dataset.fullCopies >= 2',
  'dataset.onTape == "FULL"',
  'dataset.replicaSites.size() > 2',
  'dataset.sites.exists(s, s == "S0")',
  '"B" in dataset.owners',
  'dataset.labels.kind == "hot"',
  '!replica.complete',
  '!replica.full',
  'replica.partial',
  'replica.growing',
  'replica.custodial',
  'replica.locked',
  'replica.size > 5',
  `replica.lastBlock.olderThan("${ageLimitDays}d")`,
  `replica.firstBlock.newerThan("${ageLimitDays}d")`,
  '"A" in replica.owners',
  'site.occupancy > 0.5',
  'site.projectedOccupancy > 0.7',
  'site.pending > 0.0',
  'site.storage == "tape"',
  'site.name == "S1"',
  'site.state == "draining"',
  'dataset.is("picked")',
  'site.is("near")',
  'replica.is("large")',
];

/** Conditions that hold for much of what is there. */
const broadConditions = [
  'true',
  '!replica.required',
  'replica.otherFullCopies > 0',
  'dataset.fullCopies >= 2',
  'dataset.fullDiskCopies > 1',
  `replica.lastBlock.olderThan("${ageLimitDays}d")`,
];

const blockConditions = [
  'true',
  'block.owner == ""',
  'block.owner == "B"',
  'block.copies > 1',
  'block.diskCopies > 1',
  'block.anyCopies > 2',
  '!block.complete',
  'block.custodial',
  'block.locked',
  'block.onTape',
  'block.lastSource',
  'block.name == "b0"',
  'block.is("later")',
  'block.size > 3',
  `block.lastUpdate.olderThan("${ageLimitDays}d")`,
  'block.behindNewest > duration("1d")',
  'replica.required',
  'replica.full && block.copies > 1',
];

export type OwnershipMatch = Meaning<BlockAtSite & { readonly block: string }>;

const ownershipMatches: readonly OwnershipMatch[] = [
  { text: 'block.owner == "A"', holds: (b) => b.owner === 'A' },
  { text: 'block.owner == ""', holds: (b) => b.owner === '' },
  { text: 'block.owner == "B" && dataset.is("picked")', holds: (b) => b.owner === 'B' && isPicked(b.dataset) },
  { text: 'site.name == "S0"', holds: (b) => b.site?.name === 'S0' },
  { text: 'block.is("later")', holds: (b) => b.block === 'b1' || b.block === 'b2' },
];

/** When a window is open, in UTC. */
export interface Hours {
  readonly cron: string;
  readonly duration: string;
  /** Seconds since the epoch. */
  readonly open: (time: number) => boolean;
}

const hourOf = (time: number): number => Math.floor(time / 3600) % 24;
/** 0: Sunday. The epoch was a Thursday. */
const weekdayOf = (time: number): number => (Math.floor(time / 86_400) + 4) % 7;

const hours: readonly Hours[] = [
  { cron: '0 0 * * *', duration: '6h', open: (time) => hourOf(time) < 6 },
  { cron: '0 12 * * *', duration: '8h', open: (time) => hourOf(time) >= 12 && hourOf(time) < 20 },
  { cron: '0 22 * * *', duration: '4h', open: (time) => hourOf(time) >= 22 || hourOf(time) < 2 },
  { cron: '0 0 * * SAT', duration: '48h', open: (time) => weekdayOf(time) === 6 || weekdayOf(time) === 0 },
];

const counts: readonly { readonly text: string; readonly count: (dataset: DatasetModel) => number }[] = [
  { text: 'ceil(dataset.demand)', count: (d) => Math.ceil(d.demand) },
  { text: 'min(2, ceil(dataset.demand / 1.75))', count: (d) => Math.min(2, Math.ceil(d.demand / 1.75)) },
  { text: 'dataset.blocks > 1 ? 2 : 1', count: (d) => (d.blocks > 1 ? 2 : 1) },
];
const weights = ['site.free', '1', 'site.labels.region == "eu" ? 3 : 1'];

const triggers = [
  null,
  'true',
  'site.occupancy > 0.7',
  'site.projectedOccupancy > 0.5',
  'site.occupancy > 0.5 || site.state == "draining"',
];
const untils = [null, 'false', 'site.occupancy < 0.4', 'site.occupancy < 0.6 && site.state != "draining"'];
const orders = [null, 'dataset.usageRank', 'replica.size', 'dataset.fullCopies', 'replica.lastBlock', 'dataset.name'];

export interface RuleModel {
  readonly id: string;
  readonly action: 'protect' | 'delete' | 'dismiss' | 'ignore';
  readonly scope: 'replica' | 'block';
  readonly when: string;
  readonly allowLastCopy: boolean;
  readonly allowCustodial: boolean;
  /** Days from the start. */
  readonly notBefore: number | null;
  readonly expires: number | null;
}

export interface RetentionModel {
  readonly name: string;
  readonly tenant: boolean;
  readonly partition: string;
  readonly sites: Meaning<SiteModel>;
  readonly trigger: string | null;
  readonly until: string | null;
  readonly mode: 'incremental' | 'static';
  readonly slice: string;
  readonly order: string | null;
  readonly direction: 'asc' | 'desc';
  readonly rules: readonly RuleModel[];
  readonly default: 'protect' | 'delete' | 'dismiss' | 'ignore';
}

export interface PlacementModel {
  readonly name: string;
  readonly datasets: Meaning<DatasetModel>;
  readonly anyStatus: boolean;
  readonly tenant: boolean;
  readonly to: SiteForDataset;
  readonly from: SiteForDataset | null;
  readonly copies: number | 'all' | { readonly text: string; readonly count: (dataset: DatasetModel) => number };
  /** At most so many copies per region. */
  readonly spread: number | null;
  /** In the regions of the first placement's copies, or in others; never of the first itself. */
  readonly sameRegion: boolean | null;
  readonly weight: string | null;
  /** Days from the start. */
  readonly expires: number | null;
  /** Days from the creation of each dataset. */
  readonly keepFor: number | null;
  readonly onRemove: 'release' | 'keep' | 'delete' | null;
  readonly level: 'dataset' | 'block';
  readonly owner: string | null;
  readonly protect: boolean;
  readonly priority: number;
}

export interface GuardModel {
  readonly name: string;
  readonly sites: Meaning<SiteModel>;
  readonly partition: string | null;
  readonly maxBytesPerCycle: number | null;
  readonly maxOccupancy: number | null;
  readonly maxPending: number | null;
  readonly maxDatasetSize: number | null;
  readonly maxDeletedBytes: number | null;
  readonly approvalAbove: number | null;
  readonly copies: { readonly datasets: Meaning<DatasetModel>; readonly min: number; readonly tape: boolean } | null;
}

export interface LockModel {
  readonly tenant: boolean;
  /** Days from the start. */
  readonly expires: number;
  readonly datasets: Meaning<DatasetModel>;
  readonly sites: Meaning<SiteModel> | null;
  readonly owner: string | null;
}

export interface ExclusionModel {
  readonly tenant: boolean;
  readonly datasets: Meaning<DatasetModel>;
  readonly sites: SiteForDataset;
  readonly remove: boolean;
}

export interface OwnershipModel {
  readonly tenant: boolean;
  readonly match: OwnershipMatch;
  readonly owner: string;
}

export interface RebalanceModel {
  readonly partition: string;
  readonly sites: Meaning<SiteModel>;
  readonly datasets: Meaning<DatasetModel> | null;
  /** Percent. */
  readonly tolerance: number;
  readonly maxBytesPerCycle: number | null;
  readonly maxDatasetSize: number | null;
}

export interface WindowModel {
  readonly sites: Meaning<SiteModel>;
  readonly hours: Hours;
  readonly effect: 'allow' | 'deny';
  readonly what: 'transfers' | 'deletions' | 'all';
}

/** What the documents in its folder may speak about. */
export interface TenantModel {
  readonly datasets: Meaning<DatasetModel> | null;
  readonly sites: Meaning<SiteModel> | null;
  /** Only group A, or all. */
  readonly onlyA: boolean;
}

export interface QuotaRule {
  readonly sites: Meaning<SiteModel>;
  readonly size: number;
}

export interface WorldModel {
  readonly exclusions: readonly ExclusionModel[];
  readonly ownerships: readonly OwnershipModel[];
  readonly rebalances: readonly RebalanceModel[];
  readonly windows: readonly WindowModel[];
  readonly tenant: TenantModel | null;
  /** Per partition without members; the first that matches a site without a quota of its own. */
  readonly partitionQuotas: Readonly<Record<string, QuotaRule>>;
  readonly declaredLabels: boolean;
  /** Sites with a document; S9 has none. */
  readonly sites: readonly SiteModel[];
  readonly partitions: readonly string[];
  readonly retentions: readonly RetentionModel[];
  readonly placements: readonly PlacementModel[];
  readonly guards: readonly GuardModel[];
  readonly locks: readonly LockModel[];
  readonly disposable: Meaning<DatasetModel>;
  readonly defaultOwner: string | null;
  readonly evacuateTo: Meaning<SiteModel> | null;
  /** Bytes of group B over all sites, or null. */
  readonly limitOfB: number | null;
  readonly datasets: readonly DatasetModel[];
  readonly inventory: Inventory;
}

const undeclared = 'S9';
export const downGraceDays = 7;

// ---- Generators ------------------------------------------------------------------------------------------------------

function weighted<T>(...choices: readonly (readonly [number, T])[]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));
}

const rarely = weighted([7, false], [1, true]);
const often = weighted([1, false], [7, true]);
const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** The first, which is true of all, as often as all others together. */
const mostlyAll = <T>(values: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(fc.constant(values[0] as T), fc.constantFrom(...values.slice(1)));
/** null in `nulls` of `nulls + 1` draws. */
const orNull = <T>(nulls: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: nulls, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => orNull(1, arbitrary);

function siteModels(partitionNames: readonly string[]): fc.Arbitrary<SiteModel[]> {
  const leaves = partitionNames.filter((name) => partitions[name]?.members === undefined);
  const quota = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 10, max: 80 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, null) },
  );
  const one = fc.record({
    storage: weighted<SiteModel['storage']>([9, 'disk'], [2, 'tape'], [1, 'buffer']),
    state: weighted<SiteModel['state']>([14, 'ready'], [3, 'draining'], [1, 'readonly'], [1, 'down'], [1, 'lost']),
    region: pick(['eu', 'us']),
    quotas: fc.array(quota, { minLength: leaves.length, maxLength: leaves.length }),
    since: pick([0, 3, 10]),
  });
  // Two of three partitions do not limit: one with a quota anywhere has none to give where it is not named.
  const limited = fc.array(weighted([2, false], [1, true]), { minLength: leaves.length, maxLength: leaves.length });
  return fc.tuple(limited, fc.array(one, { minLength: 3, maxLength: 5 })).map(([limits, sites]) =>
    sites.map(({ quotas, ...fields }, index) => ({
      name: `S${index}`,
      ...fields,
      quotas: Object.fromEntries(
        leaves.flatMap((name, i) => (limits[i] === true ? [[name, quotas[i] ?? null] as const] : [])),
      ),
    })),
  );
}

const rule = fc.record({
  action: weighted([2, 'protect' as const], [3, 'delete' as const], [4, 'dismiss' as const], [1, 'ignore' as const]),
  condition: fc.oneof(
    { weight: 2, arbitrary: pick(broadConditions).map((when) => ({ scope: 'replica' as const, when })) },
    { weight: 2, arbitrary: pick(replicaConditions).map((when) => ({ scope: 'replica' as const, when })) },
    { weight: 1, arbitrary: pick(blockConditions).map((when) => ({ scope: 'block' as const, when })) },
  ),
  allowLastCopy: rarely,
  allowCustodial: rarely,
  life: weighted<readonly (number | null)[]>([6, [null, null]], [1, [-5, 4]], [1, [null, -2]], [1, [3, null]]),
});

function retention(partitionNames: readonly string[]): fc.Arbitrary<Omit<RetentionModel, 'name'>> {
  return fc
    .record({
      tenant: rarely,
      partition: pick(partitionNames),
      sites: mostlyAll(siteConditions),
      trigger: fc.oneof(pick(triggers), fc.constant('true')),
      until: pick(untils),
      mode: weighted([3, 'incremental' as const], [1, 'static' as const]),
      slice: pick(['1%', '20%']),
      order: pick(orders),
      direction: pick(['asc' as const, 'desc' as const]),
      rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
      default: weighted(
        [4, 'protect' as const],
        [1, 'dismiss' as const],
        [1, 'delete' as const],
        [1, 'ignore' as const],
      ),
    })
    .map(({ rules, trigger, until, ...rest }) => ({
      ...rest,
      trigger,
      // `until` has no meaning without `trigger`.
      until: trigger === null ? null : until,
      rules: rules.map(({ condition, life: [notBefore = null, expires = null], ...fields }, index) => ({
        id: `r${index}`,
        ...condition,
        ...fields,
        notBefore,
        expires,
      })),
    }));
}

const placement = fc.record({
  datasets: mostlyAll(datasetConditions),
  anyStatus: rarely,
  tenant: rarely,
  to: mostlyAll(sitesForDatasets),
  from: orNull(4, pick(sitesForDatasets)),
  copies: fc.oneof(
    { weight: 11, arbitrary: weighted<number | 'all'>([4, 1], [4, 2], [1, 0], [1, 3], [1, 'all']) },
    { weight: 2, arbitrary: pick(counts) },
  ),
  spread: orNull(4, pick([1, 2])),
  sameRegion: orNull(4, fc.boolean()),
  weight: orNull(3, pick(weights)),
  expires: orNull(6, pick([-3, 2, 10])),
  keepFor: orNull(6, pick([5, 12, 100])),
  onRemove: weighted([1, null], [1, 'release' as const], [1, 'keep' as const], [2, 'delete' as const]),
  level: weighted([3, 'dataset' as const], [1, 'block' as const]),
  owner: weighted([3, null], [1, 'A'], [1, 'B']),
  protect: often,
  priority: pick([50, 60]),
});

const guard = (partitionNames: readonly string[]): fc.Arbitrary<Omit<GuardModel, 'name'>> =>
  fc.record({
    sites: pick(siteConditions),
    partition: maybe(pick(partitionNames)),
    maxBytesPerCycle: maybe(fc.integer({ min: 5, max: 40 })),
    maxOccupancy: maybe(pick([0.5, 0.9])),
    maxPending: maybe(pick([0.1, 0.5])),
    maxDatasetSize: maybe(pick([5, 20])),
    maxDeletedBytes: maybe(pick([5, 30])),
    approvalAbove: maybe(pick([0, 10])),
    copies: maybe(fc.record({ datasets: pick(datasetConditions), min: pick([1, 2]), tape: rarely })),
  });

const exclusion = fc.record({
  tenant: rarely,
  datasets: pick(datasetConditions),
  sites: pick(sitesForDatasets),
  remove: fc.boolean(),
});

const ownership = fc.record({ tenant: rarely, match: pick(ownershipMatches), owner: pick(['A', 'B']) });

const rebalancing = (partitionNames: readonly string[]): fc.Arbitrary<RebalanceModel> =>
  fc.record({
    partition: pick(partitionNames),
    sites: mostlyAll(siteConditions),
    datasets: orNull(3, pick(datasetConditions)),
    tolerance: pick([5, 20]),
    maxBytesPerCycle: orNull(2, pick([5, 15])),
    maxDatasetSize: orNull(3, pick([5, 12])),
  });

const window = fc.record({
  sites: mostlyAll(siteConditions),
  hours: pick(hours),
  effect: pick(['allow' as const, 'deny' as const]),
  what: pick(['transfers' as const, 'deletions' as const, 'all' as const]),
});

const tenant: fc.Arbitrary<TenantModel> = fc.record({
  datasets: orNull(1, pick(datasetConditions)),
  sites: orNull(1, pick(siteConditions)),
  onlyA: fc.boolean(),
});

/** Nothing in `nothing` of `nothing + 1` draws, else one to `most`. */
const few = <T>(nothing: number, most: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: nothing, arbitrary: fc.constant<T[]>([]) },
    { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: most }) },
  );

const lock = fc.record({
  tenant: rarely,
  expires: weighted([3, 1000], [1, 2], [1, -1]),
  datasets: pick(datasetConditions),
  sites: maybe(pick(siteConditions)),
  owner: maybe(pick(['A', 'B'])),
});

interface BlockPresence {
  readonly there: 'no' | 'complete' | 'part';
  readonly owner: string;
  readonly custodial: boolean;
  readonly managed: boolean;
  readonly old: number;
}

const presence: fc.Arbitrary<BlockPresence> = fc.record({
  there: weighted([6, 'complete' as const], [1, 'no' as const], [1, 'part' as const]),
  owner: weighted([5, 'A'], [3, 'B'], [1, '']),
  custodial: weighted([15, false], [1, true]),
  managed: weighted([15, true], [1, false]),
  old: pick([1, 100, 200]),
});

interface DatasetDraw {
  readonly status: string;
  readonly kind: string;
  readonly demand: number;
  readonly age: number;
  readonly usageRank: number;
  readonly sizes: readonly number[];
  /** Per site: nothing, or the presence of each block (one draw for all of them unless mixed). */
  readonly at: readonly ({
    readonly all: BlockPresence;
    readonly mixed: readonly BlockPresence[] | null;
    readonly growing: boolean;
  } | null)[];
}

const datasetDraw = (sites: number): fc.Arbitrary<DatasetDraw> =>
  fc.record({
    status: weighted([5, 'VALID'], [1, 'PRODUCTION'], [2, 'DEPRECATED']),
    kind: pick(['hot', 'cold']),
    demand: pick([0, 1, 2.5]),
    age: weighted([3, 400], [1, 96], [1, 8], [1, 1]),
    usageRank: pick([0, 1, 2]),
    sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 }),
    at: fc.array(
      maybe(
        fc.record({
          all: presence,
          mixed: orNull(2, fc.array(presence, { minLength: 3, maxLength: 3 })),
          growing: rarely,
        }),
      ),
      { minLength: sites, maxLength: sites },
    ),
  });

const anyWorlds: fc.Arbitrary<WorldModel> = fc
  .subarray(Object.keys(partitions), { minLength: 1, maxLength: 3 })
  .map((names) => [...new Set([...names, ...names.flatMap((name) => partitions[name]?.members ?? [])])].sort())
  .chain((partitionNames) =>
    fc
      .record({
        sites: siteModels(partitionNames),
        retentions: fc.array(retention(partitionNames), { minLength: 1, maxLength: 3 }),
        placements: fc.array(placement, { minLength: 0, maxLength: 3 }),
        guards: fc.oneof(
          { weight: 2, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: fc.array(guard(partitionNames), { minLength: 1, maxLength: 2 }) },
        ),
        locks: fc.oneof(
          { weight: 3, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: fc.array(lock, { minLength: 1, maxLength: 1 }) },
        ),
        disposable: pick(datasetConditions),
        defaultOwner: weighted([2, null], [1, 'A']),
        evacuateTo: orNull(4, pick(siteConditions)),
        exclusions: few(3, 2, exclusion),
        ownerships: few(4, 2, ownership),
        rebalances: few(2, 1, rebalancing(partitionNames)),
        /** What evens out a federation whose data is all at one site; null in most. */
        uneven: orNull(7, rebalancing(partitionNames)),
        windows: few(4, 2, window),
        tenant: orNull(3, tenant),
        partitionQuotas: fc
          .dictionary(
            pick(partitionNames.filter((name) => partitions[name]?.members === undefined)),
            fc.record({ sites: pick(siteConditions), size: fc.integer({ min: 15, max: 80 }) }),
            { maxKeys: 1 },
          )
          .chain((rules) => weighted([3, {}], [1, rules])),
        declaredLabels: fc.boolean(),
        limitOfB: orNull(4, fc.integer({ min: 10, max: 60 })),
        undeclared: rarely,
      })
      .chain((rest) => {
        const places = [...rest.sites.map(({ name }) => name), ...(rest.undeclared ? [undeclared] : [])];
        return fc
          .array(datasetDraw(places.length), { minLength: 1, maxLength: 5 })
          .map((draws) =>
            rest.uneven === null
              ? assemble(rest, partitionNames, places, draws)
              : assemble(allAtOneSite(rest, rest.uneven), partitionNames, places, draws.map(onlyAtTheFirst)),
          );
      }),
  );

/** Small worlds; one in eight has data at a site without a document. Unbiased: edge cases have little to plan. */
export const worlds: fc.Arbitrary<WorldModel> = fc.noBias(anyWorlds);

type Drawn = Omit<WorldModel, 'partitions' | 'retentions' | 'placements' | 'guards' | 'datasets' | 'inventory'> & {
  readonly retentions: readonly Omit<RetentionModel, 'name'>[];
  readonly placements: readonly Omit<PlacementModel, 'name'>[];
  readonly guards: readonly Omit<GuardModel, 'name'>[];
};

/** Most of what is drawn by chance is nowhere near a move: two disks, the data at one of them, and rules that keep it. */
function allAtOneSite(drawn: Drawn, rebalance: RebalanceModel): Drawn {
  const [everywhere] = siteConditions as readonly [Meaning<SiteModel>];
  const { partition } = rebalance;
  const quotas = Object.fromEntries((partitions[partition]?.members ?? [partition]).map((name) => [name, 60]));
  const [first, ...others] = drawn.retentions;
  return {
    ...drawn,
    rebalances: [{ ...rebalance, sites: everywhere }],
    sites: drawn.sites.map((site, index) => ({
      ...site,
      ...(index < 2 ? { storage: 'disk', state: 'ready' } : {}),
      quotas: { ...site.quotas, ...quotas },
    })),
    retentions:
      first === undefined ? [] : [{ ...first, tenant: false, partition, rules: [], default: 'protect' }, ...others],
  };
}

function onlyAtTheFirst(draw: DatasetDraw): DatasetDraw {
  const [first, ...others] = draw.at;
  return { ...draw, at: [first ?? others.find((each) => each !== null) ?? null, ...others.map(() => null)] };
}

function assemble(
  drawn: Drawn,
  partitionNames: readonly string[],
  places: readonly string[],
  draws: readonly DatasetDraw[],
): WorldModel {
  const named = <T extends object>(prefix: string, list: readonly T[]): (T & { readonly name: string })[] =>
    list.map((each, index) => ({ name: `${prefix}${index}`, ...each }));
  const datasets = draws.map(({ status, kind, demand, age, sizes }, index) => ({
    name: `/d${index}`,
    status,
    kind,
    demand,
    age,
    blocks: sizes.length,
  }));
  const rows: { -readonly [K in keyof Inventory]: Inventory[K][number][] } = {
    datasets: [],
    blocks: [],
    replicas: [],
    subscriptions: [],
  };
  draws.forEach((draw, index) => {
    const name = `/d${index}`;
    rows.datasets.push({
      name,
      status: draw.status,
      type: '',
      open: false,
      created: daysAgo(draw.age),
      lastUpdate: daysAgo(Math.min(300, draw.age)),
      labels: { kind: draw.kind },
      tapeRequested: false,
      copyRequested: false,
      lastAccess: 0,
      accesses: 0,
      usageRank: draw.usageRank,
      demand: draw.demand,
    });
    draw.sizes.forEach((size, block) => {
      rows.blocks.push({ dataset: name, name: `b${block}`, size, files: 2, lastUpdate: daysAgo(300) });
    });
    draw.at.forEach((here, place) => {
      const site = places[place];
      if (here === null || site === undefined) return;
      draw.sizes.forEach((size, block) => {
        const { there, owner, custodial, managed, old } = here.mixed?.[block] ?? here.all;
        if (there === 'no') return;
        rows.replicas.push({
          dataset: name,
          block: `b${block}`,
          site,
          owner,
          size: there === 'complete' ? size : Math.floor(size / 2),
          complete: there === 'complete',
          custodial,
          managed,
          lastUpdate: daysAgo(old),
        });
      });
      if (here.growing) rows.subscriptions.push({ dataset: name, site, owner: 'A' });
    });
  });
  return keepingToTenants({
    ...drawn,
    partitions: partitionNames,
    retentions: named('ret', drawn.retentions),
    placements: named('place', drawn.placements),
    guards: named('guard', drawn.guards),
    datasets,
    inventory: rows,
  });
}

/** Documents that name owners beyond the tenant's are refused, and so are documents of a tenant that is not there. */
function keepingToTenants(world: WorldModel): WorldModel {
  const { tenant: bounds } = world;
  const kept = <T extends { readonly tenant: boolean; readonly owner?: string | null }>(list: readonly T[]): T[] =>
    list.map((each) => ({ ...each, tenant: each.tenant && bounds !== null && !(bounds.onlyA && each.owner !== 'A') }));
  const speaking = <T extends { readonly tenant: boolean }>(list: readonly T[]): T[] =>
    list.map((each) => ({ ...each, tenant: each.tenant && bounds !== null }));
  return {
    ...world,
    // Copies that are not protected come and go, and those that are relative to them would follow.
    placements: kept(world.placements).map((each, index, [first]) =>
      index === 0 || first?.protect === false ? { ...each, sameRegion: null } : each,
    ),
    ownerships: kept(world.ownerships),
    locks: kept(world.locks),
    exclusions: speaking(world.exclusions),
    retentions: speaking(world.retentions),
  };
}
