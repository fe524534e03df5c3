/**
 * Imports into MySQL and MariaDB: rows go into staging tables beside the inventory's, with LOAD DATA where the server
 * allows it. To replace the inventory all tables, `inventory_state` and the change log among them, are swapped by one RENAME TABLE, which
 * is atomic; to merge, one transaction moves over what differs. A process that dies before that leaves staging tables
 * behind, which the next import removes.
 *
 * One import at a time: on one server a locked row sees to that. On Galera, where row locks are per node, a second
 * import on another node removes the staging tables of the first, which then fails without having changed anything.
 */
import { randomBytes } from 'node:crypto';
import type { PoolConnection } from 'mysql2';
import { StatorError } from '../error.js';
import { insertMark, newToken, recordMerge } from './change-log.js';
import type { MysqlDatabase } from './connection.js';
import { type ImportTableName, importTableNames, type RowWriter } from './import-tables.js';
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
import { MysqlBulk } from './mysql-bulk.js';
import { mysqlReader, mysqlRun, type RawReader, type RawValue, takeConnection, withConnection } from './raw-reader.js';
import { withRetries } from './retry.js';

/** All staging tables, of any import, start with this; no other table does. */
const prefix = 'import_';

/** What is swapped together with the tables that an import fills. */
type StateTable = 'inventory_state' | 'inventory_changes';

/** More than anybody changes between two statements. */
const spareGenerations = 1000;

/** Runs `work`; whatever it wrote is removed unless it calls `replace` or `merge`. */
export async function withMysqlTarget<T>(
  db: MysqlDatabase,
  options: ImportTargetOptions,
  work: (target: ImportTarget) => Promise<T>,
): Promise<T> {
  const lock = await lockImports(db);
  try {
    return await withConnection(db.bulkPool, async (connection) => {
      const target = new MysqlTarget(connection, options);
      await removeStagingTables(connection);
      await target.prepare();
      try {
        return await work(target);
      } finally {
        await target.settle();
        // Where the connection is gone the next import removes them.
        await removeStagingTables(connection).catch(() => {});
      }
    });
  } finally {
    // Ends the transaction that holds the row.
    lock.destroy();
  }
}

/** Holds a row until the connection ends, be it that the process dies. */
async function lockImports(db: MysqlDatabase): Promise<PoolConnection> {
  const connection = await takeConnection(db.bulkPool);
  try {
    // A killed import holds its lock until the server notices, a moment later.
    await mysqlRun(connection, 'set session innodb_lock_wait_timeout = 10');
    await mysqlRun(connection, 'begin');
    await mysqlRun(connection, 'select id from inventory_lock where id = 1 for update');
    return connection;
  } catch (error) {
    connection.destroy();
    if (typeof error === 'object' && error !== null && 'errno' in error && error.errno === 1205) {
      throw new StatorError({
        code: 'import-running',
        what: 'another import into this database is running',
        where: db.url,
        todo: 'wait for its end',
        cause: error,
      });
    }
    throw error;
  }
}

async function removeStagingTables(connection: PoolConnection): Promise<void> {
  const tables: RawValue[] = [];
  await mysqlReader(connection).each(
    `select table_name from information_schema.tables where table_schema = database() and table_name like ?`,
    [`${prefix.replace('_', '\\_')}%`],
    ([name]) => tables.push(name ?? null),
  );
  if (tables.length > 0) await mysqlRun(connection, `drop table if exists ${tables.map((t) => `\`${t}\``).join(', ')}`);
}

class MysqlTarget implements ImportTarget {
  readonly reader: RawReader;
  readonly #connection: PoolConnection;
  readonly #options: ImportTargetOptions;
  readonly #token = randomBytes(4).toString('hex');
  #bulk: MysqlBulk | undefined;

  constructor(connection: PoolConnection, options: ImportTargetOptions) {
    this.#connection = connection;
    this.#options = options;
    this.reader = mysqlReader(connection);
  }

  async prepare(): Promise<void> {
    for (const table of importTableNames) await this.#run(`create table ${this.#staging(table)} like ${table}`);
    let localFiles: RawValue | undefined;
    await this.reader.each('select @@local_infile', [], ([value]) => {
      localFiles = value;
    });
    this.#bulk = new MysqlBulk(this.#connection, Number(localFiles) === 1);
  }

  writer(table: ImportTableName): RowWriter {
    return this.#loader.writer(this.#staging(table), table);
  }

  drain(): Promise<void> | undefined {
    return this.#loader.drain();
  }

  /** Waits for what is under way, so that the connection can be used again; its failure is no longer of interest. */
  async settle(): Promise<void> {
    await this.#bulk?.settle();
  }

  async replace(planned: ImportedState, totals: ImportedTotals): Promise<number> {
    await this.#loader.flush();
    await this.#keepFlags();
    const stateTable = this.#staging('inventory_state');
    await this.#run(`create table ${stateTable} like inventory_state`);
    const state = { ...planned, ...(await this.#nextGeneration(planned)) };
    await this.#run(
      `insert into ${stateTable} (id, block_replicas, bytes, ${stateColumns.join(', ')})
       values (1, ?, ?, ${stateColumns.map(() => '?').join(', ')})`,
      [totals.blockReplicas, String(totals.bytes), ...stateValues(state)],
    );
    const log = this.#staging('inventory_changes');
    await this.#run(`create table ${log} like inventory_changes`);
    await this.#run(insertMark(log, { generation: state.generation, token: newToken() }));
    const tables = [...importTableNames, 'inventory_state' as const, 'inventory_changes' as const];
    await withRetries(() =>
      this.#run(`rename table ${tables.map((t) => `${t} to ${this.#old(t)}, ${this.#staging(t)} to ${t}`).join(', ')}`),
    );
    return (await this.#stayAhead(state.generation)) ?? state.generation;
  }

  async merge(state: ImportedState, always: boolean): Promise<boolean> {
    await this.#loader.flush();
    const staging = (table: ImportTableName) => this.#staging(table);
    // A table of its own: Galera with a limit of its own on transactions updates no table joined with a derived one.
    const touched = this.#staging('touched');
    await this.#run(`create table ${touched} (id int primary key)`);
    await this.#run(`insert into ${touched}
      select id from ${staging('datasets')} union select dataset from ${staging('blocks')}
      union select dataset from ${staging('subscriptions')}
      union select b.dataset from ${staging('block_replicas')} r join blocks b on b.id = r.block`);
    return withRetries(async () => {
      await this.#run('begin');
      try {
        // Meets everybody who decides something by the copies of these datasets (see inventory-changes).
        await this.#run(`update datasets d join ${touched} t on t.id = d.id set d.version = d.version + 1`);
        let generation: RawValue | undefined;
        await this.reader.each('select generation from inventory_state where id = 1 for update', [], ([value]) => {
          generation = value;
        });
        if (Number(generation) !== state.generation - 1) throw new OutdatedMergeError();
        let changed = 0;
        for (const statement of mergeStatements('mysql', staging)) changed += await this.#run(statement);
        if (changed === 0 && !always) {
          await this.#run('rollback');
          return false;
        }
        await this.#run(
          `update inventory_state set ${stateColumns.map((column) => `${column} = ?`).join(', ')},
           block_replicas = (select count(*) from block_replicas),
           bytes = (select coalesce(sum(size), 0) from block_replicas)`,
          stateValues(state),
        );
        const mark = { generation: state.generation, token: newToken() };
        await recordMerge(mark, staging, this.reader, (statement) => this.#run(statement));
        await this.#run('commit');
        return true;
      } catch (error) {
        // A broken connection undoes it as well, and its error is the one to tell.
        await this.#run('rollback').catch(() => {});
        throw error;
      }
    });
  }

  async acceptShrink(generation: number): Promise<void> {
    await this.#run('update inventory_state set shrink_accepted = ?', [generation]);
  }

  /** Block replicas that were there before and had the other flag get it back. */
  async #keepFlags(): Promise<void> {
    const other = this.#options.managed ? 0 : 1;
    const [sites, datasets, blocks, replicas] = [
      this.#staging('sites'),
      this.#staging('datasets'),
      this.#staging('blocks'),
      this.#staging('block_replicas'),
    ];
    await this.#run(`update block_replicas r
      join blocks b on b.id = r.block join datasets d on d.id = b.dataset join sites s on s.id = r.site
      join ${datasets} nd on nd.name = d.name join ${blocks} nb on nb.dataset = nd.id and nb.name = b.name
      join ${sites} ns on ns.name = s.name join ${replicas} nr on nr.block = nb.id and nr.site = ns.id
      set nr.managed = ${other} where r.managed = ${other}`);
  }

  /**
   * No generation may stand for two states. Where others change the inventory while we import, they may do so until the
   * very moment of the swap, so some numbers are left for them.
   */
  async #nextGeneration(planned: ImportedState): Promise<Pick<ImportedState, 'generation' | 'shrinkAccepted'>> {
    const present = await this.#generationOf('inventory_state');
    if (present === planned.generation - 1) return planned;
    const generation = present + 1 + spareGenerations;
    return {
      generation,
      shrinkAccepted: planned.shrinkAccepted === planned.generation ? generation : planned.shrinkAccepted,
    };
  }

  /** What `#nextGeneration` could not foresee: somebody's first change, just before the swap. */
  async #stayAhead(generation: number): Promise<number | null> {
    const reached = await this.#generationOf(this.#old('inventory_state'));
    if (reached < generation) return null;
    const step = reached + 1 - generation;
    await withRetries(async () => {
      await this.#run('begin');
      try {
        await this.#run(
          `update inventory_state set generation = generation + ${step}, digest_generation = digest_generation + ${step}`,
        );
        // Somebody may have changed the new inventory already; nobody knows it by these numbers.
        await this.#run('delete from inventory_changes');
        await this.#run('insert into inventory_changes select generation, 0, ? from inventory_state', [newToken()]);
        await this.#run('commit');
      } catch (error) {
        await this.#run('rollback').catch(() => {});
        throw error;
      }
    });
    return generation + step;
  }

  async #generationOf(table: string): Promise<number> {
    let generation: RawValue | undefined;
    await this.reader.each(`select generation from ${table} where id = 1`, [], ([value]) => {
      generation = value;
    });
    return Number(generation);
  }

  get #loader(): MysqlBulk {
    if (this.#bulk === undefined) throw new Error('prepare was not called');
    return this.#bulk;
  }

  #staging(table: ImportTableName | StateTable | 'touched'): string {
    return `${prefix}${this.#token}_${table}`;
  }

  #old(table: ImportTableName | StateTable): string {
    return `${prefix}${this.#token}_old_${table}`;
  }

  #run(sql: string, values: readonly RawValue[] = []): Promise<number> {
    return mysqlRun(this.#connection, sql, values);
  }
}
