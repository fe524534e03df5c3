/**
 * Reads an inventory bundle: validates every row, resolves its references, and hands it on with its defaults filled in.
 *
 * Pure: lines come in as async iterables, rows go out to a {@link BundleSink}; who opens files and who writes rows is
 * not known here. Rows may stand in any order within a file. Memory grows with what must be looked up (datasets,
 * blocks, file names), not with the size of the files.
 */
import { Buffer, isAscii } from 'node:buffer';
import { compareBytes } from '../order.js';
import type { DatasetRow, UsageRow } from './builder.js';
import {
  type BundleCounts,
  type BundleFile,
  type BundleOptions,
  type BundleSink,
  type FileRow,
  UnreadableFileError,
} from './bundle.js';
import { type BundleTable, bundleFormat, datasetStatuses } from './bundle-columns.js';
import { BlockTable, CopyChains, FileNames } from './bundle-lookup.js';
import { BundleNames } from './bundle-names.js';
import { BundleRow, checkedName, checkedText, quote, RowError } from './bundle-row.js';
import { type BrokenLine, carriageReturn, newline, plainLine, toLines } from './text-lines.js';

/** Reads all of a bundle. Problems go to `onProblem`; only what the sources and the sink throw is thrown. */
export async function readBundle(
  files: readonly BundleFile[],
  sink: BundleSink,
  options: BundleOptions,
): Promise<BundleCounts> {
  return new BundleReader(files, sink, options).read();
}

/**
 * Reads what is not about blocks: datasets, usage and subscriptions, whose positions are dense from 0.
 *
 * @returns the names that were met, for whoever reads blocks and replicas
 */
export async function readBundleHead(
  files: readonly BundleFile[],
  sink: BundleSink,
  options: BundleOptions,
): Promise<BundleNames> {
  return new BundleReader(files, sink, options).readHead();
}

type Take = (row: BundleRow) => void;

class BundleReader {
  readonly #files: ReadonlyMap<BundleTable, BundleFile>;
  readonly #sink: BundleSink;
  readonly #options: BundleOptions;
  readonly #counts: BundleCounts = { datasets: 0, blocks: 0, files: 0, replicas: 0, subscriptions: 0, usage: 0 };
  /** Delivering has ended: the bundle will be refused, the rest is read for its errors only. */
  #refused = false;
  readonly #names = new BundleNames();
  readonly #blocks: BlockTable;
  readonly #previousBlocks: number;
  readonly #previousDatasets: readonly DatasetRow[];
  /** Blocks of the previous inventory that have a row in the bundle. */
  readonly #touched = new Set<number>();

  constructor(files: readonly BundleFile[], sink: BundleSink, options: BundleOptions) {
    this.#files = new Map(files.map((file) => [file.table, file]));
    this.#sink = sink;
    this.#options = options;
    this.#previousDatasets = options.previous?.datasets ?? [];
    this.#blocks = options.previous?.blocks ?? new BlockTable();
    this.#previousBlocks = this.#blocks.count;
    for (const row of this.#previousDatasets) this.#names.addDataset(row);
  }

  async read(): Promise<BundleCounts> {
    if (!(await this.#readHead())) return this.#counts;
    if (await this.#table('blocks', (row) => this.#takeBlock(row))) {
      const filesRead = await this.#readFiles();
      await this.#deliverBlocks();
      await this.#readReplicas(filesRead);
    }
    return this.#counts;
  }

  async readHead(): Promise<BundleNames> {
    await this.#readHead();
    return this.#names;
  }

  /** False where the rest cannot be read. */
  async #readHead(): Promise<boolean> {
    // What refers to a table that could not be read at all would only repeat its error a million times.
    if (!(await this.#table('datasets', (row) => this.#takeDataset(row)))) return false;
    await this.#table('usage', (row) => this.#takeUsage(row));
    await this.#table('subscriptions', (row) => this.#takeSubscription(row));
    return true;
  }

  /** False where the table as a whole could not be read. */
  async #table(table: BundleTable, makeTake: (row: BundleRow) => Take): Promise<boolean> {
    const file = this.#files.get(table);
    const { mandatory } = bundleFormat[table];
    if (file === undefined) {
      if (mandatory) this.#problem(table, 0, `${table}.tsv or ${table}.jsonl is missing`, null);
      return !mandatory;
    }
    const row = new BundleRow(table, file.format);
    const take = makeTake(row);
    let headerPending = file.format === 'tsv';
    let rows = 0;
    let line = 0;
    /** Notes what is wrong with a row; false where the table as a whole cannot be read. */
    const fail = (error: unknown, text: string): boolean => {
      if (!(error instanceof RowError)) throw error;
      this.#problem(file.path, line, error.message, headerPending ? null : text);
      return !headerPending;
    };
    const takeText = (content: string | BrokenLine): boolean => {
      line++;
      const text = typeof content === 'string' ? plainLine(content, line === 1) : content.text;
      if (text === '') return true;
      try {
        if (typeof content !== 'string') throw new RowError('not valid UTF-8');
        if (headerPending) {
          row.header(text);
          headerPending = false;
          return true;
        }
        rows++;
        row.parse(text);
        take(row);
        this.#counts[table]++;
      } catch (error) {
        return fail(error, text);
      }
      return true;
    };
    /** Lines of ASCII, from their bytes where that can be. */
    const takeBytes = (bytes: Buffer, from: number): void => {
      while (from <= bytes.length) {
        const end = row.takeBytes(from);
        if (end > from) {
          line++;
          rows++;
          try {
            take(row);
            this.#counts[table]++;
          } catch (error) {
            fail(error, bytes.toString('latin1', from, end));
          }
          from = end + 1;
        } else {
          const found = bytes.indexOf(newline, from);
          const stop = found < 0 ? bytes.length : found;
          takeText(bytes.toString('latin1', from, stop));
          from = stop + 1;
        }
      }
    };
    try {
      for await (const batch of file.batches) {
        const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
        if (file.format === 'jsonl' || !isAscii(bytes) || bytes.includes(carriageReturn)) {
          for (const content of toLines(bytes)) if (!takeText(content)) return false;
        } else {
          let from = 0;
          while (headerPending && from <= bytes.length) {
            const found = bytes.indexOf(newline, from);
            const stop = found < 0 ? bytes.length : found;
            if (!takeText(bytes.toString('latin1', from, stop))) return false;
            from = stop + 1;
          }
          if (row.setBytes(bytes)) takeBytes(bytes, from);
          else if (from <= bytes.length) for (const content of toLines(bytes.subarray(from))) takeText(content);
        }
        const wait = this.#sink.drain();
        if (wait !== undefined) await wait;
      }
    } catch (error) {
      if (!(error instanceof UnreadableFileError)) throw error;
      this.#problem(file.path, Math.max(line, 1), error.message, null);
      return false;
    }
    if (headerPending && !this.#options.allowEmpty) {
      this.#problem(file.path, 1, 'the line with the column names is missing', null);
      return false;
    }
    if (mandatory && !this.#options.allowEmpty && this.#counts[table] === 0) {
      const reason = rows === 0 ? 'it has no rows' : 'none of its rows is valid';
      this.#problem(file.path, 0, `${reason}, which would make an empty inventory (--allow-empty)`, null);
    }
    return true;
  }

  #problem(file: string, line: number, reason: string, row: string | null): void {
    if (row === null || !this.#options.skipInvalid) this.#refused = true;
    this.#options.onProblem({ file, line, reason, row });
  }

  #takeDataset(row: BundleRow): Take {
    const name = row.column('name');
    const status = row.column('status');
    const type = row.column('type');
    const open = row.column('open');
    const created = row.column('created');
    const lastUpdate = row.column('lastUpdate');
    const tapeRequested = row.column('tapeRequested');
    const copyRequested = row.column('copyRequested');
    const seen = new Set<number>();
    return () => {
      const given = row.required(name);
      const known = this.#names.findDataset(given);
      if (known !== undefined && (known >= this.#previousDatasets.length || seen.has(known))) {
        throw new RowError(`the dataset ${quote(given)} stands twice`);
      }
      const previous = known === undefined ? undefined : this.#previousDatasets[known];
      const statusText = row.text(status);
      if (statusText !== null && !(datasetStatuses as readonly string[]).includes(statusText)) {
        throw new RowError(`unknown status ${quote(statusText)}; it is one of ${datasetStatuses.join(', ')}`);
      }
      const typeText = row.text(type);
      const createdTime = row.time(created) ?? previous?.created ?? 0;
      const dataset: DatasetRow = {
        name: previous?.name ?? row.kept(checkedName('name', given)),
        status: statusText === null ? (previous?.status ?? 'VALID') : this.#names.text(statusText),
        type: typeText === null ? (previous?.type ?? '') : this.#names.text(checkedText('type', typeText)),
        open: row.flag(open) ?? previous?.open ?? false,
        created: createdTime,
        lastUpdate: row.time(lastUpdate) ?? previous?.lastUpdate ?? createdTime,
        tapeRequested: row.flag(tapeRequested) ?? previous?.tapeRequested ?? false,
        copyRequested: row.flag(copyRequested) ?? previous?.copyRequested ?? false,
        labels: this.#names.labels(row.labels() ?? previous?.labels ?? {}),
      };
      const position = known ?? this.#names.addDataset(dataset);
      if (known !== undefined) {
        seen.add(known);
        this.#names.updateDataset(known, dataset);
      }
      if (!this.#refused) this.#sink.dataset(position, dataset);
    };
  }

  #takeUsage(row: BundleRow): Take {
    const dataset = row.column('dataset');
    const lastAccess = row.column('lastAccess');
    const accesses = row.column('accesses');
    const usageRank = row.column('usageRank');
    const demand = row.column('demand');
    const seen = new Set<number>();
    const positive = (column: number, name: string) => {
      const value = row.number(column) ?? 0;
      if (value < 0) throw new RowError(`${name} is negative: ${value}`);
      return value;
    };
    return () => {
      const position = this.#names.dataset(row.required(dataset));
      if (seen.has(position)) throw new RowError(`usage of ${quote(this.#names.datasetName(position))} stands twice`);
      const usage: UsageRow = {
        lastAccess: row.time(lastAccess) ?? 0,
        accesses: positive(accesses, 'accesses'),
        usageRank: row.number(usageRank) ?? 0,
        demand: positive(demand, 'demand'),
      };
      seen.add(position);
      if (!this.#refused) this.#sink.usage(position, this.#names.datasetName(position), usage);
    };
  }

  #takeSubscription(row: BundleRow): Take {
    const dataset = row.column('dataset');
    const site = row.column('site');
    const owner = row.column('owner');
    const growing = row.column('growing');
    const seen = new Set<number>();
    return () => {
      const position = this.#names.dataset(row.required(dataset));
      const grows = row.flag(growing) ?? true;
      const siteName = row.required(site);
      const sitePosition = this.#names.site(siteName);
      const ownerName = row.text(owner) ?? '';
      const key = position * 65_536 + sitePosition;
      if (seen.has(key)) {
        throw new RowError(
          `the subscription of ${quote(this.#names.datasetName(position))} at ${quote(siteName)} stands twice`,
        );
      }
      const ownerPosition = this.#names.owner(ownerName);
      seen.add(key);
      if (this.#refused) return;
      this.#sink.subscription({
        dataset: position,
        datasetName: this.#names.datasetName(position),
        site: sitePosition,
        siteName,
        owner: ownerPosition,
        ownerName,
        growing: grows,
      });
    };
  }

  #takeBlock(row: BundleRow): Take {
    const dataset = row.column('dataset');
    const name = row.column('name');
    const size = row.column('size');
    const files = row.column('files');
    const open = row.column('open');
    const lastUpdate = row.column('lastUpdate');
    const blocks = this.#blocks;
    return () => {
      const datasetPosition = this.#names.dataset(row.required(dataset));
      const given = row.required(name);
      const known = blocks.find(datasetPosition, given);
      if (known >= 0 && (known >= this.#previousBlocks || this.#touched.has(known))) {
        throw new RowError(
          `the block ${quote(given)} of ${quote(this.#names.datasetName(datasetPosition))} stands twice`,
        );
      }
      const bytes = row.count(size);
      if (bytes === null) throw new RowError('size must not be null');
      const fileCount = row.count(files);
      if (fileCount !== null && fileCount > 2 ** 31 - 1) throw new RowError(`files is above 2^31 - 1: ${fileCount}`);
      const previous = known >= 0;
      const isOpen = row.flag(open) ?? (previous ? blocks.open.get(known) === 1 : false);
      const updated =
        row.time(lastUpdate) ?? (previous ? blocks.lastUpdates.get(known) : this.#names.lastUpdate(datasetPosition));
      if (previous) {
        this.#touched.add(known);
        blocks.set(known, bytes, fileCount ?? blocks.files.get(known), isOpen, updated);
      } else {
        blocks.add(datasetPosition, row.kept(checkedName('name', given)), bytes, fileCount ?? -1, isOpen, updated);
      }
    };
  }

  /** Blocks wait for the files, which may be what counts them. */
  async #deliverBlocks(): Promise<void> {
    if (this.#refused) return;
    for (const position of this.#touched) this.#deliverBlock(position);
    for (let position = this.#previousBlocks; position < this.#blocks.count; position++) {
      this.#deliverBlock(position);
      if (position % 4096 === 0) await this.#sink.drain();
    }
  }

  #deliverBlock(position: number): void {
    const blocks = this.#blocks;
    const dataset = blocks.datasets.get(position);
    this.#sink.block(position, {
      dataset,
      datasetName: this.#names.datasetName(dataset),
      name: blocks.names[position] ?? '',
      size: blocks.sizes.get(position),
      files: Math.max(0, blocks.files.get(position)),
      open: blocks.open.get(position) === 1,
      lastUpdate: blocks.lastUpdates.get(position),
    });
  }

  /** The file names, or null where the bundle has no files. */
  async #readFiles(): Promise<FileNames | null> {
    if (!this.#files.has('files')) return null;
    const names = new FileNames();
    await this.#table('files', (row) => this.#takeFile(row, names));
    return names;
  }

  #takeFile(row: BundleRow, names: FileNames): Take {
    const dataset = row.column('dataset');
    const block = row.column('block');
    const name = row.column('name');
    const size = row.column('size');
    const adler32 = row.column('adler32');
    const md5 = row.column('md5');
    const sha256 = row.column('sha256');
    const blocks = this.#blocks;
    // Blocks whose row does not count files: these rows do.
    const counted = new Uint8Array(blocks.count);
    for (let position = 0; position < blocks.count; position++) {
      if (blocks.files.get(position) < 0) counted[position] = 1;
    }
    return () => {
      const position = this.#block(row.required(dataset), row.required(block));
      const given = checkedName('name', row.required(name));
      const bytes = row.count(size);
      if (bytes === null) throw new RowError('size must not be null');
      const file: FileRow = {
        block: position,
        datasetName: this.#names.datasetName(blocks.datasets.get(position)),
        blockName: blocks.names[position] ?? '',
        name: given,
        size: bytes,
        adler32: checksum(row.text(adler32), 'adler32', 8),
        md5: checksum(row.text(md5), 'md5', 32),
        sha256: checksum(row.text(sha256), 'sha256', 64),
      };
      const other = names.add(given, position);
      if (other !== null) {
        const where = `${this.#names.datasetName(blocks.datasets.get(other))}#${blocks.names[other] ?? ''}`;
        throw new RowError(`the file ${quote(given)} stands twice, before in ${quote(where)}`);
      }
      if (counted[position] === 1) blocks.files.set(position, Math.max(0, blocks.files.get(position)) + 1);
      if (!this.#refused) this.#sink.file(file);
    };
  }

  async #readReplicas(fileNames: FileNames | null): Promise<void> {
    const copies = new CopyChains(this.#blocks.count);
    await this.#table('replicas', (row) => this.#takeReplica(row, copies, fileNames));
  }

  #takeReplica(row: BundleRow, copies: CopyChains, knownFiles: FileNames | null): Take {
    const dataset = row.column('dataset');
    const block = row.column('block');
    const site = row.column('site');
    const owner = row.column('owner');
    const size = row.column('size');
    const complete = row.column('complete');
    const custodial = row.column('custodial');
    const lastUpdate = row.column('lastUpdate');
    const fileNames = row.column('fileNames');
    const blocks = this.#blocks;
    return () => {
      const datasetName = row.required(dataset);
      const blockName = row.required(block);
      const position = this.#block(datasetName, blockName);
      const blockSize = blocks.sizes.get(position);
      const present = row.count(size) ?? blockSize;
      if (present > blockSize) throw new RowError(`size ${present} is above the block's ${blockSize}`);
      // A copy with missing bytes that counts would justify deleting the only whole one (I1).
      const isComplete = row.flag(complete) ?? present === blockSize;
      if (isComplete && present < blockSize) {
        throw new RowError(`complete is true, but size ${present} is below the block's ${blockSize}`);
      }
      const isCustodial = row.flag(custodial) ?? false;
      const updated = row.time(lastUpdate) ?? blocks.lastUpdates.get(position);
      const names = row.list(fileNames);
      const checkedNames = isComplete || names === null ? null : this.#fileNames(names, position, knownFiles);
      const ownerName = row.text(owner) ?? '';
      const siteName = row.required(site);
      const sitePosition = this.#names.site(siteName);
      const ownerPosition = this.#names.owner(ownerName);
      if (!copies.add(position, sitePosition)) {
        throw new RowError(`the replica of ${quote(`${datasetName}#${blockName}`)} at ${quote(siteName)} stands twice`);
      }
      if (this.#refused) return;
      this.#sink.replica({
        block: position,
        datasetName,
        blockName,
        site: sitePosition,
        siteName,
        owner: ownerPosition,
        ownerName,
        size: present,
        complete: isComplete,
        custodial: isCustodial,
        lastUpdate: updated,
        fileNames: checkedNames,
      });
    };
  }

  #fileNames(names: readonly string[], block: number, known: FileNames | null): readonly string[] {
    const sorted = [...new Set(names)].sort(compareBytes);
    if (sorted.length !== names.length) throw new RowError('fileNames holds a name twice');
    for (const name of sorted) {
      checkedName('a name of fileNames', name);
      if (known !== null && known.blockOf(name) !== block) {
        throw new RowError(`fileNames holds ${quote(name)}, which is no file of the block`);
      }
    }
    return sorted;
  }

  #block(datasetName: string, name: string): number {
    const dataset = this.#names.dataset(datasetName);
    const position = this.#blocks.find(dataset, name);
    if (position < 0) throw new RowError(`unknown block ${quote(name)} of the dataset ${quote(datasetName)}`);
    return position;
  }
}

function checksum(text: string | null, name: string, digits: number): string | null {
  if (text === null || text === '') return null;
  // Some tools write an Adler-32 as a number, without its leading zeros.
  const padded = name === 'adler32' ? text.padStart(digits, '0') : text;
  if (padded.length !== digits || !/^[0-9a-fA-F]+$/.test(padded)) {
    throw new RowError(`${name} must be ${digits} hexadecimal digits, not ${quote(text)}`);
  }
  return padded.toLowerCase();
}
