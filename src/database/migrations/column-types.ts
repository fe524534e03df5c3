/** Column types by dialect, so that each migration is written once. */
import { type CreateTableBuilder, type QueryExecutorProvider, type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../connection.js';

type Type = RawBuilder<unknown>;

export interface ColumnTypes {
  readonly dialect: Dialect;
  /** Up to 512 characters, compared bytewise, also at trailing spaces. Can be indexed. */
  readonly name: Type;
  /** A short word of ASCII characters (a state, a checksum), compared bytewise. Can be indexed. */
  readonly word: Type;
  /** Text of any length; cannot be indexed. */
  readonly text: Type;
  /** 32 bits. */
  readonly int: Type;
  /** 64 bits: bytes, counters. */
  readonly bigint: Type;
  /** 64-bit floating point: times, fractions. */
  readonly double: Type;
  /** 0 or 1. */
  readonly flag: Type;
  /**
   * Ends a table definition. `clustered`: rows are stored in the order of the primary key (as InnoDB always does).
   */
  readonly end: (options?: {
    readonly clustered?: boolean;
  }) => <Name extends string, Columns extends string>(
    table: CreateTableBuilder<Name, Columns>,
  ) => CreateTableBuilder<Name, Columns>;
}

export async function columnTypes(db: QueryExecutorProvider, dialect: Dialect): Promise<ColumnTypes> {
  return dialect === 'sqlite' ? sqliteTypes() : mysqlTypes(await binaryCollation(db));
}

function sqliteTypes(): ColumnTypes {
  const text = sql`text`;
  const integer = sql`integer`;
  return {
    dialect: 'sqlite',
    name: text,
    word: text,
    text,
    int: integer,
    bigint: integer,
    double: sql`real`,
    flag: integer,
    end: (options) => (table) => table.modifyEnd(options?.clustered ? sql`strict, without rowid` : sql`strict`),
  };
}

function mysqlTypes(collation: string): ColumnTypes {
  const bytewise = sql`character set utf8mb4 collate ${sql.raw(collation)}`;
  return {
    dialect: 'mysql',
    name: sql`varchar(512) ${bytewise}`,
    word: sql`varchar(128) ${bytewise}`,
    text: sql`longtext ${bytewise}`,
    int: sql`int`,
    bigint: sql`bigint`,
    double: sql`double`,
    flag: sql`tinyint`,
    // DYNAMIC rows allow keys of 3072 bytes; a name in a key is up to 2048.
    end: () => (table) =>
      table.modifyEnd(
        sql`engine=InnoDB row_format=dynamic default character set utf8mb4 collate ${sql.raw(collation)}`,
      ),
  };
}

/**
 * The collation that compares names bytewise without ignoring trailing spaces: it has another name in MariaDB than in
 * MySQL and TiDB.
 */
async function binaryCollation(db: QueryExecutorProvider): Promise<string> {
  for (const name of ['utf8mb4_nopad_bin', 'utf8mb4_0900_bin']) {
    const found = await sql`show collation where \`Collation\` = ${name}`.execute(db);
    if (found.rows.length > 0) return name;
  }
  return 'utf8mb4_bin';
}
