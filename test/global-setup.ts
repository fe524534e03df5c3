/**
 * Starts one MariaDB for the whole test run. Tests never skip where it is missing: the run fails and says what to
 * install.
 */
import { createConnection } from 'mysql2/promise';
import type { TestProject } from 'vitest/node';
import { type MariadbAddress, onMariadb, startMariadb } from './mariadb.js';

declare module 'vitest' {
  interface ProvidedContext {
    mariadb: MariadbAddress;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startMariadb();
  await onMariadb(server.address, 'create database stator_test_run');
  await onMariadb(
    server.address,
    'create table stator_test_run.tests (id bigint auto_increment primary key, name text not null)',
  );
  project.provide('mariadb', server.address);
  return async () => {
    const connection = await createConnection({ ...server.address, rowsAsArray: true });
    const [rows] = await connection.query('select count(*) from stator_test_run.tests');
    await connection.end();
    console.log(`\n MariaDB: ${String(rows)} tests ran against a real server (pid ${server.pid})`);
    await server.stop();
  };
}
