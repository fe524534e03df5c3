/**
 * A federation of directories with real files, its inventory bundle and its desired state: what execution is tested on.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beginCycle, type Database, importBundle, loadMemory, loadSnapshot } from '../src/database/index.js';
import { compileDesired } from '../src/desired/index.js';
import { drive, executionSites, recordPlan } from '../src/execution/index.js';
import { actionId, actionKey, type PlanResult, plan } from '../src/planning/index.js';
import { PluginRegistry } from '../src/plugin/registry.js';
import { type CycleContext, type CycleOutcome, makeDeletionCheck, runCycle } from '../src/reconcile/index.js';
import { readDirectory } from '../src/source/index.js';
import type { UnreliableConfig } from './fixtures/plugins/unreliable.js';

export interface TestFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface SiteOptions {
  readonly storage?: 'disk' | 'tape';
  readonly state?: string;
  /** Bytes in partition `all`. */
  readonly quota?: number;
  readonly endpoint?: boolean;
}

export interface BlockOptions {
  readonly files?: number;
  /** Bytes per file. */
  readonly size?: number;
}

interface Replica {
  readonly dataset: string;
  readonly block: string;
  readonly site: string;
  readonly owner: string;
  readonly complete: boolean;
  readonly custodial: boolean;
}

const time = 1_780_000_000;

export class DirectoryFederation {
  readonly base: string;
  readonly #sites = new Map<string, SiteOptions>();
  readonly #datasets = new Map<string, string>();
  readonly #blocks = new Map<string, { dataset: string; block: string; files: TestFile[] }>();
  readonly #replicas = new Map<string, Replica>();
  #policy = '';

  private constructor(base: string) {
    this.base = base;
  }

  static async make(): Promise<DirectoryFederation> {
    const base = await mkdtemp(join(tmpdir(), 'stator-federation-'));
    await mkdir(join(base, 'desired'));
    await mkdir(join(base, 'bundle'));
    return new DirectoryFederation(base);
  }

  async remove(): Promise<void> {
    await rm(this.base, { recursive: true, force: true });
  }

  root(site: string): string {
    return join(this.base, 'sites', site);
  }

  /** Where a logical file name is at a site. */
  path(site: string, file: string): string {
    return join(this.root(site), file.replace(/^\/store\//, ''));
  }

  get desired(): string {
    return join(this.base, 'desired');
  }

  async site(name: string, options: SiteOptions = {}): Promise<void> {
    this.#sites.set(name, options);
    await mkdir(this.root(name), { recursive: true });
  }

  /** Declares a block and gives it files; their content depends on nothing but their names. */
  block(dataset: string, block: string, options: BlockOptions = {}): TestFile[] {
    this.#datasets.set(dataset, 'VALID');
    const files = Array.from({ length: options.files ?? 2 }, (_, i): TestFile => {
      const name = `/store${dataset}/${block}/f${i}.root`;
      return { name, bytes: content(name, options.size ?? 1000) };
    });
    this.#blocks.set(`${dataset}#${block}`, { dataset, block, files });
    return files;
  }

  status(dataset: string, status: string): void {
    this.#datasets.set(dataset, status);
  }

  files(dataset: string): TestFile[] {
    return [...this.#blocks.values()].filter((one) => one.dataset === dataset).flatMap(({ files }) => files);
  }

  /** What a file should hold, by its logical name. */
  bytesOf(file: string): Buffer | undefined {
    for (const { files } of this.#blocks.values()) {
      const found = files.find(({ name }) => name === file);
      if (found !== undefined) return found.bytes;
    }
    return undefined;
  }

  /** Puts a block (its files, and a row in the inventory) at a site. */
  async put(
    dataset: string,
    block: string,
    site: string,
    options: { owner?: string; complete?: boolean; custodial?: boolean; write?: boolean } = {},
  ): Promise<void> {
    const { owner = 'ops', complete = true, custodial = false, write = complete } = options;
    this.#replicas.set(`${dataset}#${block}@${site}`, { dataset, block, site, owner, complete, custodial });
    if (!write) return;
    for (const file of this.#blocks.get(`${dataset}#${block}`)?.files ?? []) {
      await this.write(site, file.name, file.bytes);
    }
  }

  async write(site: string, file: string, bytes: Uint8Array): Promise<void> {
    const path = this.path(site, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }

  /** The documents of the desired state beside sites, group and partition `all`. */
  policy(text: string): void {
    this.#policy = text;
  }

  async writeDesired(directory = this.desired): Promise<void> {
    await writeFile(join(directory, 'federation.yaml'), this.#federation());
    const rules = this.#policy.trim();
    if (rules !== '') await writeFile(join(directory, 'rules.yaml'), `${rules}\n`);
    else await rm(join(directory, 'rules.yaml'), { force: true });
  }

  /** Writes the bundle and imports it. @param files false leaves the `files` of the bundle out */
  async import(database: Database, options: { files?: boolean; unmanaged?: boolean } = {}): Promise<void> {
    const bundle = join(this.base, 'bundle');
    const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await rm(bundle, { recursive: true, force: true });
    await mkdir(bundle);
    const datasets = [...this.#datasets].map(([name, status]) => ({
      name,
      status,
      type: 'data',
      open: false,
      created: time - 86_400 * 100,
      lastUpdate: time - 86_400 * 100,
      labels: {},
      tapeRequested: false,
      copyRequested: false,
    }));
    await writeFile(join(bundle, 'datasets.jsonl'), lines(datasets));
    const blocks = [...this.#blocks.values()].map(({ dataset, block, files }) => ({
      dataset,
      name: block,
      size: files.reduce((sum, file) => sum + file.bytes.length, 0),
      files: files.length,
      open: false,
      lastUpdate: time - 86_400 * 100,
    }));
    await writeFile(join(bundle, 'blocks.jsonl'), lines(blocks));
    const replicas = [...this.#replicas.values()].map((row) => ({ ...row, lastUpdate: time - 86_400 * 100 }));
    await writeFile(join(bundle, 'replicas.jsonl'), lines(replicas));
    if (options.files !== false) {
      const files = [...this.#blocks.values()].flatMap(({ dataset, block, files: list }) =>
        list.map(({ name, bytes }) => ({
          dataset,
          block,
          name,
          size: bytes.length,
          md5: createHash('md5').update(bytes).digest('hex'),
          sha256: createHash('sha256').update(bytes).digest('hex'),
        })),
      );
      await writeFile(join(bundle, 'files.jsonl'), lines(files));
    }
    await importBundle(database, bundle, { clock: time, unmanaged: options.unmanaged === true });
  }

  /** Relative paths of the files of a site, sorted. */
  async listing(site: string): Promise<string[]> {
    const names = await readdir(this.root(site), { recursive: true });
    const files: string[] = [];
    for (const name of names) if ((await lstat(join(this.root(site), name))).isFile()) files.push(name);
    return files.sort();
  }

  /** Directories below a site's root. */
  async directories(site: string): Promise<string[]> {
    const names = await readdir(this.root(site), { recursive: true, withFileTypes: true });
    return names.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }

  /** Whether all files of a dataset are at a site, with the right bytes. */
  async has(site: string, dataset: string): Promise<boolean> {
    for (const file of this.files(dataset)) {
      const found = await readFile(this.path(site, file.name)).catch(() => null);
      if (found === null || !found.equals(file.bytes)) return false;
    }
    return true;
  }

  #federation(): string {
    const documents = [
      `kind: Federation\nmetadata: { name: test }\nspec: { defaults: { owner: ops } }`,
      `kind: Group\nmetadata: { name: ops }\nspec: { ownership: dataset }`,
      `kind: Group\nmetadata: { name: other }\nspec: { ownership: dataset }`,
      `kind: Partition\nmetadata: { name: all }\nspec: { match: "true" }`,
      ...[...this.#sites].map(([name, { storage = 'disk', state = 'ready', quota, endpoint = true }]) =>
        [
          `kind: Site`,
          `metadata: { name: ${name} }`,
          `spec:`,
          `  storage: ${storage}`,
          `  state: ${state}`,
          `  quotas: { all: ${quota ?? 'unlimited'} }`,
          ...(endpoint
            ? [
                `  endpoints:`,
                `    - { protocol: file, match: "^/store/(.*)$", url: "file://${this.root(name)}/$1", root: ${this.root(name)} }`,
              ]
            : []),
        ].join('\n'),
      ),
    ];
    return documents.map((text) => `apiVersion: stator/v1\n${text}\n`).join('---\n');
  }
}

function content(name: string, size: number): Buffer {
  const seed = createHash('sha256').update(name).digest('hex');
  return Buffer.from(seed.repeat(Math.ceil(size / seed.length)).slice(0, size));
}

/** Runs a cycle of the federation's desired state with the posix plugin. */
export async function cycleOf(
  federation: DirectoryFederation,
  database: Database,
  options: Partial<CycleContext> & { now?: number } = {},
): Promise<CycleOutcome> {
  const { now = time, ...rest } = options;
  const plugins = rest.plugins ?? (await PluginRegistry.load());
  try {
    return await runCycle({
      database,
      source: { kind: 'directory', directory: federation.desired },
      clock: () => now,
      random: () => 0.5,
      ...rest,
      plugins,
    });
  } finally {
    if (rest.plugins === undefined) await plugins.close();
  }
}

/** The posix plugin with faults on order; see `fixtures/plugins/unreliable.ts`. */
export async function unreliable(
  config: UnreliableConfig,
  containment: NonNullable<Parameters<typeof PluginRegistry.load>[0]>['containment'] = {},
): Promise<PluginRegistry> {
  const use = new URL('fixtures/plugins/unreliable.ts', import.meta.url).pathname;
  return await PluginRegistry.load({
    plugins: [
      { name: 'posix', enabled: false },
      { name: 'unreliable', use, config: { ...config } },
    ],
    containment,
  });
}

/** A plan that was recorded and not executed yet. */
export interface Recorded {
  readonly result: PlanResult;
  /** Executes it. */
  drive(options?: { readonly plugins?: PluginRegistry; readonly now?: number }): Promise<void>;
}

/** Plans and records without executing, so that a test can change the world in between. */
export async function recordOnly(federation: DirectoryFederation, database: Database, now = time): Promise<Recorded> {
  const tree = await readDirectory(federation.desired);
  const { state, diagnostics } = compileDesired(tree.files, tree.source);
  if (state === null) throw new Error(JSON.stringify(diagnostics));
  const memory = await loadMemory(database, { clock: now, sourceDoubt: null });
  const result = plan(state, await loadSnapshot(database, { clock: now, memory }), { clock: now });
  const cycle = await beginCycle(database.kysely, now, now);
  const sites = executionSites(state.sites);
  const recorded = await recordPlan(database, {
    result,
    cycle,
    clock: now,
    sites,
    identity: { key: actionKey, id: actionId },
    verified: true,
  });
  return {
    result,
    drive: async (options = {}) => {
      const plugins = options.plugins ?? (await PluginRegistry.load());
      await drive(
        { database, plugins, clock: () => options.now ?? now, random: () => 0.5 },
        {
          sites,
          check: makeDeletionCheck(state, result, memory, now),
          deletionsBlocked: null,
          generation: recorded.generation,
          deletionsUntil: now + 3600,
        },
      );
      await plugins.close();
    },
  };
}

export { time };
