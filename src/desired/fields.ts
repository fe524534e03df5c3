/** Reads the fields of one document: units, times, expressions and references, each error at its place. */

import { isScalar, Scalar } from 'yaml';
import {
  type Condition,
  type Expected,
  type Expression,
  ExpressionError,
  parseBytes,
  parseDuration,
  parseFraction,
  parseTime,
  regexMatcher,
  type Scope,
  type Value,
} from '../policy/index.js';
import type { Compilation } from './compilation.js';
import { contentHash } from './content-hash.js';
import { cutByComma, plainScalarHint } from './hints.js';
import type { Kind } from './kinds.js';
import type { FieldPath, ParsedDocument } from './parsed-document.js';
import { formatPath } from './schema-problems.js';
import type { Origin } from './state.js';
import { didYouMean } from './suggest.js';

/**
 * A document after everything its schema does not allow was reported and taken out: any field may be missing, and an
 * element of a list may be null.
 */
export type Checked<T> = T extends readonly (infer E)[]
  ? readonly (Checked<E> | null)[]
  : T extends object
    ? { readonly [K in keyof T]?: Checked<T[K]> | undefined }
    : T;

interface Notes {
  readonly description?: string | undefined;
  readonly requestedBy?: string | undefined;
  readonly link?: string | undefined;
}

export class Fields {
  constructor(
    readonly document: ParsedDocument,
    readonly compilation: Compilation,
  ) {}

  error(code: string, path: FieldPath, message: string | (() => string)): void {
    const text = () => this.message(path, typeof message === 'string' ? message : message());
    this.compilation.problems.error(code, this.document.valuePlace(path), text);
  }

  warning(code: string, path: FieldPath, message: string): void {
    this.compilation.problems.warning(code, this.document.valuePlace(path), this.message(path, message));
  }

  message(path: FieldPath, message: string): string {
    return `${this.document.title}: ${formatPath(path)}: ${message}`;
  }

  /** Bytes; null where nothing (valid) is given. */
  bytes(value: number | string | undefined, path: FieldPath): number | null {
    if (value === undefined || typeof value === 'number') return value ?? null;
    const bytes = parseBytes(value);
    if (bytes === null)
      this.error('wrong-unit', path, `found "${value}", expected whole bytes, integers up to 2^53, such as 500TB`);
    return bytes;
  }

  /** Bytes, `Infinity` where unlimited. */
  quota(value: number | string | undefined, path: FieldPath): number | null {
    return value === 'unlimited' ? Number.POSITIVE_INFINITY : this.bytes(value, path);
  }

  /** Seconds. */
  duration(value: string | undefined, path: FieldPath): number | null {
    if (value === undefined) return null;
    const seconds = parseDuration(value);
    if (seconds === null) this.error('wrong-unit', path, `found "${value}", expected a duration such as 12h or 90d`);
    return seconds;
  }

  /** 0 to 1. */
  fraction(value: number | string | undefined, path: FieldPath): number | null {
    if (value === undefined || typeof value === 'number') return value ?? null;
    const fraction = parseFraction(value);
    if (fraction !== null && fraction <= 1) return fraction;
    this.error('wrong-unit', path, `found "${value}", expected at most 100%, such as 0.85 or 85%`);
    return null;
  }

  /** Seconds since the epoch. */
  time(value: string | undefined, path: FieldPath): number | null {
    if (value === undefined) return null;
    const time = parseTime(value);
    if (time === null) this.error('wrong-unit', path, `found "${value}", which is no date or time that exists`);
    return time;
  }

  /** Whether the pattern is a regular expression; an error says what is wrong with it. */
  regex(pattern: string | undefined, path: FieldPath): boolean {
    if (pattern === undefined) return false;
    try {
      regexMatcher(pattern);
      return true;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      this.error('bad-regex', path, `"${pattern}" is not a regular expression (RE2 syntax): ${what}`);
      return false;
    }
  }

  condition(value: string | boolean | undefined, scope: Scope, path: FieldPath): Condition | null {
    return this.expression<boolean>(value === undefined ? undefined : String(value), scope, 'bool', path);
  }

  expression<T extends Value>(
    text: string | undefined,
    scope: Scope,
    expected: Expected,
    path: FieldPath,
  ): Expression<T> | null {
    if (text === undefined) return null;
    try {
      const expression = this.compilation.compile<T>(text, scope, expected);
      this.compilation.uses.push({ document: this.document, path, expression, expected });
      return expression;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      if (cutByComma(this.document, path)) return null;
      const hint = error.hint === undefined ? '' : `; ${error.hint}`;
      const message = this.message(path, `${error.message}${hint}${this.#trap(path)}`);
      this.compilation.problems.error('bad-expression', this.document.textPlace(path, error.offset), message);
      return null;
    }
  }

  /** The name, after a check that the document exists. */
  reference(kind: Kind, name: string | undefined, path: FieldPath): string | null {
    if (name === undefined) return null;
    const { compilation } = this;
    if (!compilation.has(kind, name) && !compilation.maybeUnread(name)) {
      const nearest = () => didYouMean(name, compilation.namesOf(kind));
      this.error(`unknown-${kind.toLowerCase()}`, path, () => `there is no ${kind} \`${name}\`${nearest()}`);
    }
    return name;
  }

  /** An owner is the name of a Group, where the desired state has any. */
  owner(name: string | undefined, path: FieldPath): string | null {
    if (name === undefined) return null;
    return this.compilation.namesOf('Group').length > 0 ? this.reference('Group', name, path) : name;
  }

  /** Provenance of the document, or of the rule at `path`; `content` is what it means, compiled. */
  origin(notes: Notes | undefined, content: object, path: FieldPath = [], id: string | null = null): Origin {
    const place = this.document.valuePlace(path);
    const { kind, name, file } = this.document;
    return {
      ref: { kind, name, id, file, line: place.line },
      column: place.column,
      hash: contentHash(content),
      description: notes?.description ?? null,
      requestedBy: notes?.requestedBy ?? null,
      link: notes?.link ?? null,
    };
  }

  #trap(path: FieldPath): string {
    const node = this.document.node(path);
    if (!isScalar(node) || node.type !== Scalar.PLAIN) return '';
    return plainScalarHint(this.document.tree.text, node.range?.[1] ?? 0, this.document.inFlow(path));
  }
}
