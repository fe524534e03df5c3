/** Figures of the inventory, as `stator inventory stats` and reports see them. */
export type { InventoryStats, OwnerStats, SiteStats, StatusStats } from '../database/inventory-stats.js';
