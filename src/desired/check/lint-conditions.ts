/** Conditions that can never hold, and conditions that take data for old that was never accessed. */
import {
  type Alternative,
  type Atom,
  type Condition,
  contradictionIn,
  datasetStatuses,
  type Root,
  variableByPath,
} from '../../policy/index.js';
import type { ExpressionUse } from '../compilation.js';
import { Fields } from '../fields.js';
import type { FieldPath } from '../parsed-document.js';
import type { Lint } from './lint.js';

/** Fields whose condition says what a document is about: one that never holds makes it say nothing. */
const selecting = new Set(['when', 'datasets', 'sites', 'to', 'from', 'match']);

/** Where `false` means something: switched off, or never done. */
const mayNeverHold = new Set(['PolicyTest']);

export function lintConditions(lint: Lint): void {
  const contexts = new Contexts(lint);
  for (const use of lint.compilation.uses) {
    const { document, path, expression } = use;
    if (expression.type !== 'bool' || mayNeverHold.has(document.kind)) continue;
    if (!selecting.has(String(path.at(-1)))) continue;
    if (expression.consistent && !mayMatter(use)) continue;
    const condition = expression as Condition;
    const fields = new Fields(document, lint.compilation);
    lintContradictions(lint, fields, path, lint.outline(condition), contexts.of(use));
    if (concernsOldData(use, lint)) lintLastAccess(lint, fields, path, lint.outline(condition));
  }
}

/** Whether a condition that does not contradict itself has to be looked at: for what holds besides, or for old data. */
function mayMatter({ document, path, expression: { reads } }: ExpressionUse): boolean {
  if (document.kind === 'Retention' && path.at(-1) === 'when') return true;
  if (document.kind === 'Placement' && path.at(-1) === 'datasets' && reads.has('dataset.status')) return true;
  for (const variable of lastAccess) if (reads.has(variable)) return true;
  return false;
}

/** What holds besides, wherever a condition is asked. */
interface Context {
  readonly atoms: Alternative;
  /** Where it is written, for people. */
  readonly from: string;
}

function lintContradictions(
  lint: Lint,
  fields: Fields,
  path: FieldPath,
  alternatives: readonly Alternative[],
  contexts: readonly Context[],
): void {
  if (alternatives.length === 0) {
    lint.warn(fields, 'never-matches', path, 'never holds: it is constantly false');
    return;
  }
  const found = alternatives.map((atoms) => conflictOf(atoms, contexts));
  const whole = found.every((conflict) => conflict !== null);
  const said = new Set<string>();
  for (const conflict of found) {
    if (conflict === null || said.has(conflict.text)) continue;
    said.add(conflict.text);
    const what = whole ? 'never holds' : 'a part of it never holds';
    lint.warn(fields, 'never-matches', path, `${what}: ${conflict.text}`, conflict.offset);
    if (whole) return;
  }
}

function conflictOf(
  atoms: Alternative,
  contexts: readonly Context[],
): { readonly text: string; readonly offset: number } | null {
  const own = contradictionIn(atoms);
  const last = own?.at(-1);
  if (own !== null && last !== undefined) {
    const [first] = own;
    const text =
      first === undefined || own.length === 1
        ? `\`${last.source}\` cannot be`
        : `\`${first.source}\` and \`${last.source}\` exclude each other`;
    return { text, offset: last.offset };
  }
  for (const context of contexts) {
    const conflict = contradictionIn([...context.atoms, ...atoms]);
    const atom = conflict?.findLast((each) => atoms.includes(each));
    const other = conflict?.find((each) => context.atoms.includes(each));
    if (atom === undefined) continue;
    const text = `\`${atom.source}\` is at odds with ${context.from}${other === undefined ? '' : ` (\`${other.source}\`)`}`;
    return { text, offset: atom.offset };
  }
  return null;
}

/** What is known of the things a condition is asked about: by the sites and the partition of a Retention, by statuses. */
class Contexts {
  readonly #lint: Lint;
  readonly #ofRetention = new Map<string, readonly Context[]>();

  constructor(lint: Lint) {
    this.#lint = lint;
  }

  of({ document, path }: ExpressionUse): readonly Context[] {
    if (document.kind === 'Retention' && path.at(-1) === 'when') {
      let contexts = this.#ofRetention.get(document.name);
      if (contexts === undefined) {
        contexts = this.#retention(document.name);
        this.#ofRetention.set(document.name, contexts);
      }
      return contexts;
    }
    if (document.kind === 'Placement' && path.at(-1) === 'datasets') return this.#placement(document.name);
    return [];
  }

  #retention(name: string): readonly Context[] {
    const { retentions, partitions } = this.#lint;
    const retention = retentions.get(name);
    const partition = partitions.get(retention?.partition ?? '');
    const contexts: Context[] = [];
    const add = (condition: Condition | null | undefined, roots: readonly Root[], from: string): void => {
      if (condition === null || condition === undefined) return;
      // Only a plain conjunction holds in all its parts.
      const [atoms, ...others] = this.#lint.outline(condition);
      if (atoms === undefined || others.length > 0) return;
      const lasting = atoms.filter(({ reads }) => reads.length > 0 && reads.every((path) => lasts(path, roots)));
      if (lasting.length > 0) contexts.push({ atoms: lasting, from });
    };
    add(retention?.sites, ['site'], '`sites` of the Retention');
    add(partition?.match, ['site', 'dataset', 'block'], `the Partition ${partition?.name ?? ''}`);
    return contexts;
  }

  #placement(name: string): readonly Context[] {
    const placement = this.#lint.placements.get(name);
    if (placement === undefined || placement.statuses.length === datasetStatuses.length) return [];
    const known = new Set<unknown>(placement.statuses);
    const statuses: Atom = {
      text: 'dataset.status statuses',
      source: `statuses: [${placement.statuses.join(', ')}]`,
      offset: 0,
      of: 'dataset.status',
      allows: (value) => known.has(value),
      values: placement.statuses,
      range: null,
      globs: null,
      reads: ['dataset.status'],
    };
    return [{ atoms: [statuses], from: '`statuses`' }];
  }
}

/** Whether a variable has the same value when a rule is asked as when the Retention's reach was found. */
function lasts(path: string, roots: readonly Root[]): boolean {
  const root = path.slice(0, path.indexOf('.'));
  const label = /^(?:dataset|site)\.labels\./.test(path);
  return roots.some((each) => each === root) && (label || variableByPath.get(path)?.volatility === 'fixed');
}

/** Rules that give data up, and placements and changes of owner: whom it is no harm to keep never-accessed data is not asked. */
function concernsOldData({ document, path }: ExpressionUse, lint: Lint): boolean {
  if (document.kind === 'Placement' || document.kind === 'Ownership') return true;
  if (document.kind !== 'Retention' || path.at(-1) !== 'when') return false;
  const retention = lint.retentions.get(document.name);
  const action = retention?.rules[Number(path[2])]?.action;
  return action === 'delete' || action === 'dismiss';
}

const lastAccess = new Set(['dataset.lastAccess', 'replica.lastAccess']);
/** Times that new data has, and what tells accessed data from other. */
const guards = new Set([
  'dataset.accesses',
  'replica.accesses',
  'dataset.created',
  'dataset.lastUpdate',
  'dataset.lastUse',
  'replica.firstBlock',
  'replica.lastBlock',
  'block.lastUpdate',
]);

/** Data that was never accessed was last accessed in 1970, which is older than anything. */
function lintLastAccess(lint: Lint, fields: Fields, path: FieldPath, alternatives: readonly Alternative[]): void {
  for (const atoms of alternatives) {
    const old = atoms.find((atom) => atom.reads.some((read) => lastAccess.has(read)) && holdsForNever(atom));
    if (old === undefined) continue;
    const guarded = atoms.some((atom) => {
      if (atom.reads.some((read) => guards.has(read))) return true;
      return atom.reads.some((read) => lastAccess.has(read)) && isTimeTest(atom) && !holdsForNever(atom);
    });
    if (guarded) continue;
    const message = `\`${old.source}\` also holds for data that was never accessed (1970-01-01), however new: ask \`dataset.lastUse\`, or add a condition on \`dataset.created\``;
    lint.warn(fields, 'last-access-unguarded', path, message, old.offset);
    return;
  }
}

function isTimeTest(atom: Atom): boolean {
  return lastAccess.has(atom.of) || lastAccess.has(atom.of.replace(/^age of /, ''));
}

/** Whether an atom about the last access singles out what is old, and what was never accessed with it. */
function holdsForNever(atom: Atom): boolean {
  if (!isTimeTest(atom)) return false;
  // An age without end; a time from the beginning of time.
  if (atom.range !== null)
    return atom.of.startsWith('age of ') ? atom.range.to === Number.POSITIVE_INFINITY : atom.allows(0);
  // `== timestamp("1970-01-01")` is meant so, and `!=` leaves them out.
  return false;
}
