/**
 * Where one version of the program is measured: databases and caches of its own, beside data that all versions are given
 * alike. Nothing is made before a measurement asks for it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type MariadbServer, mariadbUrl, onMariadb, startMariadb } from '../test/mariadb.js';
import type { Figures } from './figures.js';
import { generate, type Scene } from './generate.js';
import { writeManyDocuments } from './many-documents.js';
import { type Run, runStator } from './measure.js';

/** A built checkout of the program. */
export interface Version {
  readonly root: string;
  /** What git calls it; null where it is no repository. */
  readonly commit: string | null;
}

export function versionAt(root: string): Version {
  if (!existsSync(join(root, 'dist/src/cli/main.js'))) throw new Error(`${root} is not built: npm run build`);
  if (!existsSync(join(root, '.git'))) return { root, commit: null };
  const commit = execFileSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  return { root, commit };
}

/** The data of one size. */
export class Data {
  readonly dir: string;
  readonly seed: number;
  readonly blockReplicas: number;
  #scene: Scene | null = null;

  constructor(dir: string, options: { readonly seed: number; readonly blockReplicas: number }) {
    this.dir = dir;
    this.seed = options.seed;
    this.blockReplicas = options.blockReplicas;
    mkdirSync(dir, { recursive: true });
  }

  get scene(): Scene {
    this.#scene ??= generate(this.dir, this);
    return this.#scene;
  }

  /** What was generated; null where no measurement needed an inventory. */
  get generated(): Scene | null {
    return this.#scene;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** One MariaDB server for all sizes and versions. */
export class Server {
  #server: MariadbServer | null = null;

  async address(): Promise<MariadbServer['address']> {
    this.#server ??= await startMariadb(['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M']);
    return this.#server.address;
  }

  async drop(database: string): Promise<void> {
    if (this.#server !== null) await onMariadb(this.#server.address, `drop database if exists ${database}`);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

export type DatabaseKind = 'sqlite' | 'mariadb';

export class Workplace {
  readonly version: Version;
  readonly data: Data;
  readonly dir: string;
  /** How often everything was measured before. */
  run = 0;
  /** Databases that hold the inventory. */
  readonly imported = new Set<DatabaseKind>();
  /** What planning again took, by what changed; null: not measured yet. */
  plannedAgain: Readonly<Record<string, Figures>> | null = null;
  /** The same where nothing but the change has to be done. */
  plannedAtRest: Figures | null = null;
  readonly #server: Server;
  readonly #database: string;

  /** @param name of the version, within this measurement: a word */
  constructor(version: Version, name: string, data: Data, server: Server) {
    this.version = version;
    this.data = data;
    this.dir = join(data.dir, name);
    this.#server = server;
    this.#database = `bench_${name}`;
    mkdirSync(this.dir, { recursive: true });
  }

  get scene(): Scene {
    return this.data.scene;
  }

  get snapshotCache(): string {
    return join(this.dir, 'snapshots');
  }

  get documentCache(): string {
    return join(this.dir, 'repositories');
  }

  /** The many documents; each version edits its own. */
  documents(): string {
    const dir = join(this.dir, 'documents');
    if (!existsSync(dir)) writeManyDocuments(dir, this.data.seed);
    return dir;
  }

  async url(kind: DatabaseKind): Promise<string> {
    if (kind === 'sqlite') return `sqlite:${join(this.dir, 'bench.db')}`;
    return mariadbUrl(await this.#server.address(), this.#database);
  }

  /** An empty database that was not migrated, in the place of what was there. */
  async fresh(kind: DatabaseKind): Promise<string> {
    const url = await this.url(kind);
    this.imported.delete(kind);
    rmSync(this.snapshotCache, { recursive: true, force: true });
    if (kind === 'sqlite') {
      for (const end of ['', '-wal', '-shm']) rmSync(join(this.dir, `bench.db${end}`), { force: true });
    } else {
      await this.#server.drop(this.#database);
      await onMariadb(await this.#server.address(), `create database ${this.#database} character set utf8mb4`);
    }
    return url;
  }

  async remove(): Promise<void> {
    await this.#server.drop(this.#database);
  }

  file(name: string): string {
    return join(this.dir, name);
  }

  /** Runs the program; its standard output goes to a file of that name. */
  stator(args: readonly string[], stdout: string, expected: readonly number[] = [0]): Run {
    return runStator(args, {
      root: this.version.root,
      dir: this.dir,
      stdoutFile: this.file(stdout),
      expected,
      env: { STATOR_DATABASE_CACHE: this.snapshotCache, STATOR_REPOSITORY_CACHE: this.documentCache },
    });
  }
}
