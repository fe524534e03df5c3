/**
 * Locks as rows of the table `detox_locks`, separated by tabs. With a line of column names the columns may stand in any
 * order; without one they are `item`, `sites`, `groups`, `lock_date`, `expiration_date`, `user`, `dn`, `service_id`,
 * `comment`, as far as there are any, and may begin with the `id`; of four columns the last is `expiration_date`.
 */
import { parseTime } from '../../policy/index.js';
import { attempt, BrokenInput, type Findings } from './findings.js';
import type { ReportBuilder } from './report.js';
import { type InputFile, type SourceLine, textOf } from './source-text.js';

export interface LockRow {
  readonly source: SourceLine;
  /** Name or pattern of datasets. */
  readonly dataset: string;
  /** Name of a block, or null for all. */
  readonly block: string | null;
  /** Name or pattern; null: everywhere. */
  readonly sites: string | null;
  /** Name or pattern; null: whoever owns it. */
  readonly groups: string | null;
  /** Seconds since the epoch, or null. */
  readonly expires: number | null;
  readonly user: string | null;
  readonly comment: string | null;
}

const positions = ['item', 'sites', 'groups', 'lock_date', 'expiration_date', 'user', 'dn', 'service_id', 'comment'];
const synonyms: Readonly<Record<string, string>> = {
  site: 'sites',
  group: 'groups',
  expires: 'expiration_date',
  expiration: 'expiration_date',
  user_id: 'user',
  role_id: 'role',
  service: 'service_id',
  comments: 'comment',
};
const known: readonly string[] = [...positions, 'id', 'role'];

export function parseLocks(file: InputFile, findings: Findings, report: ReportBuilder): readonly LockRow[] {
  const text = textOf(file, findings);
  if (text === null) return [];
  const rows: LockRow[] = [];
  let columns: readonly string[] | null = null;
  text.split('\n').forEach((line, index) => {
    const at = { file: file.path, line: index + 1, column: 1 };
    const source: SourceLine = { at, text: line.trim(), words: [] };
    if (source.text === '') return;
    if (source.text.startsWith('#')) {
      report.dropped(source, 'a comment on locks');
      return;
    }
    const cells = line.split('\t').map((cell) => cell.trim());
    if (columns === null) {
      const named = cells.map((cell) => columnName(cell));
      columns = named.includes('item') ? named : columnsByPosition(cells);
      if (columns === named) {
        report.carried(source, 'names of the columns');
        for (const [column, cell] of cells.entries()) {
          if (known.includes(named[column] ?? '')) continue;
          const where = { ...at, column: line.indexOf(cell) + 1 };
          findings.error('unknown-column', where, `unknown column \`${cell}\`; known: ${positions.join(', ')}`);
        }
        return;
      }
    }
    const row = attempt(findings, () => parseRow(source, line, cells, columns ?? positions));
    if (row !== null) rows.push(row);
  });
  return rows;
}

function columnName(cell: string): string {
  const name = cell.toLowerCase();
  return synonyms[name] ?? name;
}

function columnsByPosition(cells: readonly string[]): readonly string[] {
  const numbered = cells.length > 1 && /^\d+$/.test(cells[0] ?? '');
  const count = cells.length - (numbered ? 1 : 0);
  const columns = count === 4 ? ['item', 'sites', 'groups', 'expiration_date'] : positions;
  return numbered ? ['id', ...columns] : columns;
}

function parseRow(source: SourceLine, line: string, cells: readonly string[], columns: readonly string[]): LockRow {
  const { at } = source;
  if (cells.length > columns.length) {
    throw new BrokenInput('bad-row', at, `the row has ${cells.length} columns, expected at most ${columns.length}`);
  }
  const cell = (name: string): string | null => {
    const value = cells[columns.indexOf(name)];
    return value === undefined || value === '' || value === '\\N' || value === 'NULL' ? null : value;
  };
  const item = cell('item');
  if (item === null) throw new BrokenInput('bad-row', at, 'the row names nothing to lock (`item`)');
  const hash = item.indexOf('#');
  if (hash === 0 || hash === item.length - 1) {
    throw new BrokenInput('bad-row', at, `\`${item}\` is no name of a block: expected dataset#block`);
  }
  const date = cell('expiration_date');
  const expires = date === null ? null : timeOf(date);
  if (expires === undefined) {
    const where = { ...at, column: line.indexOf(date ?? '') + 1 };
    throw new BrokenInput('bad-date', where, `expected a time such as 2026-06-01 12:00:00, found \`${date}\``);
  }
  return {
    source,
    dataset: hash < 0 ? item : item.slice(0, hash),
    block: hash < 0 ? null : item.slice(hash + 1),
    sites: pattern(cell('sites')),
    groups: pattern(cell('groups')),
    expires,
    user: cell('user'),
    comment: cell('comment'),
  };
}

/** `*` is everything. */
function pattern(cell: string | null): string | null {
  return cell === '*' ? null : cell;
}

/** MySQL's form in UTC, RFC 3339, a date, or Unix seconds; undefined where it is none of them. */
function timeOf(text: string): number | null | undefined {
  if (/^0000-00-00/.test(text)) return null;
  if (/^\d{5,12}$/.test(text)) return Number(text);
  return parseTime(text) ?? parseTime(`${text}Z`) ?? undefined;
}
