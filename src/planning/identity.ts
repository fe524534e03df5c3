/**
 * The identity of an action (invariant I8): type, dataset, site, owner, its blocks, and the epoch, which is how many
 * actions of the same key have finished. Planning again while an action is open gives the same id, so that it is one.
 */
import { hash } from 'node:crypto';
import type { ActionType } from '../snapshot/snapshot.js';
import { quoted } from './canonical-json.js';

/** 64 hex digits. `blocks` must be sorted; null is the whole dataset replica. */
export function actionKey(
  type: ActionType,
  dataset: string,
  site: string,
  owner: string,
  blocks: readonly string[] | null,
): string {
  const what = blocks === null ? 'all' : sha256(blocks.join('\n'));
  // The JSON of a list of these.
  return sha256(`["${type}",${quoted(dataset)},${quoted(site)},${quoted(owner)},"${what}"]`);
}

/** 32 hex digits. */
export function actionId(key: string, epoch: number): string {
  return sha256(`${key}:${epoch}`).slice(0, 32);
}

export function sha256(text: string): string {
  return hash('sha256', text);
}
