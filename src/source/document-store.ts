/**
 * A file of documents that were read before, so that the next process parses only what has changed.
 *
 * One line says what the file is, and the SHA-256 of all that follows: a line for each content of a file of the desired
 * state, its hash before its documents as JSON; and for whole trees what was reported of them, by the hash of everything in
 * them. A store is used only where it is whole and was written by the same build of the program; whatever is wrong with it,
 * it is as if there were none.
 */
import { createHash } from 'node:crypto';
import { UnusableCache, withCacheFile, writeCacheFile } from '../cache-file.js';
import type { DocumentCache, DocumentContent } from '../desired/index.js';
import type { Diagnostic } from '../diagnostic.js';
import { messageOf } from '../error.js';
import type { SourceTree } from './source-tree.js';

export interface DocumentStoreOptions {
  readonly file: string;
  /** What the program is, down to its build: what another one wrote is not used. */
  readonly program: string;
  /** Bytes of JSON below which nothing is written: parsing so little again is as fast. Default 256 KiB. */
  readonly smallest?: number;
  /** What is new is not written. */
  readonly readOnly?: boolean;
  /** Told what came of the file. */
  readonly note?: (line: string) => void;
}

const format = 'stator documents 1';
const defaultSmallest = 256 * 1024;
const keyLength = 64;
const longestHead = 4096;
const newline = 10;

/** Where the JSON of an entry stands. */
interface Line {
  readonly bytes: Buffer;
  /** Asked for, or put, since the file was opened. */
  used: boolean;
}

export class DocumentStore implements DocumentCache {
  readonly #options: DocumentStoreOptions;
  readonly #lines: Map<string, Line>;
  #changed = false;

  private constructor(options: DocumentStoreOptions, lines: Map<string, Line>) {
    this.#options = options;
    this.#lines = lines;
  }

  /**
   * Has `work` done with the documents that are kept, and keeps what it put.
   *
   * @param options null: nothing is kept
   */
  static async using<T>(
    options: DocumentStoreOptions | null,
    work: (store: DocumentStore | null) => T | Promise<T>,
  ): Promise<T> {
    if (options === null) return work(null);
    const store = await DocumentStore.open(options);
    const result = await work(store);
    if (options.readOnly !== true) await store.save();
    return result;
  }

  static async open(options: DocumentStoreOptions): Promise<DocumentStore> {
    try {
      const lines = await withCacheFile(options.file, async ({ size, read }) =>
        readLines(await read(0, size), options.program),
      );
      return new DocumentStore(options, lines);
    } catch (error) {
      if (!(error instanceof UnusableCache)) throw error;
      options.note?.(`document cache not used: ${options.file}: ${error.message}`);
      return new DocumentStore(options, new Map());
    }
  }

  get(key: string): readonly DocumentContent[] | null {
    return this.#read<readonly DocumentContent[]>(key);
  }

  put(key: string, documents: readonly DocumentContent[]): void {
    this.#write(key, documents);
  }

  /** What compiling exactly this tree reported; null where that is not known. */
  reportOf(tree: SourceTree): readonly Diagnostic[] | null {
    return this.#read<readonly Diagnostic[]>(keyOf(tree));
  }

  putReport(tree: SourceTree, diagnostics: readonly Diagnostic[]): void {
    this.#write(keyOf(tree), diagnostics);
  }

  #read<T>(key: string): T | null {
    const line = this.#lines.get(key);
    if (line === undefined) return null;
    line.used = true;
    // What the checksum covers was written below, under a key of which nobody makes another with other content.
    return JSON.parse(line.bytes.toString('utf8', keyLength + 1)) as T;
  }

  #write(key: string, value: unknown): void {
    this.#lines.set(key, { bytes: Buffer.from(`${key} ${JSON.stringify(value)}`), used: true });
    this.#changed = true;
  }

  /** Writes what was put. That it cannot be written is noted, and no error. */
  async save(): Promise<void> {
    const { file, note, program, smallest = defaultSmallest } = this.#options;
    if (!this.#changed) return;
    const body = Buffer.concat(this.#worthKeeping().flatMap((bytes) => [bytes, Buffer.of(newline)]));
    if (body.length < smallest) return;
    const head = { format, program, sha256: sha256(body) };
    try {
      await writeCacheFile(file, [Buffer.from(`${JSON.stringify(head)}\n`), body]);
      this.#changed = false;
      note?.(`document cache written: ${file}, ${body.length} bytes`);
    } catch (error) {
      note?.(`document cache not written: ${file}: ${messageOf(error)}`);
    }
  }

  /** What was used, and of the rest (other branches, what was edited) no more than that, by bytes. */
  #worthKeeping(): Buffer[] {
    const lines = [...this.#lines.values()];
    const used = lines.filter((line) => line.used).map(({ bytes }) => bytes);
    let room = used.reduce((sum, bytes) => sum + bytes.length, 0);
    const others: Buffer[] = [];
    for (const { bytes, used } of lines.reverse()) {
      if (used || bytes.length > room) continue;
      room -= bytes.length;
      others.push(bytes);
    }
    return [...others.reverse(), ...used];
  }
}

/** Everything that what is reported may depend on: every file with its path, also those that are no documents, and the commit. */
function keyOf({ source, files }: SourceTree): string {
  const listed = files.map(({ path, bytes, unreadSize = null }) => [path, unreadSize, sha256(bytes)]);
  return sha256(Buffer.from(JSON.stringify(['report', source, listed])));
}

function readLines(file: Buffer, program: string): Map<string, Line> {
  const end = file.subarray(0, longestHead).indexOf(newline);
  if (end < 0) throw new UnusableCache('it is no document cache');
  const head = headOf(file.toString('utf8', 0, end));
  if (head.format !== format) throw new UnusableCache('it is no document cache');
  if (head.program !== program) throw new UnusableCache('it was written by another version');
  const body = file.subarray(end + 1);
  if (head.sha256 !== sha256(body)) throw new UnusableCache('it is not what was written');
  const lines = new Map<string, Line>();
  for (let start = 0; start < body.length; ) {
    const stop = body.indexOf(newline, start);
    const bytes = body.subarray(start, stop);
    lines.set(bytes.toString('latin1', 0, keyLength), { bytes, used: false });
    start = stop + 1;
  }
  return lines;
}

function headOf(text: string): { readonly format?: unknown; readonly program?: unknown; readonly sha256?: unknown } {
  try {
    const head: unknown = JSON.parse(text);
    if (typeof head === 'object' && head !== null) return head;
  } catch {
    // Neither is what we wrote.
  }
  return {};
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
