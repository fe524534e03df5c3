/** What a thread runs: reads parts of the files of a bundle into columns. */
import type { Buffer } from 'node:buffer';
import { parentPort } from 'node:worker_threads';
import { BlockRangeReader } from '../snapshot/block-range.js';
import { RowError } from '../snapshot/bundle-row.js';
import { ReplicaRangeReader } from '../snapshot/replica-range.js';
import type { BundleTask, DividedFile } from './bundle-tasks.js';
import { IndivisibleFile, readRange } from './file-range.js';
import { buffersOf } from './threads.js';

interface RangeReader<Range> {
  read(lines: Buffer, first: boolean): void;
  finish(): Range;
}

parentPort?.on('message', (task: BundleTask) => {
  const { file } = task;
  const ranges =
    task.kind === 'blocks'
      ? readRanges(file, () => new BlockRangeReader(file.format, file.header))
      : readRanges(file, () => new ReplicaRangeReader(file.format, file.header, task.known));
  parentPort?.postMessage(ranges, buffersOf(ranges));
});

/** Takes ranges for as long as there are any. */
function readRanges<Range>(file: DividedFile, makeReader: () => RangeReader<Range>): [number, Range][] | null {
  try {
    const reader = makeReader();
    const done: [number, Range][] = [];
    for (;;) {
      const place = Atomics.add(file.next, 0, 1);
      const range = file.ranges[place];
      if (range === undefined) return done;
      let first = range.from === 0;
      readRange(file, file.start, range, (lines) => {
        reader.read(lines, first);
        first = false;
      });
      done.push([place, reader.finish()]);
    }
  } catch (error) {
    const unusual = error instanceof RowError || error instanceof IndivisibleFile || isSystemError(error);
    if (!unusual) throw error;
    // The others need not go on.
    Atomics.store(file.next, 0, file.ranges.length);
    return null;
  }
}

/** A file that is gone, or cannot be read. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
