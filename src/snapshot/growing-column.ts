/** Typed arrays that grow by doubling: columns whose length is not known while rows stream in. */

export class IntColumn {
  #data = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Makes room for so many elements at once. */
  reserve(count: number): void {
    if (count <= this.#data.length) return;
    const grown = new Int32Array(count);
    grown.set(this.view());
    this.#data = grown;
  }

  /** Appends and returns the index. */
  push(value: number): number {
    if (this.#length === this.#data.length) this.reserve(this.#data.length * 2);
    this.#data[this.#length] = value;
    return this.#length++;
  }

  /** Reads an element below the length. */
  get(index: number): number {
    return this.#data[index] as number;
  }

  /** Changes an element below the length. */
  set(index: number, value: number): void {
    this.#data[index] = value;
  }

  /** The filled part; valid until the next push. */
  view(): Int32Array {
    return this.#data.subarray(0, this.#length);
  }

  /** Forgets all elements. Views of them are void. */
  clear(): void {
    this.#length = 0;
  }
}

export class FloatColumn {
  #data = new Float64Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** See {@link IntColumn.reserve}. */
  reserve(count: number): void {
    if (count <= this.#data.length) return;
    const grown = new Float64Array(count);
    grown.set(this.view());
    this.#data = grown;
  }

  push(value: number): number {
    if (this.#length === this.#data.length) this.reserve(this.#data.length * 2);
    this.#data[this.#length] = value;
    return this.#length++;
  }

  get(index: number): number {
    return this.#data[index] as number;
  }

  set(index: number, value: number): void {
    this.#data[index] = value;
  }

  view(): Float64Array {
    return this.#data.subarray(0, this.#length);
  }

  /** Forgets all elements. Views of them are void. */
  clear(): void {
    this.#length = 0;
  }
}
