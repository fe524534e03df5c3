/** Random worlds in the program's own forms: YAML documents, and what a cycle observes. */
import { clock, days } from '../scenarios/inventory.js';
import { type Observed, observed } from '../scenarios/loop.js';
import { downGraceDays, partitions, selectors, type WorldModel } from './world.js';

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const flow = (fields: readonly (string | null)[]): string => `{ ${fields.filter((each) => each !== null).join(', ')} }`;

/** A YAML document, with the kind and name in front, and the folder it stands in (`''`: the root). */
export interface Document {
  readonly folder: string;
  readonly text: string;
}

const tenantFolder = 'team/';

/** One file per folder. */
export function filesOf(documents: readonly Document[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { folder, text: content } of documents) {
    const path = `${folder}all.yaml`;
    const before = files[path];
    files[path] = before === undefined ? content : `${before}---\n${content}`;
  }
  return files;
}

/** A day so many days from the start. */
const dayText = (from: number): string => new Date((clock + days(from)) * 1000).toISOString().slice(0, 10);
const blockOf = (lines: readonly (string | null)[]): string =>
  `\n${lines
    .filter((line) => line !== null)
    .map((line) => `  ${line}`)
    .join('\n')}`;

export function documentsOf(world: WorldModel): Document[] {
  const documents: Document[] = [];
  const addTo = (folder: string, kind: string, name: string, spec: string, labels = ''): void => {
    const head = `apiVersion: stator/v1\nkind: ${kind}\nmetadata: { name: ${name}${labels} }`;
    documents.push({ folder, text: `${head}\nspec: ${spec}\n` });
  };
  const add = (kind: string, name: string, spec: string, labels = ''): void => addTo('', kind, name, spec, labels);
  const folderOf = ({ tenant }: { readonly tenant: boolean }): string => (tenant ? tenantFolder : '');
  const defaults = [
    world.defaultOwner === null ? null : `owner: ${world.defaultOwner}`,
    world.evacuateTo === null ? null : `evacuateTo: ${text(world.evacuateTo.text)}`,
    `downGrace: ${downGraceDays}d`,
  ];
  const federation = [
    `defaults: ${flow(defaults)}`,
    `disposable: ${text(world.disposable.text)}`,
    world.declaredLabels ? 'labels: { dataset: [ kind ], site: [ region ] }' : null,
  ];
  add('Federation', 'test', flow(federation));
  for (const [name, spec] of Object.entries(selectors)) add('Selector', name, spec);
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
      members === undefined
        ? flow([`match: ${text(match)}`, quotasText(world, name)])
        : `{ include: [ ${members.join(', ')} ] }`,
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
        rule.notBefore === null ? null : `notBefore: ${dayText(rule.notBefore)}`,
        rule.expires === null ? null : `expires: ${dayText(rule.expires)}`,
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
    addTo(folderOf(each), 'Retention', each.name, blockOf(spec));
  }
  for (const each of world.placements) {
    const copies = typeof each.copies === 'object' ? text(each.copies.text) : String(each.copies);
    const spec = [
      `datasets: ${text(each.datasets.text)}`,
      each.anyStatus ? 'statuses: [VALID, PRODUCTION, DEPRECATED]' : null,
      `to: ${text(each.to.text)}`,
      each.from === null ? null : `from: ${text(each.from.text)}`,
      `copies: ${copies}`,
      `level: ${each.level}`,
      each.spread === null ? null : `spread: { by: region, max: ${each.spread} }`,
      each.sameRegion === null ? null : `relativeTo: { placement: place0, label: region, same: ${each.sameRegion} }`,
      each.weight === null ? null : `weight: ${text(each.weight)}`,
      each.expires === null ? null : `expires: ${dayText(each.expires)}`,
      each.keepFor === null ? null : `keepFor: ${each.keepFor}d`,
      each.onRemove === null ? null : `onRemove: ${each.onRemove}`,
      each.owner === null ? null : `owner: ${each.owner}`,
      `protect: ${each.protect}`,
      `priority: ${each.priority}`,
    ];
    addTo(folderOf(each), 'Placement', each.name, blockOf(spec));
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
    add('Guard', each.name, blockOf(spec));
  }
  world.locks.forEach((each, index) => {
    const spec = flow([
      `datasets: ${text(each.datasets.text)}`,
      each.sites === null ? null : `sites: ${text(each.sites.text)}`,
      each.owner === null ? null : `owners: [ ${each.owner} ]`,
      `expires: ${dayText(each.expires)}`,
      'reason: kept for a test',
    ]);
    addTo(folderOf(each), 'Lock', `lock${index}`, spec);
  });
  world.exclusions.forEach((each, index) => {
    const spec = flow([
      `datasets: ${text(each.datasets.text)}`,
      `sites: ${text(each.sites.text)}`,
      `remove: ${each.remove}`,
      'reason: not there',
    ]);
    addTo(folderOf(each), 'Exclusion', `excl${index}`, spec);
  });
  world.ownerships.forEach((each, index) => {
    const spec = flow([`match: ${text(each.match.text)}`, `owner: ${each.owner}`]);
    addTo(folderOf(each), 'Ownership', `own${index}`, spec);
  });
  world.rebalances.forEach((each, index) => {
    const spec = flow([
      `partition: ${each.partition}`,
      `sites: ${text(each.sites.text)}`,
      each.datasets === null ? null : `datasets: ${text(each.datasets.text)}`,
      `tolerance: ${each.tolerance}%`,
      each.maxBytesPerCycle === null ? null : `maxBytesPerCycle: ${each.maxBytesPerCycle}`,
      each.maxDatasetSize === null ? null : `maxDatasetSize: ${each.maxDatasetSize}`,
    ]);
    add('Rebalance', `even${index}`, spec);
  });
  world.windows.forEach((each, index) => {
    const schedule = flow([`cron: ${text(each.hours.cron)}`, `duration: ${each.hours.duration}`]);
    add(
      'Window',
      `window${index}`,
      flow([`sites: ${text(each.sites.text)}`, `schedule: ${schedule}`, `${each.effect}: ${each.what}`]),
    );
  });
  if (world.tenant !== null) {
    const { datasets, sites, onlyA } = world.tenant;
    const spec = flow([
      `paths: [ ${text(`${tenantFolder}*`)} ]`,
      datasets === null ? null : `datasets: ${text(datasets.text)}`,
      sites === null ? null : `sites: ${text(sites.text)}`,
      onlyA ? 'owners: [ A ]' : null,
    ]);
    add('Tenant', 'team', spec);
  }
  return documents;
}

function quotasText(world: WorldModel, partition: string): string | null {
  const rule = world.partitionQuotas[partition];
  return rule === undefined ? null : `quotas: [ { sites: ${text(rule.sites.text)}, size: ${rule.size} } ]`;
}

export function observedOf(world: WorldModel): Observed {
  const siteStates = new Map(
    world.sites.map(({ name, state, since }) => [name, { state, since: clock - days(since) }] as const),
  );
  return observed(world.inventory, { siteStates });
}
