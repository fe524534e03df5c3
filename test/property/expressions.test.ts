/**
 * Expressions mean what CEL says: on random ones, the closures that policies compile to agree with the library's own
 * evaluator, including on what is an error. `STATOR_PROPERTY_RUNS` and `STATOR_PROPERTY_SEED` as for plans.
 */
import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  anyGlobMatcher,
  type Condition,
  compileExpression,
  EvaluationError,
  ExpressionError,
  expressionFrom,
  globMatcher,
  keptExpression,
  parseBytes,
  parseDuration,
  scopes,
  type Value,
  type ValueType,
  type VariableHost,
  variables,
} from '../../src/policy/index.js';

const parameters = {
  numRuns: 5 * Number(process.env.STATOR_PROPERTY_RUNS ?? 600),
  seed: Number(process.env.STATOR_PROPERTY_SEED ?? 20260701),
};

const scope = scopes.block;
const simple = new Set<ValueType>(['bool', 'int', 'double', 'string', 'timestamp', 'duration', 'list<string>']);
const known = variables.filter(
  ({ root, type }) => (scope.roots as readonly string[]).includes(root) && simple.has(type),
);
const labels = ['tier', 'campaign'];
const clock = 1_782_864_000;

// ---- Random expressions ----------------------------------------------------------------------------------------------

type Kind = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'duration' | 'list<string>';

const words = ['', 'a', 'RAW', 'AOD', '/a/b/RAW', 'T2_US_MIT', 'é', 'x y'];
const quoted = fc.constantFrom(...words).map((word) => JSON.stringify(word));
const durations = ['30m', '1h', '36h'];

function variableOf(kind: Kind): fc.Arbitrary<string> {
  const paths = known.filter(({ type, values }) => type === kind && values === undefined).map(({ path }) => path);
  return fc.constantFrom(...paths);
}

const { bool } = fc.letrec<Record<Kind, string>>((tie) => {
  const deeper = { maxDepth: 4, depthIdentifier: 'expression' } as const;
  const binary = (a: Kind, operators: readonly string[], b: Kind): fc.Arbitrary<string> =>
    fc.tuple(tie(a), fc.constantFrom(...operators), tie(b)).map(([x, operator, y]) => `(${x} ${operator} ${y})`);
  const choose = (kind: Kind): fc.Arbitrary<string> =>
    fc.tuple(tie('bool'), tie(kind), tie(kind)).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`);
  const order = ['<', '<=', '>', '>=', '==', '!='];
  const list = fc.array(quoted, { maxLength: 3 }).map((all) => `[${all.join(', ')}]`);
  return {
    bool: fc.oneof(
      deeper,
      fc.constantFrom('true', 'false'),
      variableOf('bool'),
      binary('bool', ['&&', '||'], 'bool'),
      tie('bool').map((operand) => `!${operand}`),
      binary('int', order, 'int'),
      binary('double', order, 'double'),
      binary('int', order, 'double'),
      binary('string', order, 'string'),
      binary('timestamp', order, 'timestamp'),
      binary('duration', order, 'duration'),
      binary('list<string>', ['==', '!='], 'list<string>'),
      choose('bool'),
      fc
        .tuple(tie('string'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('string'))
        .map(([text, method, part]) => `${text}.${method}(${part})`),
      fc
        .tuple(tie('string'), fc.constantFrom('*', '/*/*/RAW', 'T2_*', '?', '*A*', ''))
        .map(([text, glob]) => `${text}.glob("${glob}")`),
      fc
        .tuple(tie('string'), fc.constantFrom('A', '^/a', 'W$', '[0-9]+', '(a|b)/'))
        .map(([text, regex]) => `${text}.matches("${regex}")`),
      fc.tuple(tie('string'), tie('list<string>')).map(([element, all]) => `(${element} in ${all})`),
      fc
        .tuple(tie('list<string>'), fc.constantFrom('exists', 'all', 'exists_one'), tie('string'))
        .map(([all, macro, other]) => `${all}.${macro}(e, e == ${other})`),
      fc
        .tuple(tie('timestamp'), fc.constantFrom('olderThan', 'newerThan'), fc.constantFrom('1h', '30m'))
        .map(([time, method, age]) => `${time}.${method}("${age}")`),
    ),
    int: fc.oneof(
      deeper,
      fc.integer({ min: -9, max: 99 }).map((value) => (value < 0 ? `(${value})` : String(value))),
      variableOf('int'),
      binary('int', ['+', '-', '/', '%'], 'int'),
      tie('int').map((operand) => `(3 * ${operand})`),
      tie('int').map((operand) => `(-${operand})`),
      tie('string').map((text) => `size(${text})`),
      tie('list<string>').map((all) => `${all}.size()`),
      tie('double').map((value) => `ceil(${value})`),
      tie('double').map((value) => `floor(${value})`),
      fc.tuple(fc.constantFrom('min', 'max'), tie('int'), tie('int')).map(([name, a, b]) => `${name}(${a}, ${b})`),
      fc.constantFrom('byteSize("1kB")', 'byteSize("2KiB")'),
      choose('int'),
    ),
    double: fc.oneof(
      deeper,
      fc.constantFrom('0.0', '0.5', '1.75', '(-2.5)', '100.0'),
      variableOf('double'),
      binary('double', ['+', '-', '*', '/'], 'double'),
      binary('int', ['+', '-', '*', '/'], 'double'),
      binary('double', ['+', '-', '*', '/'], 'int'),
      tie('int').map((value) => `double(${value})`),
      fc.tuple(fc.constantFrom('min', 'max'), tie('double'), tie('int')).map(([name, a, b]) => `${name}(${a}, ${b})`),
      choose('double'),
    ),
    string: fc.oneof(
      deeper,
      quoted,
      variableOf('string'),
      fc.constantFrom('site.storage', 'site.state', 'dataset.status', 'dataset.onTape').map((path) => `(${path} + "")`),
      fc.constantFrom(...labels.map((key) => `dataset.labels.${key}`), 'site.labels["tier"]'),
      binary('string', ['+'], 'string'),
      tie('int').map((value) => `string(${value})`),
      choose('string'),
    ),
    timestamp: fc.oneof(
      deeper,
      fc.constant('now'),
      fc.constant('timestamp("2026-06-30T22:30:00Z")'),
      variableOf('timestamp'),
      binary('timestamp', ['+', '-'], 'duration'),
      choose('timestamp'),
    ),
    duration: fc.oneof(
      deeper,
      fc.constantFrom(...durations).map((text) => `duration("${text}")`),
      variableOf('duration'),
      binary('timestamp', ['-'], 'timestamp'),
      binary('duration', ['+', '-'], 'duration'),
      choose('duration'),
    ),
    'list<string>': fc.oneof(
      deeper,
      fc.tuple(quoted, list).map(([first, rest]) => `([${first}] + ${rest === '[]' ? '[""]' : rest})`),
      variableOf('list<string>'),
      fc.tuple(tie('list<string>'), tie('string')).map(([all, text]) => `${all}.filter(e, e != ${text})`),
      fc.tuple(tie('list<string>'), tie('string')).map(([all, text]) => `${all}.map(e, e + ${text})`),
      choose('list<string>'),
    ),
  };
});

// ---- Random values ---------------------------------------------------------------------------------------------------

const drawn: Readonly<Record<Kind, fc.Arbitrary<Value>>> = {
  bool: fc.boolean(),
  int: fc.constantFrom(0, 1, 2, 7, 100_000),
  double: fc.constantFrom(0, 0.5, 1, 2.25, 1000),
  string: fc.constantFrom(...words),
  timestamp: fc.constantFrom(0, clock, clock - 3600, clock - 1800, clock + 60),
  duration: fc.constantFrom(0, 1800, 3600, 86_400),
  'list<string>': fc.subarray(words.slice(0, 4)),
};

const values: fc.Arbitrary<ReadonlyMap<string, Value>> = fc
  .record({
    ...Object.fromEntries(
      known.map(({ path, type, values: few }) => [
        path,
        few === undefined ? drawn[type as Kind] : fc.constantFrom(...few),
      ]),
    ),
    ...Object.fromEntries(
      ['dataset.labels.tier', 'dataset.labels.campaign', 'site.labels.tier'].map((path) => [path, drawn.string]),
    ),
  })
  .map((record) => new Map(Object.entries(record)));

function hostOf(given: ReadonlyMap<string, Value>): VariableHost {
  const read = (path: string) => (): Value => {
    const value = given.get(path);
    if (value === undefined) throw new Error(`no value for ${path}`);
    return value;
  };
  const refuse = (): never => {
    throw new Error('not part of these expressions');
  };
  return {
    now: clock,
    variable: read,
    label: (root, key) => read(`${root}.labels.${key}`) as () => string,
    selector: refuse,
    sitesWhere: refuse,
    siteLabels: refuse,
    onElement: refuse,
  };
}

// ---- The library as the judge ----------------------------------------------------------------------------------------

const timestamp = 'google.protobuf.Timestamp';
const duration = 'google.protobuf.Duration';
const judge = makeJudge();

function makeJudge(): Environment {
  const environment = new Environment({ limits: { maxDepth: 200, maxAstNodes: 10_000 } });
  const celType = (type: string): string => (type === 'timestamp' ? timestamp : type === 'duration' ? duration : type);
  for (const root of scope.roots) {
    const fields = Object.fromEntries(
      known.filter((variable) => variable.root === root).map(({ field, type }) => [field, celType(type)]),
    );
    const name = `${root.slice(0, 1).toUpperCase()}${root.slice(1)}`;
    environment.registerType(name, { fields: { ...fields, labels: 'map<string, string>' } });
    environment.registerVariable(root, name);
  }
  environment.registerVariable('now', timestamp);
  environment.registerFunction('string.glob(string): bool', (text: string, glob: string) => naiveGlob(glob, text));
  const age = (text: string): number => 1000 * (parseDuration(text) ?? Number.NaN);
  environment.registerFunction(
    `${timestamp}.olderThan(string): bool`,
    (time: Date, text: string) => time.getTime() < 1000 * clock - age(text),
  );
  environment.registerFunction(
    `${timestamp}.newerThan(string): bool`,
    (time: Date, text: string) => time.getTime() > 1000 * clock - age(text),
  );
  environment.registerFunction('byteSize(string): int', (text: string) => BigInt(parseBytes(text) ?? -1));
  // CEL has no integer for what is not finite; neither side may be asked.
  const toInt = (value: number): bigint => (Number.isFinite(value) ? BigInt(value) : 0n);
  environment.registerFunction('ceil(double): int', (value: number) => toInt(Math.ceil(value)));
  environment.registerFunction('floor(double): int', (value: number) => toInt(Math.floor(value)));
  environment.registerFunction('min(int, int): int', (a: bigint, b: bigint) => (a < b ? a : b));
  environment.registerFunction('max(int, int): int', (a: bigint, b: bigint) => (a > b ? a : b));
  environment.registerFunction('min(double, int): double', (a: number, b: bigint) => Math.min(a, Number(b)));
  environment.registerFunction('max(double, int): double', (a: number, b: bigint) => Math.max(a, Number(b)));
  const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [operator, apply] of Object.entries(operators)) {
    environment.registerOperator(`int ${operator} double: double`, (a: bigint, b: number) => apply(Number(a), b));
    environment.registerOperator(`double ${operator} int: double`, (a: number, b: bigint) => apply(a, Number(b)));
  }
  environment.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b);
  return environment;
}

const LibraryDuration: new (seconds: bigint, nanos: number) => unknown = judge.evaluate('duration("1h")').constructor;

function contextOf(given: ReadonlyMap<string, Value>): Record<string, unknown> {
  const context: Record<string, Record<string, unknown>> = {};
  for (const root of scope.roots) context[root] = { labels: {} };
  for (const { path, root, field, type } of known) {
    const value = given.get(path);
    const fields = context[root];
    if (fields === undefined || value === undefined) continue;
    fields[field] =
      type === 'int'
        ? BigInt(value as number)
        : type === 'timestamp'
          ? new Date(1000 * (value as number))
          : type === 'duration'
            ? new LibraryDuration(BigInt(value as number), 0)
            : value;
  }
  for (const root of ['dataset', 'site'] as const) {
    const fields = context[root];
    if (fields === undefined) continue;
    fields.labels = Object.fromEntries(labels.map((key) => [key, given.get(`${root}.labels.${key}`) ?? '']));
  }
  return { ...context, now: new Date(1000 * clock) };
}

/** A glob by its definition: the whole text, `*` anything, `?` one UTF-16 unit. */
function naiveGlob(glob: string, text: string): boolean {
  const pattern = [...glob]
    .map((c) => (c === '*' ? '[^]*' : c === '?' ? '[^]' : c.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')))
    .join('');
  return new RegExp(`^${pattern}$`).test(text);
}

/** The compiled expression; null where it reads nothing and always fails, which is an error at load. */
function compile(text: string): Condition | null {
  try {
    return compileExpression<boolean>(text, scope, 'bool');
  } catch (error) {
    if (error instanceof ExpressionError && error.message.startsWith('always fails')) return null;
    throw error;
  }
}

/** true, false, or `error`. */
function evaluate(condition: Condition | null, host: VariableHost): unknown {
  if (condition === null) return 'error';
  return outcome(condition.bind(host), (error) => error instanceof EvaluationError);
}

/** What it returns, or `error`. */
function outcome(evaluate: () => unknown, isError: (error: unknown) => boolean): unknown {
  try {
    return evaluate();
  } catch (error) {
    if (isError(error)) return 'error';
    throw error;
  }
}

describe('expressions', () => {
  test('compiled closures agree with the library evaluator', () => {
    let [decided, failed] = [0, 0];
    fc.assert(
      fc.property(bool, values, (text, given) => {
        const ours = evaluate(compile(text), hostOf(given));
        const theirs = outcome(
          () => judge.evaluate(text, contextOf(given)),
          (error) => (error as Error).name === 'EvaluationError',
        );
        if (ours === 'error') failed++;
        else decided++;
        expect(ours).toBe(theirs);
      }),
      parameters,
    );
    // Both kinds of outcome were seen.
    expect(decided).toBeGreaterThan(0);
    expect(failed).toBeGreaterThan(0);
  });

  test('what an expression is said to read is what it reads', () => {
    fc.assert(
      fc.property(bool, values, (text, given) => {
        const compiled = compile(text);
        fc.pre(compiled !== null);
        const read = new Set<string>();
        const host = hostOf(given);
        const watching: VariableHost = {
          ...host,
          variable: (path) => {
            read.add(path);
            return host.variable(path);
          },
          label: (root, key) => {
            read.add(`${root}.labels.${key}`);
            return host.label(root, key);
          },
        };
        compiled.bind(watching);
        expect([...read].sort()).toEqual([...compiled.reads].filter((path) => path !== 'now').sort());
      }),
      parameters,
    );
  });

  test('made again from what is kept of it, an expression is the same, and means the same', () => {
    let again = 0;
    fc.assert(
      fc.property(bool, values, (text, given) => {
        const compiled = compile(text);
        fc.pre(compiled !== null);
        const kept = keptExpression(compiled, 'bool');
        expect(kept === null).toBe(compiled.constant !== undefined || text.length > 4096);
        if (kept === null) return;
        again++;
        const made = expressionFrom<boolean>(JSON.parse(JSON.stringify(kept)), scope);
        expect({ ...made, bind: null }).toStrictEqual({ ...compiled, bind: null });
        expect(evaluate(made, hostOf(given))).toBe(evaluate(compiled, hostOf(given)));
      }),
      parameters,
    );
    expect(again).toBeGreaterThan(0);
  });

  test('the canonical text is the same expression, and its own canonical text', () => {
    fc.assert(
      fc.property(bool, values, (text, given) => {
        const compiled = compile(text);
        fc.pre(compiled !== null);
        const again = compile(compiled.canonical);
        expect(again?.canonical).toBe(compiled.canonical);
        expect(evaluate(again, hostOf(given))).toBe(evaluate(compiled, hostOf(given)));
        const spaced = compile(` ( ${text} ) // a comment`);
        expect(spaced?.canonical).toBe(compiled.canonical);
      }),
      parameters,
    );
  });
});

describe('globs', () => {
  const piece = fc.constantFrom('*', '?', 'a', 'b', '/', '.', '[', '\\', '**', 'ab');
  const glob = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
  const name = fc
    .array(fc.constantFrom('a', 'b', '/', '.', '[', '\\', 'ab', 'ba'), { maxLength: 9 })
    .map((all) => all.join(''));

  test('match as a naive regular expression does', () => {
    fc.assert(
      fc.property(glob, name, (pattern, text) => {
        expect(globMatcher(pattern)(text)).toBe(naiveGlob(pattern, text));
      }),
      { ...parameters, numRuns: 4 * parameters.numRuns },
    );
  });

  test('any of many is any of them', () => {
    fc.assert(
      fc.property(fc.array(glob, { maxLength: 5 }), name, (patterns, text) => {
        expect(anyGlobMatcher(patterns)(text)).toBe(patterns.some((pattern) => naiveGlob(pattern, text)));
      }),
      parameters,
    );
  });
});
