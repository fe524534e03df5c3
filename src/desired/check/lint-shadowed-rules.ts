/**
 * Rules of a Retention that never decide anything, because an earlier one matches whatever they match.
 *
 * A rule is a few alternatives of atoms. An earlier one covers it where each of its alternatives implies one of the
 * earlier rules'. Rules are found by the most telling atom they have (a name, a glob, else a text), so that a campaign of
 * thousands of names is not compared pair by pair.
 */
import { type Alternative, type Atom, implies, type Literal, variableByPath } from '../../policy/index.js';
import type { Retention, RetentionRule } from '../state.js';
import type { Lint } from './lint.js';

/** Earlier rules that are compared with one alternative at most. */
const mostCompared = 64;
/** Rules of one Retention that are told one by one. */
const mostTold = 100;

export function lintShadowedRules(lint: Lint): void {
  for (const retention of lint.state.retentions) {
    const fields = lint.fields('Retention', retention.name);
    if (fields === null) continue;
    const found = shadowedRules(lint, retention);
    for (const { index, by } of found.slice(0, mostTold)) {
      const message = `never decides anything: rule \`${by.id}\` above matches whatever it matches`;
      lint.warn(fields, 'shadowed-rule', ['spec', 'rules', index], message);
    }
    const more = found.length - mostTold;
    if (more > 0) {
      lint.warn(
        fields,
        'shadowed-rule',
        ['spec', 'rules'],
        `${more} more rules never decide anything: earlier ones match whatever they match`,
      );
    }
  }
}

interface Shadowed {
  readonly index: number;
  readonly by: RetentionRule;
}

/** One alternative of a rule. */
interface Entry {
  readonly rule: RetentionRule;
  readonly index: number;
  readonly atoms: Alternative;
}

function shadowedRules(lint: Lint, retention: Retention): Shadowed[] {
  const outlines = retention.rules.map(({ when }) => lint.outline(when));
  const frequency = new Map<string, number>();
  for (const { text } of outlines.flat(2)) frequency.set(text, (frequency.get(text) ?? 0) + 1);
  const index = new RuleIndex(frequency);
  const lastBlockRule: number[] = [];
  let last = -1;
  for (const [i, rule] of retention.rules.entries()) {
    lastBlockRule.push(last);
    if (rule.scope === 'block') last = i;
  }
  const shadowed: Shadowed[] = [];
  for (const [i, rule] of retention.rules.entries()) {
    const outline = outlines[i] ?? [];
    const covers = (earlier: Entry): boolean =>
      outlasts(earlier.rule, rule) && staysTrue(earlier, lastBlockRule[i] ?? -1);
    const by = outline.map((atoms) => index.covering(atoms, covers));
    const [first] = by;
    if (first !== undefined && first !== null && !by.includes(null)) shadowed.push({ index: i, by: first.rule });
    for (const atoms of outline) index.add({ rule, index: i, atoms });
  }
  return shadowed;
}

/** In force whenever the other one is. */
function outlasts(earlier: RetentionRule, later: RetentionRule): boolean {
  const begins = earlier.notBefore === null || (later.notBefore !== null && earlier.notBefore <= later.notBefore);
  const ends = earlier.expires === null || (later.expires !== null && earlier.expires >= later.expires);
  return begins && ends;
}

/**
 * Whether what an earlier rule asks for has the same answer when the later one is asked. Rules with `scope: block` take
 * blocks out of a replica on the way, and what is left of it is another thing to the rules below.
 */
function staysTrue({ rule, index }: Entry, lastBlockRule: number): boolean {
  if (rule.scope === 'replica' && lastBlockRule <= index) return true;
  if (rule.when.selectors.length > 0) return false;
  return [...rule.when.reads].every((path) => {
    const variable = variableByPath.get(path);
    return variable === undefined || variable.root === 'block' || variable.volatility !== 'copies';
  });
}

/** Alternatives of earlier rules, found by what an alternative of a later one says. */
class RuleIndex {
  readonly #frequency: ReadonlyMap<string, number>;
  readonly #always: Entry[] = [];
  /** By operand and value. */
  readonly #byValue = new Map<string, Entry[]>();
  /** By operand and what stands before the first wildcard. */
  readonly #byPrefix = new Map<string, Entry[]>();
  readonly #prefixLengths = new Map<string, Set<number>>();
  /** By the text of an atom, and by the operand of a range. */
  readonly #byText = new Map<string, Entry[]>();

  constructor(frequency: ReadonlyMap<string, number>) {
    this.#frequency = frequency;
  }

  add(entry: Entry): void {
    const { atoms } = entry;
    const [first] = atoms;
    if (first === undefined) {
      this.#always.push(entry);
      return;
    }
    const exact = atoms.find(({ values }) => values !== null && values.length > 0 && typeof values[0] === 'string');
    if (exact !== undefined) {
      for (const value of exact.values ?? []) put(this.#byValue, keyOf(exact.of, value), entry);
      return;
    }
    const globbed = atoms.find(({ globs }) => globs !== null);
    if (globbed !== undefined) {
      for (const glob of globbed.globs ?? []) {
        const prefix = glob.replace(/[*?].*$/s, '');
        put(this.#byPrefix, keyOf(globbed.of, prefix), entry);
        let lengths = this.#prefixLengths.get(globbed.of);
        if (lengths === undefined) {
          lengths = new Set();
          this.#prefixLengths.set(globbed.of, lengths);
        }
        lengths.add(prefix.length);
      }
      return;
    }
    const rarest = atoms.reduce((best, atom) => (this.#count(atom) < this.#count(best) ? atom : best), first);
    put(this.#byText, rarest.text, entry);
    if (rarest.range !== null) put(this.#byText, rarest.of, entry);
  }

  /** The first earlier alternative found that holds wherever these atoms do, or null. */
  covering(atoms: Alternative, allowed: (entry: Entry) => boolean): Entry | null {
    for (const list of this.#candidates(atoms)) {
      for (const entry of list.slice(0, mostCompared)) {
        if (allowed(entry) && entry.atoms.every((atom) => implies(atoms, atom))) return entry;
      }
    }
    return null;
  }

  *#candidates(atoms: Alternative): Iterable<readonly Entry[]> {
    yield this.#always;
    for (const atom of atoms) {
      yield this.#byText.get(atom.text) ?? [];
      if (atom.range !== null || typeof atom.values?.[0] === 'number') yield this.#byText.get(atom.of) ?? [];
      // Of several values each has to be covered by the same rule; it is found by the first.
      const [value] = atom.values ?? [];
      if (value !== undefined) yield* this.#ofValue(atom, value);
      const [glob] = atom.globs ?? [];
      if (glob !== undefined) yield* this.#ofPrefixes(atom.of, glob);
    }
  }

  *#ofValue(atom: Atom, value: Literal): Iterable<readonly Entry[]> {
    yield this.#byValue.get(keyOf(atom.of, value)) ?? [];
    if (typeof value === 'string') yield* this.#ofPrefixes(atom.of, value);
  }

  *#ofPrefixes(of: string, text: string): Iterable<readonly Entry[]> {
    for (const length of this.#prefixLengths.get(of) ?? []) {
      if (length <= text.length) yield this.#byPrefix.get(keyOf(of, text.slice(0, length))) ?? [];
    }
  }

  #count({ text }: Atom): number {
    return this.#frequency.get(text) ?? 0;
  }
}

function keyOf(operand: string, value: Literal): string {
  return `${operand}\n${String(value)}`;
}

function put(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}
