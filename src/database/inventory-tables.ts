/**
 * Types of the inventory tables (`migrations/0001-inventory.ts` makes them).
 *
 * Names of sites, owners, datasets and blocks are interned: other tables hold integer ids. The ids mean nothing outside
 * the database and change with every import that replaces the inventory.
 */
import type { Generated } from 'kysely';

/** 0 or 1: SQLite has no booleans. */
export type Flag = number;

export interface InventoryTables {
  sites: { id: Generated<number>; name: string };
  owners: { id: Generated<number>; name: string };
  datasets: {
    id: number;
    name: string;
    status: string;
    type: string;
    open: Flag;
    created: number;
    last_update: number;
    tape_requested: Flag;
    copy_requested: Flag;
    /** JSON object of strings, keys sorted bytewise; an absent label has no key. */
    labels: string;
    /** Incremented by every transaction that changes replicas of the dataset, so that two of them conflict. */
    version: Generated<number>;
  };
  /** Popularity; a dataset without a row was never used. */
  dataset_usage: { dataset: number; last_access: number; accesses: number; usage_rank: number; demand: number };
  blocks: {
    id: number;
    dataset: number;
    /** Without the dataset's. */
    name: string;
    size: number;
    /** How many files it has; the `files` table may know fewer, or none. */
    files: number;
    open: Flag;
    last_update: number;
  };
  files: {
    block: number;
    name: string;
    size: number;
    adler32: string | null;
    md5: string | null;
    sha256: string | null;
  };
  block_replicas: {
    block: number;
    site: number;
    /** 0: nobody. */
    owner: number;
    /** Present bytes. */
    size: number;
    complete: Flag;
    custodial: Flag;
    managed: Flag;
    last_update: number;
  };
  /** Which files an incomplete block replica has, where the source said so. */
  block_replica_files: { block: number; site: number; name: string };
  subscriptions: { dataset: number; site: number; owner: number; growing: Flag };
  /** One row, id 1. */
  inventory_state: {
    id: number;
    /** Incremented by every transaction that changes the inventory. */
    generation: number;
    completeness: 'complete' | 'partial';
    /** Why it is partial; null when complete. */
    reason: string | null;
    /** Digest of the imported content; says something only while `digest_generation` is the generation. */
    digest: string | null;
    digest_generation: number | null;
    block_replicas: number;
    /** Present bytes of all block replicas. Exact in the database; above 2^53 a driver may hand it out as a string. */
    bytes: number | string;
    /** The generation up to which a person accepted that the inventory shrank, or null. */
    shrink_accepted: number | null;
    updated_at: number;
  };
  /**
   * The change log (see `change-log.ts`): what each of the last generations changed. Every generation has at least one
   * row, unless somebody changed the inventory who does not keep the log.
   */
  inventory_changes: {
    generation: number;
    /** 0: no dataset; then the row only says that this generation was there. */
    dataset: number;
    /** 0: anything of the dataset; otherwise nothing but replicas of this block. */
    block: Generated<number>;
    /** Random; the same in all rows of a generation. Two generations with the same number and token are the same. */
    token: string;
  };
  /** One row, id 1, locked while an import runs on MySQL. */
  inventory_lock: { id: number };
}
