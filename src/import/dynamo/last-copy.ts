/** Which rules may ask for the last complete copy of something: those that do not themselves ask for another one. */
import { all, any, atom, type Cel, printed } from './cel.js';
import type { Predicate } from './condition.js';
import type { NameLists } from './name-lists.js';
import type { Place } from './place.js';
import type { RuleLine } from './policy-file.js';
import type { Renderer } from './render.js';

/** Counts that include the copy itself, and such that do not. */
const counts: Readonly<Record<string, number>> = {
  'dataset.num_full_disk_copy': 1,
  'replica.num_full_disk_copy_common_owner': 1,
  'blockreplica.num_full_disk_copy': 1,
  'replica.num_full_other_copy_common_owner': 0,
};

export function mayTakeLastCopy({ decision, scope, condition }: RuleLine): boolean {
  if (decision !== 'delete' && decision !== 'dismiss') return false;
  return !condition.predicates.some(
    // That some block has another copy says nothing of the others.
    (predicate) => (scope === 'block' || predicate.variable.level !== 'block') && wantsAnother(predicate),
  );
}

function wantsAnother({ variable, test }: Predicate): boolean {
  if (variable.name === 'blockreplica.on_tape') return test.kind === 'bool' && test.holds;
  if (variable.name === 'dataset.on_tape') {
    return (
      test.kind === 'enum' &&
      test.operator === '==' &&
      test.names.every((name) => name !== 'NONE' && name !== 'PARTIAL')
    );
  }
  const itself = counts[variable.name];
  if (itself === undefined || test.kind !== 'number') return false;
  if (test.operator === '>') return test.value >= itself;
  return test.operator === '==' && test.value > itself;
}

/** What `Federation.spec.disposable` has to cover so that rules may remove last copies; null where there are none. */
export class Disposable {
  readonly #names: string[] = [];
  readonly #parts: Cel[] = [];

  add({ condition }: RuleLine, renderer: Renderer, place: Place): void {
    const ofDataset = condition.predicates.filter(({ variable }) => variable.level === 'dataset');
    const [only] = ofDataset;
    const names = only !== undefined && ofDataset.length === 1 ? plainNames(only) : null;
    if (names !== null) this.#names.push(...names);
    else this.#parts.push(all(ofDataset.map((predicate) => renderer.predicate(predicate, place))));
  }

  condition(lists: NameLists, name: string): Cel | null {
    const parts = [...this.#parts];
    if (this.#names.length > 0) {
      const thing = { scope: 'dataset', cel: 'dataset' } as const;
      parts.unshift(
        atom(lists.matches(thing, this.#names, name, 'Datasets whose last copies imported rules may remove.')),
      );
    }
    return parts.length === 0 ? null : any(parts);
  }
}

/** The names and globs that a predicate on `dataset.name` asks for, or null where it is about anything else. */
export function plainNames({ variable, test }: Predicate): readonly string[] | null {
  if (variable.name !== 'dataset.name') return null;
  const patterns =
    test.kind === 'text' && test.operator === '=='
      ? [test.pattern]
      : test.kind === 'text-list' && !test.negated
        ? test.patterns
        : [];
  if (patterns.length === 0 || patterns.some(({ kind }) => kind === 'regex')) return null;
  return patterns.map(({ text }) => text);
}

export function disposableNote(cel: Cel): string {
  return `rules with allowLastCopy take effect only where Federation.spec.disposable holds: it has to cover ${printed(cel)}`;
}
