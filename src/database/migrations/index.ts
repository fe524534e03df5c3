/**
 * All migrations, in order. One that was released is never edited: a change of the schema is a new one.
 *
 * MySQL commits every DDL statement by itself, so each step must be able to run again after it was cut short
 * (`if not exists`).
 */
import type { Kysely } from 'kysely';
import * as inventory from './0001-inventory.js';
import * as execution from './0002-execution.js';
import * as lease from './0003-lease.js';
import * as inventoryChanges from './0004-inventory-changes.js';
import * as blockChanges from './0005-block-changes.js';
import type { ColumnTypes } from './column-types.js';

export interface MigrationStep {
  /** `NNNN-topic`; the order is that of the names. */
  readonly name: string;
  readonly up: (db: Kysely<unknown>, types: ColumnTypes) => Promise<void>;
}

export const migrations: readonly MigrationStep[] = [inventory, execution, lease, inventoryChanges, blockChanges];
