/** Occupancy over the days, per partition at a site: what tables and charts of a simulation are made from. */
import { compareBytes } from '../order.js';
import type { SimulatedDay, Watermark } from '../simulation/index.js';

export interface OccupancySeries {
  readonly site: string;
  readonly partition: string;
  /** Bytes, on the last day; null: unlimited. */
  readonly quota: number | null;
  /** Fractions of quota, one per entry of `days`; null where there is no quota. */
  readonly occupancy: readonly (number | null)[];
  /** Bytes in the partition on the last day. */
  readonly used: number;
  /**
   * The highest occupancy, and the first day that had it; null where there is no quota. How things stood before the
   * first cycle (day 0) is no work of the rules and counts only where there is nothing else.
   */
  readonly peak: { readonly occupancy: number; readonly day: number } | null;
  readonly watermark: Watermark | null;
}

/** Fullest first, then by name; those without a quota come last, most bytes first. */
export function occupancySeries(
  days: readonly SimulatedDay[],
  watermarks: readonly Watermark[],
): readonly OccupancySeries[] {
  const found = new Map<string, OccupancySeries & { readonly occupancy: (number | null)[] }>();
  days.forEach((day, index) => {
    for (const { site, partitions } of day.sites) {
      for (const line of partitions) {
        const key = `${site}\n${line.partition}`;
        const known = found.get(key);
        const occupancy = known?.occupancy ?? new Array<number | null>(days.length).fill(null);
        occupancy[index] = line.occupancy;
        const before = known?.peak?.day === 0 ? null : (known?.peak ?? null);
        const isHigher = line.occupancy !== null && line.occupancy > (before?.occupancy ?? -1);
        const peak =
          isHigher && line.occupancy !== null ? { occupancy: line.occupancy, day: day.day } : (known?.peak ?? null);
        const watermark =
          known?.watermark ??
          watermarks.find((each) => each.site === site && each.partition === line.partition) ??
          null;
        const { partition, quota, used } = line;
        found.set(key, { site, partition, quota, occupancy, used, peak, watermark });
      }
    }
  });
  return [...found.values()].sort(
    (a, b) =>
      (b.peak?.occupancy ?? -1) - (a.peak?.occupancy ?? -1) ||
      (a.peak === null ? b.used - a.used : 0) ||
      compareBytes(a.site, b.site) ||
      compareBytes(a.partition, b.partition),
  );
}
