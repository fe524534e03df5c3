/** What the lint looks at: a plan that is made. */
import type { CopyPlan } from '../copies.js';
import type { Diagnoses } from '../diagnoses.js';
import type { Exclusions } from '../exclusions.js';
import type { Needs } from '../needs.js';
import type { Retirement } from '../retention/retire.js';
import type { World } from '../world.js';

export interface LintInput {
  readonly world: World;
  readonly retirement: Retirement;
  readonly exclusions: Exclusions;
  readonly needs: Needs;
  readonly copies: CopyPlan;
  readonly diagnoses: Diagnoses;
}

/** `a, b, c and 4 more`. */
export function someOf(names: readonly string[], shown = 5): string {
  const more = names.length - shown;
  return `${names.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
