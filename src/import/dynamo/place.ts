/** Where a condition stands, and what is said of it. */
import type { Variable } from './vocabulary.js';

/** What is said of a line while it is carried over. */
export interface Remarks {
  add(text: string): void;
}

export interface Place {
  /** What a Selector is called that a long list of the line becomes. */
  readonly listName: string;
  readonly remarks: Remarks;
  /** How the block and the site are called here: `block` and `site`, or the variable of a comprehension. */
  readonly block?: string;
  readonly site?: string;
}

/** The variable as one reads it here: `dataset.name`, `b.owner`. */
export function thingOf({ level, field }: Variable, place: Place): string {
  if (level === 'block') return `${place.block ?? 'block'}.${field}`;
  if (level === 'site') return `${place.site ?? 'site'}.${field}`;
  return `${level}.${field}`;
}
