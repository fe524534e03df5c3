/** Errors as lines on stderr: `error: what; where; what to do`. */
import { absenceError, isAbsence } from '../database/retry.js';
import type { Diagnostic } from '../diagnostic.js';
import { messageOf, StatorError } from '../error.js';
import { printable } from '../report/wording.js';
import { InvalidInput } from './exit.js';

/** A diagnostic of severity `error`. What follows the first semicolon of its message says what to do. */
export function diagnosticErrorLine(diagnostic: Diagnostic): string {
  const split = firstSemicolon(diagnostic.message);
  const what = split < 0 ? diagnostic.message : diagnostic.message.slice(0, split);
  const todo = split < 0 ? '' : diagnostic.message.slice(split + 2);
  const place = diagnostic.file === null ? '' : `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}`;
  return printable(`error: ${[what, place, todo].filter((part) => part !== '').join('; ')}`);
}

/** Offset of the first `; ` outside parentheses, or -1. */
function firstSemicolon(message: string): number {
  let depth = 0;
  for (let i = 0; i < message.length; i++) {
    if (message[i] === '(') depth++;
    else if (message[i] === ')') depth--;
    else if (depth === 0 && message.startsWith('; ', i)) return i;
  }
  return -1;
}

/** One line per error. Anything that is not an error we foresaw is a defect of ours and says so. */
export function errorLines(error: unknown): string[] {
  if (error instanceof InvalidInput) {
    return error.diagnostics.filter((diagnostic) => diagnostic.severity === 'error').map(diagnosticErrorLine);
  }
  // A bundle's errors come as one line per broken row.
  if (error instanceof StatorError) return error.format().split('\n').map(printable);
  if (isAbsence(error)) return errorLines(absenceError(error));
  const message = messageOf(error).split('\n')[0] ?? '';
  return [
    printable(`error: unexpected: ${message}; this is a defect of Stator; run again with -v and report the stack`),
  ];
}
