/** The files of a bundle that is being written: under other names until all of them are complete. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { messageOf, StatorError } from '../error.js';
import { type BundleFormat, type BundleTable, bundleTables } from '../snapshot/index.js';
import { bundleFilesIn } from './bundle-files.js';
import { type BundleValues, lineFormat } from './bundle-lines.js';

/** Characters that are collected before they are written. */
const bufferSize = 256 * 1024;

export class BundleOutput {
  readonly #directory: string;
  readonly #format: BundleFormat;
  readonly #gzip: boolean;
  readonly #labels: readonly string[];
  readonly #finished: { readonly partial: string; readonly path: string }[] = [];

  /** `labels`: all label keys, sorted. */
  constructor(directory: string, format: BundleFormat, gzip: boolean, labels: readonly string[]) {
    this.#directory = directory;
    this.#format = format;
    this.#gzip = gzip;
    this.#labels = labels;
  }

  /** Writes one file. `write` is given a function that takes a row, and may have to be waited for. */
  async table(
    table: BundleTable,
    write: (row: (values: BundleValues) => Promise<void> | undefined) => Promise<void>,
  ): Promise<void> {
    const path = join(this.#directory, `${table}.${this.#format}${this.#gzip ? '.gz' : ''}`);
    const partial = `${path}.partial`;
    this.#finished.push({ partial, path });
    const { header, line } = lineFormat(table, this.#format, this.#labels);
    const file = createWriteStream(partial);
    const gzip = this.#gzip ? createGzip() : null;
    const stream: Writable = gzip ?? file;
    const done = gzip === null ? once(file, 'finish') : pipeline(gzip, file);
    // An error is thrown by the `await` below, or by a write before it.
    done.catch(() => {});
    let text = header === null ? '' : `${header}\n`;
    const flush = async () => {
      const piece = text;
      text = '';
      if (!stream.write(piece)) await once(stream, 'drain');
    };
    try {
      await write((values) => {
        text += `${line(values)}\n`;
        return text.length < bufferSize ? undefined : flush();
      });
      stream.end(text);
      await done;
    } catch (error) {
      gzip?.destroy();
      file.destroy();
      // A file that is still being opened would appear after it was removed.
      if (!file.closed) await new Promise<void>((closed) => file.once('close', () => closed()));
      throw error;
    }
  }

  /** Gives the files their names. */
  async publish(): Promise<void> {
    for (const { partial, path } of this.#finished) await rename(partial, path);
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    for (const { partial } of this.#finished) await rm(partial, { force: true });
  }
}

/**
 * Makes the directory. Files of another bundle in it would become part of this one.
 *
 * @throws StatorError `bundle-exists`, `bundle-directory`
 */
export async function prepareDirectory(directory: string): Promise<void> {
  let present: readonly string[];
  try {
    await mkdir(directory, { recursive: true });
    present = await bundleFilesIn(directory);
  } catch (error) {
    throw new StatorError({
      code: 'bundle-directory',
      what: `the bundle cannot be written: ${messageOf(error)}`,
      where: directory,
      todo: 'name a directory that can be written',
      cause: error,
    });
  }
  if (present.length > 0) {
    throw new StatorError({
      code: 'bundle-exists',
      what: `there is a bundle already (${present.slice(0, bundleTables.length).join(', ')})`,
      where: directory,
      todo: 'name another directory',
    });
  }
}
