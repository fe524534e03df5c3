/**
 * Expressions to closures.
 *
 * The CEL library parses and type-checks; this file walks the checked tree once and builds closures over a host's
 * accessors, with plain JavaScript numbers for int, double, timestamp and duration. Semantics are CEL's (an int divided
 * by an int truncates, errors are absorbed by `||` and `&&`), except that ints are exact only up to 2^53.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { closest, distance } from 'fastest-levenshtein';
import { compareBytes } from '../order.js';
import { canonicalText } from './canonical.js';
import { contradictionIn } from './contradictions.js';
import { environmentOf, typeNames } from './environment.js';
import {
  type ElementRoot,
  EvaluationError,
  type Expression,
  ExpressionError,
  type Root,
  type Scope,
  type Value,
  type ValueType,
  type VariableHost,
} from './expression.js';
import { alternativesOf } from './outline.js';
import { requiredDatasetNames } from './required-names.js';
import { anyGlobMatcher, globMatcher, regexMatcher } from './text-match.js';
import { parseBytes, parseDuration, parseTime } from './units.js';
import { variableByPath, variables } from './variables.js';

/** What an expression must result in: `number` is int or double, `order` a number, time or string. */
export type Expected = 'bool' | 'int' | 'number' | 'order';

const accepted: Readonly<Record<Expected, readonly ValueType[]>> = {
  bool: ['bool'],
  int: ['int'],
  number: ['int', 'double'],
  order: ['int', 'double', 'string', 'timestamp', 'duration', 'bool'],
};

/**
 * Parses and type-checks `text` as standing in `scope` and resulting in `expected`.
 *
 * @example
 * const old = compileExpression<boolean>('dataset.lastUpdate.olderThan("90d")', scopes.dataset, 'bool');
 * const test = old.bind(host); // test() reads the dataset at the host's cursor
 *
 * @throws ExpressionError with the offset in the text
 */
export function compileExpression<T extends Value>(text: string, scope: Scope, expected: Expected): Expression<T> {
  try {
    return compileChecked<T>(text, scope, expected);
  } catch (error) {
    // The parser recurses; an expression of many thousand terms belongs into a Selector's list.
    if (error instanceof RangeError)
      throw new ExpressionError('the expression is too long', 0, 'use a Selector with names');
    throw error;
  }
}

function compileChecked<T extends Value>(text: string, scope: Scope, expected: Expected): Expression<T> {
  const ast = checkedTree(text, scope);
  const compiler = new Compiler(text, scope);
  const root = compiler.compile(ast);
  if (!accepted[expected].includes(root.type as ValueType)) {
    const wanted = expected === 'bool' ? 'a condition (bool)' : expected === 'order' ? 'a value to order by' : expected;
    throw new ExpressionError(`results in ${root.type}, expected ${wanted}`, 0);
  }
  const fixed = compiler.reads.size === 0 && compiler.selectors.length === 0;
  const canonical = canonicalText(ast);
  const known: KnownOfText = {
    type: root.type as ValueType,
    reads: compiler.reads,
    selectors: compiler.selectors,
    canonical: canonical === text ? text : canonical,
    datasetNames: requiredDatasetNames(ast),
    consistent: expected === 'bool' && isShort(text) && isConsistent(text, ast),
  };
  const constant = fixed ? (constantOf(root) as T) : undefined;
  return expressionOf(text, scope, known, constant, isShort(text) ? null : root);
}

/** What follows from a text and its scope, and takes no closures. */
export type KnownOfText = Omit<Expression, 'text' | 'scope' | 'constant' | 'bind'>;

/**
 * Trees and closures take a hundred times the memory of what is known of a text, and of a large desired state few
 * expressions are ever bound: those of short texts are let go of, and made again by the first `bind`. Compiling long texts
 * takes time, and a stack that may not be there when they are bound.
 */
const longestText = 4096;

export function isShort(text: string): boolean {
  return text.length <= longestText;
}

/** @param root null: is made from the text, which was checked in this scope, when it is needed */
export function expressionOf<T extends Value>(
  text: string,
  scope: Scope,
  known: KnownOfText,
  constant: T | undefined,
  root: Compiled | null,
): Expression<T> {
  const { type, reads, selectors, canonical, datasetNames, consistent } = known;
  let compiled = root;
  const bind = (host: VariableHost): (() => T) => {
    compiled ??= new Compiler(text, scope).compile(environmentOf(scope).parse(text).ast);
    return compiled.bind(host) as () => T;
  };
  return { text, scope, type, reads, selectors, canonical, datasetNames, constant, consistent, bind };
}

function checkedTree(text: string, scope: Scope): ASTNode {
  const environment = environmentOf(scope);
  let parsed: ReturnType<typeof environment.parse>;
  try {
    parsed = environment.parse(text);
  } catch (error) {
    throw explain(error, text, scope);
  }
  const checked = parsed.check();
  if (!checked.valid) throw explain(checked.error, text, scope);
  return parsed.ast;
}

function isConsistent(text: string, ast: ASTNode): boolean {
  try {
    const alternatives = alternativesOf(text, ast);
    return alternatives.length > 0 && alternatives.every((atoms) => contradictionIn(atoms) === null);
  } catch (error) {
    // An outline needs more of the stack than compiling does; no expression is refused for that.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function constantOf(root: Compiled): AnyValue {
  try {
    return root.bind(nothing)();
  } catch (error) {
    if (error instanceof EvaluationError) throw new ExpressionError(`always fails: ${error.message}`, 0);
    throw error;
  }
}

const nothing: VariableHost = {
  now: 0,
  variable: (path) => unreadable(path),
  label: (root, key) => unreadable(`${root}.labels.${key}`),
  selector: (root, name) => unreadable(`${root}.is("${name}")`),
  sitesWhere: (name) => unreadable(`dataset.sitesWhere("${name}")`),
  siteLabels: (key) => unreadable(`siteLabels("${key}")`),
  onElement: (root) => unreadable(`an element of a list of ${root}s`),
};

function unreadable(what: string): never {
  throw new Error(`a constant expression read ${what}`);
}

/** Turns the library's error into one that speaks of our variables. */
function explain(error: unknown, text: string, scope: Scope): ExpressionError {
  const known = error as { code?: string; summary?: string; message?: string; range?: { start: number; end: number } };
  const start = known.range?.start ?? 0;
  const end = known.range?.end ?? start;
  const found = text.slice(start, end);
  if (known.code === 'unknown_variable') {
    if (found in typeNames) {
      return new ExpressionError(`\`${found}\` is not available here (${scopeText(scope)})`, start);
    }
    return new ExpressionError(
      `unknown variable \`${found}\``,
      start,
      suggest(found, [...scope.roots, ...(scope.sites ?? []), 'now', 'sites', 'groups']),
    );
  }
  if (known.code === 'no_such_key') {
    // The range may cover the whole path (`dataset.nme`) or its last part only.
    const before = text.slice(0, start).match(/([A-Za-z]+)\s*\.\s*$/);
    const path = found.includes('.') ? found.replace(/\s/g, '') : `${before?.[1] ?? ''}.${found.replace(/^\./, '')}`;
    const name = path.split('.')[0] ?? '';
    // A particular site is read like any other.
    const root = scope.sites?.includes(name) === true ? 'site' : name;
    if (variableByPath.get(`${root}${path.slice(name.length)}`)?.partition && !scope.partition) {
      return new ExpressionError(`\`${path}\` needs a partition, and none is in scope here`, start);
    }
    const candidates = variables
      .filter((variable) => variable.root === root && (scope.partition || !variable.partition))
      .map(({ field }) => `${name}.${field}`);
    return new ExpressionError(`unknown variable \`${path}\``, start, suggest(path, candidates));
  }
  const summary = (known.summary ?? known.message ?? 'not a valid expression').replaceAll('google.protobuf.', '');
  return new ExpressionError(summary, Math.min(start, text.length));
}

function scopeText(scope: Scope): string {
  return `${scope.name} scope: ${[...scope.roots, ...(scope.sites ?? [])].join(', ')}`;
}

function suggest(found: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const best = closest(found, candidates);
  return distance(found, best) <= Math.max(2, found.length / 3) ? `did you mean \`${best}\`?` : undefined;
}

type NodeType = ValueType | 'list<int>' | 'list<double>' | 'list<bool>' | 'labels' | 'thing';
type AnyValue = Value | readonly boolean[];
type Reader = () => AnyValue;

interface Compiled {
  readonly type: NodeType;
  /** Whether evaluation can throw, so that `||` and `&&` know where errors must be absorbed. */
  readonly fails: boolean;
  /** Set for literals and lists of literals. */
  readonly literal?: AnyValue;
  /** Set for variables: the path; for things and their labels: the root. */
  readonly path?: string;
  /** Set for a thing out of a list: reads through it go to that element, not to the cursor. */
  readonly element?: Element;
  bind(host: VariableHost): Reader;
}

/** What lists of things hold. */
const elementRoots: Readonly<Record<string, ElementRoot>> = { 'list<Block>': 'block', 'list<Site>': 'site' };

interface Element {
  readonly root: ElementRoot;
  readonly local: Local;
}

/** A comprehension variable: the cell holds the element while the body runs. */
interface Local {
  readonly type: NodeType;
  /** Set where the element is a thing. */
  readonly root: ElementRoot | undefined;
  /** One cell per bound closure: nested binds of one expression must not share it. */
  cell: { value: AnyValue };
}

class Compiler {
  readonly reads = new Set<string>();
  readonly selectors: { root: Root; name: string; offset: number }[] = [];
  readonly #text: string;
  readonly #locals = new Map<string, Local>();

  constructor(text: string, scope: Scope) {
    this.#text = text;
    for (const [index, name] of (scope.sites ?? []).entries()) {
      this.#locals.set(name, { type: 'thing', root: 'site', cell: { value: index } });
    }
  }

  compile(node: ASTNode): Compiled {
    switch (node.op) {
      case 'value':
        return this.#literal(node.args, node);
      case 'id':
        return this.#identifier(node.args, node);
      case '.':
        return this.#field(node.args[0], node.args[1], node);
      case '[]':
        return this.#index(node.args[0], node.args[1], node);
      case 'list':
        return this.#list(node.args, node);
      case '&&':
        return this.#and(node.args[0], node.args[1]);
      case '||':
        return this.#or(node.args[0], node.args[1]);
      case '!_': {
        const operand = this.compile(node.args);
        return derived('bool', [operand], (host) => {
          const read = operand.bind(host);
          return () => !read();
        });
      }
      case '-_': {
        const operand = this.compile(node.args);
        if (operand.literal !== undefined) return constant(operand.type, -(operand.literal as number));
        return derived(operand.type, [operand], (host) => {
          const read = operand.bind(host) as () => number;
          return () => -read();
        });
      }
      case '?:': {
        const [test, yes, no] = node.args.map((arg) => this.compile(arg)) as [Compiled, Compiled, Compiled];
        return derived(yes.type, [test, yes, no], (host) => {
          const condition = test.bind(host);
          const then = yes.bind(host);
          const otherwise = no.bind(host);
          return () => (condition() ? then() : otherwise());
        });
      }
      case '==':
      case '!=':
        return this.#equality(node.op, node.args[0], node.args[1], node);
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#comparison(node.op, node.args[0], node.args[1]);
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return this.#arithmetic(node.op, node.args[0], node.args[1]);
      case 'in':
        return this.#membership(node.args[0], node.args[1], node);
      case 'call':
        return this.#call(node.args[0], node.args[1], node);
      case 'rcall':
        return this.#method(node.args[0], node.args[1], node.args[2], node);
      default:
        throw this.#error(`\`${this.#source(node)}\` is not part of the policy language`, node);
    }
  }

  #error(message: string, node: ASTNode, hint?: string): ExpressionError {
    return new ExpressionError(message, node.start, hint);
  }

  #source(node: ASTNode): string {
    return this.#text.slice(node.start, node.end);
  }

  #literal(value: unknown, node: ASTNode): Compiled {
    if (typeof value === 'bigint') {
      const number = Number(value);
      if (!Number.isSafeInteger(number)) throw this.#error(`the integer ${value} is above 2^53`, node);
      return constant('int', number);
    }
    if (typeof value === 'number') return constant('double', value);
    if (typeof value === 'string') return constant('string', value);
    if (typeof value === 'boolean') return constant('bool', value);
    throw this.#error(`\`${this.#source(node)}\` is not a value policies use`, node);
  }

  #identifier(name: string, node: ASTNode): Compiled {
    const local = this.#locals.get(name);
    if (local !== undefined) {
      const { root } = local;
      if (root === undefined) return { type: local.type, fails: false, bind: () => cellReader(local) };
      return { type: 'thing', fails: false, path: root, element: { root, local }, bind: () => cellReader(local) };
    }
    if (name === 'now') {
      this.reads.add('now');
      return { type: 'timestamp', fails: false, bind: (host) => () => host.now };
    }
    if (name === 'sites' || name === 'groups') {
      this.reads.add(name);
      const type = name === 'sites' ? 'list<Site>' : 'list<string>';
      return { type, fails: false, bind: (host) => host.variable(name) };
    }
    if (name in typeNames) return { type: 'thing', fails: false, path: name, bind: () => () => name };
    throw this.#error(`unknown variable \`${name}\``, node);
  }

  #field(target: ASTNode, field: string, node: ASTNode): Compiled {
    const thing = this.compile(target);
    if (thing.type === 'labels') return this.#label(thing, field);
    if (thing.type !== 'thing' || thing.path === undefined) {
      throw this.#error(`\`${this.#source(node)}\` is not a variable`, node);
    }
    const { element } = thing;
    if (field === 'labels') {
      const labels = { type: 'labels', fails: false, path: thing.path, bind: () => () => '' } as const;
      return element === undefined ? labels : { ...labels, element };
    }
    const path = `${thing.path}.${field}`;
    const variable = variableByPath.get(path);
    if (variable === undefined) throw this.#error(`unknown variable \`${path}\``, node);
    this.reads.add(path);
    return { type: variable.type, fails: false, path, bind: throughElement(element, (host) => host.variable(path)) };
  }

  #label(labels: Compiled, key: string): Compiled {
    const root = labels.path as 'dataset' | 'site';
    this.reads.add(`${root}.labels.${key}`);
    return { type: 'string', fails: false, bind: throughElement(labels.element, (host) => host.label(root, key)) };
  }

  #index(target: ASTNode, key: ASTNode, node: ASTNode): Compiled {
    const list = this.compile(target);
    const index = this.compile(key);
    if (list.type === 'labels') {
      if (typeof index.literal !== 'string') throw this.#error('a label key must be written out', key);
      return this.#label(list, index.literal);
    }
    if (list.type in elementRoots)
      throw this.#error('a list of things is asked with `exists`, `all` or `filter`', node);
    const text = this.#source(node);
    return {
      type: elementType(list.type),
      fails: true,
      bind: (host) => {
        const elements = list.bind(host) as () => readonly string[];
        const position = index.bind(host) as () => number;
        return () => {
          const value = elements()[position()];
          if (value === undefined) throw new EvaluationError(`\`${text}\` is out of range`, this.#text);
          return value;
        };
      },
    };
  }

  #list(nodes: readonly ASTNode[], node: ASTNode): Compiled {
    const elements = nodes.map((element) => this.compile(element));
    const type = elements[0]?.type ?? 'string';
    const listType = `list<${type}>` as NodeType;
    if (!['string', 'int', 'double', 'bool'].includes(type)) throw this.#error(`a list of ${type} is of no use`, node);
    if (elements.every((element) => element.literal !== undefined)) {
      return constant(listType, elements.map((element) => element.literal) as readonly string[]);
    }
    return derived(listType, elements, (host) => {
      const readers = elements.map((element) => element.bind(host) as () => string);
      return () => readers.map((read) => read());
    });
  }

  #and(left: ASTNode, right: ASTNode): Compiled {
    const a = this.compile(left);
    const b = this.compile(right);
    return derived('bool', [a, b], (host) => {
      const first = a.bind(host);
      const second = b.bind(host);
      if (!a.fails) return () => first() && second();
      return () => absorb(first, second, false);
    });
  }

  #or(left: ASTNode, right: ASTNode): Compiled {
    const a = this.compile(left);
    const b = this.compile(right);
    return derived('bool', [a, b], (host) => {
      const first = a.bind(host);
      const second = b.bind(host);
      if (!a.fails) return () => first() || second();
      return () => absorb(first, second, true);
    });
  }

  #equality(op: '==' | '!=', left: ASTNode, right: ASTNode, node: ASTNode): Compiled {
    const a = this.compile(left);
    const b = this.compile(right);
    this.#checkKnownValue(a, b, node);
    this.#checkKnownValue(b, a, node);
    const wanted = op === '==';
    if (a.type.startsWith('list')) {
      return derived('bool', [a, b], (host) => {
        const x = a.bind(host) as () => readonly string[];
        const y = b.bind(host) as () => readonly string[];
        return () => sameList(x(), y()) === wanted;
      });
    }
    if (b.literal !== undefined) {
      const value = b.literal;
      return derived('bool', [a], (host) => {
        const x = a.bind(host);
        return wanted ? () => x() === value : () => x() !== value;
      });
    }
    return derived('bool', [a, b], (host) => {
      const x = a.bind(host);
      const y = b.bind(host);
      return () => (x() === y()) === wanted;
    });
  }

  /** A text that a variable with few known values can never have is a mistake, not a comparison. */
  #checkKnownValue(variable: Compiled, value: Compiled, node: ASTNode): void {
    const values = variable.path === undefined ? undefined : variableByPath.get(variable.path)?.values;
    if (values === undefined || value.literal === undefined) return;
    const literals = Array.isArray(value.literal) ? value.literal : [value.literal];
    for (const literal of literals) {
      if (typeof literal === 'string' && !values.includes(literal)) {
        throw this.#error(
          `\`${variable.path}\` is never "${literal}" (it is one of ${values.join(', ')})`,
          node,
          suggest(literal, values)?.replaceAll('`', '"'),
        );
      }
    }
  }

  #comparison(op: '<' | '<=' | '>' | '>=', left: ASTNode, right: ASTNode): Compiled {
    const a = this.compile(left);
    const b = this.compile(right);
    return derived('bool', [a, b], (host) => {
      if (a.type === 'string') {
        const x = a.bind(host) as () => string;
        const y = b.bind(host) as () => string;
        const test = comparisons[op];
        return () => test(compareBytes(x(), y()), 0);
      }
      const x = a.bind(host) as () => number;
      if (typeof b.literal === 'number') {
        const value = b.literal;
        if (op === '<') return () => x() < value;
        if (op === '<=') return () => x() <= value;
        if (op === '>') return () => x() > value;
        return () => x() >= value;
      }
      const y = b.bind(host) as () => number;
      if (op === '<') return () => x() < y();
      if (op === '<=') return () => x() <= y();
      if (op === '>') return () => x() > y();
      return () => x() >= y();
    });
  }

  #arithmetic(op: '+' | '-' | '*' | '/' | '%', left: ASTNode, right: ASTNode): Compiled {
    const a = this.compile(left);
    const b = this.compile(right);
    const type = arithmeticType(op, a.type, b.type);
    if (op === '+' && (type === 'string' || type.startsWith('list'))) {
      return derived(type, [a, b], (host) => {
        const x = a.bind(host);
        const y = b.bind(host);
        return type === 'string'
          ? () => `${x() as string}${y() as string}`
          : () => [...(x() as readonly string[]), ...(y() as readonly string[])];
      });
    }
    const integerDivision = type === 'int' && (op === '/' || op === '%');
    return {
      type,
      fails: a.fails || b.fails || integerDivision,
      bind: (host) => {
        const x = a.bind(host) as () => number;
        const y = b.bind(host) as () => number;
        switch (op) {
          case '+':
            return () => x() + y();
          case '-':
            return () => x() - y();
          case '*':
            return () => x() * y();
          case '/':
            return integerDivision ? () => Math.trunc(x() / this.#divisor(y())) : () => x() / y();
          case '%':
            return () => x() % this.#divisor(y());
        }
      },
    };
  }

  #divisor(value: number): number {
    if (value === 0) throw new EvaluationError('division by zero', this.#text);
    return value;
  }

  #membership(element: ASTNode, list: ASTNode, node: ASTNode): Compiled {
    const a = this.compile(element);
    const b = this.compile(list);
    this.#checkKnownValue(a, b, node);
    if (b.type === 'labels') {
      if (typeof a.literal !== 'string') throw this.#error('a label key must be written out', element);
      const label = this.#label(b, a.literal);
      return derived('bool', [label], (host) => {
        const read = label.bind(host);
        return () => read() !== '';
      });
    }
    if (b.type === 'string') {
      return derived('bool', [a, b], (host) => {
        const part = a.bind(host) as () => string;
        const whole = b.bind(host) as () => string;
        return () => whole().includes(part());
      });
    }
    if (b.literal !== undefined) {
      const known: ReadonlySet<unknown> = new Set(b.literal as readonly string[]);
      return derived('bool', [a], (host) => {
        const read = a.bind(host);
        return () => known.has(read());
      });
    }
    return derived('bool', [a, b], (host) => {
      const read = a.bind(host) as () => string;
      const elements = b.bind(host) as () => readonly string[];
      return () => elements().includes(read());
    });
  }

  #call(name: string, args: readonly ASTNode[], node: ASTNode): Compiled {
    const [first, second] = args;
    if (first === undefined) throw this.#error(`\`${name}\` is not a function of the policy language`, node);
    if (name === 'has') {
      const target = this.compile(first);
      return derived('bool', [target], (host) => {
        const read = target.bind(host);
        return () => read() !== '';
      });
    }
    const a = this.compile(first);
    if ((name === 'min' || name === 'max') && second !== undefined) {
      const b = this.compile(second);
      const pick = name === 'min' ? Math.min : Math.max;
      return derived(arithmeticType('+', a.type, b.type), [a, b], (host) => {
        const x = a.bind(host) as () => number;
        const y = b.bind(host) as () => number;
        return () => pick(x(), y());
      });
    }
    if (second !== undefined) throw this.#error(`\`${name}\` is not a function of the policy language`, node);
    switch (name) {
      case 'size':
        return this.#size(a, node);
      case 'ceil':
        return numeric('int', a, Math.ceil);
      case 'floor':
        return numeric('int', a, Math.floor);
      case 'byteSize':
        return this.#parsed('int', a, first, parseBytes, 'a size such as 500TB');
      case 'duration':
        return this.#parsed('duration', a, first, parseDuration, 'a duration such as 90d');
      case 'timestamp':
        return this.#parsed('timestamp', a, first, parseTime, 'a time such as 2027-01-31T12:00:00Z');
      case 'double':
      case 'int':
        if (a.type === 'string') return this.#parsed(name, a, first, parseNumber, 'a number');
        return name === 'int' ? numeric('int', a, Math.trunc) : numeric('double', a, (value) => value);
      case 'string':
        return derived('string', [a], (host) => {
          const read = a.bind(host);
          return () => String(read());
        });
      default:
        throw this.#error(`\`${name}\` is not a function of the policy language`, node);
    }
  }

  #size(target: Compiled, node: ASTNode): Compiled {
    if (target.type !== 'string' && !target.type.startsWith('list')) {
      throw this.#error('`size` wants a string or a list', node);
    }
    return derived('int', [target], (host) => {
      const read = target.bind(host) as () => string | readonly string[];
      return target.type === 'string' ? () => [...(read() as string)].length : () => read().length;
    });
  }

  /** Conversions from text: a literal is converted now, so that a mistake is an error at load. */
  #parsed(
    type: ValueType,
    argument: Compiled,
    node: ASTNode,
    parse: (text: string) => number | null,
    form: string,
  ): Compiled {
    if (argument.literal !== undefined) {
      const value = parse(String(argument.literal));
      if (value === null) throw this.#error(`"${String(argument.literal)}" is not ${form}`, node);
      return constant(type, value);
    }
    return {
      type,
      fails: true,
      bind: (host) => {
        const read = argument.bind(host) as () => string;
        return () => {
          const text = read();
          const value = parse(text);
          if (value === null) throw new EvaluationError(`"${text}" is not ${form}`, this.#text);
          return value;
        };
      },
    };
  }

  #method(name: string, target: ASTNode, args: readonly ASTNode[], node: ASTNode): Compiled {
    if (name === 'exists' || name === 'all' || name === 'exists_one' || name === 'filter' || name === 'map') {
      return this.#comprehension(name, target, args, node);
    }
    const receiver = this.compile(target);
    if (name === 'is' || name === 'sitesWhere') return this.#selected(name, receiver, args, node);
    if (name === 'siteLabels') return this.#siteLabels(receiver, args, node);
    if (name === 'size') return this.#size(receiver, node);
    const compiled = args.map((arg) => this.compile(arg));
    const [argument] = compiled;
    if (argument === undefined) {
      const plain = plainTextMethods[name];
      if (plain === undefined || receiver.type !== 'string') throw this.#unknownMethod(name, node);
      return derived('string', [receiver], (host) => {
        const read = receiver.bind(host) as () => string;
        return () => plain(read());
      });
    }
    if (compiled.length > 1) throw this.#unknownMethod(name, node);
    if (name === 'olderThan' || name === 'newerThan') {
      const age = this.#parsed('duration', argument, args[0] as ASTNode, parseDuration, 'a duration such as 90d');
      this.reads.add('now');
      return derived('bool', [receiver, age], (host) => {
        const read = receiver.bind(host) as () => number;
        // Only of a variable as it stands: what is calculated with the clock is another at every time.
        const time = receiver.path === undefined ? read : (host.forAge?.(read) ?? read);
        const limit = age.bind(host) as () => number;
        const ago = host.ago?.bind(host) ?? ((seconds: number) => host.now - seconds);
        const isOlder = name === 'olderThan';
        return () => {
          const when = time();
          const edge = ago(limit(), when);
          return isOlder ? when < edge : when > edge;
        };
      });
    }
    if (receiver.type !== 'string') throw this.#unknownMethod(name, node);
    if (name === 'glob' || name === 'matches') return this.#textMatch(name, receiver, argument, args[0] as ASTNode);
    const test = textTests[name];
    if (test === undefined) throw this.#unknownMethod(name, node);
    return derived('bool', [receiver, argument], (host) => {
      const text = receiver.bind(host) as () => string;
      const part = argument.bind(host) as () => string;
      return () => test(text(), part());
    });
  }

  #unknownMethod(name: string, node: ASTNode): ExpressionError {
    return this.#error(`\`.${name}()\` is not a function of the policy language`, node);
  }

  #textMatch(name: 'glob' | 'matches', text: Compiled, pattern: Compiled, node: ASTNode): Compiled {
    if (pattern.literal === undefined) throw this.#error(`the pattern of \`${name}\` must be written out`, node);
    let matches: (text: string) => boolean;
    if (name === 'glob') {
      matches = Array.isArray(pattern.literal)
        ? anyGlobMatcher(pattern.literal as readonly string[])
        : globMatcher(pattern.literal as string);
    } else {
      try {
        matches = regexMatcher(pattern.literal as string);
      } catch (error) {
        throw this.#error(`not a regular expression: ${(error as Error).message}`, node);
      }
    }
    return derived('bool', [text], (host) => {
      const read = text.bind(host) as () => string;
      // Neighbouring replicas share their dataset and site: the last answer is often the next.
      let lastText: string | undefined;
      let last = false;
      return () => {
        const value = read();
        if (value !== lastText) {
          last = matches(value);
          lastText = value;
        }
        return last;
      };
    });
  }

  /** `thing.is("selector")`, and `dataset.sitesWhere("selector")` of a Selector of replicas. */
  #selected(name: 'is' | 'sitesWhere', receiver: Compiled, args: readonly ASTNode[], node: ASTNode): Compiled {
    const argument = args[0] === undefined ? undefined : this.compile(args[0]);
    if (receiver.type !== 'thing' || typeof argument?.literal !== 'string') {
      throw this.#error(`\`${name}\` wants the name of a Selector, written out`, node);
    }
    const selector = argument.literal;
    const offset = (args[0] as ASTNode).start;
    if (name === 'sitesWhere') {
      this.selectors.push({ root: 'replica', name: selector, offset });
      // Which replicas there are, whatever the Selector asks of them.
      this.reads.add('dataset.replicaSites');
      return { type: 'list<string>', fails: true, bind: (host) => host.sitesWhere(selector) };
    }
    const root = receiver.path as Root;
    this.selectors.push({ root, name: selector, offset });
    const bind = throughElement(receiver.element, (host) => host.selector(root, selector));
    return { type: 'bool', fails: true, bind };
  }

  /** `names.siteLabels("key")`: the different values of a label at named sites. */
  #siteLabels(names: Compiled, args: readonly ASTNode[], node: ASTNode): Compiled {
    const key = args[0] === undefined ? undefined : this.compile(args[0]).literal;
    if (typeof key !== 'string') throw this.#error('the key of `siteLabels` must be written out', args[0] ?? node);
    this.reads.add(`site.labels.${key}`);
    return {
      type: 'list<string>',
      fails: names.fails,
      bind: (host) => {
        const read = names.bind(host) as () => readonly string[];
        const values = host.siteLabels(key);
        return () => values(read());
      },
    };
  }

  #comprehension(
    name: 'exists' | 'all' | 'exists_one' | 'filter' | 'map',
    target: ASTNode,
    args: readonly ASTNode[],
    node: ASTNode,
  ): Compiled {
    const [variable, body] = args;
    if (variable?.op !== 'id' || body === undefined || args.length !== 2) {
      throw this.#error(`\`${name}\` wants a variable and an expression`, node);
    }
    const list = this.compile(target);
    if (!list.type.startsWith('list')) throw this.#error(`\`${name}\` wants a list`, node);
    const outer = this.#locals.get(variable.args);
    const local: Local = { type: elementType(list.type), root: elementRoots[list.type], cell: { value: '' } };
    this.#locals.set(variable.args, local);
    const inner = this.compile(body);
    if (outer === undefined) this.#locals.delete(variable.args);
    else this.#locals.set(variable.args, outer);
    if (name === 'map' && (inner.type === 'thing' || inner.type.startsWith('list'))) {
      throw this.#error('`map` wants an expression that results in a single value', body);
    }
    const type: NodeType =
      name === 'map' ? (`list<${inner.type}>` as NodeType) : name === 'filter' ? list.type : 'bool';
    return derived(type, [list, inner], (host) => {
      const elements = list.bind(host) as () => readonly string[];
      const cell = { value: '' as AnyValue };
      const saved = local.cell;
      local.cell = cell;
      const test = inner.bind(host);
      local.cell = saved;
      const holds = (element: string): boolean => {
        cell.value = element;
        return test() as boolean;
      };
      switch (name) {
        case 'exists':
          return () => elements().some(holds);
        case 'all':
          return () => elements().every(holds);
        case 'exists_one':
          return () => elements().filter(holds).length === 1;
        case 'filter':
          return () => elements().filter(holds);
        case 'map':
          return () =>
            elements().map((element) => {
              cell.value = element;
              return test() as string;
            });
      }
    });
  }
}

const comparisons: Readonly<Record<'<' | '<=' | '>' | '>=', (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const plainTextMethods: Readonly<Record<string, (text: string) => string>> = {
  lowerAscii: (text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase()),
  upperAscii: (text) => text.replace(/[a-z]+/g, (part) => part.toUpperCase()),
  trim: (text) => text.trim(),
};

const textTests: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
};

/** Reads with the cursor on the element of a list, where the thing comes from one. */
function throughElement(
  element: Element | undefined,
  bind: (host: VariableHost) => () => Value,
): (host: VariableHost) => Reader {
  if (element === undefined) return bind;
  const { root, local } = element;
  return (host) => {
    const current = cellReader(local) as () => number;
    const read = host.onElement(root, bind(host));
    return () => read(current());
  };
}

function constant(type: NodeType, value: AnyValue): Compiled {
  return { type, fails: false, literal: value, bind: () => () => value };
}

function derived(type: NodeType, from: readonly Compiled[], bind: (host: VariableHost) => Reader): Compiled {
  return { type, fails: from.some((part) => part.fails), bind };
}

function numeric(type: ValueType, argument: Compiled, convert: (value: number) => number): Compiled {
  return derived(type, [argument], (host) => {
    const read = argument.bind(host) as () => number;
    return () => convert(read());
  });
}

function cellReader(local: Local): Reader {
  const { cell } = local;
  return () => cell.value;
}

function parseNumber(text: string): number | null {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

function elementType(list: NodeType): NodeType {
  return list.slice(5, -1) as NodeType;
}

function arithmeticType(op: string, a: NodeType, b: NodeType): NodeType {
  if (a === 'timestamp' && b === 'timestamp') return 'duration';
  if (a === 'timestamp' || b === 'timestamp') return 'timestamp';
  if (a === 'int' && b === 'int') return 'int';
  if (a === 'double' || b === 'double') return 'double';
  return op === '+' ? a : 'duration';
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** CEL's `||` (decisive = true) and `&&` (false): an error on one side does not matter where the other decides. */
function absorb(first: Reader, second: Reader, decisive: boolean): boolean {
  let result: AnyValue;
  try {
    result = first();
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    if (second() === decisive) return decisive;
    throw error;
  }
  return result === decisive ? decisive : (second() as boolean);
}
