/**
 * Writing many rows into MySQL: pieces of some megabytes, each with one LOAD DATA LOCAL INFILE, or with multi-row
 * inserts where the server does not allow that. While the server takes in one piece the next is put together.
 *
 * Pieces are small enough to be a transaction each on Galera, which replicates a transaction as a whole.
 */
import { Readable } from 'node:stream';
import type { PoolConnection, ResultSetHeader } from 'mysql2';
import { type ImportTableName, type RowWriter, tableOf, type Value } from './import-tables.js';

/** Characters per piece. A statement must stay below the server's max_allowed_packet (4 MB on old ones). */
const pieceSize = { load: 4 * 1024 * 1024, insert: 1024 * 1024 };

/** A packet of the protocol is at most 16 MB. */
const packetSize = 1024 * 1024;

export class MysqlBulk {
  readonly #connection: PoolConnection;
  readonly #load: boolean;
  readonly #writers: BulkWriter[] = [];
  #underWay: Promise<void> = Promise.resolve();

  /** `load`: whether LOAD DATA LOCAL INFILE is allowed. */
  constructor(connection: PoolConnection, load: boolean) {
    this.#connection = connection;
    this.#load = load;
  }

  writer(target: string, table: ImportTableName): RowWriter {
    const writer = new BulkWriter(target, tableOf(table).columns, this.#load);
    this.#writers.push(writer);
    return writer;
  }

  drain(): Promise<void> | undefined {
    const limit = this.#load ? pieceSize.load : pieceSize.insert;
    return this.#writers.some((writer) => writer.size >= limit) ? this.#send(limit) : undefined;
  }

  /** Writes all that is left. */
  async flush(): Promise<void> {
    await this.#send(1);
    await this.#underWay;
  }

  /** Waits until nothing is under way, whatever comes of it. */
  async settle(): Promise<void> {
    await this.#underWay.catch(() => {});
  }

  async #send(limit: number): Promise<void> {
    for (const writer of this.#writers) {
      if (writer.size < limit) continue;
      await this.#underWay;
      this.#underWay = this.#write(writer.take());
      // Whoever waits next hears of a failure; nobody waiting is no reason to end the process.
      this.#underWay.catch(() => {});
    }
  }

  async #write(piece: Piece): Promise<void> {
    const stored = await (this.#load ? this.#loadPiece(piece) : this.#insertPiece(piece));
    // With LOCAL, the server turns errors in rows into warnings and leaves the rows out.
    if (stored.affectedRows !== piece.rows || stored.warningStatus !== 0) {
      throw new Error(
        `${piece.target}: the database stored ${stored.affectedRows} of ${piece.rows} rows with ${stored.warningStatus} warnings`,
      );
    }
  }

  #loadPiece(piece: Piece): Promise<ResultSetHeader> {
    const bytes = Buffer.from(piece.text, 'utf8');
    const packets: Buffer[] = [];
    for (let i = 0; i < bytes.length; i += packetSize) packets.push(bytes.subarray(i, i + packetSize));
    return new Promise((done, fail) => {
      this.#connection.query<ResultSetHeader>(
        {
          sql: `load data local infile 'rows' into table ${piece.target} character set utf8mb4
            fields terminated by '\\t' escaped by '\\\\' lines terminated by '\\n' (${piece.columns.join(', ')})`,
          infileStreamFactory: () => Readable.from(packets),
        },
        (error, result) => (error === null ? done(result) : fail(error)),
      );
    });
  }

  #insertPiece(piece: Piece): Promise<ResultSetHeader> {
    return new Promise((done, fail) => {
      this.#connection.query<ResultSetHeader>(
        `insert into ${piece.target} (${piece.columns.join(', ')}) values ${piece.text}`,
        (error, result) => (error === null ? done(result) : fail(error)),
      );
    });
  }
}

interface Piece {
  readonly target: string;
  readonly columns: readonly string[];
  readonly text: string;
  readonly rows: number;
}

class BulkWriter implements RowWriter {
  readonly #target: string;
  readonly #columns: readonly string[];
  readonly #load: boolean;
  #text = '';
  #rows = 0;

  constructor(target: string, columns: readonly string[], load: boolean) {
    this.#target = target;
    this.#columns = columns;
    this.#load = load;
  }

  get size(): number {
    return this.#text.length;
  }

  add(row: readonly Value[]): void {
    this.#text += this.#load ? fileLine(row) : tuple(row, this.#rows === 0);
    this.#rows++;
  }

  take(): Piece {
    const piece = { target: this.#target, columns: this.#columns, text: this.#text, rows: this.#rows };
    this.#text = '';
    this.#rows = 0;
    return piece;
  }
}

/** Names and texts hold no control characters: only the escape character itself must be escaped. */
function fileLine(row: readonly Value[]): string {
  let line = '';
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (i > 0) line += '\t';
    if (typeof value === 'string') line += value.includes('\\') ? value.replaceAll('\\', '\\\\') : value;
    else line += value === null || value === undefined ? '\\N' : value;
  }
  return `${line}\n`;
}

function tuple(row: readonly Value[], first: boolean): string {
  const values = row.map((value) =>
    typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : String(value),
  );
  return `${first ? '' : ', '}(${values.join(', ')})`;
}
