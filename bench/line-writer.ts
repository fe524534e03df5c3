import { closeSync, openSync, writeSync } from 'node:fs';

/** Writes a text file piece by piece with a constant amount of memory. */
export class LineWriter {
  readonly #descriptor: number;
  #buffer = '';

  constructor(path: string, header: readonly string[]) {
    this.#descriptor = openSync(path, 'w');
    this.#buffer = `${header.join('\t')}\n`;
  }

  write(line: string): void {
    this.#buffer += line;
    if (this.#buffer.length > 1 << 18) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#buffer);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    this.#buffer = '';
  }
}
