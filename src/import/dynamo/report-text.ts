/** The report for people and for programs. */
import type { ImportReport, Outcome, ReportLine } from './report.js';

const words: Readonly<Record<Outcome, string>> = {
  carried: 'carried',
  'carried-with-difference': 'carried, differs',
  'not-carried': 'not carried',
};

/** `all` tells every line; otherwise only those that were not carried as they are. */
export function reportText(report: ImportReport, which: 'all' | 'notable'): string {
  const told = report.lines.filter(({ outcome }) => which === 'all' || outcome !== 'carried');
  const lines = told.flatMap(lineText);
  if (lines.length > 0) lines.push('');
  for (const note of report.notes) lines.push(`note: ${note}`);
  return `${[...lines, countsText(report)].join('\n')}\n`;
}

function lineText({ file, line, column, text, outcome, became, remarks }: ReportLine): string[] {
  const target = became === null ? '' : ` -> ${became}`;
  return [
    `${file}:${line}:${column}: ${words[outcome]}${target}: ${text}`,
    ...remarks.map((remark) => `    ${remark}`),
  ];
}

function countsText({ mode, clock, counts, files }: ImportReport): string {
  const how = mode === 'as-meant' ? 'as they were meant' : 'as the program was observed to work';
  const figures = [
    `${counts.carried} lines carried`,
    `${counts['carried-with-difference']} with a difference`,
    `${counts['not-carried']} not carried`,
  ];
  return `${figures.join(', ')}; rules ${how}, dates as of ${clock}; ${files.length} files`;
}

export function reportJson(report: ImportReport): string {
  return `${JSON.stringify({ apiVersion: 'stator/v1', kind: 'ImportReport', ...report }, null, 2)}\n`;
}
