/** The rows in whole lines of one file of a bundle, for readers that stop at the first broken one. */
import { type Buffer, isAscii } from 'node:buffer';
import type { BundleFormat, BundleTable } from './bundle-columns.js';
import { BundleRow, RowError } from './bundle-row.js';
import { carriageReturn, newline, plainLine, toLines } from './text-lines.js';

export class BundleRows {
  readonly row: BundleRow;
  readonly #format: BundleFormat;

  /** @param header the line with the column names, null for JSON lines */
  constructor(table: BundleTable, format: BundleFormat, header: string | null) {
    this.row = new BundleRow(table, format);
    this.#format = format;
    if (header !== null) this.row.header(header);
  }

  /**
   * Calls `take` for each row, which {@link row} holds then.
   *
   * @param bytes without the end of the last line
   * @param first whether the first line is the first of its file
   * @throws RowError where a line is no row, and what `take` throws
   */
  each(bytes: Buffer, first: boolean, take: () => void): void {
    const row = this.row;
    if (this.#format === 'jsonl' || !isAscii(bytes) || bytes.includes(carriageReturn) || !row.setBytes(bytes)) {
      for (const content of toLines(bytes)) {
        if (typeof content !== 'string') throw new RowError('not valid UTF-8');
        this.#text(content, first, take);
        first = false;
      }
      return;
    }
    let from = 0;
    while (from <= bytes.length) {
      const end = row.takeBytes(from);
      if (end > from) {
        take();
        from = end + 1;
      } else {
        const found = bytes.indexOf(newline, from);
        const stop = found < 0 ? bytes.length : found;
        this.#text(bytes.toString('latin1', from, stop), first, take);
        from = stop + 1;
      }
      first = false;
    }
  }

  #text(content: string, first: boolean, take: () => void): void {
    const text = plainLine(content, first);
    if (text === '') return;
    this.row.parse(text);
    take();
  }
}
