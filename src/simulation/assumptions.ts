/** What a simulation assumes about the world: nothing of it is in the desired state or the inventory. */
import type { DatasetStatus } from '../desired/state.js';
import type { Condition } from '../policy/expression.js';

/** So many bytes in so many seconds. */
export interface Rate {
  readonly bytes: number;
  readonly per: number;
}

/** New data of one sort. Where a field is null, new datasets are like the ones they are modelled on. */
export interface ArrivalStream {
  readonly name: string;
  /** `recent`: as much as was created within `templateWindow` before the clock. */
  readonly rate: Rate | 'recent';
  /** Dataset scope: which datasets new ones are modelled on; null: valid ones created within `templateWindow`. */
  readonly like: Condition | null;
  /** Site scope: where they are born. */
  readonly at: Condition | null;
  /** Name with `{n}` (a running number) and perhaps `{date}` in it. */
  readonly named: string | null;
  readonly owner: string | null;
  readonly status: DatasetStatus | null;
  /** Beside and in place of the model's. */
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly datasetSize: number | null;
  readonly blockSize: number | null;
}

export interface Throughput {
  /** Bytes per second of a link (from one site to another). */
  readonly default: number;
  /** Globs over site names; the first that matches a link says its bytes per second. */
  readonly links: readonly { readonly from: string; readonly to: string; readonly rate: number }[];
}

export interface Assumptions {
  readonly arrivals: readonly ArrivalStream[];
  /** Seconds. */
  readonly templateWindow: number;
  readonly throughput: Throughput;
  /** Seconds in which demand and accesses halve; null: they stay. */
  readonly demandHalfLife: number | null;
  /** What waits for an approval is done at once. */
  readonly approveAll: boolean;
}
