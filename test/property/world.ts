/**
 * Random small federations: what is desired (as data the oracle can judge by itself, and as YAML for the program) and
 * what is there. Conditions come from pools in which each text stands beside its meaning.
 */
import fc from 'fast-check';
import { clock, days, daysAgo, type Inventory } from '../scenarios/inventory.js';
import { type Observed, observed } from '../scenarios/loop.js';

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
}

export interface Meaning<T> {
  readonly text: string;
  readonly holds: (what: T) => boolean;
}

export const datasetConditions: readonly Meaning<DatasetModel>[] = [
  { text: 'true', holds: () => true },
  { text: 'dataset.labels.kind == "hot"', holds: (d) => d.kind === 'hot' },
  { text: 'dataset.name == "/d0"', holds: (d) => d.name === '/d0' },
  { text: 'dataset.status != "VALID"', holds: (d) => d.status !== 'VALID' },
];

export const siteConditions: readonly Meaning<SiteModel>[] = [
  { text: 'true', holds: () => true },
  { text: 'site.storage == "disk"', holds: (s) => s.storage === 'disk' },
  { text: 'site.storage == "tape"', holds: (s) => s.storage === 'tape' },
  { text: 'site.labels.region == "eu"', holds: (s) => s.region === 'eu' },
  { text: 'site.name in ["S0", "S1"]', holds: (s) => s.name === 'S0' || s.name === 'S1' },
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
  'replica.lastBlock.olderThan("90d")',
  'replica.firstBlock.newerThan("90d")',
  '"A" in replica.owners',
  'site.occupancy > 0.5',
  'site.projectedOccupancy > 0.7',
  'site.pending > 0.0',
  'site.storage == "tape"',
  'site.name == "S1"',
  'site.state == "draining"',
];

/** Conditions that hold for much of what is there. */
const broadConditions = [
  'true',
  '!replica.required',
  'replica.otherFullCopies > 0',
  'dataset.fullCopies >= 2',
  'dataset.fullDiskCopies > 1',
  'replica.lastBlock.olderThan("90d")',
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
  'block.size > 3',
  'block.lastUpdate.olderThan("90d")',
  'block.behindNewest > duration("1d")',
  'replica.required',
  'replica.full && block.copies > 1',
];

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
}

export interface RetentionModel {
  readonly name: string;
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
  readonly to: Meaning<SiteModel>;
  readonly from: Meaning<SiteModel> | null;
  readonly copies: number | 'all' | 'demand';
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
  readonly datasets: Meaning<DatasetModel>;
  readonly sites: Meaning<SiteModel> | null;
  readonly owner: string | null;
}

export interface WorldModel {
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
});

function retention(partitionNames: readonly string[]): fc.Arbitrary<Omit<RetentionModel, 'name'>> {
  return fc
    .record({
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
      rules: rules.map(({ condition, ...fields }, index) => ({ id: `r${index}`, ...condition, ...fields })),
    }));
}

const placement = fc.record({
  datasets: mostlyAll(datasetConditions),
  anyStatus: rarely,
  to: mostlyAll(siteConditions),
  from: orNull(4, pick(siteConditions)),
  copies: weighted<number | 'all' | 'demand'>([4, 1], [4, 2], [1, 0], [1, 3], [1, 'all'], [1, 'demand']),
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

const lock = fc.record({
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
        limitOfB: orNull(4, fc.integer({ min: 10, max: 60 })),
        undeclared: rarely,
      })
      .chain((rest) => {
        const places = [...rest.sites.map(({ name }) => name), ...(rest.undeclared ? [undeclared] : [])];
        return fc
          .array(datasetDraw(places.length), { minLength: 1, maxLength: 5 })
          .map((draws) => assemble(rest, partitionNames, places, draws));
      }),
  );

/** Small worlds; one in eight has data at a site without a document. Unbiased: edge cases have little to plan. */
export const worlds: fc.Arbitrary<WorldModel> = fc.noBias(anyWorlds);

type Drawn = Omit<WorldModel, 'partitions' | 'retentions' | 'placements' | 'guards' | 'datasets' | 'inventory'> & {
  readonly retentions: readonly Omit<RetentionModel, 'name'>[];
  readonly placements: readonly Omit<PlacementModel, 'name'>[];
  readonly guards: readonly Omit<GuardModel, 'name'>[];
};

function assemble(
  drawn: Drawn,
  partitionNames: readonly string[],
  places: readonly string[],
  draws: readonly DatasetDraw[],
): WorldModel {
  const named = <T extends object>(prefix: string, list: readonly T[]): (T & { readonly name: string })[] =>
    list.map((each, index) => ({ name: `${prefix}${index}`, ...each }));
  const datasets = draws.map(({ status, kind, demand }, index) => ({ name: `/d${index}`, status, kind, demand }));
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
      created: daysAgo(400),
      lastUpdate: daysAgo(300),
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
  return {
    ...drawn,
    partitions: partitionNames,
    retentions: named('ret', drawn.retentions),
    placements: named('place', drawn.placements),
    guards: named('guard', drawn.guards),
    datasets,
    inventory: rows,
  };
}

// ---- To the program's own forms --------------------------------------------------------------------------------------

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const flow = (fields: readonly (string | null)[]): string => `{ ${fields.filter((each) => each !== null).join(', ')} }`;

/** One YAML document each, with the kind and name in front. */
export function documentsOf(world: WorldModel): string[] {
  const documents: string[] = [];
  const add = (kind: string, name: string, spec: string, labels = ''): void => {
    documents.push(`apiVersion: stator/v1\nkind: ${kind}\nmetadata: { name: ${name}${labels} }\nspec: ${spec}\n`);
  };
  const defaults = [
    world.defaultOwner === null ? null : `owner: ${world.defaultOwner}`,
    world.evacuateTo === null ? null : `evacuateTo: ${text(world.evacuateTo.text)}`,
    `downGrace: ${downGraceDays}d`,
  ];
  add('Federation', 'test', flow([`defaults: ${flow(defaults)}`, `disposable: ${text(world.disposable.text)}`]));
  add('Group', 'A', '{ ownership: dataset }');
  add('Group', 'B', flow(['ownership: block', world.limitOfB === null ? null : `limit: ${world.limitOfB}`]));
  for (const site of world.sites) {
    const quotas = Object.entries(site.quotas).map(([name, size]) => `${name}: ${size ?? 'unlimited'}`);
    const spec = flow([`storage: ${site.storage}`, `state: ${site.state}`, `quotas: ${flow(quotas)}`]);
    add('Site', site.name, spec, `, labels: { region: ${site.region} }`);
  }
  for (const name of world.partitions) {
    const { text: match, members } = partitions[name] ?? { text: 'true' };
    add(
      'Partition',
      name,
      members === undefined ? `{ match: ${text(match)} }` : `{ include: [ ${members.join(', ')} ] }`,
    );
  }
  for (const each of world.retentions) {
    const rules = each.rules.map((rule) =>
      flow([
        `id: ${rule.id}`,
        `action: ${rule.action}`,
        `scope: ${rule.scope}`,
        `when: ${text(rule.when)}`,
        rule.allowLastCopy ? 'allowLastCopy: true' : null,
        rule.allowCustodial ? 'allowCustodial: true' : null,
      ]),
    );
    const spec = [
      `partition: ${each.partition}`,
      `sites: ${text(each.sites.text)}`,
      each.trigger === null ? null : `trigger: ${text(each.trigger)}`,
      each.until === null ? null : `until: ${text(each.until)}`,
      `mode: ${each.mode}`,
      `slice: ${each.slice}`,
      each.order === null ? null : `order: [ { by: ${text(each.order)}, direction: ${each.direction} } ]`,
      rules.length === 0 ? null : `rules:\n${rules.map((rule) => `    - ${rule}`).join('\n')}`,
      `default: ${each.default}`,
    ];
    add(
      'Retention',
      each.name,
      `\n${spec
        .filter((line) => line !== null)
        .map((line) => `  ${line}`)
        .join('\n')}`,
    );
  }
  for (const each of world.placements) {
    const copies = each.copies === 'demand' ? text('ceil(dataset.demand)') : String(each.copies);
    const spec = [
      `datasets: ${text(each.datasets.text)}`,
      each.anyStatus ? 'statuses: [VALID, PRODUCTION, DEPRECATED]' : null,
      `to: ${text(each.to.text)}`,
      each.from === null ? null : `from: ${text(each.from.text)}`,
      `copies: ${copies}`,
      `level: ${each.level}`,
      each.owner === null ? null : `owner: ${each.owner}`,
      `protect: ${each.protect}`,
      `priority: ${each.priority}`,
    ];
    add(
      'Placement',
      each.name,
      `\n${spec
        .filter((line) => line !== null)
        .map((line) => `  ${line}`)
        .join('\n')}`,
    );
  }
  for (const each of world.guards) {
    const transfers = flow([
      each.maxBytesPerCycle === null ? null : `maxBytesPerCycle: ${each.maxBytesPerCycle}`,
      each.maxOccupancy === null ? null : `maxOccupancy: ${each.maxOccupancy}`,
      each.maxPending === null ? null : `maxPending: ${each.maxPending}`,
      each.maxDatasetSize === null ? null : `maxDatasetSize: ${each.maxDatasetSize}`,
    ]);
    const deletions = flow([
      each.maxDeletedBytes === null ? null : `maxBytes: ${each.maxDeletedBytes}`,
      each.approvalAbove === null ? null : `approvalAbove: ${each.approvalAbove}`,
    ]);
    const { copies } = each;
    const spec = [
      `sites: ${text(each.sites.text)}`,
      each.partition === null ? null : `partition: ${each.partition}`,
      `transfers: ${transfers}`,
      `deletions: ${deletions}`,
      copies === null
        ? null
        : `copies: [ { datasets: ${text(copies.datasets.text)}, min: ${copies.min}, tape: ${copies.tape} } ]`,
    ];
    add(
      'Guard',
      each.name,
      `\n${spec
        .filter((line) => line !== null)
        .map((line) => `  ${line}`)
        .join('\n')}`,
    );
  }
  world.locks.forEach((each, index) => {
    const spec = flow([
      `datasets: ${text(each.datasets.text)}`,
      each.sites === null ? null : `sites: ${text(each.sites.text)}`,
      each.owner === null ? null : `owners: [ ${each.owner} ]`,
      'expires: 2030-01-01',
      'reason: kept for a test',
    ]);
    add('Lock', `lock${index}`, spec);
  });
  return documents;
}

export function observedOf(world: WorldModel): Observed {
  const siteStates = new Map(
    world.sites.map(({ name, state, since }) => [name, { state, since: clock - days(since) }] as const),
  );
  return observed(world.inventory, { siteStates });
}
