/** The names a bundle reader has met: datasets, sites, owners, and texts that repeat. */
import { checkedName, detached, quote, RowError } from './bundle-row.js';

interface KnownDataset {
  readonly name: string;
  readonly lastUpdate: number;
}

export class BundleNames {
  readonly #positions = new Map<string, number>();
  readonly #rows: KnownDataset[] = [];
  readonly #sites = new Map<string, number>();
  readonly #owners = new Map<string, number>([['', 0]]);
  readonly #texts = new Map<string, string>();
  #lastDatasetName = '';
  #lastDataset = -1;

  /** Position of a dataset, undefined where it was not met. */
  findDataset(name: string): number | undefined {
    return this.#positions.get(name);
  }

  addDataset(dataset: KnownDataset): number {
    const position = this.#rows.push({ name: dataset.name, lastUpdate: dataset.lastUpdate }) - 1;
    this.#positions.set(dataset.name, position);
    return position;
  }

  /** Changes when a dataset was last updated. */
  updateDataset(position: number, dataset: KnownDataset): void {
    this.#rows[position] = { name: dataset.name, lastUpdate: dataset.lastUpdate };
  }

  lastUpdate(position: number): number {
    return this.#rows[position]?.lastUpdate ?? 0;
  }

  /** Position of a dataset. */
  dataset(name: string): number {
    // Rows of one dataset mostly stand together.
    if (name === this.#lastDatasetName && this.#lastDataset >= 0) return this.#lastDataset;
    const position = this.#positions.get(name);
    if (position === undefined) throw new RowError(`unknown dataset ${quote(name)}`);
    this.#lastDatasetName = name;
    this.#lastDataset = position;
    return position;
  }

  datasetName(position: number): string {
    return this.#rows[position]?.name ?? '';
  }

  /** Position of a site, new or known. */
  site(name: string): number {
    const known = this.#sites.get(name);
    if (known !== undefined) return known;
    const kept = detached(checkedName('site', name));
    const position = this.#sites.size;
    if (position > 65_535) throw new RowError('more than 65536 sites');
    this.#sites.set(kept, position);
    return position;
  }

  /** Position of an owner, new or known; 0 is nobody. */
  owner(name: string): number {
    const known = this.#owners.get(name);
    if (known !== undefined) return known;
    const kept = detached(checkedName('owner', name));
    const position = this.#owners.size;
    if (position > 65_535) throw new RowError('more than 65536 owners');
    this.#owners.set(kept, position);
    return position;
  }

  /** One string for equal ones. */
  text(text: string): string {
    let kept = this.#texts.get(text);
    if (kept === undefined) {
      kept = detached(text);
      this.#texts.set(kept, kept);
    }
    return kept;
  }

  /** The same for keys and values. */
  labels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const kept: Record<string, string> = {};
    for (const [key, value] of Object.entries(labels)) {
      Object.defineProperty(kept, this.text(key), { value: this.text(value), enumerable: true });
    }
    return kept;
  }
}
