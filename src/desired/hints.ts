/** YAML's traps for expressions, and what to tell who fell into one. */
import { isMap, isScalar, type Pair } from 'yaml';
import type { FieldPath, ParsedDocument } from './parsed-document.js';

const fields = 'when|datasets|to|from|sites|trigger|until|match|copies|weight|disposable|evacuateTo|by';
const expressionLine = new RegExp(`(?:^|[\\s{,])(?:${fields})\\s*:\\s*(.*)$`);

export const quoteIt = 'quote it, or use a `|` block';

export const tagHint = `if it begins an expression, ${quoteIt}`;

/** A hint for a syntax error on a line that holds an unquoted, or half quoted, expression. */
export function syntaxHint(line: string): string {
  const value = expressionLine.exec(line)?.[1];
  if (value === undefined || value === '' || /^[|>]/.test(value)) return '';
  if (value.startsWith('"') || value.startsWith("'"))
    return `; if it is an expression that begins with a quote, ${quoteIt}`;
  if (/[{}[\],]/.test(value) || /:(\s|$)/.test(value) || /\s#/.test(value)) {
    return `; if it is an expression, ${quoteIt}`;
  }
  return '';
}

/** A hint for an expression that does not parse, from what surrounds its plain scalar in the source. */
export function plainScalarHint(text: string, end: number, inFlow: boolean): string {
  if (/^[ \t]+#/.test(text.slice(end, end + 80))) return `; \` #\` begins a comment: ${quoteIt}`;
  if (inFlow && /^\s*[,[\]{}]/.test(text.slice(end, end + 80))) {
    return `; inside \`{ }\` a comma or bracket ends an unquoted expression: ${quoteIt}`;
  }
  return '';
}

/** Whether the key at `path` has no value and stands inside `{ }`: a comma has cut an unquoted expression in two. */
export function isPieceOfExpression(document: ParsedDocument, path: FieldPath): boolean {
  const map = document.node(path.slice(0, -1));
  if (!isMap(map) || map.flow !== true) return false;
  const pair = document.pair(path);
  return pair !== null && hasNoValue(pair);
}

/** Whether the expression at `path` is the first part of one that was cut so: the error is reported at the other. */
export function cutByComma(document: ParsedDocument, path: FieldPath): boolean {
  const map = document.node(path.slice(0, -1));
  if (!isMap(map) || map.flow !== true) return false;
  const index = map.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === path.at(-1));
  const next = map.items[index + 1];
  return next !== undefined && hasNoValue(next);
}

function hasNoValue({ value }: Pair): boolean {
  return value === null || (isScalar(value) && value.source === '');
}
