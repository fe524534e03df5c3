/** The inventory in memory: immutable sorted columns, and the builder that makes them from rows in any order. */
export * from './builder.js';
export * from './bundle.js';
export * from './bundle-columns.js';
export { BlockTable } from './bundle-lookup.js';
export { readBundle } from './bundle-reader.js';
export { BundleSnapshotSink } from './bundle-snapshot.js';
export { at, flagAt, floatAt, intAt, nameAt, shortAt } from './column.js';
export {
  type ColumnFileParts,
  type ContentKey,
  contentKey,
  type PartLengths,
  partLengths,
  preludeBytes,
  UnusableColumnFile,
} from './column-file.js';
export { findName } from './find-name.js';
export { datasetsCopied, replaceDatasets } from './replace-datasets.js';
export * from './snapshot.js';
export * from './snapshot-file.js';
