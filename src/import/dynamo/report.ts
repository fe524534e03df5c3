/** What became of every line of the input. */
import type { Position } from '../../error.js';
import { compareBytes } from '../../order.js';
import type { SourceLine } from './source-text.js';

export type Outcome = 'carried' | 'carried-with-difference' | 'not-carried';

export interface ReportLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** As it stands in the input. */
  readonly text: string;
  readonly outcome: Outcome;
  /** What it became, e.g. `Retention physics, rule l12`; null where it was not carried. */
  readonly became: string | null;
  /** Which differences there are, or why it was not carried. */
  readonly remarks: readonly string[];
}

export interface ImportReport {
  readonly mode: 'as-meant' | 'as-observed';
  /** RFC 3339: what dates of the input were relative to. */
  readonly clock: string;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Files written, relative to the output directory. */
  readonly files: readonly string[];
  /** What concerns the import as a whole. */
  readonly notes: readonly string[];
  /** By file in the order given, line and column. */
  readonly lines: readonly ReportLine[];
}

export class ReportBuilder {
  readonly #lines: ReportLine[] = [];
  readonly notes: string[] = [];

  /** A line that was carried; with remarks, with a difference. */
  carried(source: SourceLine, became: string, remarks: readonly string[] = []): void {
    this.#add(source, remarks.length === 0 ? 'carried' : 'carried-with-difference', became, remarks);
  }

  dropped(source: SourceLine, reason: string): void {
    this.#add(source, 'not-carried', null, [reason]);
  }

  #add({ at, text }: SourceLine, outcome: Outcome, became: string | null, remarks: readonly string[]): void {
    const unique = [...new Set(remarks)];
    this.#lines.push({ ...place(at), text, outcome, became, remarks: unique });
  }

  /** @param files in the order in which their lines are told */
  finish(files: readonly string[], rest: Pick<ImportReport, 'mode' | 'clock' | 'files'>): ImportReport {
    const rank = new Map(files.map((file, index) => [file, index]));
    const lines = [...this.#lines].sort(
      (a, b) =>
        (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) ||
        compareBytes(a.file, b.file) ||
        a.line - b.line ||
        a.column - b.column,
    );
    const counts = { carried: 0, 'carried-with-difference': 0, 'not-carried': 0 };
    for (const { outcome } of lines) counts[outcome]++;
    const { mode, clock, files: written } = rest;
    return { mode, clock, counts, files: written, notes: [...new Set(this.notes)], lines };
  }
}

function place({ file, line, column }: Position): Pick<ReportLine, 'file' | 'line' | 'column'> {
  return { file, line, column };
}
