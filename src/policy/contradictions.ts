/** Conditions that cannot hold, and conditions that others make superfluous, as far as their outlines tell. */
import type { Alternative, Atom, Literal, Range } from './outline.js';
import { globMatcher } from './text-match.js';
import { variableByPath } from './variables.js';

/**
 * Atoms that cannot hold together, or null: no value passes all that is asked of one operand. Of enumerated variables all
 * values are known. Mostly it is two atoms: the one that breaks it, and the first before it that is at odds with it; one
 * where it takes no other.
 */
export function contradictionIn(atoms: Alternative): readonly Atom[] | null {
  const byOperand = new Map<string, Atom[]>();
  for (const atom of atoms) {
    const list = byOperand.get(atom.of);
    if (list === undefined) byOperand.set(atom.of, [atom]);
    else list.push(atom);
  }
  for (const [operand, list] of byOperand) {
    const known = variableByPath.get(operand)?.values ?? null;
    const index = firstBreaking(list, known);
    const atom = list[index];
    if (atom === undefined) continue;
    const earlier = list.slice(0, index);
    const rival = earlier.find((each) => firstBreaking([each, atom], known) >= 0) ?? earlier.at(-1);
    return rival === undefined ? [atom] : [rival, atom];
  }
  return null;
}

/** Index of the first atom with which no value is left, or -1. All ask about the same operand. */
function firstBreaking(atoms: readonly Atom[], known: readonly Literal[] | null): number {
  let candidates = known;
  let range: Range | null = null;
  for (const [index, atom] of atoms.entries()) {
    if (candidates === null && atom.values !== null) {
      candidates = atom.values.filter((value) => atoms.slice(0, index).every((each) => each.allows(value)));
    }
    candidates = candidates?.filter(atom.allows) ?? null;
    if (candidates?.length === 0) return index;
    if (atom.range === null) continue;
    range = range === null ? atom.range : intersection(range, atom.range);
    if (isEmpty(range)) return index;
  }
  return -1;
}

function intersection(a: Range, b: Range): Range {
  const from = a.from === b.from ? { at: a.from, open: a.open.from || b.open.from } : higher(a, b);
  const to = a.to === b.to ? { at: a.to, open: a.open.to || b.open.to } : lower(a, b);
  return { from: from.at, to: to.at, open: { from: from.open, to: to.open } };
}

function higher(a: Range, b: Range): { readonly at: number; readonly open: boolean } {
  return a.from > b.from ? { at: a.from, open: a.open.from } : { at: b.from, open: b.open.from };
}

function lower(a: Range, b: Range): { readonly at: number; readonly open: boolean } {
  return a.to < b.to ? { at: a.to, open: a.open.to } : { at: b.to, open: b.open.to };
}

function isEmpty({ from, to, open }: Range): boolean {
  return from > to || (from === to && (open.from || open.to));
}

/** Whether an atom holds wherever the others do. */
export function implies(atoms: Alternative, atom: Atom): boolean {
  return atoms.some((each) => {
    if (each.text === atom.text) return true;
    if (each.of !== atom.of) return false;
    if (each.values !== null) return each.values.every(atom.allows);
    if (each.globs !== null && atom.globs !== null) return isWithin(each.globs, atom.globs);
    return each.range !== null && atom.range !== null && contains(atom.range, each.range);
  });
}

/** Whether every text that one of the inner globs matches is matched by one of the outer ones, as far as that is plain. */
function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  // With wildcards made characters that no glob names, only a star can take them; a `?` would take too little.
  const tests = outer.filter((glob) => !glob.includes('?')).map(globMatcher);
  return inner.every((glob) => {
    const text = glob.replaceAll('*', '\u0000').replaceAll('?', '\u0001');
    return tests.some((matches) => matches(text));
  });
}

function contains(outer: Range, inner: Range): boolean {
  const start = outer.from < inner.from || (outer.from === inner.from && (inner.open.from || !outer.open.from));
  const end = outer.to > inner.to || (outer.to === inner.to && (inner.open.to || !outer.open.to));
  return start && end;
}
