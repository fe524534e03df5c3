/** Rows of locks as Locks. Rows that say the same of different data become one. */
import { formatTime } from '../../policy/index.js';
import { all, any, atom, type Cel, list, not, printed, rawString, yes } from './cel.js';
import { basename, stem } from './file-names.js';
import type { LockRow } from './locks-file.js';
import type { NameLists } from './name-lists.js';
import { type Pattern, textPattern } from './pattern.js';
import type { ReportBuilder } from './report.js';
import type { ConditionSelector } from './selector.js';
import { comments, condition, head, scalar, textList } from './yaml.js';

export interface LockOptions {
  /** Of the file the rows are from. */
  readonly path: string;
  readonly asObserved: boolean;
  /** Seconds since the epoch. */
  readonly now: number;
  /** The sites of the policies, as a condition on `s`; null where there is no policy. */
  readonly policySites: Cel | null;
  readonly names: NameLists;
  readonly report: ReportBuilder;
}

export interface LocksResult {
  /** Empty where there is no Lock. */
  readonly yaml: string;
  /** Blocks under locks that a Lock cannot express; only as observed. */
  readonly selector: ConditionSelector | null;
}

/** Data is kept "for ever" until then. */
const noEnd = Date.UTC(9999, 11, 31) / 1000;

export function locksYaml(rows: readonly LockRow[], options: LockOptions): LocksResult {
  return new LockWriter(options).write(rows);
}

class LockWriter {
  readonly #options: LockOptions;

  constructor(options: LockOptions) {
    this.#options = options;
  }

  write(rows: readonly LockRow[]): LocksResult {
    const { asObserved, path } = this.#options;
    const inForce = rows.filter((row) => asObserved || !this.#ended(row));
    const special = asObserved ? inForce.filter(needsSelector) : [];
    const plain = asObserved ? inForce.filter((row) => !needsSelector(row)) : inForce;
    const documents = this.#grouped(plain).map((group) => this.#lock(group));
    const yaml = documents.length === 0 ? '' : this.#header() + documents.join('---\n');
    if (special.length === 0) return { yaml, selector: null };
    const name = `${stem(path)}-as-observed`;
    const when = any(this.#grouped(special).map((group) => this.#selected(group, name)));
    const description = `Blocks under locks of ${basename(path)} that are limited to groups`;
    return { yaml, selector: { name, scope: 'block', when, description } };
  }

  #header(): string {
    return comments([`Imported from Dynamo's locks ${basename(this.#options.path)} by stator import dynamo.`], '');
  }

  /** Locks that have ended mean nothing here; the program never lets one end. */
  #ended({ expires, source }: LockRow): boolean {
    if (expires === null || expires > this.#options.now) return false;
    this.#options.report.dropped(source, `it ended at ${formatTime(expires)}; the program never lets a lock end`);
    return true;
  }

  #grouped(rows: readonly LockRow[]): LockRow[][] {
    const groups = new Map<string, LockRow[]>();
    for (const row of rows) {
      const { sites, groups: owners, expires, user, comment } = row;
      const key = JSON.stringify(this.#options.asObserved ? [sites, owners] : [sites, owners, expires, user, comment]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
    return [...groups.values()];
  }

  #lock(rows: readonly LockRow[]): string {
    const { asObserved, path, report } = this.#options;
    const [first] = rows as readonly [LockRow, ...LockRow[]];
    const name = `${stem(path)}-l${first.source.at.line}`;
    const blocks = rows.filter(({ block, dataset }) => block !== null && !dataset.includes('*'));
    const datasets = rows.filter((row) => !blocks.includes(row));
    const expires = asObserved ? noEnd : (first.expires ?? noEnd);
    for (const row of rows) report.carried(row.source, `Lock ${name}`, this.#remarks(row));
    const owner = first.groups !== null && !first.groups.includes('*') ? first.groups : null;
    const { comment, user } = first;
    const reason =
      (asObserved ? null : (comment ?? (user === null ? null : `Locked by ${user}`))) ?? `Locked in ${basename(path)}`;
    return (
      head('Lock', name) +
      (datasets.length === 0 ? '' : condition('datasets', this.#datasets(datasets, name), '  ')) +
      (blocks.length === 0 ? '' : textList('blocks', [...new Set(blocks.map(blockName))], '  ')) +
      (first.sites === null ? '' : condition('sites', this.#sites(first.sites), '  ')) +
      (owner === null ? '' : textList('owners', [owner], '  ')) +
      `  expires: ${formatTime(expires).replace('T00:00:00Z', '')}\n` +
      `  reason: ${scalar(reason)}\n` +
      (user === null || asObserved ? '' : `  requestedBy: ${scalar(user)}\n`)
    );
  }

  #remarks({ expires, groups, block, dataset, sites }: LockRow): string[] {
    const remarks: string[] = [];
    if (this.#options.asObserved) {
      if (expires !== null) remarks.push('the program never lets a lock end: it is kept for ever');
      return remarks;
    }
    if (expires === null) remarks.push('a lock has an end here: 9999-12-31');
    if (groups?.includes('*')) remarks.push('a Lock names its owners one by one: it holds for whoever owns the data');
    if (block !== null && dataset.includes('*')) {
      remarks.push('a Lock names blocks with their dataset: all blocks of these datasets are locked');
    }
    if (sites !== null) remarks.push('where no site matches, the program locks everywhere; here nowhere');
    return remarks;
  }

  #datasets(rows: readonly LockRow[], name: string): Cel {
    const patterns = rows.map(({ dataset }) => lockPattern(dataset));
    const plain = patterns.filter(({ kind }) => kind !== 'regex').map(({ text }) => text);
    const parts: Cel[] = [];
    if (plain.length > 0) {
      const description = `Datasets locked in ${basename(this.#options.path)}`;
      parts.push(atom(this.#options.names.matches({ scope: 'dataset', cel: 'dataset' }, plain, name, description)));
    }
    for (const { kind, text } of patterns) {
      if (kind === 'regex') parts.push(atom(`dataset.name.matches(${rawString(text)})`));
    }
    return any(parts);
  }

  /** The sites of a lock; as observed, everywhere where no site of the policy matches. */
  #sites(pattern: string): Cel {
    const found = named('site', pattern);
    if (!this.#options.asObserved) return found;
    const known = all([named('s', pattern), this.#options.policySites ?? yes]);
    return any([found, not(atom(`sites.exists(s, ${printed(known)})`))]);
  }

  /** Blocks of rows that are limited to groups, or name a block of many datasets. */
  #selected(rows: readonly LockRow[], selector: string): Cel {
    const [first] = rows as readonly [LockRow, ...LockRow[]];
    for (const row of rows) {
      this.#options.report.carried(row.source, `Selector ${selector}`, [
        'only rules that ask for locks see it, as in the program; it is no Lock, which would hold against everything',
        ...this.#remarks(row),
      ]);
    }
    const whole = rows.filter(({ block }) => block === null);
    const single = rows.filter(({ block }) => block !== null);
    const name = `${stem(this.#options.path)}-l${first.source.at.line}`;
    const what = any([
      ...(whole.length === 0 ? [] : [this.#datasets(whole, name)]),
      ...single.map((row) =>
        all([this.#datasets([row], name), atom(`block.name == ${list([row.block ?? '']).slice(1, -1)}`)]),
      ),
    ]);
    return all([what, first.sites === null ? yes : this.#sites(first.sites), this.#owners(first.groups)]);
  }

  #owners(pattern: string | null): Cel {
    if (pattern === null) return yes;
    const [quotedName = ''] = [list([pattern]).slice(1, -1)];
    if (!pattern.includes('*')) {
      return any([atom(`block.owner == ${quotedName}`), not(atom(`${quotedName} in groups`))]);
    }
    const test = (text: string): string => matching(text, lockPattern(pattern));
    return any([
      all([atom('block.owner != ""'), atom(test('block.owner'))]),
      not(atom(`groups.exists(g, ${test('g')})`)),
    ]);
  }
}

/** Groups are no part of what a Lock can find out: whether one exists, or matches. */
function needsSelector({ groups, block, dataset }: LockRow): boolean {
  return groups !== null || (block !== null && dataset.includes('*'));
}

/** A pattern only where it has a star; then `?` and classes mean something too. */
function lockPattern(text: string): Pattern {
  if (text.includes('*')) return textPattern(text);
  if (!text.includes('?')) return { kind: 'exact', text };
  return { kind: 'regex', text: `^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$` };
}

function named(site: 'site' | 's', pattern: string): Cel {
  const parsed = lockPattern(pattern);
  // A site that has no document yet is a warning in a pattern and an error in a comparison.
  if (parsed.kind === 'exact' && site === 'site') return atom(`site.name.glob(${list([pattern]).slice(1, -1)})`);
  return atom(matching(`${site}.name`, parsed));
}

function matching(cel: string, { kind, text }: Pattern): string {
  if (kind === 'regex') return `${cel}.matches(${rawString(text)})`;
  return kind === 'glob' ? `${cel}.glob(${list([text]).slice(1, -1)})` : `${cel} == ${list([text]).slice(1, -1)}`;
}

function blockName({ dataset, block }: LockRow): string {
  return `${dataset}#${block}`;
}
