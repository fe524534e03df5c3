/** Figures of the inventory in the database. */
import type { Snapshot } from '../snapshot/index.js';
import type { Database } from './connection.js';
import { type RawReader, type RawRow, wholeNumber, withConsistentRead } from './raw-reader.js';

export interface InventoryStats {
  readonly generation: number;
  readonly completeness: Snapshot['completeness'];
  /** When the inventory was last changed, seconds since the epoch; 0: never. */
  readonly updatedAt: number;
  readonly datasets: number;
  readonly blocks: number;
  /** Known files: an inventory may have none. */
  readonly files: number;
  /** Datasets at sites. */
  readonly replicas: number;
  /** Blocks at sites. */
  readonly blockReplicas: number;
  /** Present bytes of all copies. */
  readonly bytes: number;
  readonly subscriptions: number;
  readonly sites: readonly SiteStats[];
  readonly owners: readonly OwnerStats[];
  readonly statuses: readonly StatusStats[];
}

export interface SiteStats {
  readonly site: string;
  /** Datasets. */
  readonly replicas: number;
  readonly blocks: number;
  readonly bytes: number;
  /** Datasets with a block that is not complete there. */
  readonly incomplete: number;
}

export interface OwnerStats {
  /** The empty string: nobody. */
  readonly owner: string;
  /** Block replicas. */
  readonly blocks: number;
  readonly bytes: number;
}

export interface StatusStats {
  readonly status: string;
  readonly datasets: number;
  readonly blocks: number;
  /** Every block once. */
  readonly bytes: number;
}

/** All lists are sorted by name. Bytes beyond 2^53 are rounded to what a number holds. */
export async function inventoryStats(db: Database): Promise<InventoryStats> {
  return withConsistentRead(db, async (reader) => {
    const [state] = await all(
      reader,
      'select generation, completeness, reason, updated_at, block_replicas, bytes from inventory_state where id = 1',
    );
    const sites = await all(
      reader,
      `select s.name, count(*), sum(p.blocks), sum(p.bytes), sum(case when p.complete < p.blocks then 1 else 0 end)
       from (select b.dataset as dataset, r.site as site, count(*) as blocks, sum(r.size) as bytes,
               sum(r.complete) as complete
             from block_replicas r join blocks b on b.id = r.block group by b.dataset, r.site) p
       join sites s on s.id = p.site group by s.id, s.name order by s.name`,
    );
    const owners = await all(
      reader,
      `select coalesce(o.name, ''), p.blocks, p.bytes
       from (select owner, count(*) as blocks, sum(size) as bytes from block_replicas group by owner) p
       left join owners o on o.id = p.owner order by 1`,
    );
    const statuses = await all(
      reader,
      `select d.status, count(*), sum(p.blocks), sum(p.bytes)
       from datasets d left join
         (select dataset, count(*) as blocks, sum(size) as bytes from blocks group by dataset) p on p.dataset = d.id
       group by d.status order by d.status`,
    );
    const statusStats = statuses.map(
      (row): StatusStats => ({
        status: String(row[0]),
        datasets: wholeNumber(row[1]),
        blocks: wholeNumber(row[2]),
        bytes: wholeNumber(row[3]),
      }),
    );
    const siteStats = sites.map(
      (row): SiteStats => ({
        site: String(row[0]),
        replicas: wholeNumber(row[1]),
        blocks: wholeNumber(row[2]),
        bytes: wholeNumber(row[3]),
        incomplete: wholeNumber(row[4]),
      }),
    );
    return {
      generation: wholeNumber(state?.[0]),
      completeness:
        state?.[1] === 'complete'
          ? { state: 'complete' }
          : { state: 'partial', reason: String(state?.[2] ?? 'unknown') },
      updatedAt: wholeNumber(state?.[3]),
      datasets: statusStats.reduce((sum, row) => sum + row.datasets, 0),
      blocks: statusStats.reduce((sum, row) => sum + row.blocks, 0),
      files: await count(reader, 'files'),
      replicas: siteStats.reduce((sum, row) => sum + row.replicas, 0),
      blockReplicas: wholeNumber(state?.[4]),
      bytes: wholeNumber(state?.[5]),
      subscriptions: await count(reader, 'subscriptions'),
      sites: siteStats,
      owners: owners.map(
        (row): OwnerStats => ({ owner: String(row[0]), blocks: wholeNumber(row[1]), bytes: wholeNumber(row[2]) }),
      ),
      statuses: statusStats,
    };
  });
}

async function all(reader: RawReader, sql: string): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  await reader.each(sql, [], (row) => rows.push(row));
  return rows;
}

async function count(reader: RawReader, table: string): Promise<number> {
  const [row] = await all(reader, `select count(*) from ${table}`);
  return wholeNumber(row?.[0]);
}
