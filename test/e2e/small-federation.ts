/** A federation of two directories and a tape, as text: rules and bundle of most end-to-end tests. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { scratch, writeTree } from './stator.js';

export interface SmallFederation {
  readonly directory: string;
  /** Directory of the desired state. */
  readonly rules: string;
  /** Directory of the bundle. */
  readonly bundle: string;
  readonly sites: string;
}

/** The desired state: `/A` has two disk copies, withdrawn data goes; `sites` is where the directories are. */
export function ruleFiles(sites: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'federation.yaml': `apiVersion: stator/v1
kind: Federation
metadata: { name: test }
spec: { defaults: { owner: ops } }
---
apiVersion: stator/v1
kind: Group
metadata: { name: ops }
spec: { ownership: dataset }
---
apiVersion: stator/v1
kind: Partition
metadata: { name: all }
spec: { match: 'true' }
`,
    'sites.yaml': ['east', 'west']
      .map(
        (name) => `apiVersion: stator/v1
kind: Site
metadata: { name: ${name} }
spec:
  storage: disk
  quotas: { all: 1MB }
  endpoints:
    - { protocol: file, match: '^/store/(.*)$', url: 'file://${sites}/${name}/$1', root: '${sites}/${name}' }
`,
      )
      .join('---\n'),
    'rules.yaml': `apiVersion: stator/v1
kind: Placement
metadata: { name: twice }
spec:
  datasets: dataset.name.glob("/A/*")
  to: site.storage == "disk"
  copies: 2
---
apiVersion: stator/v1
kind: Retention
metadata: { name: disk }
spec:
  partition: all
  sites: site.storage == "disk"
  rules:
    - id: withdrawn
      action: delete
      when: dataset.status == "DEPRECATED"
      allowLastCopy: true
`,
    ...extra,
  };
}

interface Block {
  readonly dataset: string;
  readonly status: 'VALID' | 'DEPRECATED';
  readonly site: string;
  readonly files: readonly string[];
}

const blocks: readonly Block[] = [
  { dataset: '/A/one', status: 'VALID', site: 'east', files: ['/store/A/one/1', '/store/A/one/2'] },
  { dataset: '/B/old', status: 'DEPRECATED', site: 'west', files: ['/store/B/old/1'] },
];

/** Tables of the bundle, and the files behind them. */
export function bundleFiles(): { readonly tables: Record<string, string>; readonly files: Map<string, string> } {
  const rows: Record<string, object[]> = { datasets: [], blocks: [], replicas: [], files: [] };
  const files = new Map<string, string>();
  for (const { dataset, status, site, files: names } of blocks) {
    rows.datasets?.push({ name: dataset, status, type: 'data', open: false, created: 1, lastUpdate: 1, labels: {} });
    let size = 0;
    for (const name of names) {
      const content = `content of ${name}\n`.repeat(10);
      const sha256 = createHash('sha256').update(content).digest('hex');
      files.set(`${site}${name.slice('/store'.length)}`, content);
      rows.files?.push({ dataset, block: 'b1', name, size: content.length, sha256 });
      size += content.length;
    }
    rows.blocks?.push({ dataset, name: 'b1', size, files: names.length, open: false, lastUpdate: 1 });
    rows.replicas?.push({ dataset, block: 'b1', site, owner: 'ops', lastUpdate: 1 });
  }
  const tables = Object.fromEntries(
    Object.entries(rows).map(([table, list]) => [
      `${table}.jsonl`,
      list.map((row) => `${JSON.stringify(row)}\n`).join(''),
    ]),
  );
  return { tables, files };
}

/** Writes all of it. `extraRules` are files that are added to the desired state or replace some of it. */
export async function smallFederation(extraRules: Readonly<Record<string, string>> = {}): Promise<SmallFederation> {
  const directory = await scratch();
  const sites = join(directory, 'sites');
  const { tables, files } = bundleFiles();
  for (const site of ['east', 'west']) await mkdir(join(sites, site), { recursive: true });
  for (const [path, content] of files) {
    await mkdir(dirname(join(sites, path)), { recursive: true });
    await writeFile(join(sites, path), content);
  }
  return {
    directory,
    sites,
    rules: await writeTree(join(directory, 'rules'), ruleFiles(sites, extraRules)),
    bundle: await writeTree(join(directory, 'bundle'), tables),
  };
}
