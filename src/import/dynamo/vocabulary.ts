/**
 * The variables of Dynamo's policies: their types, what they are read from, and the values of enumerations, which the
 * original compares as numbers.
 */

export type VariableType = 'bool' | 'number' | 'text' | 'time' | 'enum';

/** What a variable belongs to. `constant` are `always` and `never`. */
export type Level = 'dataset' | 'replica' | 'block' | 'site' | 'constant';

/** How numbers of ours that stand for the variable are written. */
export type Unit = 'bytes' | 'integer' | 'fraction' | 'seconds';

export interface Variable {
  readonly name: string;
  readonly type: VariableType;
  readonly level: Level;
  /**
   * The field of our dataset, replica, block or site; for a bool the whole condition, with `@` for the thing. A bool that
   * needs more than a field has none.
   */
  readonly field: string | null;
  readonly unit: Unit;
  /** Names of an enumeration with the numbers that are compared, and with ours (null: we have no such value). */
  readonly values: ReadonlyMap<string, { readonly number: number; readonly ours: string | null }> | null;
}

type Entry = readonly [name: string, type: VariableType, field: string | null, unit?: Unit];

const datasetVariables: readonly Entry[] = [
  ['dataset.name', 'text', 'name'],
  ['dataset.status', 'enum', 'status'],
  ['dataset.on_tape', 'enum', 'onTape'],
  ['dataset.size', 'number', 'size', 'bytes'],
  ['dataset.last_update', 'time', 'lastUpdate'],
  ['dataset.last_access', 'time', 'lastAccess'],
  ['dataset.num_full_disk_copy', 'number', 'fullDiskCopies', 'integer'],
  ['dataset.usage_rank', 'number', 'usageRank', 'fraction'],
  ['dataset.demand_rank', 'number', 'demand', 'fraction'],
  ['dataset.release', 'text', 'labels.release'],
  ['dataset.tape_copy_requested', 'bool', 'tapeRequested'],
  ['dataset.unhandled_copy_exists', 'bool', 'copyRequested'],
  ['dataset.is_latest_production_release', 'bool', null],
  ['dataset.unknown_in_all_dbs', 'bool', null],
  ['dataset.on_protected_site', 'bool', null],
];

const replicaVariables: readonly Entry[] = [
  ['replica.size', 'number', 'size', 'bytes'],
  ['replica.incomplete', 'bool', null],
  ['replica.first_block_created', 'time', 'firstBlock'],
  ['replica.last_block_created', 'time', 'lastBlock'],
  ['replica.num_full_disk_copy_common_owner', 'number', 'fullDiskCopiesSameOwner', 'integer'],
  ['replica.num_full_other_copy_common_owner', 'number', 'otherFullCopiesSameOwner', 'integer'],
  ['replica.enforcer_protected', 'bool', null],
];

const blockVariables: readonly Entry[] = [
  ['blockreplica.owner', 'text', 'owner'],
  ['blockreplica.last_update', 'time', 'lastUpdate'],
  ['blockreplica.is_locked', 'bool', 'locked'],
  ['blockreplica.on_tape', 'bool', 'onTape'],
  ['blockreplica.is_last_transfer_source', 'bool', 'lastSource'],
  ['blockreplica.num_full_disk_copy', 'number', 'diskCopies', 'integer'],
  ['blockreplica.age_relative_to_newest', 'number', 'behindNewest', 'seconds'],
];

const siteVariables: readonly Entry[] = [
  ['site.name', 'text', 'name'],
  ['site.status', 'enum', 'state'],
  ['site.storage_type', 'enum', 'storage'],
];

const partitionVariables: readonly Entry[] = [
  ['site.occupancy', 'number', 'occupancy', 'fraction'],
  ['site.quota', 'number', 'quota', 'bytes'],
];

function values(...entries: readonly (readonly [name: string, number: number, ours: string | null])[]) {
  return new Map(entries.map(([name, number, ours]) => [name, { number, ours }]));
}

const enumerations: Readonly<Record<string, Variable['values']>> = {
  'dataset.status': values(
    ['UNKNOWN', 1, 'UNKNOWN'],
    ['DELETED', 2, 'DELETED'],
    ['DEPRECATED', 3, 'DEPRECATED'],
    ['INVALID', 4, 'INVALID'],
    ['PRODUCTION', 5, 'PRODUCTION'],
    ['VALID', 6, 'VALID'],
    ['IGNORED', 7, 'IGNORED'],
  ),
  'dataset.on_tape': values(['NONE', 0, 'NONE'], ['FULL', 1, 'FULL'], ['PARTIAL', 2, 'PARTIAL']),
  'site.status': values(
    ['READY', 1, 'ready'],
    ['WAITROOM', 2, 'down'],
    ['MORGUE', 3, 'draining'],
    ['UNKNOWN', 4, null],
  ),
  'site.storage_type': values(['DISK', 1, 'disk'], ['MSS', 2, 'tape'], ['BUFFER', 3, 'buffer'], ['UNKNOWN', 4, null]),
};

function variable(level: Level): (entry: Entry) => readonly [string, Variable] {
  return ([name, type, field, unit = 'integer']) => [
    name,
    { name, type, level, field, unit, values: enumerations[name] ?? null },
  ];
}

const ofSites = [
  ...siteVariables.map(variable('site')),
  ...(['always', 'never'] as const).map((name) => variable('constant')([name, 'bool', null])),
];

/** `On`, `When` and `Until` lines, and the sites of enforcer rules. */
export const siteScope: ReadonlyMap<string, Variable> = new Map([
  ...ofSites,
  ...partitionVariables.map(variable('site')),
]);

/** Rules, `Order`, partitions, and the replicas of enforcer rules. */
export const replicaScope: ReadonlyMap<string, Variable> = new Map([
  ...datasetVariables.map(variable('dataset')),
  // What the original counts per dataset, whatever the name says.
  variable('dataset')(['replica.num_access', 'number', 'accesses', 'fraction']),
  ...replicaVariables.map(variable('replica')),
  ...blockVariables.map(variable('block')),
  ...siteVariables.map(variable('site')),
]);
