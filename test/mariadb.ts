/**
 * A private MariaDB server in a temporary directory, listening on the loopback only.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';

/** How tests reach a server: plain data, so that it can be handed to worker processes. */
export interface MariadbAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Has characters that must be percent-encoded in a URL. */
  readonly password: string;
}

export interface MariadbServer {
  readonly address: MariadbAddress;
  readonly pid: number;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

const missing =
  'MariaDB is needed and was not found (mariadbd, mariadb-install-db); install it with: apt-get install -y --no-install-recommends mariadb-server';

/**
 * Starts a server; about a second.
 *
 * @param options more options of mariadbd, e.g. `--innodb-buffer-pool-size=1G`
 */
export async function startMariadb(options: readonly string[] = []): Promise<MariadbServer> {
  const install = findProgram('mariadb-install-db');
  const server = findProgram('mariadbd');
  if (install === null || server === null) throw new Error(missing);

  const directory = mkdtempSync(join(tmpdir(), 'stator-mariadb-'));
  const data = join(directory, 'data');
  const log = join(directory, 'error.log');
  // Servers that share a directory for temporary tables remove each other's.
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary);
  const env = { ...process.env, TMPDIR: temporary };
  // As root the server insists on being told so; otherwise it runs as whoever starts it.
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const installed = spawnSync(
    install,
    ['--no-defaults', ...user, `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { encoding: 'utf8', env },
  );
  if (installed.status !== 0) {
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`mariadb-install-db failed: ${installed.stderr || installed.stdout}`);
  }

  const port = await freePort();
  const socket = join(directory, 'socket');
  const child = spawn(
    server,
    [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--pid-file=${join(directory, 'pid')}`,
      `--log-error=${log}`,
      '--innodb-buffer-pool-size=256M',
      '--innodb-log-file-size=96M',
      '--innodb-flush-log-at-trx-commit=2',
      '--max-allowed-packet=64M',
      '--local-infile=1',
      '--skip-log-bin',
      '--max-connections=300',
      ...options,
    ],
    { stdio: 'ignore', env },
  );
  const stop = async () => {
    await stopProcess(child);
    rmSync(directory, { recursive: true, force: true });
  };

  try {
    const root = await connectWhenUp(child, socket, log);
    const address: MariadbAddress = { host: '127.0.0.1', port, user: 'stator', password: 'p@ss:w/rd' };
    await root.query('create user ?@? identified by ?', [address.user, '%', address.password]);
    await root.query('grant all on *.* to ?@? with grant option', [address.user, '%']);
    await root.end();
    return { address, pid: child.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `mysql://user:password@host:port/database`. */
export function mariadbUrl(address: MariadbAddress, database: string): string {
  const account = `${encodeURIComponent(address.user)}:${encodeURIComponent(address.password)}`;
  return `mysql://${account}@${address.host}:${address.port}/${database}`;
}

/** Runs one statement outside of any database. */
export async function onMariadb(address: MariadbAddress, statement: string): Promise<void> {
  const connection = await createConnection({ ...address });
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}

async function connectWhenUp(child: ChildProcess, socketPath: string, log: string): Promise<Connection> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await createConnection({ socketPath, user: 'root' });
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`mariadbd did not start:\n${readFileSync(log, 'utf8')}`, { cause: error });
      }
    }
    await delay(30);
  }
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(late);
}

/** Debian keeps servers in /usr/sbin, which is not on everybody's path. */
export function findProgram(name: string): string | null {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin'];
  for (const directory of directories) {
    if (directory === '') continue;
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: the next directory.
    }
  }
  return null;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
