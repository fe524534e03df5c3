/** The type environment of a scope for the CEL library's parser and checker. */
import { Environment } from '@marcbachmann/cel-js';
import type { Scope, ScopeRoot, ValueType } from './expression.js';
import { variables } from './variables.js';

const timestamp = 'google.protobuf.Timestamp';
const duration = 'google.protobuf.Duration';
export const typeNames: Readonly<Record<ScopeRoot, string>> = {
  site: 'Site',
  dataset: 'Dataset',
  replica: 'Replica',
  block: 'Block',
  plan: 'Plan',
};

const celTypes: Readonly<Record<ValueType, string>> = {
  bool: 'bool',
  int: 'int',
  double: 'double',
  string: 'string',
  timestamp,
  duration,
  'list<string>': 'list<string>',
  'list<Block>': 'list<Block>',
  'list<Site>': 'list<Site>',
};

const environments = new Map<string, Environment>();
const keys = new WeakMap<Scope, string>();

/** Expressions come from reviewed files, but long `in` lists are usual: limits far above need, below harm. */
const limits = { maxAstNodes: 200_000, maxDepth: 100, maxListElements: 100_000, maxCallArguments: 16 };

/** Equal for scopes in which every text means the same. */
export function environmentKey(scope: Scope): string {
  let key = keys.get(scope);
  if (key === undefined) {
    key = `${scope.roots.join()}:${scope.partition}:${(scope.sites ?? []).join()}`;
    keys.set(scope, key);
  }
  return key;
}

export function environmentOf(scope: Scope): Environment {
  const key = environmentKey(scope);
  let environment = environments.get(key);
  if (environment === undefined) {
    environment = makeEnvironment(scope);
    environments.set(key, environment);
  }
  return environment;
}

function makeEnvironment(scope: Scope): Environment {
  const environment = new Environment({ limits });
  // The functions run in our own compiled closures; the library only checks their types.
  const unused = (): never => {
    throw new Error('policy functions are compiled, not interpreted');
  };
  // Things that lists hold have a type also where none of their kind is at hand; a type comes before its lists.
  for (const root of ['site', 'dataset', 'block', 'replica', 'plan'] as const) {
    const fields: Record<string, string> = {};
    for (const variable of variables) {
      if (variable.root === root && (!variable.partition || scope.partition)) {
        fields[variable.field] = celTypes[variable.type];
      }
    }
    if (root === 'site' || root === 'dataset') fields.labels = 'map<string, string>';
    environment.registerType(typeNames[root], { fields });
    if (scope.roots.includes(root)) environment.registerVariable(root, typeNames[root]);
    if (root !== 'plan') environment.registerFunction(`${typeNames[root]}.is(string): bool`, unused);
  }
  for (const name of scope.sites ?? []) environment.registerVariable(name, typeNames.site);
  environment.registerFunction(`${typeNames.dataset}.sitesWhere(string): list<string>`, unused);
  environment.registerFunction('list<string>.siteLabels(string): list<string>', unused);
  environment.registerVariable('now', timestamp);
  environment.registerVariable('sites', celTypes['list<Site>']);
  environment.registerVariable('groups', celTypes['list<string>']);
  environment.registerFunction('string.glob(string): bool', unused);
  environment.registerFunction('string.glob(list<string>): bool', unused);
  environment.registerFunction(`${timestamp}.olderThan(string): bool`, unused);
  environment.registerFunction(`${timestamp}.newerThan(string): bool`, unused);
  environment.registerFunction('byteSize(string): int', unused);
  for (const name of ['ceil', 'floor']) {
    environment.registerFunction(`${name}(double): int`, unused);
    environment.registerFunction(`${name}(int): int`, unused);
  }
  for (const name of ['min', 'max']) {
    for (const a of ['int', 'double']) {
      for (const b of ['int', 'double']) {
        environment.registerFunction(`${name}(${a}, ${b}): ${a === 'int' && b === 'int' ? 'int' : 'double'}`, unused);
      }
    }
  }
  environment.registerOperator('string in string: bool', unused);
  for (const operator of ['+', '-', '*', '/']) {
    environment.registerOperator(`int ${operator} double: double`, unused);
    environment.registerOperator(`double ${operator} int: double`, unused);
  }
  // Registered for both orders, and for `!=`.
  environment.registerOperator('int == double', unused);
  environment.registerOperator('int in list<double>', unused);
  environment.registerOperator('double in list<int>', unused);
  return environment;
}
