/** What an expression read where it did not hold: the values a reader of the failure wants to see. */

import type { VariableReader } from '../planning/variable-reader.js';
import type { Expression, Value, ValueType } from '../policy/expression.js';
import { formatTime } from '../policy/units.js';
import { variableByPath } from '../policy/variables.js';

/** Times are RFC 3339, infinite numbers `unlimited`; what was read of several sites is one value for each. */
export type Found = boolean | number | string | readonly string[] | { readonly [site: string]: Found };

export interface FoundValue {
  /** `dataset.sites`, `site.labels.country`, `dataset.is("raw")`. */
  readonly variable: string;
  readonly value: Found;
}

/**
 * The values at the reader's cursor. Where it stands on a dataset, variables of sites (read through `sites` or
 * `siteLabels`) are given for each site that holds any of it.
 */
export function valuesRead(reader: VariableReader, expressions: readonly Expression[]): FoundValue[] {
  const { dataset, site } = reader;
  const found = new Map<string, Found>();
  for (const path of [...new Set(expressions.flatMap((expression) => [...expression.reads]))].sort()) {
    if (path === 'now' || path === 'sites' || path === 'groups') continue;
    const root = path.slice(0, path.indexOf('.'));
    if (root === 'site' && dataset >= 0) {
      if (path !== 'site.name') found.set(path, atSitesOf(reader, path));
    } else if ((root === 'dataset' && dataset >= 0) || (root === 'site' && site >= 0)) {
      found.set(path, shown(path, read(reader, path)));
    }
  }
  for (const { root, name } of expressions.flatMap(({ selectors }) => selectors)) {
    const here = (root === 'dataset' && dataset >= 0) || (root === 'site' && dataset < 0);
    if (here) found.set(`${root}.is("${name}")`, reader.selector(root, name)());
  }
  return [...found].map(([variable, value]) => ({ variable, value }));
}

function atSitesOf(reader: VariableReader, path: string): Found {
  const { dataset, world } = reader;
  const values: Record<string, Found> = {};
  for (const name of read(reader, 'dataset.replicaSites') as readonly string[]) {
    const site = world.sites.indexOf.get(name) ?? -1;
    reader.moveToDatasetAndSite(dataset, site);
    values[name] = shown(path, read(reader, path));
  }
  reader.moveToDataset(dataset);
  return values;
}

function read(reader: VariableReader, path: string): Value {
  const [, root, key] = /^(dataset|site)\.labels\.(.*)$/s.exec(path) ?? [];
  if (key !== undefined) return reader.label(root === 'site' ? 'site' : 'dataset', key)();
  return reader.variable(path)();
}

function shown(path: string, value: Value): Found {
  return foundValue(value, variableByPath.get(path)?.type ?? 'string');
}

export function foundValue(value: Value, type: ValueType): Found {
  if (typeof value === 'number') {
    if (type === 'timestamp') return formatTime(value);
    return Number.isFinite(value) ? value : 'unlimited';
  }
  return typeof value === 'object' ? value.map(String) : value;
}
