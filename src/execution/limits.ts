/** How much may be under way at the same time. */

export interface Limits {
  /** Transfers from or to one site. */
  readonly perSite: number;
  /** Transfers between one source and one destination. */
  readonly perLink: number;
  /** Transfers of one mover. */
  readonly perMover: number;
  /** Deletions at one site. */
  readonly deletionsPerSite: number;
  /** Actions are expanded into tasks while fewer than this many wait. */
  readonly waitingTasks: number;
}

export const defaultLimits: Limits = {
  perSite: 50,
  perLink: 20,
  perMover: 500,
  deletionsPerSite: 200,
  waitingTasks: 20_000,
};

interface Transfer {
  readonly mover: string;
  readonly source: string;
  readonly destination: string;
}

/** Counts what is under way, and says whether one more fits. */
export class TransferSlots {
  readonly #limits: Limits;
  readonly #counts = new Map<string, number>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  fits(transfer: Transfer): boolean {
    return keys(transfer).every(([key, limit]) => this.#count(key) < this.#limits[limit]);
  }

  /** Free places of a destination. */
  room(site: string): number {
    return this.#limits.perSite - this.#count(`site ${site}`);
  }

  /** Transfers from or to a site. */
  load(site: string): number {
    return this.#count(`site ${site}`);
  }

  take(transfer: Transfer): void {
    for (const [key] of keys(transfer)) this.#counts.set(key, this.#count(key) + 1);
  }

  release(transfer: Transfer): void {
    for (const [key] of keys(transfer)) this.#counts.set(key, Math.max(0, this.#count(key) - 1));
  }

  #count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}

function keys(transfer: Transfer): readonly (readonly [string, 'perSite' | 'perLink' | 'perMover'])[] {
  const { mover, source, destination } = transfer;
  const sites = source === destination ? [source] : [source, destination];
  return [
    ...sites.map((site) => [`site ${site}`, 'perSite'] as const),
    [`link ${source}\n${destination}`, 'perLink'],
    [`mover ${mover}`, 'perMover'],
  ];
}
