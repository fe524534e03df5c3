/** Subscriptions make new blocks of a dataset follow to a site. Changes of them are changes of the inventory. */
import type { Transaction } from 'kysely';
import { intern, internOwner, touchDataset, touchInventory } from './inventory-touch.js';
import type { Schema } from './schema.js';

/** Makes new blocks of a dataset follow to a site. @returns whether anything changed */
export async function openSubscription(
  trx: Transaction<Schema>,
  subscription: { readonly dataset: string; readonly site: string; readonly owner: string; readonly at: number },
): Promise<boolean> {
  const dataset = await trx
    .selectFrom('datasets')
    .select('id')
    .where('name', '=', subscription.dataset)
    .executeTakeFirst();
  if (dataset === undefined) return false;
  const site = await intern(trx, 'sites', subscription.site);
  const owner = await internOwner(trx, subscription.owner);
  const existing = await trx
    .selectFrom('subscriptions')
    .select(['owner', 'growing'])
    .where('dataset', '=', dataset.id)
    .where('site', '=', site)
    .executeTakeFirst();
  if (existing?.owner === owner && existing.growing === 1) return false;
  await touchDataset(trx, subscription.dataset);
  if (existing === undefined) {
    await trx.insertInto('subscriptions').values({ dataset: dataset.id, site, owner, growing: 1 }).execute();
  } else {
    await trx
      .updateTable('subscriptions')
      .set({ owner, growing: 1 })
      .where('dataset', '=', dataset.id)
      .where('site', '=', site)
      .execute();
  }
  await touchInventory(trx, { dataset: dataset.id, at: subscription.at, replicas: 0, bytes: 0 });
  return true;
}

/** Ends it: new blocks no longer follow. @returns whether there was one */
export async function endSubscription(
  trx: Transaction<Schema>,
  subscription: { readonly dataset: string; readonly site: string; readonly at: number },
): Promise<boolean> {
  const ended = await trx
    .deleteFrom('subscriptions')
    .where('dataset', '=', (eb) => eb.selectFrom('datasets').select('id').where('name', '=', subscription.dataset))
    .where('site', '=', (eb) => eb.selectFrom('sites').select('id').where('name', '=', subscription.site))
    .executeTakeFirst();
  if (ended.numDeletedRows === 0n) return false;
  const dataset = await touchDataset(trx, subscription.dataset);
  if (dataset === undefined) throw new Error(`${subscription.dataset} had a subscription and is not there`);
  await touchInventory(trx, { dataset, at: subscription.at, replicas: 0, bytes: 0 });
  return true;
}
