/**
 * The variable catalogue: every name an expression may read, its type, and when its value can change while a plan is
 * being made. `docs/policy` explains each.
 */
import type { ScopeRoot, ValueType } from './expression.js';

/**
 * What can change a variable during a plan: nothing; the loss of a copy of the same dataset (`copies`); any deletion at
 * the same site (`occupancy`).
 */
export type Volatility = 'fixed' | 'copies' | 'occupancy';

export interface Variable {
  readonly path: string;
  readonly root: ScopeRoot;
  readonly field: string;
  readonly type: ValueType;
  readonly volatility: Volatility;
  /** Only where a partition is in scope. */
  readonly partition: boolean;
  /** The only values a text variable can have; comparing with another is an error. */
  readonly values: readonly string[] | undefined;
  readonly description: string;
}

export const datasetStatuses = [
  'VALID',
  'PRODUCTION',
  'DEPRECATED',
  'INVALID',
  'DELETED',
  'IGNORED',
  'UNKNOWN',
] as const;
export const storageClasses = ['disk', 'tape', 'buffer'] as const;
export const siteStates = ['ready', 'readonly', 'draining', 'down', 'lost'] as const;

type Entry = readonly [path: string, type: ValueType, volatility: Volatility, description: string];

const site: readonly Entry[] = [
  ['site.name', 'string', 'fixed', 'name of the site'],
  ['site.storage', 'string', 'fixed', 'storage class: disk, tape or buffer'],
  ['site.state', 'string', 'fixed', 'ready, readonly, draining, down or lost'],
];

const sitePartition: readonly Entry[] = [
  ['site.quota', 'double', 'fixed', 'bytes the partition may use at the site; infinite where unlimited'],
  ['site.used', 'double', 'occupancy', 'bytes of the partition present at the site'],
  ['site.projected', 'double', 'occupancy', 'bytes once everything on its way has arrived'],
  ['site.free', 'double', 'occupancy', 'quota less projected bytes, at least 0'],
  ['site.occupancy', 'double', 'occupancy', 'used bytes as a fraction of the quota'],
  ['site.projectedOccupancy', 'double', 'occupancy', 'projected bytes as a fraction of the quota'],
  ['site.pending', 'double', 'occupancy', 'bytes on their way as a fraction of the quota'],
];

const dataset: readonly Entry[] = [
  ['dataset.name', 'string', 'fixed', 'name of the dataset'],
  ['dataset.status', 'string', 'fixed', 'VALID, PRODUCTION, DEPRECATED, INVALID, DELETED, IGNORED or UNKNOWN'],
  ['dataset.type', 'string', 'fixed', 'type given by the source'],
  ['dataset.open', 'bool', 'fixed', 'more blocks may come'],
  ['dataset.size', 'int', 'fixed', 'bytes of all its blocks'],
  ['dataset.files', 'int', 'fixed', 'number of files'],
  ['dataset.blocks', 'int', 'fixed', 'number of blocks'],
  ['dataset.created', 'timestamp', 'fixed', 'when it was created'],
  ['dataset.lastUpdate', 'timestamp', 'fixed', 'when it last changed'],
  ['dataset.lastAccess', 'timestamp', 'fixed', 'last access; the epoch where never'],
  ['dataset.lastUse', 'timestamp', 'fixed', 'latest of access, update and creation'],
  ['dataset.accesses', 'double', 'fixed', 'number of accesses'],
  ['dataset.usageRank', 'double', 'fixed', 'coldness: grows as use falls'],
  ['dataset.demand', 'double', 'fixed', 'popularity weight'],
  ['dataset.onTape', 'string', 'copies', 'NONE, PARTIAL or FULL'],
  ['dataset.tapeRequested', 'bool', 'fixed', 'an outside system or a placement wants it on tape'],
  ['dataset.copyRequested', 'bool', 'fixed', 'an outside system or a placement wants a copy'],
  ['dataset.owners', 'list<string>', 'copies', 'owners of any of its blocks anywhere'],
  ['dataset.fullCopies', 'int', 'copies', 'sites that count and hold all of it, complete'],
  ['dataset.fullDiskCopies', 'int', 'copies', 'the same at disk and buffer sites'],
  ['dataset.sites', 'list<string>', 'copies', 'names of the sites counted in fullCopies'],
  ['dataset.replicaSites', 'list<string>', 'copies', 'names of all sites that hold any of it'],
];

const replica: readonly Entry[] = [
  ['replica.size', 'int', 'copies', 'present bytes'],
  ['replica.projectedSize', 'int', 'copies', 'bytes once its blocks are complete'],
  ['replica.complete', 'bool', 'copies', 'all blocks it has are complete'],
  ['replica.full', 'bool', 'copies', 'it has all blocks of the dataset, all complete'],
  ['replica.partial', 'bool', 'copies', 'complete, but not all blocks'],
  ['replica.growing', 'bool', 'fixed', 'new blocks follow'],
  ['replica.blocks', 'list<Block>', 'copies', 'its blocks'],
  ['replica.owners', 'list<string>', 'copies', 'owners of its blocks'],
  ['replica.custodial', 'bool', 'copies', 'any block is custodial'],
  ['replica.firstBlock', 'timestamp', 'copies', 'earliest update of its blocks'],
  ['replica.lastBlock', 'timestamp', 'copies', 'latest update of its blocks'],
  ['replica.accesses', 'double', 'fixed', 'accesses of the dataset'],
  ['replica.lastAccess', 'timestamp', 'fixed', 'last access of the dataset'],
  ['replica.locked', 'bool', 'copies', 'a lock covers any block'],
  ['replica.required', 'bool', 'fixed', 'a placement needs it'],
  ['replica.requiredBy', 'list<string>', 'fixed', 'names of the placements that need it'],
  ['replica.fullDiskCopiesSameOwner', 'int', 'copies', 'full disk copies that share an owner, this one included'],
  ['replica.otherFullCopies', 'int', 'copies', 'full copies at other sites that count'],
  ['replica.otherFullCopiesSameOwner', 'int', 'copies', 'those that share an owner with this one'],
];

const block: readonly Entry[] = [
  ['block.name', 'string', 'fixed', 'name of the block, without the dataset'],
  ['block.size', 'int', 'fixed', 'present bytes of the block at the site'],
  ['block.complete', 'bool', 'fixed', 'the block is complete at the site'],
  ['block.owner', 'string', 'fixed', 'owner; empty where nobody'],
  ['block.custodial', 'bool', 'fixed', 'the copy is custodial'],
  ['block.lastUpdate', 'timestamp', 'fixed', 'when it last changed at the site'],
  ['block.locked', 'bool', 'fixed', 'a lock covers it'],
  ['block.onTape', 'bool', 'copies', 'this copy is complete, and so is one on tape'],
  ['block.copies', 'int', 'copies', 'complete copies at sites that count, this one included'],
  ['block.diskCopies', 'int', 'copies', 'the same at disk and buffer sites'],
  ['block.anyCopies', 'int', 'copies', 'complete copies at any site in any state'],
  [
    'block.lastSource',
    'bool',
    'copies',
    'complete here and at no other disk site that counts, while a copy is being made',
  ],
  ['block.behindNewest', 'duration', 'fixed', 'how much older than the newest block of the replica'],
];

const plan: readonly Entry[] = [
  ['plan.copies', 'int', 'fixed', 'copies that start'],
  ['plan.copyBytes', 'int', 'fixed', 'their bytes'],
  ['plan.deletions', 'int', 'fixed', 'deletions that start'],
  ['plan.deleteBytes', 'int', 'fixed', 'their bytes'],
  ['plan.reassignments', 'int', 'fixed', 'changes of owner'],
  ['plan.held', 'int', 'fixed', 'actions that are held'],
  ['plan.heldBytes', 'int', 'fixed', 'their bytes'],
  ['plan.heldCodes', 'list<string>', 'fixed', 'what holds them'],
  ['plan.deferred', 'int', 'fixed', 'copies that a limit puts off'],
  ['plan.unsatisfied', 'int', 'fixed', 'needs that cannot be met'],
  ['plan.diagnostics', 'list<string>', 'fixed', 'codes of its diagnostics'],
];

const values: Readonly<Record<string, readonly string[]>> = {
  'dataset.status': datasetStatuses,
  'dataset.onTape': ['NONE', 'PARTIAL', 'FULL'],
  'site.storage': storageClasses,
  'site.state': siteStates,
};

function toVariable(partition: boolean): (entry: Entry) => Variable {
  return ([path, type, volatility, description]) => {
    const [root, field] = path.split('.') as [ScopeRoot, string];
    return { path, root, field, type, volatility, partition, values: values[path], description };
  };
}

/** All variables but labels and `now`, in the order of the documentation. */
export const variables: readonly Variable[] = [
  ...site.map(toVariable(false)),
  ...sitePartition.map(toVariable(true)),
  ...[...dataset, ...replica, ...block, ...plan].map(toVariable(false)),
];

/** Variables of a dataset that its row in the inventory gives, or that nothing changes: not those that count copies. */
const datasetColumns: ReadonlySet<string> = new Set([
  'now',
  ...['name', 'status', 'type', 'open', 'size', 'files', 'blocks', 'created', 'lastUpdate', 'lastAccess'].map(
    ofDataset,
  ),
  ...['lastUse', 'accesses', 'usageRank', 'demand'].map(ofDataset),
]);

function ofDataset(field: string): string {
  return `dataset.${field}`;
}

/** Whether a path that an expression reads has one value per dataset throughout a plan, wherever it is asked. */
export function isDatasetColumn(path: string): boolean {
  return datasetColumns.has(path) || path.startsWith('dataset.labels.');
}

export const variableByPath: ReadonlyMap<string, Variable> = new Map(variables.map((v) => [v.path, v]));
