/** What a measurement gives: numbers, some of them in groups; and the middle of several runs. */
export type Figures = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** Figure by figure; what is not in all runs is left out. */
export function medianFigures(runs: readonly Figures[]): Figures {
  const [first = {}] = runs;
  const result: Record<string, number | Readonly<Record<string, number>>> = {};
  for (const [name, value] of Object.entries(first)) {
    const all = runs.map((run) => run[name]);
    if (typeof value === 'number') {
      const numbers = all.filter((each) => typeof each === 'number');
      if (numbers.length === runs.length) result[name] = median(numbers);
    } else {
      const groups = all.filter((each) => typeof each === 'object');
      // A group holds numbers only.
      if (groups.length === runs.length) result[name] = medianFigures(groups) as Readonly<Record<string, number>>;
    }
  }
  return result;
}

/** The middle one; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** `phases.load`, or a figure that is in no group; null where there is none. */
export function figureAt(figures: Figures | undefined, path: string): number | null {
  const [name = '', inner] = path.split('.');
  const value = figures?.[name];
  if (inner === undefined) return typeof value === 'number' ? value : null;
  return typeof value === 'object' ? (value[inner] ?? null) : null;
}
