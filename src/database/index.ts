/**
 * The database: where the inventory, the actions and the loop's memory live.
 *
 * One schema on SQLite and on MySQL/MariaDB. Other folders import from here only.
 */

export * from './actions.js';
export { BundleError } from './bundle-problems.js';
export { type Database, type DatabaseOptions, type Dialect, openDatabase } from './connection.js';
export * from './cycles.js';
export type { ActionState, TaskState } from './execution-tables.js';
export { type ExportOptions, type ExportResult, exportBundle } from './export-bundle.js';
export { type ImportOptions, type ImportResult, importBundle } from './import-bundle.js';
export {
  type BlockReplicaState,
  completeBlockReplicas,
  type ReplicaChange,
  reassignBlockReplicas,
  removeBlockReplicas,
  setBlockReplicas,
} from './inventory-changes.js';
export {
  type InventoryStats,
  inventoryStats,
  type OwnerStats,
  type SiteStats,
  type StatusStats,
} from './inventory-stats.js';
export * from './lease.js';
export { type LoadOptions, loadSnapshot } from './load-snapshot.js';
export * from './loop-memory.js';
export { type MigrationStatus, migrate, migrationStatus, requireMigrated } from './migrate.js';
export { type BundleSnapshotOptions, readBundleSnapshot, readBundleWithThreads } from './read-bundle-snapshot.js';
export * from './replica-facts.js';
export { absenceError, isAbsence, isRetryable } from './retry.js';
export type { Schema } from './schema.js';
export { SnapshotStore, type SnapshotStoreOptions } from './snapshot-store.js';
export { endSubscription, openSubscription } from './subscription-changes.js';
export * from './tasks.js';
