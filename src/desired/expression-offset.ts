/** Where in a file a character of a scalar's value stands, through quoting, folding and indentation. */
import { Scalar } from 'yaml';

/**
 * Folding and indentation change white space only, so the character is found by counting the others: the n-th of the
 * value is the n-th of the source. Escapes and doubled quotes count as what they stand for.
 *
 * @param text the whole file
 * @param offset index in `scalar.value`
 * @returns offset in `text`
 */
export function offsetInSource(text: string, scalar: Scalar, offset: number): number {
  const value = String(scalar.value);
  const [from, to] = scalar.range ?? [0, 0];
  const before = value.slice(0, offset);
  const visible = countVisible(before);
  const spaces = before.length - before.trimEnd().length;
  const onSpace = offset >= value.length || /\s/.test(value[offset] ?? '');
  const tokens = sourceTokens(text, scalar, from, to);
  let count = 0;
  let end = contentStart(text, scalar, from);
  for (const token of tokens) {
    if (token.visible) {
      if (!onSpace && count === visible) return token.start;
      count++;
      end = token.end;
    }
    if (onSpace && count === visible) return Math.min(end + spaces, to);
  }
  return Math.min(end + (onSpace ? spaces : 0), to);
}

interface Token {
  readonly start: number;
  readonly end: number;
  readonly visible: boolean;
}

function contentStart(text: string, scalar: Scalar, from: number): number {
  switch (scalar.type) {
    case Scalar.QUOTE_DOUBLE:
    case Scalar.QUOTE_SINGLE:
      return from + 1;
    case Scalar.BLOCK_LITERAL:
    case Scalar.BLOCK_FOLDED: {
      const newline = text.indexOf('\n', from);
      return newline < 0 ? from : newline + 1;
    }
    default:
      return from;
  }
}

/** The characters of the value as they stand in the source: one token each. */
function* sourceTokens(text: string, scalar: Scalar, from: number, to: number): Generator<Token> {
  const quoted = scalar.type === Scalar.QUOTE_DOUBLE || scalar.type === Scalar.QUOTE_SINGLE;
  const end = quoted ? to - 1 : to;
  let i = contentStart(text, scalar, from);
  while (i < end) {
    let length = 1;
    let visible = !/\s/.test(text[i] ?? '');
    if (scalar.type === Scalar.QUOTE_SINGLE && text.startsWith("''", i)) length = 2;
    if (scalar.type === Scalar.QUOTE_DOUBLE && text[i] === '\\') {
      const sequence = escapeLength(text[i + 1] ?? '');
      length = sequence.length;
      visible = sequence.visible;
    }
    yield { start: i, end: i + length, visible };
    i += length;
  }
}

/** Length of an escape with its backslash; escapes of white space and of line ends are not visible. */
function escapeLength(letter: string): { readonly length: number; readonly visible: boolean } {
  const digits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
  return { length: 2 + (digits[letter] ?? 0), visible: !/[\s0abtnvfrNLP_e]/.test(letter) };
}

function countVisible(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (!/\s/.test(text[i] ?? '')) count++;
  return count;
}
