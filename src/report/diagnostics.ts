/** Diagnostics for people and for programs: `file:line:column: severity: message [code]`, the form editors jump to. */
import type { Diagnostic, Severity } from '../diagnostic.js';
import { plain, type Style } from './style.js';
import { count, printable } from './wording.js';

export function diagnosticLine(diagnostic: Diagnostic, style: Style = plain): string {
  const colour: Record<Severity, (text: string) => string> = {
    error: style.red,
    warning: style.yellow,
    info: style.cyan,
  };
  const place =
    diagnostic.file === null
      ? ''
      : `${printable(diagnostic.file)}:${diagnostic.line}${diagnostic.column > 0 ? `:${diagnostic.column}` : ''}: `;
  return `${place}${colour[diagnostic.severity](diagnostic.severity)}: ${printable(diagnostic.message)} [${diagnostic.code}]`;
}

/** One line per diagnostic and one that counts them. */
export function diagnosticsText(diagnostics: readonly Diagnostic[], style: Style = plain): string {
  const lines = diagnostics.map((diagnostic) => diagnosticLine(diagnostic, style));
  lines.push(diagnosticCounts(diagnostics));
  return `${lines.join('\n')}\n`;
}

/** `2 errors, 1 warning`; `no errors, no warnings` where there are none. */
export function diagnosticCounts(diagnostics: readonly Diagnostic[]): string {
  const of = (severity: Severity): number =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const say = (number: number, word: string): string => (number === 0 ? `no ${word}s` : count(number, word));
  return `${say(of('error'), 'error')}, ${say(of('warning'), 'warning')}`;
}

/** What `validate` found: `valid`, the counts, and each diagnostic with the fields (in the order) of the plan document's. */
export function validationJson(diagnostics: readonly Diagnostic[]): string {
  const of = (severity: Severity): number =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const document = {
    valid: of('error') === 0,
    errors: of('error'),
    warnings: of('warning'),
    diagnostics: diagnostics.map(({ severity, code, message, file, line, column }) => ({
      severity,
      code,
      message,
      file,
      line,
      column,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
