/**
 * A private MariaDB Galera cluster of three nodes in a temporary directory, listening on the loopback only.
 *
 * The data of the first node is copied to the others before they start, so that they need no full state transfer: what
 * they lack they are sent by the others, as after any short absence.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { findProgram, type MariadbAddress, stopProcess } from './mariadb.js';

/** Where distributions put Galera's library; Debian's mariadb-server depends on the package that holds it. */
const libraries = ['/usr/lib/galera/libgalera_smm.so', '/usr/lib64/galera/libgalera_smm.so'];
const missing =
  'MariaDB with Galera is needed and was not found; install it with: apt-get install -y --no-install-recommends mariadb-server galera-4';

/** How long a node may take to start, milliseconds. */
const startLimit = 120_000;

export class GaleraNode {
  readonly address: MariadbAddress;
  readonly #directory: string;
  readonly #options: readonly string[];
  #child: ChildProcess | null = null;

  constructor(directory: string, port: number, options: readonly string[]) {
    this.#directory = directory;
    this.#options = options;
    this.address = { host: '127.0.0.1', port, user: 'stator', password: 'p@ss:w/rd' };
  }

  get data(): string {
    return join(this.#directory, 'data');
  }

  /** Starts it and waits until it answers; `first`: it is a cluster by itself. */
  async start(first: boolean): Promise<void> {
    // Of a node that was killed only its log of transactions knows how far it had come.
    const position = first ? [] : this.#recoveredPosition();
    const child = this.#spawn([...(first ? ['--wsrep-new-cluster'] : []), ...position]);
    this.#child = child;
    await this.#until('to be synced', async () => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`mariadbd did not start:\n${this.#endOfLog()}`);
      }
      return (await this.status('wsrep_local_state_comment')) === 'Synced';
    });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || this.isDead) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  get isDead(): boolean {
    const child = this.#child;
    return child === null || child.exitCode !== null || child.signalCode !== null;
  }

  async stop(): Promise<void> {
    if (this.#child !== null) await stopProcess(this.#child);
  }

  /** A status variable as it is now, or null where the node does not answer. */
  async status(name: string): Promise<string | null> {
    try {
      return await this.asRoot(async (connection) => {
        const [rows] = await connection.query({ sql: `show global status like '${name}'`, rowsAsArray: true });
        return String((rows as unknown as string[][])[0]?.[1]);
      });
    } catch {
      return null;
    }
  }

  /** Waits until this node is part of a cluster of `size` nodes that may write; 0: until it is not. */
  async untilClusterOf(size: number): Promise<void> {
    await this.#until(size === 0 ? 'to lose the quorum' : `to see ${size} nodes`, async () => {
      const ready = (await this.status('wsrep_ready')) === 'ON';
      return size === 0 ? !ready : ready && (await this.status('wsrep_cluster_size')) === String(size);
    });
  }

  async asRoot<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await createConnection({ socketPath: this.#socket, user: 'root', connectTimeout: 5000 });
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  }

  /** Without the lines about connections that were closed without a word, as each question here is. */
  #endOfLog(): string {
    const lines = readFileSync(this.#log, 'utf8').split('\n');
    return lines
      .filter((line) => !line.includes('Aborted connection'))
      .join('\n')
      .slice(-8000);
  }

  async #until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + startLimit;
    while (!(await condition())) {
      if (Date.now() > deadline) {
        throw new Error(`waited in vain for ${this.#directory} ${what}:\n${this.#endOfLog()}`);
      }
      await delay(100);
    }
  }

  #recoveredPosition(): string[] {
    const log = join(this.#directory, 'recovery.log');
    rmSync(log, { force: true });
    const child = this.#run(['--wsrep-recover', `--log-error=${log}`]);
    const found = /WSREP: Recovered position: (\S+)/.exec(existsSync(log) ? readFileSync(log, 'utf8') : '')?.[1];
    if (found === undefined) throw new Error(`no position was recovered: ${child.stderr}`);
    return [`--wsrep-start-position=${found}`];
  }

  get #socket(): string {
    return join(this.#directory, 'socket');
  }

  get #log(): string {
    return join(this.#directory, 'error.log');
  }

  #arguments(more: readonly string[]): string[] {
    return [
      '--no-defaults',
      ...asUser(),
      `--datadir=${this.data}`,
      `--socket=${this.#socket}`,
      ...this.#options,
      ...more,
    ];
  }

  #run(more: readonly string[]) {
    return spawnSync(server(), this.#arguments(more), { encoding: 'utf8', env: this.#environment() });
  }

  #spawn(more: readonly string[]): ChildProcess {
    return spawn(server(), this.#arguments([`--log-error=${this.#log}`, ...more]), {
      stdio: 'ignore',
      env: this.#environment(),
    });
  }

  /** Servers that share a directory for temporary tables remove each other's. */
  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, TMPDIR: join(this.#directory, 'tmp') };
  }
}

export interface GaleraCluster {
  readonly nodes: readonly [GaleraNode, GaleraNode, GaleraNode];
  /** Starts what was killed, and waits until the cluster is whole. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts three nodes. */
export async function startGalera(): Promise<GaleraCluster> {
  const library = libraries.find((path) => existsSync(path));
  const install = findProgram('mariadb-install-db');
  if (library === undefined || install === null) throw new Error(missing);
  const directory = mkdtempSync(join(tmpdir(), 'stator-galera-'));
  const ports = await freePorts(12);
  const port = (i: number) => ports[i] ?? 0;
  const members = [0, 1, 2].map((i) => `127.0.0.1:${port(3 + i)}`).join(',');
  const make = (i: number): GaleraNode => {
    const home = join(directory, `node${i + 1}`);
    mkdirSync(join(home, 'tmp'), { recursive: true });
    return new GaleraNode(home, port(i), [
      `--port=${port(i)}`,
      '--bind-address=127.0.0.1',
      `--pid-file=${join(home, 'pid')}`,
      '--innodb-buffer-pool-size=64M',
      '--innodb-log-file-size=48M',
      '--innodb-flush-log-at-trx-commit=2',
      '--max-allowed-packet=64M',
      '--local-infile=1',
      '--binlog-format=ROW',
      '--innodb-autoinc-lock-mode=2',
      '--wsrep-on=ON',
      `--wsrep-provider=${library}`,
      '--wsrep-cluster-name=stator-test',
      `--wsrep-cluster-address=gcomm://${members}`,
      '--wsrep-sst-method=rsync',
      `--wsrep-sst-receive-address=127.0.0.1:${port(9 + i)}`,
      `--wsrep-node-name=node${i + 1}`,
      `--wsrep-node-address=127.0.0.1:${port(3 + i)}`,
      '--wsrep-slave-threads=2',
      `--wsrep-provider-options=${[
        `gmcast.listen_addr=tcp://127.0.0.1:${port(3 + i)}`,
        `ist.recv_addr=127.0.0.1:${port(6 + i)}`,
        `ist.recv_bind=127.0.0.1:${port(6 + i)}`,
        'gcache.size=64M',
        // A node that is gone is given up after three seconds instead of five.
        'evs.suspect_timeout=PT3S',
        'evs.inactive_timeout=PT8S',
      ].join(';')}`,
    ]);
  };
  const nodes = [make(0), make(1), make(2)] as const;
  const stop = async (): Promise<void> => {
    // The last one to go need not tell anybody.
    for (const node of nodes) await node.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  const revive = async (): Promise<void> => {
    await Promise.all(nodes.filter((node) => node.isDead).map((node) => node.start(false)));
    for (const node of nodes) await node.untilClusterOf(3);
  };
  try {
    const [first, second, third] = nodes;
    giveToUser(directory);
    const installed = spawnSync(
      install,
      [
        '--no-defaults',
        ...asUser(),
        `--datadir=${first.data}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ],
      { encoding: 'utf8', env: { ...process.env, TMPDIR: join(directory, 'node1', 'tmp') } },
    );
    if (installed.status !== 0) throw new Error(`mariadb-install-db failed: ${installed.stderr || installed.stdout}`);
    await first.start(true);
    await first.asRoot(async (root) => {
      await root.query('create user ?@? identified by ?', [first.address.user, '%', first.address.password]);
      await root.query('grant all on *.* to ?@? with grant option', [first.address.user, '%']);
    });
    await first.stop();
    for (const node of [second, third]) cpSync(first.data, node.data, { recursive: true });
    giveToUser(directory);
    await first.start(true);
    await Promise.all([second.start(false), third.start(false)]);
    for (const node of nodes) await node.untilClusterOf(3);
    return { nodes, revive, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function server(): string {
  const found = findProgram('mariadbd');
  if (found === null) throw new Error(missing);
  return found;
}

/** Started by root it becomes the user of the package: a state transfer does not work as root. */
function asUser(): string[] {
  return process.getuid?.() === 0 ? ['--user=mysql'] : [];
}

function giveToUser(directory: string): void {
  if (process.getuid?.() !== 0) return;
  const given = spawnSync('chown', ['-R', 'mysql:', directory], { encoding: 'utf8' });
  if (given.status !== 0) throw new Error(`cannot hand ${directory} to the user mysql: ${given.stderr}`);
}

/**
 * Different ones that are free, below those that the system gives to connections: one of these would be taken by another
 * test before the node that is to have it has started.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(12_000, 32_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
