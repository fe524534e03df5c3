/** What a thread runs: reads ranges of the block replicas of an embedded database. */
import { parentPort } from 'node:worker_threads';
import BetterSqlite3 from 'better-sqlite3';
import { FloatColumn, IntColumn } from '../snapshot/growing-column.js';
import { readInventoryHead } from './change-log.js';
import { type RawRow, sqliteReader } from './raw-reader.js';
import { replicaColumns, type ScanAnswer, type ScannedReplicas, type ScanTask } from './replica-scan.js';
import { buffersOf } from './threads.js';

const replicasOfBlocks = `select ${replicaColumns} from block_replicas where block >= ? and block <= ?`;

parentPort?.on('message', async (task: ScanTask) => {
  const answer = await scan(task);
  // The others need not go on.
  if (answer === null) Atomics.store(task.next, 0, task.ranges.length);
  parentPort?.postMessage(answer, buffersOf(answer));
});

async function scan({ file, mark, ranges, next }: ScanTask): Promise<ScanAnswer> {
  let handle: BetterSqlite3.Database | undefined;
  try {
    handle = new BetterSqlite3(file, { readonly: true, fileMustExist: true });
    handle.exec('begin');
    const reader = sqliteReader(handle);
    const { generation, token } = await readInventoryHead(reader);
    if (generation !== mark.generation || token !== mark.token) return null;
    const replicas = new Replicas();
    const done: ScannedReplicas[] = [];
    for (;;) {
      const range = ranges[Atomics.add(next, 0, 1)];
      if (range === undefined) return done;
      await reader.each(replicasOfBlocks, [range.first, range.last], replicas.add);
      done.push(replicas.finish());
    }
  } catch (error) {
    // One connection may get through where another does not.
    if (error instanceof BetterSqlite3.SqliteError) return null;
    throw error;
  } finally {
    handle?.close();
  }
}

/** Collects rows: the same columns for all ranges, so that they are made once. */
class Replicas {
  readonly #block = new IntColumn();
  readonly #site = new IntColumn();
  readonly #owner = new IntColumn();
  readonly #size = new FloatColumn();
  readonly #flags = new IntColumn();
  readonly #lastUpdate = new FloatColumn();

  readonly add = (row: RawRow): void => {
    this.#block.push(row[0] as number);
    this.#site.push(row[1] as number);
    this.#owner.push(row[2] as number);
    this.#size.push(row[3] as number);
    this.#flags.push(row[4] as number);
    this.#lastUpdate.push(row[5] as number);
  };

  /** What was added since the last call. */
  finish(): ScannedReplicas {
    const scanned = {
      block: this.#block.view().slice(),
      site: this.#site.view().slice(),
      owner: this.#owner.view().slice(),
      size: this.#size.view().slice(),
      flags: Uint8Array.from(this.#flags.view()),
      lastUpdate: this.#lastUpdate.view().slice(),
    };
    for (const column of [this.#block, this.#site, this.#owner, this.#size, this.#flags, this.#lastUpdate]) {
      column.clear();
    }
    return scanned;
  }
}
