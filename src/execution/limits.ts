/** How much may be under way at the same time. */

export interface Limits {
  /** Transfers from or to one site. */
  readonly perSite: number;
  /** Transfers between one source and one destination. */
  readonly perLink: number;
  /** Transfers of one mover. */
  readonly perMover: number;
  /** Bytes of the transfers from or to one site that begin within an hour. */
  readonly bytesPerHourPerSite: number;
  /** The same between one source and one destination. */
  readonly bytesPerHourPerLink: number;
  /** The same by one mover. */
  readonly bytesPerHourPerMover: number;
  /** Deletions at one site. */
  readonly deletionsPerSite: number;
  /** Actions are expanded into tasks while fewer than this many wait. */
  readonly waitingTasks: number;
}

export const defaultLimits: Limits = {
  perSite: 50,
  perLink: 20,
  perMover: 500,
  bytesPerHourPerSite: Number.POSITIVE_INFINITY,
  bytesPerHourPerLink: Number.POSITIVE_INFINITY,
  bytesPerHourPerMover: Number.POSITIVE_INFINITY,
  deletionsPerSite: 200,
  waitingTasks: 20_000,
};

export function hasHourlyLimit({ bytesPerHourPerSite, bytesPerHourPerLink, bytesPerHourPerMover }: Limits): boolean {
  return Math.min(bytesPerHourPerSite, bytesPerHourPerLink, bytesPerHourPerMover) < Number.POSITIVE_INFINITY;
}

export interface Transfer {
  readonly mover: string;
  readonly source: string;
  readonly destination: string;
}

/** Seconds over which bytes are counted. */
export const hour = 3600;

/** Bytes of transfers that began together, under one of the keys of {@link keys}. */
interface Begun {
  readonly at: number;
  readonly bytes: number;
}

/** Counts what is under way and what began within the last hour, and says whether one more fits. */
export class TransferSlots {
  readonly #limits: Limits;
  readonly #counts = new Map<string, number>();
  /** In the order of time; only for what has a limit. */
  readonly #begun = new Map<string, Begun[]>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Whether a transfer may begin. One that is larger than an hour may carry begins where nothing else did.
   *
   * @param bytes its size
   * @param now seconds since the epoch
   */
  fits(transfer: Transfer, bytes: number, now: number): boolean {
    return keys(transfer).every(([key, limit, perHour]) => {
      if (this.#count(key) >= this.#limits[limit]) return false;
      const most = this.#limits[perHour];
      if (most === Number.POSITIVE_INFINITY) return true;
      const lately = this.#lately(key, now);
      return lately === 0 || lately + bytes <= most;
    });
  }

  /** Free places of a destination. */
  room(site: string): number {
    return this.#limits.perSite - this.#count(`site ${site}`);
  }

  /** Transfers from or to a site. */
  load(site: string): number {
    return this.#count(`site ${site}`);
  }

  /** Takes a place, and counts the bytes as begun at that time. */
  begin(transfer: Transfer, bytes: number, at: number): void {
    this.take(transfer);
    this.begunAt(transfer, bytes, at);
  }

  /** Takes a place for a transfer that began before, and whose bytes are counted. */
  take(transfer: Transfer): void {
    for (const [key] of keys(transfer)) this.#counts.set(key, this.#count(key) + 1);
  }

  /** Counts bytes that began at a time, whether they are still under way or not. */
  begunAt(transfer: Transfer, bytes: number, at: number): void {
    for (const [key, , perHour] of keys(transfer)) {
      if (this.#limits[perHour] === Number.POSITIVE_INFINITY) continue;
      const begun = this.#begun.get(key);
      if (begun === undefined) this.#begun.set(key, [{ at, bytes }]);
      else begun.push({ at, bytes });
    }
  }

  release(transfer: Transfer): void {
    for (const [key] of keys(transfer)) this.#counts.set(key, Math.max(0, this.#count(key) - 1));
  }

  #count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  #lately(key: string, now: number): number {
    const begun = this.#begun.get(key);
    if (begun === undefined) return 0;
    const old = begun.findIndex(({ at }) => at > now - hour);
    begun.splice(0, old < 0 ? begun.length : old);
    return begun.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

type CountLimit = 'perSite' | 'perLink' | 'perMover';
type HourLimit = 'bytesPerHourPerSite' | 'bytesPerHourPerLink' | 'bytesPerHourPerMover';

/** What a transfer counts for, with the limits of that. */
function keys(transfer: Transfer): readonly (readonly [string, CountLimit, HourLimit])[] {
  const { mover, source, destination } = transfer;
  const sites = source === destination ? [source] : [source, destination];
  return [
    ...sites.map((site) => [`site ${site}`, 'perSite', 'bytesPerHourPerSite'] as const),
    [`link ${source}\n${destination}`, 'perLink', 'bytesPerHourPerLink'],
    [`mover ${mover}`, 'perMover', 'bytesPerHourPerMover'],
  ];
}
