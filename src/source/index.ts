/**
 * Where the desired state comes from: a git repository, fetched bare and read from its objects without a work tree, or
 * a directory.
 *
 * What cannot be read is an error, never an empty desired state. Nothing that stands in a repository reaches git as an
 * option, a URL or a path of this machine; links and submodules are refused.
 */
export { isAncestor, type LineOrigin, originOfLine } from './commit.js';
export { readDirectory } from './directory.js';
export { DocumentStore, type DocumentStoreOptions } from './document-store.js';
export { fetchRepository, type RepositoryLocation, readFetchedCommit } from './fetch-repository.js';
export { originOfLines } from './origin-of-lines.js';
export { commitOf, repositoryDirectory } from './repository.js';
export { maskCredentials } from './repository-url.js';
export type { SourceTree } from './source-tree.js';
