/** Stretches of a column that keep their order and move together: copied as memory, not element by element. */

type Column = Float64Array | Int32Array | Uint16Array | Uint8Array;

export class Runs {
  /** Triples: first old place, the one after the last, first new place. */
  readonly #runs: number[] = [];

  /** Old rows `from .. to - 1` come to `place` and what follows it. */
  add(from: number, to: number, place: number): void {
    const last = this.#runs.length - 3;
    const joins =
      last >= 0 &&
      this.#runs[last + 1] === from &&
      place - (this.#runs[last + 2] ?? 0) === from - (this.#runs[last] ?? 0);
    if (joins) this.#runs[last + 1] = to;
    else if (to > from) this.#runs.push(from, to, place);
  }

  /** Copies a column to its new places; the rest of `into` stays as it is. */
  copy<T extends Column>(column: T, into: T): T {
    this.#each((from, to, place) => into.set(column.subarray(from, to), place));
    return into;
  }

  /** The same for names. */
  copyNames(column: readonly string[], into: string[]): string[] {
    this.#each((from, to, place) => {
      for (let i = from; i < to; i++) into[place + i - from] = column[i] ?? '';
    });
    return into;
  }

  #each(work: (from: number, to: number, place: number) => void): void {
    for (let i = 0; i < this.#runs.length; i += 3) {
      work(this.#runs[i] ?? 0, this.#runs[i + 1] ?? 0, this.#runs[i + 2] ?? 0);
    }
  }
}

/** The runs of rows of which each new place is known; places rise. */
export function runsOf(moved: Int32Array): Runs {
  const runs = new Runs();
  let from = 0;
  for (let i = 1; i <= moved.length; i++) {
    const goesOn = i < moved.length && (moved[i] ?? 0) - (moved[i - 1] ?? 0) === 1;
    if (goesOn) continue;
    runs.add(from, i, moved[from] ?? 0);
    from = i;
  }
  return runs;
}
