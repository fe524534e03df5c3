/**
 * The policy lint, as far as it takes an inventory: rules that match nothing, that are past their end, or that are at odds
 * with each other over the data there is. It changes nothing, and must stay cheap beside the plan that it comments on
 * (`docs/lint.md`).
 */
import { lintConflicts } from './conflicts.js';
import { lintEnded } from './ended.js';
import { lintLabels } from './labels.js';
import type { LintInput } from './lint-input.js';
import { lintMatches } from './matches.js';
import { lintSelectors } from './selectors.js';

export function lintPlan(input: LintInput): void {
  lintEnded(input);
  lintConflicts(input);
  // Of an inventory without datasets there is nothing to say.
  if (input.world.snapshot.datasets.count === 0) return;
  lintMatches(input);
  lintSelectors(input);
  lintLabels(input);
}
