/** `--decisions FILE`: what each rule of each Retention decided of each replica before anything was deleted. */
import { compareBytes } from '../order.js';
import type { DecisionRow } from '../planning/plan.js';

export const decisionsHeader = 'retention\tsite\tdataset\trule\tdecision\tblocks\tbytes';

/** The header and one line per row, sorted bytewise by the columns from left to right. */
export function* decisionsTsv(rows: readonly DecisionRow[]): Generator<string> {
  yield `${decisionsHeader}\n`;
  for (const row of [...rows].sort(compareRows)) {
    yield `${row.retention}\t${row.site}\t${row.dataset}\t${row.rule}\t${row.decision}\t${row.blocks}\t${row.bytes}\n`;
  }
}

function compareRows(a: DecisionRow, b: DecisionRow): number {
  return (
    compareBytes(a.retention, b.retention) ||
    compareBytes(a.site, b.site) ||
    compareBytes(a.dataset, b.dataset) ||
    compareBytes(a.rule, b.rule) ||
    compareBytes(a.decision, b.decision) ||
    // Bytewise also for figures, so that `sort` with LC_ALL=C agrees.
    compareBytes(String(a.blocks), String(b.blocks)) ||
    compareBytes(String(a.bytes), String(b.bytes))
  );
}
