/** What compiling one document needs to know of the others, and what it leaves for the checks that come after all. */
import { compareBytes } from '../order.js';
import {
  compileExpression,
  type Expected,
  type Expression,
  environmentKey,
  expressionFrom,
  type KeptExpression,
  type Scope,
  type SharedReads,
  type Value,
} from '../policy/index.js';
import type { Kind } from './kinds.js';
import type { FieldPath, ParsedDocument } from './parsed-document.js';
import type { Problems } from './problems.js';
import type { SourceFile } from './source-file.js';
import type { DesiredSource } from './state.js';

/** An expression and where it stands. */
export interface ExpressionUse {
  readonly document: ParsedDocument;
  readonly path: FieldPath;
  readonly expression: Expression;
  readonly expected: Expected;
}

export class Compilation {
  readonly uses: ExpressionUse[] = [];
  readonly #names = new Map<Kind, Map<string, ParsedDocument>>();
  readonly #sortedNames = new Map<Kind, readonly string[]>();
  /** By what is expected and the environment, and by text. */
  readonly #expressions = new Map<string, Map<string, Expression>>();
  readonly #kept = new Map<string, Map<string, KeptExpression>>();
  readonly #reads: SharedReads = new Map();
  readonly #unreadable: Buffer[] = [];

  constructor(
    readonly source: DesiredSource,
    readonly problems: Problems,
    /** All files by path, for `namesFile`. */
    readonly files: ReadonlyMap<string, SourceFile>,
  ) {}

  /** Makes a document known by its name; returns the one that has it already, if any. */
  register(kind: Kind, document: ParsedDocument): ParsedDocument | null {
    let names = this.#names.get(kind);
    if (names === undefined) {
      names = new Map();
      this.#names.set(kind, names);
    }
    const first = names.get(document.name);
    if (first !== undefined) return first;
    names.set(document.name, document);
    this.#sortedNames.delete(kind);
    return null;
  }

  /** Text whose documents are not known because it could not be read. */
  addUnreadable(bytes: Uint8Array): void {
    this.#unreadable.push(Buffer.from(bytes));
  }

  has(kind: Kind, name: string): boolean {
    return this.#names.get(kind)?.has(name) ?? false;
  }

  /**
   * Whether the document may stand in text that could not be read: that it is missing would be an echo of an error
   * that is already reported.
   */
  maybeUnread(...texts: readonly string[]): boolean {
    return this.#unreadable.some((bytes) => texts.every((text) => bytes.includes(text)));
  }

  /** Sorted. */
  namesOf(kind: Kind): readonly string[] {
    let names = this.#sortedNames.get(kind);
    if (names === undefined) {
      names = [...(this.#names.get(kind)?.keys() ?? [])].sort(compareBytes);
      this.#sortedNames.set(kind, names);
    }
    return names;
  }

  /** Compiles each text of a scope once. @throws ExpressionError */
  compile<T extends Value>(text: string, scope: Scope, expected: Expected): Expression<T> {
    const key = `${expected} ${environmentKey(scope)}`;
    const expressions = mapAt(this.#expressions, key);
    let expression = expressions.get(text);
    if (expression === undefined) {
      const kept = this.#kept.get(key)?.get(text);
      expression =
        kept === undefined ? compileExpression<T>(text, scope, expected) : expressionFrom<T>(kept, scope, this.#reads);
      expressions.set(text, expression);
    }
    // The keys hold what decides the type.
    return expression as Expression<T>;
  }

  /** Takes what is known of expressions from an earlier compilation: they need not be compiled again. */
  learn(expressions: readonly KeptExpression[]): void {
    for (const kept of expressions) {
      const [text, environment, expected] = kept;
      mapAt(this.#kept, `${expected} ${environment}`).set(text, kept);
    }
  }
}

function mapAt<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
