/**
 * Runs a suite once on SQLite and once on MariaDB.
 *
 * ```ts
 * forEachDatabase('subscriptions', ({ fresh }) => {
 *   test('a subscription is opened once', async () => {
 *     const db = await fresh();
 *     ...
 *   });
 * });
 * ```
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, inject } from 'vitest';
import { type Database, type Dialect, migrate, openDatabase } from '../src/database/index.js';
import { mariadbUrl, onMariadb } from './mariadb.js';

export interface DatabasesUnderTest {
  readonly dialect: Dialect;
  /** Makes an empty, migrated database and opens it. It is closed and removed after the test. */
  fresh(): Promise<Database>;
  /** Makes an empty database without any table and returns its address, for tests that start processes. */
  freshUrl(): Promise<string>;
  /** Opens one more connection to a database; closed after the test. */
  open(url: string): Promise<Database>;
}

export function forEachDatabase(title: string, define: (databases: DatabasesUnderTest) => void): void {
  describe(`${title} [sqlite]`, () => define(onSqlite()));
  describe(`${title} [mariadb]`, () => define(onServer()));
}

function onSqlite(): DatabasesUnderTest {
  const directories: string[] = [];
  return suite(
    'sqlite',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'stator-sqlite-'));
      directories.push(directory);
      return `sqlite:${join(directory, 'stator.db')}`;
    },
    async () => {
      for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
    },
  );
}

function onServer(): DatabasesUnderTest {
  const address = inject('mariadb');
  const names: string[] = [];
  beforeEach(async ({ task }) => {
    await onMariadb(address, `insert into stator_test_run.tests (name) values (${JSON.stringify(task.name)})`);
  });
  return suite(
    'mysql',
    async () => {
      const name = `t_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`;
      await onMariadb(address, `create database ${name} character set utf8mb4`);
      names.push(name);
      return mariadbUrl(address, name);
    },
    async () => {
      for (const name of names.splice(0)) await onMariadb(address, `drop database ${name}`);
    },
  );
}

function suite(dialect: Dialect, freshUrl: () => Promise<string>, cleanUp: () => Promise<void>): DatabasesUnderTest {
  const opened: Database[] = [];
  const open = async (url: string) => {
    const db = await openDatabase(url);
    opened.push(db);
    return db;
  };
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close();
    await cleanUp();
  });
  return {
    dialect,
    freshUrl,
    open,
    fresh: async () => {
      const db = await open(await freshUrl());
      await migrate(db);
      return db;
    },
  };
}
