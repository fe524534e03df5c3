import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { migrate, migrationStatus, openDatabase, requireMigrated } from '../../src/database/index.js';
import { type RawValue, withConsistentRead } from '../../src/database/raw-reader.js';
import { StatorError } from '../../src/error.js';
import { forEachDatabase } from '../databases.js';
import { mariadbUrl, onMariadb, startMariadb } from '../mariadb.js';

async function failure(work: Promise<unknown>): Promise<StatorError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof StatorError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

forEachDatabase('migrations', ({ dialect, freshUrl, fresh, open }) => {
  test('a fresh database is refused until it is migrated, and can be migrated again without effect', async () => {
    const db = await open(await freshUrl());
    const refusal = await failure(requireMigrated(db));
    expect(refusal.code).toBe('database-not-migrated');
    expect(refusal.format()).toContain('run `stator db migrate`');

    expect(await migrate(db)).toContain('0001-inventory');
    await requireMigrated(db);
    expect((await migrationStatus(db)).pending).toEqual([]);
    expect(await migrate(db)).toEqual([]);
  });

  test('looking at the status changes nothing', async () => {
    const db = await open(await freshUrl());
    const status = await migrationStatus(db);
    expect(status.applied).toEqual([]);
    expect(status.pending[0]).toBe('0001-inventory');
    expect(await db.kysely.introspection.getTables({ withInternalKyselyTables: true })).toEqual([]);
  });

  test('a database that a newer version migrated is refused', async () => {
    const db = await fresh();
    await sql`insert into schema_migrations (name, timestamp) values ('9999-later', '2030-01-01T00:00:00Z')`.execute(
      db.kysely,
    );
    for (const work of [requireMigrated, migrate]) {
      const refusal = await failure(work(db));
      expect(refusal.code).toBe('database-newer');
      expect(refusal.message).toContain('9999-later');
    }
  });

  test('before anything was imported the inventory is unknown, not empty', async () => {
    const db = await fresh();
    const state = await db.kysely.selectFrom('inventory_state').selectAll().executeTakeFirstOrThrow();
    expect(state).toMatchObject({ id: 1, generation: 0, completeness: 'partial', block_replicas: 0, bytes: 0 });
    expect(state.reason).toContain('imported');
  });

  test('every table has a primary key, which Galera needs', async () => {
    const db = await fresh();
    const tables = await db.kysely.introspection.getTables({ withInternalKyselyTables: true });
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) {
      const keys =
        dialect === 'sqlite'
          ? await sql`select 1 from pragma_table_info(${name}) where pk > 0`.execute(db.kysely)
          : await sql`select 1 from information_schema.statistics
              where table_schema = database() and table_name = ${name} and index_name = 'PRIMARY'`.execute(db.kysely);
      expect(keys.rows.length, name).toBeGreaterThan(0);
    }
  });

  test('names compare bytewise: case, accents and trailing spaces make them different', async () => {
    const db = await fresh();
    const names = ['a', 'A', 'a ', 'ä', 'a\u0308', '\u{1f600}', '\uffee'];
    for (const name of names) await db.kysely.insertInto('sites').values({ name }).execute();
    const sorted = await db.kysely.selectFrom('sites').select('name').orderBy('name').execute();
    expect(sorted.map((row) => row.name)).toEqual(
      [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
  });

  test('two processes that migrate at once leave one good schema', async () => {
    const url = await freshUrl();
    const [a, b] = [await open(url), await open(url)];
    const results = await Promise.allSettled([migrate(a), migrate(b)]);
    expect(results.some((result) => result.status === 'fulfilled')).toBe(true);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'migration-running' });
    }
    await requireMigrated(a);
    expect(await migrate(b)).toEqual([]);
  });
});

forEachDatabase('transactions', ({ dialect, freshUrl, fresh, open }) => {
  test('a transaction that fails leaves nothing behind', async () => {
    const db = await fresh();
    await expect(
      db.transaction(async (trx) => {
        await trx.insertInto('sites').values({ name: 'X' }).execute();
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await db.kysely.selectFrom('sites').selectAll().execute()).toEqual([]);
  });

  test('counters that eight clients increment at once lose no step: conflicts are run again', async () => {
    const url = await freshUrl();
    const clients = await Promise.all(Array.from({ length: 8 }, () => open(url)));
    const [first] = clients;
    if (first === undefined) throw new Error('no client');
    await migrate(first);
    await Promise.all(
      clients.map(async (db) => {
        for (let i = 0; i < 5; i++) {
          // Reads, then writes what it read plus one: correct only if the whole of it is one transaction.
          await db.transaction(async (trx) => {
            const row = await trx
              .selectFrom('inventory_state')
              .select('generation')
              .$if(db.dialect === 'mysql', (query) => query.forUpdate())
              .executeTakeFirstOrThrow();
            await trx
              .updateTable('inventory_state')
              .set({ generation: row.generation + 1 })
              .execute();
          });
        }
      }),
    );
    const state = await first.kysely.selectFrom('inventory_state').select('generation').executeTakeFirstOrThrow();
    expect(state.generation).toBe(40);
  });

  test('two transactions that lock two rows in opposite order both succeed', async () => {
    const url = await freshUrl();
    const [a, b] = [await open(url), await open(url)];
    await migrate(a);
    await a.kysely
      .insertInto('sites')
      .values([{ name: 'X' }, { name: 'Y' }])
      .execute();
    let runs = 0;
    const swap = (db: typeof a, first: string, second: string) =>
      db.transaction(async (trx) => {
        runs++;
        const touch = (name: string) =>
          trx
            .updateTable('sites')
            .set({ name: `${name}` })
            .where('name', '=', name)
            .execute();
        await touch(first);
        await trx.selectFrom('owners').selectAll().execute();
        await touch(second);
      });
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? swap(a, 'X', 'Y') : swap(b, 'Y', 'X'))));
    expect(runs).toBeGreaterThanOrEqual(20);
  });

  if (dialect === 'sqlite') return;

  test('a read that loses its connection between two rows is run again from its start', async () => {
    const db = await fresh();
    let runs = 0;
    let ended: Promise<void> | null = null;
    const rows = await withConsistentRead(db, async (reader) => {
      runs++;
      let session: RawValue = null;
      await reader.each('select connection_id()', [], ([id]) => {
        session = id ?? null;
      });
      let count = 0;
      await reader.each('select seq from seq_1_to_3000000', [], () => {
        count++;
        if (runs === 1) ended ??= onMariadb(inject('mariadb'), `kill ${session}`);
      });
      return count;
    });
    await ended;
    expect({ runs, rows }).toEqual({ runs: 2, rows: 3_000_000 });
  }, 60_000);
});

describe('a session', () => {
  test('a transaction that has written and does nothing any more is ended by MariaDB, with its locks', async () => {
    const address = inject('mariadb');
    const db = await openDatabase(mariadbUrl(address, 'mysql'));
    const { rows } = await sql<{ limit: number }>`select @@idle_write_transaction_timeout as \`limit\``.execute(
      db.kysely,
    );
    expect(rows).toEqual([{ limit: 60 }]);
    await db.close();
  });

  test('the system asks soon whether a server that says nothing is still there', async () => {
    const db = await openDatabase(mariadbUrl(inject('mariadb'), 'mysql'));
    const { rows } = await sql<{ client: string }>`select host as client from information_schema.processlist
      where id = connection_id()`.execute(db.kysely);
    const port = Number(rows[0]?.client.split(':').at(-1));
    const connections = readFileSync('/proc/net/tcp', 'utf8').split('\n');
    const own = connections.find((line) => Number(`0x${/^ *\d+: \w+:(\w+)/.exec(line)?.[1]}`) === port) ?? '';
    // The kind of timer, 2 for a keepalive, and when it fires, in hundredths of a second.
    const [, timer, when] = / (\d\d):([0-9A-F]{8}) /.exec(own) ?? [];
    expect(timer).toBe('02');
    expect(Number(`0x${when}`)).toBeLessThanOrEqual(1500);
    await db.close();
  });
});

describe('opening a database', () => {
  const directories: string[] = [];
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });
  const temporary = () => {
    const directory = mkdtempSync(join(tmpdir(), 'stator-open-'));
    directories.push(directory);
    return directory;
  };

  test('an SQLite file is made together with its directory', async () => {
    const path = join(temporary(), 'a', 'b', 'stator.db');
    const db = await openDatabase(`sqlite:${path}`);
    await migrate(db);
    await db.close();
    expect(existsSync(path)).toBe(true);
  });

  test('an SQLite database in memory', async () => {
    const db = await openDatabase('sqlite::memory:');
    await migrate(db);
    await requireMigrated(db);
    await db.close();
  });

  test('a file that is no database is refused and left as it is', async () => {
    const path = join(temporary(), 'notes.txt');
    const text = 'not a database, but somebody needs it\n'.repeat(100);
    writeFileSync(path, text);
    const refusal = await failure(openDatabase(`sqlite:${path}`));
    expect(refusal.code).toBe('database-unreachable');
    expect(refusal.format()).toContain(path);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test.each([
    'postgres://h/x',
    'sqlite:',
    'mysql://host/name',
    'mysql://user:secret@host',
    'mysql://u:secret@h/n?ssl=1',
  ])('%s is refused without showing a password', async (url) => {
    const refusal = await failure(openDatabase(url));
    expect(refusal.code).toBe('database-url');
    expect(refusal.format()).not.toContain('secret');
  });

  test('a wrong password, an unknown database and a server that is gone are told apart, never with the password', async () => {
    const address = inject('mariadb');
    const denied = await failure(openDatabase(mariadbUrl({ ...address, password: 'wrong-secret' }, 'mysql')));
    expect(denied.format()).toContain('Access denied');
    expect(denied.format()).toContain('check the user and password');
    expect(denied.format()).not.toContain('wrong-secret');

    const unknown = await failure(openDatabase(mariadbUrl(address, 'no_such_database')));
    expect(unknown.format()).toContain('CREATE DATABASE `no_such_database`');
    expect(unknown.format()).not.toContain(encodeURIComponent(address.password));
    expect(unknown.where).toBe(`mysql://stator@127.0.0.1:${address.port}/no_such_database`);

    const gone = await failure(openDatabase(mariadbUrl({ ...address, port: 1 }, 'mysql')));
    expect(gone.code).toBe('database-unreachable');
    expect(gone.format()).toContain('ECONNREFUSED');
  });

  test('a server that stops while we are connected gives an error, not a hang', async () => {
    const server = await startMariadb();
    const db = await openDatabase(mariadbUrl(server.address, 'mysql'));
    await server.stop();
    await expect(sql`select 1`.execute(db.kysely)).rejects.toThrow();
    await db.close();
  });
});
