/**
 * Reads the block replicas of an embedded database with several threads, each a range of blocks on a connection of its own,
 * while this one reads everything else.
 *
 * All of them must see one state of the inventory. A generation with its token is one (see `change-log.ts`): a thread whose
 * transaction has begun in another says so, and then nothing that the threads have read is used.
 */
import type { Database as SqliteHandle } from 'better-sqlite3';
import type { InventoryHead, InventoryMark } from './change-log.js';
import { Threads, threadModule } from './threads.js';

/** What a thread is told. */
export interface ScanTask {
  readonly kind: 'scan';
  /** Path of the database. */
  readonly file: string;
  /** What it must see. */
  readonly mark: InventoryMark;
  readonly ranges: readonly BlockIds[];
  /** In shared memory: the number of the next range that nobody has taken. */
  readonly next: Int32Array;
}

/** Ids of blocks, from the first to the last, both included. */
export interface BlockIds {
  readonly first: number;
  readonly last: number;
}

/** Block replicas as the database has them: ids, and flags as in {@link replicaColumns}. */
export interface ScannedReplicas {
  readonly block: Int32Array;
  readonly site: Int32Array;
  readonly owner: Int32Array;
  readonly size: Float64Array;
  readonly flags: Uint8Array;
  readonly lastUpdate: Float64Array;
}

/** What a thread has read; null where it sees another state, or cannot read the database. */
export type ScanAnswer = readonly ScannedReplicas[] | null;

/** The three flags in one column: a third less to decode. */
export const replicaColumns = 'block, site, owner, size, complete + 2 * custodial + 4 * managed, last_update';

export const scanThread = threadModule('./replica-scan-thread');

/** Small ones: a range is in memory twice when a thread has come to its end. */
const rangesPerThread = 16;

export interface ScanOptions {
  /** At most so many. */
  readonly threads: number;
  /** Inventories of fewer block replicas are read by one thread: it has them before others have started. */
  readonly smallest?: number;
}

const defaultSmallest = 200_000;

/** Every row is garbage as soon as it was taken: without a limit, each thread would keep some 50 MB to make it in. */
const youngMegabytes = 4;

export class ReplicaScan {
  readonly #threads: Threads;
  readonly #answers: Promise<ScanAnswer[]>;

  private constructor(threads: Threads, task: ScanTask) {
    this.#threads = threads;
    this.#answers = threads.all<ScanAnswer>(task);
    // Who has begun the scan may fail before asking for it.
    this.#answers.catch(() => undefined);
  }

  /**
   * Begins a scan, in a transaction that has read `head`.
   *
   * @returns null where one thread has to read everything
   */
  static begin(handle: SqliteHandle, head: InventoryHead, { threads, smallest }: ScanOptions): ReplicaScan | null {
    const { generation, token } = head;
    if (threads <= 1 || handle.memory || token === null || head.blockReplicas < (smallest ?? defaultSmallest))
      return null;
    const [first, last] = handle.prepare('select min(id), max(id) from blocks').raw().get() as (number | null)[];
    if (typeof first !== 'number' || typeof last !== 'number') return null;
    return new ReplicaScan(new Threads(scanThread, threads, { maxYoungGenerationSizeMb: youngMegabytes }), {
      kind: 'scan',
      file: handle.name,
      mark: { generation, token },
      ranges: idRanges(first, last, threads * rangesPerThread),
      next: new Int32Array(new SharedArrayBuffer(4)),
    });
  }

  /**
   * @returns null where a thread has seen another state, or could not read
   * @throws StatorError `thread-failed`
   */
  async finish(): Promise<ScannedReplicas[] | null> {
    const answers = await this.#answers;
    return answers.every((answer) => answer !== null) ? answers.flat() : null;
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#threads.close();
  }
}

/**
 * Ranges of about as many ids that have each of them once. They go beyond the ids that there are: a replica of a block that
 * is not there is an error, not something to pass over.
 */
function idRanges(first: number, last: number, count: number): BlockIds[] {
  const cut = (i: number) => first + Math.floor(((last + 1 - first) * i) / count);
  return Array.from({ length: count }, (_, i) => ({
    first: i === 0 ? Number.MIN_SAFE_INTEGER : cut(i),
    last: i === count - 1 ? Number.MAX_SAFE_INTEGER : cut(i + 1) - 1,
  }));
}
