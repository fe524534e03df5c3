/**
 * Conditions of Dynamo's policies as expressions of ours.
 *
 * In two ways: as they were meant, with a remark wherever the program does something else, or as the program was observed
 * to evaluate them, with a remark wherever we cannot do the same.
 */
import { formatTime } from '../../policy/index.js';
import { all, any, atom, type Cel, isConstant, list, no, not, printed, quoted, yes } from './cel.js';
import type { Condition, Predicate, Test, TimeLimit } from './condition.js';
import { numberLiteral } from './literals.js';
import type { NameLists } from './name-lists.js';
import { type Place, thingOf } from './place.js';
import { ownerName, textCondition } from './text-condition.js';
import { timeCondition, timeListCondition } from './time-condition.js';
import type { Variable } from './vocabulary.js';

export interface RenderOptions {
  /** What the program does, rather than what was meant. */
  readonly asObserved: boolean;
  /** Names of the sites of `dataset.on_protected_site`; null where none were given. */
  readonly protectedSites: readonly string[] | null;
  /** `replica.enforcer_protected`, and what is to be said of it. */
  readonly enforcerProtected: { readonly condition: Cel; readonly remark: string | null };
  /** Selector of the blocks under locks that a Lock cannot express, or null. */
  readonly lockSelector: string | null;
  readonly names: NameLists;
}

export class Renderer {
  readonly #options: RenderOptions;

  constructor(options: RenderOptions) {
    this.#options = options;
  }

  /** All predicates as they stand: about sites, datasets, or one block replica. */
  conjunction(condition: Condition, place: Place): Cel {
    return all(condition.predicates.map((predicate) => this.predicate(predicate, place)));
  }

  /**
   * About a whole replica. The program asks each predicate about a block of any block by itself; meant is one block that
   * meets all of them.
   */
  ofReplica(condition: Condition, place: Place): Cel {
    const ofBlocks = condition.predicates.filter(({ variable }) => variable.level === 'block');
    const together = !this.#options.asObserved && ofBlocks.length > 1;
    if (together) {
      place.remarks.add(
        'the program asks each condition on blocks of any block by itself; here one block has to meet all of them',
      );
    }
    return all(
      condition.predicates.flatMap((predicate) => {
        if (predicate.variable.level !== 'block') return [this.predicate(predicate, place)];
        if (!together) return [this.#someBlock([predicate], place)];
        return predicate === ofBlocks[0] ? [this.#someBlock(ofBlocks, place)] : [];
      }),
    );
  }

  /** `until` and `from`, where the document has no field for them. */
  limit(limit: TimeLimit | null, place: Place): Cel {
    if (limit === null) return yes;
    return atom(`now ${limit.kind === 'until' ? '<=' : '>='} timestamp("${this.fixedTime(limit, place)}")`);
  }

  /** The moment of `until` or `from`, RFC 3339. */
  fixedTime({ moment, text }: TimeLimit, { remarks }: Place): string {
    const time = formatTime(moment.at);
    if (moment.moves) remarks.add(`\`${text}\` is fixed to ${time}, its meaning at the clock of the import`);
    return time;
  }

  #someBlock(predicates: readonly Predicate[], place: Place): Cel {
    const [only] = predicates;
    if (predicates.length === 1 && only !== undefined) {
      const shorter = this.#withoutBlocks(only, place);
      if (shorter !== null) return shorter;
    }
    const inner = all(predicates.map((predicate) => this.predicate(predicate, { ...place, block: 'b' })));
    return isConstant(inner) ? inner : atom(`replica.blocks.exists(b, ${printed(inner)})`);
  }

  /** What variables of the replica say of its blocks already: some owner, the oldest and the newest, whether any is locked. */
  #withoutBlocks({ variable, test }: Predicate, place: Place): Cel | null {
    if (variable.name === 'blockreplica.owner' && (test.kind === 'text' || test.kind === 'text-list')) {
      if (test.kind === 'text' && test.operator === '==' && test.pattern.kind === 'exact') {
        return atom(`${quoted(ownerName(test.pattern.text))} in replica.owners`);
      }
      const inner = textCondition(variable, test, 'o', place, this.#options);
      return isConstant(inner) ? inner : atom(`replica.owners.exists(o, ${printed(inner)})`);
    }
    if (variable.name === 'blockreplica.last_update' && test.kind === 'time') {
      if (test.operator === '<') return timeCondition('replica.firstBlock', test, place, this.#options.asObserved);
      if (test.operator === '>') return timeCondition('replica.lastBlock', test, place, this.#options.asObserved);
    }
    if (variable.name === 'blockreplica.is_locked' && test.kind === 'bool' && test.holds) {
      return this.#options.lockSelector === null ? atom('replica.locked') : null;
    }
    return null;
  }

  predicate(predicate: Predicate, place: Place): Cel {
    const { variable, test } = predicate;
    if (predicate.comment !== null) {
      place.remarks.add(
        `the program compares with \`${predicate.comment}\`, all of it; what follows \`#\` was taken for a comment`,
      );
    }
    switch (test.kind) {
      case 'bool':
        return this.#bool(variable, test.holds, place);
      case 'bool-compared':
        return this.#comparedBool(predicate, test, place);
      case 'number':
      case 'number-list':
        return this.#number(variable, test, place);
      case 'enum':
        return this.#enumeration(variable, test, place);
      case 'text':
      case 'text-list':
        return textCondition(variable, test, thingOf(variable, place), place, this.#options);
      case 'time':
        return timeCondition(thingOf(variable, place), test, place, this.#options.asObserved);
      case 'time-list':
        return timeListCondition(thingOf(variable, place), test, place, this.#options.asObserved);
    }
  }

  #bool(variable: Variable, holds: boolean, place: Place): Cel {
    const positive = this.#boolVariable(variable, place);
    return holds ? positive : not(positive);
  }

  #boolVariable(variable: Variable, place: Place): Cel {
    const { protectedSites, enforcerProtected, lockSelector } = this.#options;
    switch (variable.name) {
      case 'always':
        return yes;
      case 'never':
        return no;
      case 'replica.incomplete':
        return atom('!replica.complete');
      case 'dataset.is_latest_production_release':
        return atom('dataset.labels.latest_production_release == "true"');
      case 'dataset.unknown_in_all_dbs':
        return atom('dataset.labels.unknown_in_all_dbs == "true"');
      case 'dataset.on_protected_site':
        if (protectedSites !== null) return atom(`dataset.replicaSites.exists(s, s in ${list(protectedSites)})`);
        place.remarks.add('--protected-sites is not given, so no dataset is on a protected site');
        return no;
      case 'replica.enforcer_protected':
        if (enforcerProtected.remark !== null) place.remarks.add(enforcerProtected.remark);
        return enforcerProtected.condition;
      case 'blockreplica.is_locked': {
        const block = place.block ?? 'block';
        const locked = atom(`${block}.locked`);
        return lockSelector === null ? locked : any([locked, atom(`${block}.is("${lockSelector}")`)]);
      }
      default:
        return atom(thingOf(variable, place));
    }
  }

  #comparedBool({ variable, text }: Predicate, test: Test & { kind: 'bool-compared' }, place: Place): Cel {
    const observed = test.operator === '!=' || test.operator === '>' ? yes : no;
    if (this.#options.asObserved) return observed;
    const word = test.word.toLowerCase();
    const truth = ['true', 'yes', '1'].includes(word)
      ? true
      : ['false', 'no', '0', 'none'].includes(word)
        ? false
        : null;
    const does = `the program takes \`${text}\` to hold ${observed === yes ? 'always' : 'never'}, because it compares a bool with a text`;
    if (truth === null || test.operator === '<' || test.operator === '>') {
      place.remarks.add(`${does}; it is carried so`);
      return observed;
    }
    place.remarks.add(does);
    return this.#bool(variable, truth === (test.operator === '=='), place);
  }

  #number(variable: Variable, test: Test & { kind: 'number' | 'number-list' }, place: Place): Cel {
    const cel = this.#numberVariable(variable, place);
    const { unit } = variable;
    if (test.kind === 'number-list') {
      const found = any(test.values.map((value) => this.#equals(cel, variable, value)));
      const literals = test.values.map((value) => numberLiteral(value, exactUnit(variable), true));
      const short = found.kind === 'any' && unit !== 'seconds' && found.parts.length === literals.length;
      const positive = short ? atom(`${cel} in [${literals.join(', ')}]`) : found;
      return test.negated ? not(positive) : positive;
    }
    const { operator, value } = test;
    if (operator === '==') return this.#equals(cel, variable, value);
    if (operator === '!=') return not(this.#equals(cel, variable, value));
    if (!Number.isFinite(value)) return value > 0 === (operator === '<') ? yes : no;
    return atom(`${cel} ${operator} ${numberLiteral(value, unit, false)}`);
  }

  #numberVariable(variable: Variable, place: Place): string {
    if (variable.name !== 'blockreplica.num_full_disk_copy') return thingOf(variable, place);
    const block = place.block ?? 'block';
    if (this.#options.asObserved) return `${block}.anyCopies`;
    place.remarks.add('the program counts every complete copy, on tape and at sites in any state too');
    return `${block}.diskCopies`;
  }

  #equals(cel: string, variable: Variable, value: number): Cel {
    const whole = variable.unit === 'integer' || variable.unit === 'bytes';
    if (!Number.isFinite(value) || (whole && !Number.isInteger(value))) return no;
    return atom(`${cel} == ${numberLiteral(value, exactUnit(variable), true)}`);
  }

  #enumeration(variable: Variable, test: Test & { kind: 'enum' }, { remarks, ...place }: Place): Cel {
    const cel = thingOf(variable, { remarks, ...place });
    const values = [...(variable.values ?? [])];
    const names = test.names.map((name) => {
      if (variable.values?.has(name) === true) return name;
      remarks.add(`\`${name}\` is no state of data on tape: the program takes every such word for FULL`);
      return 'FULL';
    });
    const bound = variable.values?.get(names[0] ?? '')?.number ?? 0;
    const meant = values.filter(([name, { number }]) => {
      if (test.operator === '<') return number < bound;
      return test.operator === '>' ? number > bound : names.includes(name);
    });
    // A list stays in the order in which it was written.
    if (test.list) meant.sort(([a], [b]) => names.indexOf(a) - names.indexOf(b));
    for (const [name, { ours }] of meant) {
      if (ours === null) remarks.add(`${name} has no counterpart here: nothing is ever ${name}`);
    }
    const ours = meant.flatMap(([, { ours: value }]) => value ?? []);
    const [only] = ours;
    if (only === undefined) return test.operator === '!=' ? yes : no;
    const among = atom(ours.length === 1 ? `${cel} == ${quoted(only)}` : `${cel} in ${list(ours)}`);
    return test.operator === '!=' ? not(among) : among;
  }
}

/** A quota is a floating-point number with us, because it may be infinite. */
function exactUnit({ name, unit }: Variable): Variable['unit'] {
  return name === 'site.quota' ? 'fraction' : unit;
}
