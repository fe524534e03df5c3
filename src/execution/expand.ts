/** From an action to its tasks, one per file. */
import {
  type ActionRow,
  type BlockFacts,
  blockFacts,
  blocksOf,
  changeAction,
  type FileFacts,
  filesOfBlock,
  findDataset,
  insertTasks,
  type NewTask,
} from '../database/index.js';
import { locate } from './endpoint.js';
import type { Execution } from './execution.js';

/** Why an action cannot be expanded: it is held, or there is nothing left of what it was about. */
export type Obstacle =
  | { readonly state: 'held'; readonly code: 'no-files' | 'no-endpoint' | 'no-deleter'; readonly message: string }
  | { readonly state: 'cancelled'; readonly reason: string };

/** Rows that are inserted in one transaction. */
const rowsPerTransaction = 2000;

/** Blocks of an action and their files, as the inventory has them; or what stands in the way. */
export interface Material {
  readonly dataset: number;
  readonly blocks: readonly BlockFacts[];
}

export async function materialOf(execution: Execution, action: ActionRow): Promise<Material | Obstacle> {
  const { kysely } = execution.database;
  const dataset = await findDataset(kysely, action.dataset);
  if (dataset === undefined) return { state: 'cancelled', reason: 'the dataset is not in the inventory any more' };
  const blocks = await blockFacts(kysely, dataset.id, action.site, blocksOf(action));
  if (blocks.length === 0) return { state: 'cancelled', reason: 'its blocks are not in the inventory any more' };
  return { dataset: dataset.id, blocks };
}

/** Whether every file of the blocks is known and has a place at the action's site. */
export async function obstacleOf(
  execution: Execution,
  action: ActionRow,
  blocks: readonly BlockFacts[],
): Promise<Obstacle | null> {
  const site = execution.run.sites.get(action.site);
  if (site === undefined || site.endpoints.length === 0) {
    const message = `Site ${action.site} has no endpoint: declare spec.endpoints, so that file names become URLs there`;
    return { state: 'held', code: 'no-endpoint', message };
  }
  for (const block of blocks) {
    if (block.knownFiles !== block.files) {
      const message = `the inventory knows ${block.knownFiles} of ${block.files} files of block ${block.name}: import them (\`files\` of the bundle)`;
      return { state: 'held', code: 'no-files', message };
    }
    for (const file of await filesOfBlock(execution.database.kysely, block.id, block.name)) {
      const [place] = locate(site, file.name);
      if (place === undefined) {
        const message = `no endpoint of Site ${action.site} matches ${file.name}: add one to spec.endpoints`;
        return { state: 'held', code: 'no-endpoint', message };
      }
      if (action.type === 'delete' && execution.plugins.deleterFor(place.url) === undefined) {
        const message = `no plugin deletes ${place.protocol} URLs (Site ${action.site}): configure one under \`plugins\``;
        return { state: 'held', code: 'no-deleter', message };
      }
    }
  }
  return null;
}

/** Records the tasks of an action, and that it has them. What an interrupted expansion left is replaced. */
export async function insertTasksOf(
  execution: Execution,
  action: ActionRow,
  blocks: readonly BlockFacts[],
): Promise<void> {
  const { database } = execution;
  const site = execution.run.sites.get(action.site);
  await execution.write((trx) => trx.deleteFrom('tasks').where('action', '=', action.id).execute());
  let rows: NewTask[] = [];
  let seq = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const batch = rows;
    rows = [];
    await execution.write((trx) => insertTasks(trx, batch));
  };
  for (const block of blocks) {
    for (const file of await filesOfBlock(database.kysely, block.id, block.name)) {
      const place = site === undefined ? undefined : locate(site, file.name)[0];
      bytes += file.size;
      rows.push(newTask(action, ++seq, file, place?.url ?? '', place?.root ?? null));
      if (rows.length >= rowsPerTransaction) await flush();
    }
  }
  await flush();
  const state = action.type === 'delete' ? 'running' : 'ready';
  await execution.write((trx) => changeAction(trx, action.id, { expanded: 1, state }));
  execution.addWork(seq, bytes);
}

function newTask(action: ActionRow, seq: number, file: FileFacts, url: string, root: string | null): NewTask {
  return {
    id: `${action.id}-${seq}`,
    action: action.id,
    seq,
    type: action.type === 'delete' ? 'delete' : 'copy',
    dataset: action.dataset,
    block: file.block,
    file: file.name,
    size: file.size,
    adler32: file.adler32,
    md5: file.md5,
    sha256: file.sha256,
    site: action.site,
    url,
    root,
    source_site: null,
    source_url: null,
    source_root: null,
    state: 'ready',
    priority: action.priority,
    attempts: 0,
    not_before: 0,
    idempotency_key: null,
    batch: null,
    plugin: null,
    external_id: null,
    submitted_at: null,
    finished: null,
    errors: '[]',
    failed_sources: '{}',
  };
}
