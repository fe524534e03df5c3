/** Imports into SQLite: one transaction. A process that dies in it leaves no trace. */
import type { Database as SqliteHandle, Statement } from 'better-sqlite3';
import { newToken, recordMerge, restartChangeLog } from './change-log.js';
import type { SqliteDatabase } from './connection.js';
import { type ImportTableName, importTableNames, type RowWriter, tableOf, type Value } from './import-tables.js';
import {
  type ImportedState,
  type ImportedTotals,
  type ImportTarget,
  type ImportTargetOptions,
  OutdatedMergeError,
  stateColumns,
  stateValues,
} from './import-target.js';
import { mergeStatements } from './merge-statements.js';
import { type RawReader, sqliteReader } from './raw-reader.js';
import { withRetries } from './retry.js';

/** Runs `work` in a transaction, which is undone unless `work` calls `replace` or `merge`. */
export async function withSqliteTarget<T>(
  db: SqliteDatabase,
  options: ImportTargetOptions,
  work: (target: ImportTarget) => Promise<T>,
): Promise<T> {
  const { handle } = db;
  // Nobody else in this process may use the handle meanwhile; other processes can read.
  return db.kysely.connection().execute(async () => {
    await withRetries(async () => handle.exec('begin immediate'));
    try {
      const target = new SqliteTarget(handle, options);
      target.prepare();
      return await work(target);
    } finally {
      if (handle.inTransaction) handle.exec('rollback');
    }
  });
}

/** The name of the table a merge collects rows in. */
const staging = (table: ImportTableName) => `import_${table}`;

class SqliteTarget implements ImportTarget {
  readonly reader: RawReader;
  readonly #handle: SqliteHandle;
  readonly #options: ImportTargetOptions;
  readonly #writers: SqliteWriter[] = [];

  constructor(handle: SqliteHandle, options: ImportTargetOptions) {
    this.#handle = handle;
    this.#options = options;
    this.reader = sqliteReader(handle);
  }

  prepare(): void {
    if (this.#options.mode === 'replace') {
      // The flags that the new rows will not have, by name, because the ids change.
      this.#handle.exec(`create temp table import_flags as
        select d.name as dataset, b.name as block, s.name as site
        from block_replicas r join blocks b on b.id = r.block join datasets d on d.id = b.dataset
        join sites s on s.id = r.site
        where r.managed = ${this.#options.managed ? 0 : 1}`);
      for (const table of importTableNames) this.#handle.exec(`delete from ${table}`);
      return;
    }
    const definition = this.#handle.prepare(`select sql from sqlite_master where type = 'table' and name = ?`).pluck();
    for (const table of importTableNames) {
      const sql = String(definition.get(table));
      this.#handle.exec(sql.replace(/^create table\s+"?\w+"?/i, `create table ${staging(table)}`));
    }
  }

  writer(table: ImportTableName): RowWriter {
    const name = this.#options.mode === 'replace' ? table : staging(table);
    const writer = new SqliteWriter(this.#handle, name, tableOf(table).columns);
    this.#writers.push(writer);
    return writer;
  }

  /** Statements run at once. */
  drain(): undefined {
    return undefined;
  }

  async replace(state: ImportedState, totals: ImportedTotals): Promise<number> {
    this.#flush();
    this.#handle.exec(`update block_replicas set managed = ${this.#options.managed ? 0 : 1} where (block, site) in
      (select b.id, s.id from import_flags f join datasets d on d.name = f.dataset
       join blocks b on b.dataset = d.id and b.name = f.block join sites s on s.name = f.site)`);
    this.#handle.exec('drop table import_flags');
    this.#writeState(state);
    this.#handle
      .prepare('update inventory_state set block_replicas = ?, bytes = ?')
      .run(totals.blockReplicas, totals.bytes);
    for (const statement of restartChangeLog({ generation: state.generation, token: newToken() })) {
      this.#handle.exec(statement);
    }
    this.#handle.exec('commit');
    // Nobody else could write since the import began.
    return state.generation;
  }

  async merge(state: ImportedState, always: boolean): Promise<boolean> {
    this.#flush();
    const generation = this.#handle.prepare('select generation from inventory_state').pluck().get();
    if (generation !== state.generation - 1) throw new OutdatedMergeError();
    let changed = 0;
    for (const statement of mergeStatements('sqlite', staging))
      changed += this.#handle.prepare(statement).run().changes;
    if (changed === 0 && !always) return false;
    const mark = { generation: state.generation, token: newToken() };
    await recordMerge(mark, staging, this.reader, (statement) => this.#handle.prepare(statement).run().changes);
    for (const table of importTableNames) this.#handle.exec(`drop table ${staging(table)}`);
    this.#writeState(state);
    this.#handle.exec(`update inventory_state set
      block_replicas = (select count(*) from block_replicas),
      bytes = (select coalesce(sum(size), 0) from block_replicas)`);
    this.#handle.exec('commit');
    return true;
  }

  async acceptShrink(generation: number): Promise<void> {
    this.#handle.exec('rollback');
    this.#handle.prepare('update inventory_state set shrink_accepted = ?').run(generation);
  }

  #writeState(state: ImportedState): void {
    this.#handle
      .prepare(`update inventory_state set ${stateColumns.map((column) => `${column} = ?`).join(', ')}`)
      .run(...stateValues(state));
  }

  #flush(): void {
    for (const writer of this.#writers) writer.finish();
  }
}

/** Rows per statement: more do not make it faster. */
const rowsPerStatement = 64;

class SqliteWriter implements RowWriter {
  readonly #one: Statement;
  readonly #many: Statement;
  readonly #columns: number;
  #values: Value[] = [];

  constructor(handle: SqliteHandle, table: string, columns: readonly string[]) {
    const row = `(${columns.map(() => '?').join(', ')})`;
    const insert = `insert into ${table} (${columns.join(', ')}) values `;
    this.#one = handle.prepare(insert + row);
    this.#many = handle.prepare(insert + new Array<string>(rowsPerStatement).fill(row).join(', '));
    this.#columns = columns.length;
  }

  add(row: readonly Value[]): void {
    for (const value of row) this.#values.push(value);
    if (this.#values.length === rowsPerStatement * this.#columns) {
      this.#many.run(this.#values);
      this.#values.length = 0;
    }
  }

  finish(): void {
    for (let i = 0; i < this.#values.length; i += this.#columns) {
      this.#one.run(this.#values.slice(i, i + this.#columns));
    }
    this.#values.length = 0;
  }
}
