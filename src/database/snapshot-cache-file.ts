/** The file of a snapshot cache. */
import { UnusableCache, withCacheFile } from '../cache-file.js';
import {
  type ContentKey,
  contentKey,
  decodeSnapshot,
  partLengths,
  preludeBytes,
  type SnapshotColumns,
  UnusableColumnFile,
} from '../snapshot/index.js';

/** An open cache of which the head was read. */
export interface OpenedCache {
  readonly key: ContentKey;
  /** @throws UnusableColumnFile where the file is not what was once written */
  columns(): Promise<SnapshotColumns>;
}

/**
 * Hands an existing cache to `work`.
 *
 * @returns what `work` returned, or why the file cannot be used: whatever is wrong with it, that is no error
 */
export async function withSnapshotCache<T>(
  path: string,
  work: (cache: OpenedCache) => Promise<T>,
): Promise<{ readonly result: T } | { readonly unusable: string }> {
  try {
    return await withCacheFile(path, async ({ size, read }) => {
      const prelude = await read(0, Math.min(preludeBytes, size));
      const lengths = partLengths(prelude, size);
      const head = await read(preludeBytes, lengths.head);
      const columns = async () => {
        const numbers = await read(preludeBytes + lengths.head, lengths.numbers);
        const text = await read(preludeBytes + lengths.head + lengths.numbers, lengths.text);
        return decodeSnapshot({ prelude, head, numbers, text });
      };
      return { result: await work({ key: contentKey(head), columns }) };
    });
  } catch (error) {
    if (error instanceof UnusableColumnFile || error instanceof UnusableCache) return { unusable: error.message };
    throw error;
  }
}
