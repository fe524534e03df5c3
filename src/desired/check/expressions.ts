/** What is checked of expressions once all documents are known: selectors, labels, site names, and style. */
import { type Expression, type Root, variableByPath } from '../../policy/index.js';
import type { Compilation, ExpressionUse } from '../compilation.js';
import { Fields } from '../fields.js';
import type { Federation, Selector, Site } from '../state.js';
import { didYouMean, listOf } from '../suggest.js';
import { cyclesOf } from './cycles.js';
import { mixedOperators } from './mixed-operators.js';
import { matchesAny, type SiteName, siteNamesIn } from './site-names.js';

export interface Known {
  /** null where it is missing or has errors: nothing is said about labels then. */
  readonly federation: Federation | null;
  readonly sites: readonly Site[];
  readonly selectors: readonly Selector[];
}

export function checkExpressions(compilation: Compilation, known: Known): void {
  const selectors = new Map(known.selectors.map((selector) => [selector.name, selector]));
  const cyclic = checkSelectorCycles(compilation, selectors);
  const quotaReaders = cyclic ? new Map<string, string>() : findQuotaReaders(selectors);
  const siteLabels = new Set(known.sites.flatMap((site) => [...site.labels.keys()]));
  // Many documents say the same of sites.
  const named = new Map<Expression, readonly SiteName[]>();
  for (const use of compilation.uses) {
    const fields = new Fields(use.document, compilation);
    checkSelectors(use, fields, selectors, quotaReaders);
    checkLabels(use, fields, known.federation, siteLabels);
    const { expression } = use;
    const names = named.get(expression) ?? siteNamesIn(expression.text);
    named.set(expression, names);
    checkSiteNames(use, fields, names);
    const mixed = mixedOperators(expression.text);
    if (mixed !== null) {
      warn(
        use,
        fields,
        'mixed-operators',
        mixed,
        '`&&` and `||` are mixed: put parentheses around what belongs together',
      );
    }
  }
}

function checkSelectorCycles(compilation: Compilation, selectors: ReadonlyMap<string, Selector>): boolean {
  const usedBy = (name: string): readonly string[] =>
    (selectors.get(name)?.when?.selectors ?? []).map((use) => use.name).filter((used) => selectors.has(used));
  const cycles = cyclesOf([...selectors.keys()], usedBy);
  for (const cycle of cycles) {
    const use = compilation.uses.find(({ document }) => document.kind === 'Selector' && document.name === cycle[0]);
    if (use === undefined) continue;
    const fields = new Fields(use.document, compilation);
    const round = [...cycle, cycle[0]].join(' -> ');
    fields.error('selector-cycle', use.path, `the selectors use each other in a circle: ${round}`);
  }
  return cycles.length > 0;
}

/** Selectors that read the quota or occupancy of a partition, themselves or through others, with what they read. */
function findQuotaReaders(selectors: ReadonlyMap<string, Selector>): ReadonlyMap<string, string> {
  const readers = new Map<string, string>();
  const users = new Map<string, string[]>();
  const queue: string[] = [];
  for (const { name, when } of selectors.values()) {
    const variable = [...(when?.reads ?? [])].find((path) => variableByPath.get(path)?.partition === true);
    if (variable !== undefined) {
      readers.set(name, variable);
      queue.push(name);
    }
    for (const used of when?.selectors ?? []) users.set(used.name, [...(users.get(used.name) ?? []), name]);
  }
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const user of users.get(name) ?? []) {
      if (readers.has(user)) continue;
      readers.set(user, readers.get(name) ?? '');
      queue.push(user);
    }
  }
  return readers;
}

function checkSelectors(
  use: ExpressionUse,
  fields: Fields,
  selectors: ReadonlyMap<string, Selector>,
  quotaReaders: ReadonlyMap<string, string>,
): void {
  const { compilation } = fields;
  for (const { root, name, offset } of use.expression.selectors) {
    const selector = selectors.get(name);
    if (selector === undefined) {
      if (compilation.has('Selector', name) || compilation.maybeUnread(name)) continue;
      const near = didYouMean(name, compilation.namesOf('Selector'));
      fail(use, fields, 'unknown-selector', offset, `there is no Selector \`${name}\`${near}`);
      continue;
    }
    if (selector.scope !== root) {
      const message = `\`${root}.is("${name}")\`: the Selector is about a ${selector.scope}, not about a ${root satisfies Root}`;
      fail(use, fields, 'selector-scope', offset, message);
    }
    const variable = quotaReaders.get(name);
    if (variable !== undefined && !use.expression.scope.partition) {
      const message = `the Selector \`${name}\` reads \`${variable}\`, which has no value here: no partition is in scope`;
      fail(use, fields, 'selector-scope', offset, message);
    }
  }
}

function checkLabels(
  use: ExpressionUse,
  fields: Fields,
  federation: Federation | null,
  siteLabels: ReadonlySet<string>,
): void {
  if (federation === null) return;
  for (const path of use.expression.reads) {
    const root = path.startsWith('dataset.labels.') ? 'dataset' : 'site';
    const prefix = `${root}.labels.`;
    if (!path.startsWith(prefix)) continue;
    const key = path.slice(prefix.length);
    const declared = federation.declaredLabels[root];
    const offset = offsetOfLabel(use.expression.text, key);
    if (declared !== null) {
      if (declared.has(key)) continue;
      const near = didYouMean(key, declared);
      const message = `the label \`${key}\` is not declared in Federation.spec.labels.${root}${near}; declared: ${listOf([...declared])}`;
      fail(use, fields, 'unknown-label', offset, message);
    } else if (root === 'site' && !siteLabels.has(key)) {
      const near = didYouMean(key, siteLabels);
      warn(use, fields, 'unknown-label', offset, `no Site has the label \`${key}\`: it is always empty${near}`);
    }
  }
}

/** Labels are read as `labels.key`, or asked of sites as `siteLabels("key")`. */
function offsetOfLabel(text: string, key: string): number {
  const offsets = [text.indexOf(`labels.${key}`), text.indexOf(key)].filter((offset) => offset >= 0);
  return offsets[0] ?? 0;
}

function checkSiteNames(use: ExpressionUse, fields: Fields, names: readonly SiteName[]): void {
  const { compilation } = fields;
  for (const { name, offset, use: how } of names) {
    if (how === 'glob') {
      if (matchesAny(name, compilation.namesOf('Site')) || compilation.maybeUnread('Site')) continue;
      warn(use, fields, 'glob-without-match', offset, `no Site matches \`${name}\``);
      continue;
    }
    if (compilation.has('Site', name) || compilation.maybeUnread(name)) continue;
    const suggestion = didYouMean(name, compilation.namesOf('Site'));
    const message = `there is no Site \`${name}\`${suggestion}`;
    if (how === 'equal' && (suggestion !== '' || !namesDestinations(use)))
      fail(use, fields, 'unknown-site', offset, message);
    else warn(use, fields, 'unknown-site', offset, message);
  }
}

/**
 * A Placement whose `to` names a site that is not there (yet, or any longer) wants less than it says, which harms nothing;
 * one that is spelt almost like a site is a mistake.
 */
function namesDestinations(use: ExpressionUse): boolean {
  return use.document.kind === 'Placement' && use.path[0] === 'spec' && use.path[1] === 'to';
}

function fail(use: ExpressionUse, fields: Fields, code: string, offset: number, message: string): void {
  fields.compilation.problems.error(
    code,
    fields.document.textPlace(use.path, offset),
    fields.message(use.path, message),
  );
}

function warn(use: ExpressionUse, fields: Fields, code: string, offset: number, message: string): void {
  fields.compilation.problems.warning(
    code,
    fields.document.textPlace(use.path, offset),
    fields.message(use.path, message),
  );
}
