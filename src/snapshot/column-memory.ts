/**
 * Columns that are made together, in one piece of memory.
 *
 * The engine counts the bytes of buffers, and collects garbage whenever some 64 MB have been added: had every column memory
 * of its own, it would do so many times while a large snapshot is made, of which nothing becomes garbage.
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

/** Bytes of all columns of a snapshot with so many rows, names of datasets not included, and a little more. */
export function columnBytes(rows: {
  readonly datasets: number;
  readonly blocks: number;
  readonly blockNameBytes: number;
  readonly replicas: number;
  readonly blockReplicas: number;
}): number {
  const { datasets, blocks, blockNameBytes, replicas, blockReplicas } = rows;
  return 75 * datasets + 33 * blocks + blockNameBytes + 13 * replicas + 35 * blockReplicas + 1024;
}
