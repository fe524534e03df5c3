/** A small world as Dynamo sees it, and the same as an inventory and documents of ours. */
import type { Inventory } from '../../scenarios/inventory.js';

export const statuses = ['UNKNOWN', 'DELETED', 'DEPRECATED', 'INVALID', 'PRODUCTION', 'VALID', 'IGNORED'] as const;

export interface DynamoSite {
  readonly name: string;
  readonly status: 'READY' | 'WAITROOM' | 'MORGUE';
  readonly storage: 'DISK' | 'MSS';
}

export interface DynamoDataset {
  readonly name: string;
  readonly status: (typeof statuses)[number];
  readonly lastUpdate: number;
  readonly lastAccess: number;
  readonly accesses: number;
  readonly usageRank: number;
  readonly demand: number;
  readonly release: string;
  readonly latest: boolean;
  readonly unknown: boolean;
  readonly tapeRequested: boolean;
  readonly copyRequested: boolean;
  readonly blocks: readonly { readonly name: string; readonly size: number }[];
  readonly replicas: readonly {
    readonly site: string;
    readonly blocks: readonly {
      readonly name: string;
      /** null: nobody. */
      readonly owner: string | null;
      readonly complete: boolean;
      readonly lastUpdate: number;
    }[];
  }[];
}

export interface DynamoWorld {
  readonly sites: readonly DynamoSite[];
  readonly groups: readonly string[];
  readonly datasets: readonly DynamoDataset[];
}

/** What is present of a block that is not complete. */
export function presentSize(size: number, complete: boolean): number {
  return complete ? size : Math.floor(size / 2);
}

export function toInventory(world: DynamoWorld): Inventory {
  return {
    subscriptions: [],
    datasets: world.datasets.map((dataset) => ({
      name: dataset.name,
      status: dataset.status,
      type: '',
      open: false,
      created: 0,
      lastUpdate: dataset.lastUpdate,
      labels: {
        release: dataset.release,
        ...(dataset.latest ? { latest_production_release: 'true' } : {}),
        ...(dataset.unknown ? { unknown_in_all_dbs: 'true' } : {}),
      },
      tapeRequested: dataset.tapeRequested,
      copyRequested: dataset.copyRequested,
      lastAccess: dataset.lastAccess,
      accesses: dataset.accesses,
      usageRank: dataset.usageRank,
      demand: dataset.demand,
    })),
    blocks: world.datasets.flatMap((dataset) =>
      dataset.blocks.map(({ name, size }) => ({
        dataset: dataset.name,
        name,
        size,
        files: 1,
        lastUpdate: dataset.lastUpdate,
      })),
    ),
    replicas: world.datasets.flatMap((dataset) =>
      dataset.replicas.flatMap((replica) =>
        replica.blocks.map((block) => ({
          dataset: dataset.name,
          block: block.name,
          site: replica.site,
          owner: block.owner ?? '',
          size: presentSize(dataset.blocks.find(({ name }) => name === block.name)?.size ?? 0, block.complete),
          complete: block.complete,
          custodial: false,
          managed: true,
          lastUpdate: block.lastUpdate,
        })),
      ),
    ),
  };
}

const states = { READY: 'ready', WAITROOM: 'down', MORGUE: 'draining' } as const;
const classes = { DISK: 'disk', MSS: 'tape' } as const;

/** What an operator declares beside the imported documents. */
export function companions(world: DynamoWorld): string {
  const documents = [
    'kind: Federation\nmetadata: { name: cms }\nspec: {}\n',
    ...world.sites.map(
      ({ name, status, storage }) =>
        `kind: Site\nmetadata: { name: ${name} }\nspec: { state: ${states[status]}, storage: ${classes[storage]} }\n`,
    ),
    ...world.groups.map((name) => `kind: Group\nmetadata: { name: ${name} }\nspec: { ownership: dataset }\n`),
  ];
  return documents.map((text) => `apiVersion: stator/v1\n${text}`).join('---\n');
}
