/** Asks the assertions of one test of the inventory as it is, of the plan, and of what the plans lead to. */
import type { Assertion, DesiredState, When } from '../desired/state.js';
import { Diagnoses } from '../planning/diagnoses.js';
import { Exclusions } from '../planning/exclusions.js';
import { findNeeds } from '../planning/needs.js';
import type { PlanResult } from '../planning/plan.js';
import { PlanClock } from '../planning/plan-clock.js';
import { findEndings } from '../planning/removals.js';
import { World } from '../planning/world.js';
import { type Condition, EvaluationError } from '../policy/expression.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { type CarriedOut, carryOut } from './carry-out.js';
import { decisionChain, type Subject } from './decision-chain.js';
import { actionsAbout, compareActions, describeAction, describeExpected } from './expected-actions.js';
import { type FoundValue, foundValue, valuesRead } from './found-values.js';
import { planFigures, planHost } from './plan-figures.js';
import type { AssertionResult, Failure } from './result.js';

/** Failures of one assertion that are told in full. */
const mostFailures = 10;

type About<A extends Assertion['about']> = Extract<Assertion, { readonly about: A }>;

export interface CheckInput {
  readonly desired: DesiredState;
  readonly snapshot: Snapshot;
  /** Seconds since the epoch. */
  readonly clock: number;
  /** The plan of the rules as they stand. */
  readonly first: PlanResult;
  /** The inventory was written for the test: what an assertion is about must be in it. */
  readonly written: boolean;
  /** Whether failures tell why the plans do what they do. */
  readonly chains: boolean;
}

export class AssertionChecks {
  readonly #input: CheckInput;
  #after: CarriedOut | null = null;
  readonly #worlds = new Map<When, World>();

  constructor(input: CheckInput) {
    this.#input = input;
  }

  /** Plans it took until there was nothing to do; 0 where nobody asked. */
  get cycles(): number {
    return this.#after?.results.length ?? 0;
  }

  /** @throws StatorError where an expression of the rules fails on a value */
  check(assertion: Assertion): AssertionResult {
    try {
      switch (assertion.about) {
        case 'datasets':
          return this.#datasets(assertion);
        case 'sites':
          return this.#sites(assertion);
        case 'plan':
          return this.#plan(assertion);
        case 'nothing':
          return this.#actions(assertion, 'nothing');
        default:
          return this.#actions(assertion, assertion.about);
      }
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      const what = `\`${error.expression}\` fails: ${error.message}`;
      return failed(assertion, 1, 1, [{ subject: null, what, values: [], chain: [] }]);
    }
  }

  #carriedOut(): CarriedOut {
    const { desired, snapshot, clock, first, chains } = this.#input;
    this.#after ??= carryOut(desired, snapshot, { clock, first, decisions: chains });
    return this.#after;
  }

  #world(when: When): World {
    let world = this.#worlds.get(when);
    if (world === undefined) {
      const { desired, clock } = this.#input;
      const snapshot = when === 'before' ? this.#input.snapshot : this.#carriedOut().snapshot;
      world = new World(desired, snapshot, new PlanClock(clock));
      // Marks what placements require, which rules and Selectors may ask about.
      findEndings(world, findNeeds(world, new Exclusions(world), new Diagnoses()));
      this.#worlds.set(when, world);
    }
    return world;
  }

  #results(when: When): readonly PlanResult[] {
    return when === 'before' ? [this.#input.first] : this.#carriedOut().results;
  }

  #chain(when: When, subject: Subject): Failure['chain'] {
    return this.#input.chains ? decisionChain(this.#input.desired, this.#results(when), subject) : [];
  }

  #datasets(assertion: About<'datasets'>): AssertionResult {
    const world = this.#world(assertion.when);
    const moveTo = (dataset: number): void => world.reader.moveToDataset(dataset);
    return this.#each(assertion, world, world.snapshot.datasets.count, moveTo, (dataset) => {
      const name = world.datasetName(dataset);
      return { subject: name, chain: this.#chain(assertion.when, { dataset: name }) };
    });
  }

  #sites(assertion: About<'sites'>): AssertionResult {
    const world = this.#world(assertion.when);
    const partition = assertion.partition === null ? -1 : (world.partitionIndex.get(assertion.partition) ?? -1);
    const moveTo = (index: number): void => {
      world.reader.moveToSite(world.reader.sites()[index] ?? -1);
      world.reader.partition = partition;
    };
    return this.#each(assertion, world, world.reader.sites().length, moveTo, (index) => {
      const name = world.siteName(world.reader.sites()[index] ?? -1);
      return { subject: name, chain: this.#chain(assertion.when, { site: name }) };
    });
  }

  #each(
    assertion: About<'datasets' | 'sites'>,
    world: World,
    count: number,
    moveTo: (index: number) => void,
    describe: (index: number) => Pick<Failure, 'subject' | 'chain'>,
  ): AssertionResult {
    const rest = this.#unrest(assertion.when);
    if (rest !== null) return failed(assertion, 1, 1, [rest]);
    const which = assertion.which.bind(world.reader);
    const that = assertion.that.bind(world.reader);
    const failures: Failure[] = [];
    let checked = 0;
    let wrong = 0;
    for (let index = 0; index < count; index++) {
      moveTo(index);
      if (!which()) continue;
      checked++;
      const problem = problemOf(assertion.that, that);
      if (problem === null) continue;
      wrong++;
      if (failures.length >= mostFailures) continue;
      moveTo(index);
      const values = valuesRead(world.reader, [assertion.that]);
      failures.push({ what: problem, values, ...describe(index) });
    }
    if (checked === 0 && this.#input.written) {
      const what = `no ${assertion.about === 'sites' ? 'site' : 'dataset that is given'} matches \`${assertion.which.text}\`: the assertion says nothing`;
      return failed(assertion, 0, 1, [{ subject: null, what, values: [], chain: [] }]);
    }
    return failed(assertion, checked, wrong, failures);
  }

  /** Rules that never rest lead nowhere that could be asked about. */
  #unrest(when: When): Failure | null {
    if (when === 'before' || this.#carriedOut().rested) return null;
    const { results } = this.#carriedOut();
    const last = results.at(-1)?.plan.actions.filter(({ held }) => held === null) ?? [];
    const first =
      last[0] === undefined ? '' : `, the last plan still has ${last.length} actions: ${describeAction(last[0])}`;
    const what = `the rules do not come to rest within ${results.length} cycles${first}`;
    return { subject: null, what, values: [], chain: this.#chain('after', { dataset: last[0]?.dataset ?? '' }) };
  }

  #plan(assertion: About<'plan'>): AssertionResult {
    const figures = planFigures(this.#input.first.plan);
    const host = planHost(figures, this.#input.clock, () => this.#world('before').reader);
    const problem = problemOf(assertion.that, assertion.that.bind(host));
    if (problem === null) return failed(assertion, 1, 0, []);
    const values = [...assertion.that.reads].sort().flatMap((variable): FoundValue[] => {
      const value = figures[variable];
      return value === undefined ? [] : [{ variable, value: foundValue(value, 'int') }];
    });
    return failed(assertion, 1, 1, [{ subject: null, what: problem, values, chain: [] }]);
  }

  #actions(
    assertion: Assertion,
    about: 'nothing' | About<'copies' | 'deletions' | 'reassignments' | 'held'>['about'],
  ): AssertionResult {
    const planned = this.#input.first.plan.actions;
    const actions = about === 'nothing' ? planned.filter(({ held }) => held === null) : actionsAbout(about, planned);
    const expected = 'actions' in assertion ? assertion.actions : [];
    const { missing, unexpected } = compareActions(expected, actions);
    const failures = [
      ...missing.map((item) => ({
        subject: item.dataset,
        what: `expected, but not planned: ${about === 'nothing' ? '' : describeExpected(about, item)}`,
      })),
      ...unexpected.map((action) => ({
        subject: action.dataset,
        what: `planned, but not expected: ${describeAction(action)}`,
      })),
    ];
    const told = failures.slice(0, mostFailures).map((failure): Failure => {
      return { ...failure, values: [], chain: this.#chain('before', { dataset: failure.subject }) };
    });
    return failed(assertion, 1, failures.length, told);
  }
}

function problemOf(condition: Condition, holds: () => boolean): string | null {
  try {
    return holds() ? null : `\`${condition.text}\` does not hold`;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return `\`${condition.text}\` fails: ${error.message}`;
  }
}

function failed(assertion: Assertion, checked: number, count: number, failures: readonly Failure[]): AssertionResult {
  return { assertion, checked, failed: count, failures };
}
