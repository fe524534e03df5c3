/** The inventory that a PolicyTest writes out, with its defaults filled in. */
import { compareBytes } from '../../order.js';
import { parseDuration } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { PolicyTestDocument } from '../generated/index.js';
import type { FieldPath } from '../parsed-document.js';
import type { Moment, TestDataset, TestReplica } from '../state.js';
import { didYouMean, listOf } from '../suggest.js';
import type { Defaults } from './body.js';

type DatasetSpecs = NonNullable<NonNullable<Checked<PolicyTestDocument['spec']>['given']>['datasets']>;
type DatasetSpec = NonNullable<DatasetSpecs[number]>;
type ReplicaSpec = Exclude<NonNullable<NonNullable<DatasetSpec['at']>[number]>, string>;

export interface TestDefaults extends Defaults {
  /** Labels that datasets may have; null: any. */
  readonly declaredLabels: ReadonlySet<string> | null;
}

const defaultSize = 1e9;
const never: Moment = { at: 0 };

export function compileTestInventory(
  fields: Fields,
  specs: DatasetSpecs,
  path: FieldPath,
  defaults: TestDefaults,
): TestDataset[] {
  const seen = new Set<string>();
  return specs.flatMap((spec, index) => {
    if (spec?.name === undefined) return [];
    if (seen.has(spec.name))
      fields.error('duplicate-dataset', [...path, index, 'name'], 'this dataset is given already');
    seen.add(spec.name);
    return compileDataset(fields, spec, spec.name, [...path, index], defaults);
  });
}

function compileDataset(
  fields: Fields,
  spec: DatasetSpec,
  name: string,
  path: FieldPath,
  defaults: TestDefaults,
): TestDataset {
  if (spec.size !== undefined && spec.blocks !== undefined) {
    fields.error('wrong-value', [...path, 'size'], 'the sizes of its `blocks` are given: remove one of the two');
  }
  const sizes = Object.entries(spec.blocks ?? { '1': spec.size });
  const blocks = sizes.map(([block, size]) => {
    const at = spec.blocks === undefined ? [...path, 'size'] : [...path, 'blocks', block];
    return { name: block, size: fields.bytes(size, at) ?? defaultSize };
  });
  checkLabels(fields, spec, path, defaults.declaredLabels);
  const created = moment(fields, spec.created, [...path, 'created']) ?? never;
  const lastUpdate = moment(fields, spec.lastUpdate, [...path, 'lastUpdate']) ?? created;
  const names = blocks.map((block) => block.name);
  const sites = new Set<string>();
  return {
    name,
    status: spec.status ?? 'VALID',
    type: spec.type ?? '',
    open: spec.open ?? false,
    labels: new Map(Object.entries(spec.labels ?? {}).map(([key, value]) => [key, value ?? ''])),
    blocks: blocks.sort((a, b) => compareBytes(a.name, b.name)),
    created,
    lastUpdate,
    lastAccess: moment(fields, spec.lastAccess, [...path, 'lastAccess']) ?? never,
    accesses: spec.accesses ?? 0,
    usageRank: spec.usageRank ?? 0,
    demand: spec.demand ?? 0,
    tapeRequested: spec.tapeRequested ?? false,
    copyRequested: spec.copyRequested ?? false,
    replicas: (spec.at ?? []).flatMap((replica, index) => {
      const at = [...path, 'at', index];
      const given = typeof replica === 'string' ? { site: replica } : replica;
      const site = fields.reference('Site', given?.site, typeof replica === 'string' ? at : [...at, 'site']);
      if (given === null || site === null) return [];
      if (sites.has(site)) fields.error('duplicate-replica', at, `a replica at \`${site}\` is given already`);
      sites.add(site);
      return compileReplica(fields, given, site, at, { names, lastUpdate, owner: defaults.defaultOwner ?? '' });
    }),
  };
}

function compileReplica(
  fields: Fields,
  spec: ReplicaSpec,
  site: string,
  path: FieldPath,
  dataset: { readonly names: readonly string[]; readonly lastUpdate: Moment; readonly owner: string },
): TestReplica {
  const blocksAt = (field: 'blocks' | 'incomplete'): readonly string[] | null =>
    spec[field]?.flatMap((block, index) => knownBlock(fields, block, dataset.names, [...path, field, index])) ?? null;
  const here = blocksAt('blocks') ?? dataset.names;
  const incomplete = new Set(blocksAt('incomplete') ?? (spec.complete === false ? here : []));
  if (spec.complete !== undefined && spec.incomplete !== undefined) {
    fields.error('wrong-value', [...path, 'complete'], 'the `incomplete` blocks are given: remove one of the two');
  }
  if (spec.present !== undefined && incomplete.size === 0) {
    fields.error('wrong-value', [...path, 'present'], 'no block is incomplete: add `complete: false` or `incomplete`');
  }
  const present = fields.fraction(spec.present, [...path, 'present']) ?? 0;
  const owner = ownerOf(fields, spec.owner, [...path, 'owner']) ?? dataset.owner;
  const owners = new Map<string, string>();
  for (const [block, name] of Object.entries(spec.owners ?? {})) {
    knownBlock(fields, block, dataset.names, [...path, 'owners', block]);
    owners.set(block, ownerOf(fields, name ?? undefined, [...path, 'owners', block]) ?? owner);
  }
  return {
    site,
    blocks: here.map((name) => ({
      name,
      owner: owners.get(name) ?? owner,
      present: incomplete.has(name) ? present : null,
    })),
    custodial: spec.custodial ?? false,
    managed: spec.managed ?? true,
    lastUpdate: moment(fields, spec.lastUpdate, [...path, 'lastUpdate']) ?? dataset.lastUpdate,
    growing: spec.growing === true ? owner : null,
  };
}

function knownBlock(fields: Fields, name: string | null, names: readonly string[], path: FieldPath): string[] {
  if (name === null) return [];
  if (names.includes(name)) return [name];
  fields.error(
    'unknown-block',
    path,
    `the dataset has no block \`${name}\`${didYouMean(name, names)}; it has ${listOf(names)}`,
  );
  return [];
}

/** The empty string is nobody. */
function ownerOf(fields: Fields, name: string | undefined, path: FieldPath): string | null {
  return name === '' ? '' : fields.owner(name, path);
}

function moment(fields: Fields, text: string | undefined, path: FieldPath): Moment | null {
  if (text === undefined) return null;
  const ago = parseDuration(text);
  if (ago !== null) return { ago };
  const at = fields.time(text, path);
  return at === null ? null : { at };
}

function checkLabels(fields: Fields, spec: DatasetSpec, path: FieldPath, declared: ReadonlySet<string> | null): void {
  if (declared === null) return;
  for (const key of Object.keys(spec.labels ?? {})) {
    if (declared.has(key)) continue;
    const near = didYouMean(key, declared);
    const what = `the label is not declared in Federation.spec.labels.dataset${near}; declared: ${listOf([...declared])}`;
    const at = [...path, 'labels', key];
    fields.compilation.problems.error('unknown-label', fields.document.keyPlace(at), fields.message(at, what));
  }
}
