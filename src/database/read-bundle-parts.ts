/**
 * Reads a bundle with several threads. They read ranges of the large files, blocks and then replicas, while this one reads
 * the small files and puts everything together.
 *
 * What comes of it is column by column what one thread reads. Where anything is not as it should be, with the bundle or
 * with a part of it that cannot be read apart, nothing comes of it: the reader that goes through the bundle from its
 * beginning is the only one that says what is wrong.
 */
import { Buffer } from 'node:buffer';
import { open, stat } from 'node:fs/promises';
import type { BlockRange } from '../snapshot/block-range.js';
import { BundleParts } from '../snapshot/bundle-parts.js';
import type { BundleFile, Snapshot } from '../snapshot/index.js';
import type { KnownBlocks, ReplicaRange } from '../snapshot/replica-range.js';
import { headerIn } from '../snapshot/text-lines.js';
import type { BundleAnswer, BundleTask, DividedFile } from './bundle-tasks.js';
import { divide, identityOf } from './file-range.js';
import { type Threads, threadModule } from './threads.js';

export const bundleThread = threadModule('./bundle-thread');

/** Ranges per thread: a thread that is kept waiting leaves its share to the others. */
const rangesPerThread = 4;

/** From when on it pays to divide a bundle, bytes. */
export interface DivisionLimits {
  /** Blocks and replicas together. */
  readonly bundle: number;
  /** For each thread, of the larger of the two files. */
  readonly thread: number;
}

/**
 * 120,000 block replicas or so, which one thread reads in a quarter of a second; threads have to start and to compile their code,
 * each its own. More threads than one for every 16 MB would do little but that.
 */
const defaultLimits: DivisionLimits = { bundle: 16 * 1024 * 1024, thread: 16 * 1024 * 1024 };

/** A header is within these bytes. */
const headerBytes = 64 * 1024;

export interface Divided {
  /** How many threads it is for. */
  readonly threads: number;
  readonly blocks: DividedFile;
  readonly replicas: DividedFile;
  /** Without them. */
  readonly others: readonly BundleFile[];
}

/**
 * Divides the files of a bundle.
 *
 * @param most threads
 * @returns null where it is to be read by one thread: when it is small, lacks what it must have, has a list of files (each of
 *   which is compared with all others), or has blocks or replicas in a compressed file, which has no middle to begin at
 */
export async function divideBundle(
  files: readonly BundleFile[],
  most: number,
  limits: DivisionLimits = defaultLimits,
): Promise<Divided | null> {
  if (files.some((file) => file.table === 'files')) return null;
  const blocksFile = files.find((file) => file.table === 'blocks');
  const replicasFile = files.find((file) => file.table === 'replicas');
  if (blocksFile === undefined || replicasFile === undefined) return null;
  if (blocksFile.path.endsWith('.gz') || replicasFile.path.endsWith('.gz')) return null;
  const blocks = await beginningOf(blocksFile);
  const replicas = await beginningOf(replicasFile);
  if (blocks === null || replicas === null || blocks.size + replicas.size < limits.bundle) return null;
  const threads = Math.min(most, Math.ceil(Math.max(blocks.size, replicas.size) / limits.thread));
  if (threads <= 1) return null;
  return {
    threads,
    blocks: divideFile(blocks, threads),
    replicas: divideFile(replicas, threads),
    others: files.filter((file) => file !== blocksFile && file !== replicasFile),
  };
}

/**
 * @param managed whether the loop may delete what the bundle lists (I10)
 * @returns null where one thread must read it
 * @throws StatorError `thread-failed`
 */
export async function readBundleParts(
  { blocks, replicas, others }: Divided,
  threads: Threads,
  options: { readonly managed: boolean; readonly clock: number },
): Promise<Snapshot | null> {
  const begun = await readHeadAndBlocks(blocks, others, threads);
  if (begun === null) return null;
  const { parts, known } = begun;
  const ranges = await readRanges<ReplicaRange>(threads, { kind: 'replicas', file: replicas, known });
  // Their memory is not there any more when the snapshot needs it.
  await threads.close();
  return ranges === null ? null : parts.snapshot(ranges, options);
}

/** Apart, so that the ranges of blocks are forgotten when replicas are read. */
async function readHeadAndBlocks(
  blocks: DividedFile,
  others: readonly BundleFile[],
  threads: Threads,
): Promise<{ readonly parts: BundleParts; readonly known: KnownBlocks } | null> {
  const reading = readRanges<BlockRange>(threads, { kind: 'blocks', file: blocks });
  // It is waited for below, and must not end the process when the rest fails first.
  reading.catch(() => undefined);
  const parts = await BundleParts.read(others);
  const ranges = await reading;
  if (parts === null || ranges === null) return null;
  const known = parts.addBlocks(ranges);
  return known === null ? null : { parts, known };
}

/** All ranges in their order; null where one of them cannot be read. */
async function readRanges<Range extends BlockRange | ReplicaRange>(
  threads: Threads,
  task: BundleTask,
): Promise<Range[] | null> {
  const answers = await threads.all<BundleAnswer<Range>>(task);
  const ranges: Range[] = [];
  for (const answer of answers) {
    if (answer === null) return null;
    for (const [place, range] of answer) ranges[place] = range;
  }
  if (Object.keys(ranges).length !== task.file.ranges.length) throw new Error('a range was not read');
  return ranges;
}

type Beginning = Omit<DividedFile, 'ranges' | 'next'>;

function divideFile(file: Beginning, threads: number): DividedFile {
  return {
    ...file,
    ranges: divide(file.start, file.size, threads * rangesPerThread),
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
}

/** Where the rows of a file begin; null where that cannot be seen. */
async function beginningOf({ path, format }: BundleFile): Promise<Beginning | null> {
  const stats = await stat(path, { bigint: true });
  if (!stats.isFile()) return null;
  const head = format === 'tsv' ? await headerOf(path) : { header: null, start: 0 };
  return head === null ? null : { ...identityOf(path, stats), ...head, format };
}

async function headerOf(path: string): Promise<ReturnType<typeof headerIn>> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    return headerIn(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
