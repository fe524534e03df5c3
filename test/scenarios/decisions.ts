/** The decisions file as lines: retention, site, dataset, rule, decision, blocks, bytes. */
import type { PlanResult } from '../../src/planning/index.js';

export function decisionsOf(result: PlanResult): string[] {
  return result.decisions.map((row) =>
    [row.retention, row.site, row.dataset, row.rule, row.decision, row.blocks, row.bytes].join(' '),
  );
}
