import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { PolicyTestDocument } from '../generated/index.js';
import type { FieldPath } from '../parsed-document.js';
import type { Assertion, ExpectedAction, PolicyTest } from '../state.js';
import { listOf } from '../suggest.js';
import { type Body, never } from './body.js';
import { compileTestInventory, type TestDefaults } from './test-inventory.js';

type Spec = Checked<PolicyTestDocument['spec']>;
type AssertionSpec = NonNullable<NonNullable<Spec['expect']>[number]>;
type ActionList = 'copies' | 'deletions' | 'reassignments' | 'held';

export function compilePolicyTest(fields: Fields, spec: Spec, defaults: TestDefaults): Body<PolicyTest> {
  const { datasets } = spec.given ?? {};
  const given =
    datasets === undefined ? null : compileTestInventory(fields, datasets, ['spec', 'given', 'datasets'], defaults);
  if (given === null && spec.now !== undefined) {
    fields.error('wrong-value', ['spec', 'now'], 'the clock of a live test is that of the run: remove it');
  }
  const known = given === null ? null : new Set(given.map(({ name }) => name));
  return {
    given,
    now: fields.time(spec.now, ['spec', 'now']),
    expect: (spec.expect ?? []).flatMap((assertion, index) =>
      assertion === null ? [] : compileAssertion(fields, assertion, ['spec', 'expect', index], known),
    ),
  };
}

/** @param known names of the datasets that are given; null where they are those of the live inventory */
function compileAssertion(
  fields: Fields,
  spec: AssertionSpec,
  path: FieldPath,
  known: ReadonlySet<string> | null,
): Assertion[] {
  const content = compileContent(fields, spec, path, known);
  if (content === null) return [];
  const origin = fields.origin(spec, content, path);
  return [{ origin, description: spec.description ?? '', ...content }];
}

type Content = Assertion extends infer A ? (A extends unknown ? Omit<A, 'origin' | 'description'> : never) : never;

function compileContent(
  fields: Fields,
  spec: AssertionSpec,
  path: FieldPath,
  known: ReadonlySet<string> | null,
): Content | null {
  const ofThings = spec.datasets !== undefined || spec.sites !== undefined;
  for (const field of ['that', 'when', 'partition'] as const) {
    if (spec[field] === undefined || (field === 'partition' ? spec.sites !== undefined : ofThings)) continue;
    const goes = field === 'partition' ? '`sites`' : '`datasets` or `sites`';
    fields.error('unknown-field', [...path, field], `goes with ${goes} only`);
  }
  if (ofThings && spec.that === undefined) {
    fields.error('missing-field', path, 'the field `that` is missing (what must hold for each of them)');
  }
  const when = spec.when ?? 'after';
  if (spec.datasets !== undefined) {
    const scope = scopes.dataset;
    const which = fields.condition(spec.datasets, scope, [...path, 'datasets']) ?? never(scope);
    return {
      about: 'datasets',
      which,
      that: fields.condition(spec.that, scope, [...path, 'that']) ?? never(scope),
      when,
    };
  }
  if (spec.sites !== undefined) {
    const scope = spec.partition === undefined ? scopes.site : scopes.partitionSite;
    const which = fields.condition(spec.sites, scope, [...path, 'sites']) ?? never(scope);
    const that = fields.condition(spec.that, scope, [...path, 'that']) ?? never(scope);
    const partition = fields.reference('Partition', spec.partition, [...path, 'partition']);
    return { about: 'sites', which, that, partition, when };
  }
  if (spec.plan !== undefined) {
    const scope = scopes.plan;
    return { about: 'plan', that: fields.condition(spec.plan, scope, [...path, 'plan']) ?? never(scope) };
  }
  for (const about of ['copies', 'deletions', 'reassignments', 'held'] as const) {
    if (spec[about] !== undefined) {
      return { about, actions: compileActions(fields, spec[about], about, [...path, about], known) };
    }
  }
  return spec.nothing === true ? { about: 'nothing' } : null;
}

interface ActionSpec {
  readonly dataset?: string | undefined;
  readonly to?: string | undefined;
  readonly at?: string | undefined;
  readonly owner?: string | undefined;
  readonly code?: string | undefined;
  readonly blocks?: readonly (string | null)[] | undefined;
}

function compileActions(
  fields: Fields,
  list: readonly (ActionSpec | null)[],
  about: ActionList,
  path: FieldPath,
  known: ReadonlySet<string> | null,
): ExpectedAction[] {
  return list.flatMap((spec, index) => {
    if (spec?.dataset === undefined) return [];
    const where = about === 'copies' ? 'to' : 'at';
    if (known !== null && !known.has(spec.dataset)) {
      const given = listOf([...known]);
      fields.error('unknown-dataset', [...path, index, 'dataset'], `\`${spec.dataset}\` is not given; given: ${given}`);
    }
    return {
      dataset: spec.dataset,
      site: fields.reference('Site', spec[where], [...path, index, where]),
      owner: fields.owner(spec.owner, [...path, index, 'owner']),
      code: spec.code ?? null,
      blocks: spec.blocks?.filter((name) => name !== null).sort() ?? null,
    };
  });
}
