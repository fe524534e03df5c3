/**
 * A digest of the content of an inventory that does not depend on the order of its rows: the sum of the SHA-256 of all
 * rows, lane by lane. Two imports with the same digest bring the same inventory.
 */
import { hash } from 'node:crypto';
import { compareBytes } from '../order.js';
import type { BlockRow, DatasetRow, FileRow, ReplicaRow, SubscriptionRow, UsageRow } from '../snapshot/index.js';

/** Sums stay below 2^53 for this many rows; then they are reduced. */
const reduceEvery = 2 ** 20;
const laneSize = 2 ** 48;

export class ContentDigest {
  /** Eight lanes of three bytes each. */
  readonly #lanes = new Float64Array(8);
  #rows = 0;

  dataset(row: DatasetRow): void {
    this.#add(
      `d\n${row.name}\n${row.status}\n${row.type}\n${row.open}\n${row.created}\n${row.lastUpdate}\n${row.tapeRequested}\n${row.copyRequested}\n${canonicalLabels(row.labels)}`,
    );
  }

  usage(name: string, row: UsageRow): void {
    this.#add(`u\n${name}\n${row.lastAccess}\n${row.accesses}\n${row.usageRank}\n${row.demand}`);
  }

  block(row: BlockRow): void {
    this.#add(`b\n${row.datasetName}\n${row.name}\n${row.size}\n${row.files}\n${row.open}\n${row.lastUpdate}`);
  }

  file(row: FileRow): void {
    this.#add(
      `f\n${row.datasetName}\n${row.blockName}\n${row.name}\n${row.size}\n${row.adler32}\n${row.md5}\n${row.sha256}`,
    );
  }

  replica(row: ReplicaRow): void {
    this.#add(
      `r\n${row.datasetName}\n${row.blockName}\n${row.siteName}\n${row.ownerName}\n${row.size}\n${row.complete}\n${row.custodial}\n${row.lastUpdate}\n${row.fileNames === null ? '' : row.fileNames.join('\n')}`,
    );
  }

  subscription(row: SubscriptionRow): void {
    this.#add(`s\n${row.datasetName}\n${row.siteName}\n${row.ownerName}\n${row.growing}`);
  }

  hex(): string {
    this.#reduce();
    return hash('sha256', `${this.#rows}\n${this.#lanes.join('\n')}`, 'hex');
  }

  #add(text: string): void {
    const digest = hash('sha256', text, 'binary');
    const lanes = this.#lanes;
    for (let lane = 0; lane < 8; lane++) {
      const from = lane * 3;
      lanes[lane] =
        (lanes[lane] as number) +
        (digest.charCodeAt(from) | (digest.charCodeAt(from + 1) << 8) | (digest.charCodeAt(from + 2) << 16));
    }
    if (++this.#rows % reduceEvery === 0) this.#reduce();
  }

  #reduce(): void {
    for (let lane = 0; lane < 8; lane++) this.#lanes[lane] = (this.#lanes[lane] as number) % laneSize;
  }
}

/** Labels as JSON with sorted keys: how they are stored, and one form for equal ones. */
export function canonicalLabels(labels: Readonly<Record<string, string>>): string {
  const keys = Object.keys(labels);
  if (keys.length === 0) return '{}';
  // As entries, because a key like "12" would move to the front of an object.
  return `{${keys
    .sort(compareBytes)
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(labels[key])}`)
    .join(',')}}`;
}
