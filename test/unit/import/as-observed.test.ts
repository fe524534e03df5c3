/** As observed: the first decisions of an imported policy are Dynamo's own, replica by replica, blocks and bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileDesired, type DesiredState } from '../../../src/desired/index.js';
import { importDynamo } from '../../../src/import/index.js';
import { plan } from '../../../src/planning/index.js';
import { emptyMemory } from '../../../src/snapshot/index.js';
import { source } from '../../scenarios/desired.js';
import { clock, days, toSnapshot } from '../../scenarios/inventory.js';
import { firstPass, type ReferenceInput } from './dynamo-reference.js';
import { companions, type DynamoDataset, type DynamoWorld, statuses, toInventory } from './dynamo-world.js';

const siteNames = ['T1_US_A_Disk', 'T1_US_A_MSS', 'T2_US_B', 'T2_US_C', 'T2_DE_D'];
const groups = ['AnalysisOps', 'DataOps', 'RelVal'];
const datasetNames = ['/Prim/Run1-v1/RAW', '/Prim/Run2-v1/AOD', '/Sim[x]/Fall/AOD', '/Sim/Fall/MINIAODSIM'];
const blockNames = ['b1', 'b2', 'b3'];

const time = fc
  .constantFrom(0, 1, 40, 59, 60, 61, 89, 92, 93, 200, 400)
  .map((age) => (age === 0 ? 0 : clock - days(age)));

const dataset = (name: string): fc.Arbitrary<DynamoDataset> =>
  fc
    .record({
      status: fc.constantFrom(...statuses),
      lastUpdate: time,
      lastAccess: time,
      accesses: fc.constantFrom(0, 1, 5),
      usageRank: fc.constantFrom(0, 1.5, 200, 300),
      demand: fc.constantFrom(0, 2),
      release: fc.constantFrom('8_0_1', '10_2_0_patch1'),
      latest: fc.boolean(),
      unknown: fc.boolean(),
      tapeRequested: fc.boolean(),
      copyRequested: fc.boolean(),
      sizes: fc.array(fc.constantFrom(1e9, 5e11, 1e12, 3), { minLength: 1, maxLength: 3 }),
      replicas: fc.uniqueArray(
        fc.record({
          site: fc.constantFrom(...siteNames),
          // Mostly everything and complete, so that full copies are frequent.
          present: fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()), {
            minLength: 3,
            maxLength: 3,
          }),
          complete: fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.boolean()), {
            minLength: 3,
            maxLength: 3,
          }),
          owners: fc.array(fc.constantFrom('AnalysisOps', 'AnalysisOps', 'DataOps', null), {
            minLength: 3,
            maxLength: 3,
          }),
          updates: fc.array(time, { minLength: 3, maxLength: 3 }),
        }),
        { selector: ({ site }) => site, maxLength: 5 },
      ),
    })
    .map(({ sizes, replicas, ...facts }) => ({
      ...facts,
      name,
      blocks: sizes.map((size, index) => ({ name: blockNames[index] ?? '', size })),
      replicas: replicas
        .map(({ site, present, complete, owners, updates }) => ({
          site,
          blocks: sizes.flatMap((_, index) =>
            present[index] === false
              ? []
              : [
                  {
                    name: blockNames[index] ?? '',
                    owner: owners[index] ?? null,
                    complete: complete[index] !== false,
                    lastUpdate: updates[index] ?? 0,
                  },
                ],
          ),
        }))
        .filter(({ blocks }) => blocks.length > 0),
    }));

const world: fc.Arbitrary<DynamoWorld> = fc.record({
  sites: fc.tuple(
    ...siteNames.map((name) =>
      fc.constantFrom('READY' as const, 'READY' as const, 'WAITROOM' as const, 'MORGUE' as const).map((status) => ({
        name,
        status,
        storage: name.endsWith('MSS') ? ('MSS' as const) : ('DISK' as const),
      })),
    ),
  ),
  groups: fc.constant(groups),
  datasets: fc.tuple(...datasetNames.map(dataset)),
});

const textOf: Readonly<Record<string, readonly string[]>> = {
  'dataset.name': [
    ...datasetNames,
    '/Prim/*',
    '/*/Fall/*',
    '*[RW]AW',
    '/Sim[!y]/*',
    '/Sim[x]/Fall/*',
    '/*/?all/AOD*',
    '/no/such/one',
  ],
  'dataset.release': ['8_0_1', '10_*', '8_?_1', '7_0_0'],
  'blockreplica.owner': ['AnalysisOps', 'DataOps', 'None', 'N*', '*Ops', '*', '?one', 'Nobody'],
  'site.name': [...siteNames, 'T2_*', 'T?_US_*', 'T[12]_US_*', 'T9_XX'],
};
const regexOf: Readonly<Record<string, readonly string[]>> = {
  'dataset.name': ['/Prim', 'Prim', '.*AOD$', '/(Prim|Sim)/.*-v\\d', '/[^/]+/Fall', '^/Sim'],
  'dataset.release': ['1', '8_0_1|10_2_0', '\\d+_2'],
  'blockreplica.owner': ['A', 'None', '(None|DataOps)$', '', '[^N]*$'].filter((text) => text !== ''),
  'site.name': ['T2', 'US', '.*_MSS$'],
};
const enumOf: Readonly<Record<string, readonly string[]>> = {
  'dataset.status': statuses,
  'dataset.on_tape': ['NONE', 'PARTIAL', 'FULL', 'TAPE'],
  'site.status': ['READY', 'WAITROOM', 'MORGUE', 'UNKNOWN'],
  'site.storage_type': ['DISK', 'MSS', 'BUFFER', 'UNKNOWN'],
};
const numberOf: Readonly<Record<string, readonly string[]>> = {
  'dataset.size': ['1000000000', '5e11', '1.5', '3', '2000000000000'],
  'replica.size': ['1000000000', '5e11', '0', '1', '1e17'],
  'dataset.num_full_disk_copy': ['0', '1', '2', '1.5'],
  'dataset.usage_rank': ['0', '1.5', '200', '299.9'],
  'dataset.demand_rank': ['0', '1', '2'],
  'replica.num_access': ['0', '1', '4'],
  'replica.num_full_disk_copy_common_owner': ['0', '1', '2'],
  'replica.num_full_other_copy_common_owner': ['0', '1', '2'],
  'blockreplica.num_full_disk_copy': ['0', '1', '2', '3'],
};
const times = [
  'dataset.last_update',
  'dataset.last_access',
  'replica.first_block_created',
  'replica.last_block_created',
  'blockreplica.last_update',
];
const dates = ['60 days ago', '1 week ago', '3 months ago', 'January 1', '2026-04-02 UTC', '2026-03-30 00:00:00 UTC'];
const bools = [
  'dataset.tape_copy_requested',
  'dataset.unhandled_copy_exists',
  'dataset.is_latest_production_release',
  'dataset.unknown_in_all_dbs',
  'dataset.on_protected_site',
  'replica.incomplete',
  'replica.enforcer_protected',
  'blockreplica.is_locked',
  'blockreplica.on_tape',
  'blockreplica.is_last_transfer_source',
];

const listOf = (values: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...values), { maxLength: 3 }).map((elements) => `[${elements.join(' ')}]`);
const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((words) => words.join(' '));
const forEach = (
  table: Readonly<Record<string, readonly string[]>>,
  make: (name: string, values: readonly string[]) => fc.Arbitrary<string>,
): fc.Arbitrary<string> => fc.oneof(...Object.entries(table).map(([name, values]) => make(name, values)));

const texts = forEach(textOf, (name, values) =>
  fc.oneof(
    joined(fc.constant(name), fc.constantFrom('==', '!='), fc.constantFrom(...values)),
    joined(fc.constant(name), fc.constantFrom('in', 'notin'), listOf(values)),
    joined(fc.constant(name), fc.constantFrom('=~', '!=~'), fc.constantFrom(...(regexOf[name] ?? []))),
    joined(fc.constant(name), fc.constantFrom('<', 'older_than'), fc.constantFrom(...values)),
  ),
);
const enums = forEach(enumOf, (name, values) =>
  fc.oneof(
    joined(fc.constant(name), fc.constantFrom('==', '!=', '<', '>', '=~'), fc.constantFrom(...values)),
    joined(fc.constant(name), fc.constantFrom('in', 'notin'), listOf(values)),
  ),
);
const numbers = forEach(numberOf, (name, values) =>
  fc.oneof(
    joined(
      fc.constant(name),
      fc.constantFrom('==', '!=', '<', '>', 'older_than', '=~', '!=~'),
      fc.constantFrom(...values),
    ),
    joined(fc.constant(name), fc.constantFrom('in', 'notin'), listOf(values)),
  ),
);
const moments = fc.oneof(
  joined(
    fc.constantFrom(...times),
    fc.constantFrom('older_than', 'newer_than', '<', '>', '==', '!='),
    fc.constantFrom(...dates),
  ),
  joined(fc.constantFrom(...times), fc.constantFrom('in', 'notin'), listOf(['2026-04-02', 'yesterday'])),
);
const booleans = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...bools) },
  { weight: 3, arbitrary: fc.constantFrom(...bools).map((name) => `not ${name}`) },
  {
    weight: 1,
    arbitrary: joined(
      fc.constantFrom(...bools),
      fc.constantFrom('==', '!=', '<', '>', '=~'),
      fc.constantFrom('True', 'False'),
    ),
  },
  {
    weight: 1,
    arbitrary: joined(fc.constantFrom(...bools), fc.constantFrom('in', 'notin'), listOf(['True', 'False'])),
  },
);

const predicate = fc.oneof(texts, enums, numbers, moments, booleans);
const condition = fc.array(predicate, { minLength: 1, maxLength: 3 }).map((predicates) => predicates.join(' and '));
const rule = joined(
  fc.constantFrom('Protect', 'Delete', 'Dismiss', 'Ignore', 'ProtectBlock', 'DeleteBlock', 'DismissBlock'),
  condition,
);
const policyText = fc
  .record({
    rules: fc.array(fc.oneof(rule, rule, fc.constantFrom('# a comment', '')), { maxLength: 12 }),
    last: fc.constantFrom('Protect', 'Dismiss', 'Delete', 'Ignore', 'ProtectBlock'),
  })
  .map(({ rules, last }) =>
    [
      'Partition Everything',
      'On site.storage_type == DISK',
      'On site.storage_type == MSS',
      'When never',
      'Until always',
      ...rules,
      last,
      'Order decreasing dataset.usage_rank',
    ].join('\n'),
  );

const enforcer = fc.option(
  fc.record({
    rules: fc.array(
      fc.record({
        replicas: fc.array(
          fc.oneof(
            texts.filter((text) => text.startsWith('dataset')),
            condition,
          ),
          { minLength: 1, maxLength: 2 },
        ),
        destinations: fc.array(
          fc.constantFrom(
            'site.name == T2_*',
            'site.status == READY and site.storage_type == DISK',
            'always',
            'site.name in [T1_US_A_Disk T2_DE_D]',
          ),
          { minLength: 1, maxLength: 2 },
        ),
        copies: fc.constantFrom(0, 1, 2, 3),
      }),
      { maxLength: 3 },
    ),
  }),
);
const lock = fc.record({
  item: fc.constantFrom(
    ...datasetNames,
    '/Prim/*',
    '/*/?all/AOD',
    '/Prim/Run1-v?/RAW',
    '/Prim/Run1-v1/RAW#b1',
    '/*/Fall/AOD#b2',
    '/Sim/Fall/MINIAODSIM#b9',
  ),
  sites: fc.constantFrom('', '*', 'T2_US_B', 'T2_US_*', 'T9_NOWHERE', 'T9_*', 'T1_US_A_MSS'),
  groups: fc.constantFrom('', '*', 'AnalysisOps', '*Ops', 'NoSuchGroup', 'No*'),
});

const input: fc.Arbitrary<ReferenceInput> = fc.record({
  world,
  policy: policyText,
  // A rule about protection would ask itself.
  enforcer: enforcer.filter((found) => !JSON.stringify(found).includes('enforcer_protected')),
  locks: fc.array(lock, { maxLength: 3 }),
  protectedSites: fc.constantFrom([], ['T2_US_B'], ['T2_DE_D', 'T1_US_A_MSS']),
  now: fc.constant(clock),
});

const file = (path: string, text: string) => ({ path, bytes: Buffer.from(text) });

function importOf({ policy, enforcer: rules, locks, protectedSites, now }: ReferenceInput, asObserved: boolean) {
  const json = {
    partition: 'Everything',
    rules: Object.fromEntries(
      (rules?.rules ?? []).map(({ copies, ...conditions }, index) => [
        `rule-${index}`,
        { ...conditions, sources: ['always'], num_copies: copies, protect: true },
      ]),
    ),
  };
  const rows = locks.map(({ item, sites, groups: owners }) => `${item}\t${sites}\t${owners}`);
  return importDynamo(
    {
      policies: [file('policy.txt', policy)],
      partitions: file('partitions.txt', 'Everything: dataset.name == *\n'),
      enforcers: rules === null ? [] : [file('enforcer.json', JSON.stringify(json))],
      locks: file('locks.tsv', ['item\tsites\tgroups', ...rows, ''].join('\n')),
      protectedSites: [...protectedSites],
    },
    { now, asObserved, trustLastCopy: false },
  );
}

function compiled(given: ReferenceInput, asObserved: boolean): DesiredState {
  const result = importOf(given, asObserved);
  expect(result.diagnostics).toEqual([]);
  const written = (result.files ?? []).map(({ path, text }) => file(path, text));
  const { state, diagnostics } = compileDesired([...written, file('beside.yaml', companions(given.world))], source);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (state === null) throw new Error('the imported documents do not compile');
  return state;
}

function decided(given: ReferenceInput): string[] {
  const { world: seen, now } = given;
  const snapshot = toSnapshot(toInventory(seen), { takenAt: now, memory: emptyMemory });
  return plan(compiled(given, true), snapshot, { clock: now, decisions: true })
    .decisions.map(({ site, dataset: name, rule: id, decision, blocks, bytes }) =>
      [site, name, id, decision, blocks, bytes].join(' '),
    )
    .sort();
}

const parameters = {
  numRuns: Number(process.env.STATOR_PROPERTY_RUNS ?? 400),
  seed: Number(process.env.STATOR_PROPERTY_SEED ?? 20260701),
};

test('every policy decides as the original does, replica by replica', () => {
  fc.assert(
    fc.property(input, (given) => {
      expect(decided(given)).toEqual(firstPass(given));
    }),
    parameters,
  );
}, 600_000);

test('every policy is valid as it was meant, and every line of it reported', () => {
  // A Lock names groups that exist.
  const declared = input.map((given) => ({
    ...given,
    locks: given.locks.filter(({ groups: owners }) => !owners.startsWith('No')),
  }));
  fc.assert(
    fc.property(declared, (given) => {
      compiled(given, false);
      const lines = given.policy.split('\n').flatMap((text, index) => (text.trim() === '' ? [] : [index + 1]));
      const { report } = importOf(given, false);
      expect(report.lines.filter(({ file: path }) => path === 'policy.txt').map(({ line }) => line)).toEqual(lines);
    }),
    parameters,
  );
}, 600_000);
