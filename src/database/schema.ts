/**
 * The tables, as Kysely sees them. Each group of tables is declared beside the code that owns it and joined here.
 *
 * Columns are snake_case in both dialects. Flags are 0 or 1, times seconds since the epoch (fractions to the
 * millisecond), sizes bytes. Names compare bytewise.
 */
import type { ExecutionTables } from './execution-tables.js';
import type { InventoryTables } from './inventory-tables.js';
import type { LeaseTables } from './lease-tables.js';

export interface Schema extends InventoryTables, ExecutionTables, LeaseTables {}
