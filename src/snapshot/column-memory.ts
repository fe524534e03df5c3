/**
 * Columns that are made together, in one piece of memory.
 *
 * The engine counts the bytes of buffers, and collects garbage whenever some 64 MB have been added. A collection walks all
 * names: had every column memory of its own, a snapshot of fifteen million block replicas would have seven million names
 * walked ten times while it is made, of which none becomes garbage.
 */

/** Columns begin at multiples of this, in bytes. */
const alignment = 8;

export class ColumnMemory {
  readonly #buffer: ArrayBuffer;
  #used = 0;

  /** @param bytes for all columns; a column that finds no room any more has memory of its own */
  constructor(bytes: number) {
    this.#buffer = new ArrayBuffer(bytes);
  }

  flags(count: number): Uint8Array {
    const place = this.#take(count);
    return place === null ? new Uint8Array(count) : new Uint8Array(this.#buffer, place, count);
  }

  shorts(count: number): Uint16Array {
    const place = this.#take(2 * count);
    return place === null ? new Uint16Array(count) : new Uint16Array(this.#buffer, place, count);
  }

  ints(count: number): Int32Array {
    const place = this.#take(4 * count);
    return place === null ? new Int32Array(count) : new Int32Array(this.#buffer, place, count);
  }

  floats(count: number): Float64Array {
    const place = this.#take(8 * count);
    return place === null ? new Float64Array(count) : new Float64Array(this.#buffer, place, count);
  }

  #take(bytes: number): number | null {
    const place = this.#used;
    const end = place + Math.ceil(bytes / alignment) * alignment;
    if (end > this.#buffer.byteLength) return null;
    this.#used = end;
    return place;
  }
}

/** Bytes of all columns of a snapshot with so many rows, names not included, and a little more. */
export function columnBytes(rows: {
  readonly datasets: number;
  readonly blocks: number;
  readonly replicas: number;
  readonly blockReplicas: number;
}): number {
  return 75 * rows.datasets + 29 * rows.blocks + 13 * rows.replicas + 35 * rows.blockReplicas + 1024;
}
