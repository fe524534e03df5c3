/** Collects what a plan has to say about documents; sorted, so that the order of finding does not show. */

import type { Origin } from '../desired/state.js';
import type { Diagnostic, Severity } from '../diagnostic.js';
import { compareBytes } from '../order.js';

export class Diagnoses {
  readonly #all: Diagnostic[] = [];

  warn(code: string, message: string, origin: Origin | null): void {
    this.add('warning', code, message, origin);
  }

  add(severity: Severity, code: string, message: string, origin: Origin | null): void {
    this.#all.push({
      severity,
      code,
      message,
      file: origin?.ref.file ?? null,
      line: origin?.ref.line ?? 0,
      column: origin?.column ?? 0,
    });
  }

  /** Errors first, then by place and text. */
  sorted(more: readonly Diagnostic[] = []): Diagnostic[] {
    const rank = { error: 0, warning: 1, info: 2 } as const;
    return [...this.#all, ...more].sort(
      (a, b) =>
        rank[a.severity] - rank[b.severity] ||
        compareBytes(a.file ?? '', b.file ?? '') ||
        a.line - b.line ||
        a.column - b.column ||
        compareBytes(a.code, b.code) ||
        compareBytes(a.message, b.message),
    );
  }
}
