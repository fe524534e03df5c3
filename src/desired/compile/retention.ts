import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { RetentionDocument } from '../generated/index.js';
import type { Retention, RetentionRule } from '../state.js';
import { type Body, never } from './body.js';

type Spec = Checked<RetentionDocument['spec']>;
type RuleSpec = NonNullable<NonNullable<Spec['rules']>[number]>;

const defaultSlice = 0.01;

export function compileRetention(fields: Fields, spec: Spec): Body<Retention> {
  const site = scopes.partitionSite;
  const slice = fields.fraction(spec.slice, ['spec', 'slice']);
  if (slice === 0) fields.error('wrong-value', ['spec', 'slice'], 'found 0, expected more than 0, such as 1%');
  if (spec.until !== undefined && spec.trigger === undefined) {
    fields.warning(
      'until-without-trigger',
      ['spec', 'until'],
      'has no meaning without `trigger`: it is never triggered',
    );
  }
  return {
    partition: fields.reference('Partition', spec.partition, ['spec', 'partition']) ?? '',
    sites: fields.condition(spec.sites, site, ['spec', 'sites']) ?? never(site),
    trigger: fields.condition(spec.trigger, site, ['spec', 'trigger']),
    until: fields.condition(spec.until, site, ['spec', 'until']),
    mode: spec.mode ?? 'incremental',
    slice: slice ?? defaultSlice,
    order: (spec.order ?? []).flatMap((order, index) => {
      const by = fields.expression<number | string>(order?.by, scopes.replica, 'order', ['spec', 'order', index, 'by']);
      return by === null ? [] : [{ by, direction: order?.direction ?? 'asc' }];
    }),
    rules: compileRules(fields, spec.rules ?? []),
    default: spec.default ?? 'protect',
  };
}

function compileRules(fields: Fields, rules: readonly (RuleSpec | null)[]): RetentionRule[] {
  const lines = new Map<string, number>();
  return rules.flatMap((rule, index) => {
    if (rule === null) return [];
    const path = ['spec', 'rules', index];
    const { line } = fields.document.valuePlace(path);
    const earlier = rule.id === undefined ? undefined : lines.get(rule.id);
    if (rule.id !== undefined && earlier === undefined) lines.set(rule.id, line);
    if (earlier !== undefined) {
      fields.error('duplicate-rule', [...path, 'id'], `the rule id \`${rule.id}\` is already used in line ${earlier}`);
    }
    return [compileRule(fields, rule, path)];
  });
}

function compileRule(fields: Fields, rule: RuleSpec, path: readonly (string | number)[]): RetentionRule {
  const scope = rule.scope ?? 'replica';
  const content = {
    action: rule.action ?? 'protect',
    scope,
    when: fields.condition(rule.when, scopes[scope], [...path, 'when']) ?? never(scopes[scope]),
    notBefore: fields.time(rule.notBefore, [...path, 'notBefore']),
    expires: fields.time(rule.expires, [...path, 'expires']),
    allowLastCopy: rule.allowLastCopy ?? false,
    allowCustodial: rule.allowCustodial ?? false,
  };
  if (content.notBefore !== null && content.expires !== null && content.expires <= content.notBefore) {
    fields.error('wrong-value', [...path, 'expires'], 'the rule ends before it begins (`notBefore`)');
  }
  const id = rule.id ?? '';
  return { id, origin: fields.origin(rule, content, path, id), ...content };
}
