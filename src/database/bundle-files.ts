/** The files of a bundle: finding them, and reading them as batches of lines. */
import { createReadStream, type ReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, StatorError } from '../error.js';
import { type BundleFile, bundleTables, type LineBatch, UnreadableFileError } from '../snapshot/index.js';

export interface OpenedBundle {
  readonly directory: string;
  readonly files: readonly BundleFile[];
  /** Bytes of all files, compressed where they are. */
  readonly bytes: number;
  /** How many of them were read so far. */
  readonly bytesRead: () => number;
}

/** No line of a sane bundle is as long; without a limit a binary file would fill the memory. */
const longestLine = 16 * 1024 * 1024;

const newline = 0x0a;

/**
 * Finds the files of a bundle. Other files in the directory are none of our business.
 *
 * @throws StatorError `no-bundle`, `ambiguous-bundle`
 */
export async function openBundle(directory: string): Promise<OpenedBundle> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    throw new StatorError({
      code: 'no-bundle',
      what: `the inventory bundle cannot be read: ${messageOf(error)}`,
      where: directory,
      todo: 'name a directory with the files datasets, blocks and replicas (.tsv or .jsonl, optionally .gz)',
      cause: error,
    });
  }
  const present = new Set(names);
  const files: BundleFile[] = [];
  let bytes = 0;
  const streams: ReadStream[] = [];
  for (const table of bundleTables) {
    const found = (['jsonl', 'jsonl.gz', 'tsv', 'tsv.gz'] as const).filter((end) => present.has(`${table}.${end}`));
    if (found.length > 1) {
      throw new StatorError({
        code: 'ambiguous-bundle',
        what: `the bundle has ${found.map((end) => `${table}.${end}`).join(' and ')}, which one is meant cannot be known`,
        where: directory,
        todo: 'keep one of them',
      });
    }
    const [end] = found;
    if (end === undefined) continue;
    const path = join(directory, `${table}.${end}`);
    bytes += (await stat(path)).size;
    files.push({
      table,
      format: end.startsWith('tsv') ? 'tsv' : 'jsonl',
      path,
      batches: readLines(path, end.endsWith('.gz'), streams),
    });
  }
  return { directory, files, bytes, bytesRead: () => streams.reduce((sum, stream) => sum + stream.bytesRead, 0) };
}

/** Which tables a directory holds files of, e.g. to refuse to write over them. */
export async function bundleFilesIn(directory: string): Promise<readonly string[]> {
  const pattern = new RegExp(`^(?:${bundleTables.join('|')})\\.(?:jsonl|tsv)(?:\\.gz)?$`);
  const names: readonly string[] = await readdir(directory);
  return names.filter((name) => pattern.test(name)).sort();
}

/** @throws UnreadableFileError while iterating */
async function* readLines(path: string, gzip: boolean, streams: ReadStream[]): AsyncGenerator<LineBatch> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  streams.push(file);
  // An error of either end destroys the other, and is thrown by the iteration.
  const stream: Readable = gzip ? pipeline(file, createGunzip({ chunkSize: 256 * 1024 }), () => {}) : file;
  let pending: Buffer[] = [];
  let pendingLength = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(newline);
      if (end < 0) {
        pending.push(chunk);
        pendingLength += chunk.length;
        if (pendingLength > longestLine) throw new Error(`the next line is longer than ${longestLine} bytes`);
        continue;
      }
      const whole = chunk.subarray(0, end);
      yield pending.length === 0 ? whole : Buffer.concat([...pending, whole]);
      pending = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
      pendingLength = chunk.length - end - 1;
    }
  } catch (error) {
    throw new UnreadableFileError(error);
  }
  if (pendingLength > 0) yield Buffer.concat(pending);
}
