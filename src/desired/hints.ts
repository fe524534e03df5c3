/** YAML's traps for expressions, and what to tell who fell into one. */

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
