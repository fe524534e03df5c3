/** Expressions of ours as they are put together and written out. */

export type Cel =
  | { readonly kind: 'atom'; readonly text: string }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Cel[] };

export const yes: Cel = { kind: 'atom', text: 'true' };
export const no: Cel = { kind: 'atom', text: 'false' };

export function atom(text: string): Cel {
  return { kind: 'atom', text };
}

/** `a && b`; what always holds is left out, and what never holds is all that is left. */
export function all(parts: readonly Cel[]): Cel {
  return combined('all', parts, yes, no);
}

/** `a || b` */
export function any(parts: readonly Cel[]): Cel {
  return combined('any', parts, no, yes);
}

function combined(kind: 'all' | 'any', parts: readonly Cel[], neutral: Cel, decisive: Cel): Cel {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  if (flat.some((part) => same(part, decisive))) return decisive;
  const texts = new Set<string>();
  const rest = flat.filter((part) => {
    const text = printed(part);
    if (same(part, neutral) || texts.has(text)) return false;
    texts.add(text);
    return true;
  });
  const [only] = rest;
  if (only === undefined) return neutral;
  return rest.length === 1 ? only : { kind, parts: rest };
}

function same(a: Cel, b: Cel): boolean {
  return a.kind === 'atom' && b.kind === 'atom' && a.text === b.text;
}

export function isConstant(cel: Cel): boolean {
  return same(cel, yes) || same(cel, no);
}

export function not(cel: Cel): Cel {
  if (same(cel, yes)) return no;
  if (same(cel, no)) return yes;
  const text = printed(cel);
  if (isOneTerm(text)) return atom(`!${text}`);
  const equality = /^([\w.]+) (==|!=) ("(?:[^"\\]|\\.)*"|[\w.]+(?:\("[^"]*"\))?)$/.exec(text);
  if (equality === null) return atom(text.startsWith('!') && isOneTerm(text.slice(1)) ? text.slice(1) : `!(${text})`);
  return atom(`${equality[1]} ${equality[2] === '==' ? '!=' : '=='} ${equality[3]}`);
}

/** Whether no operator stands outside parentheses and texts: `!` before it is then about all of it. */
function isOneTerm(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if (character === '"' || character === "'") {
      const raw = text[i - 1] === 'r';
      for (i++; i < text.length && text[i] !== character; i++) if (text[i] === '\\' && !raw) i++;
    } else if (character === '(' || character === '[') depth++;
    else if (character === ')' || character === ']') depth--;
    else if (depth === 0 && character === ' ') return false;
  }
  return !text.startsWith('!');
}

/** On one line. */
export function printed(cel: Cel): string {
  if (cel.kind === 'atom') return cel.text;
  return cel.parts.map((part) => inside(part)).join(cel.kind === 'all' ? ' && ' : ' || ');
}

function inside(part: Cel): string {
  return part.kind === 'atom' ? part.text : `(${printed(part)})`;
}

/** On lines of about `width` characters, broken after operators. */
export function printedLines(cel: Cel, width: number): string[] {
  const line = printed(cel);
  if (cel.kind === 'atom' || line.length <= width) return [line];
  const operator = cel.kind === 'all' ? ' &&' : ' ||';
  return cel.parts.flatMap((part, index) => {
    const lines = part.kind === 'atom' ? [part.text] : wrapped(part, width - 1);
    const end = index < cel.parts.length - 1 ? operator : '';
    return lines.map((text, i) => (i === lines.length - 1 ? `${text}${end}` : text));
  });
}

function wrapped(part: Cel, width: number): string[] {
  const lines = printedLines(part, width);
  return lines.map((text, i) => `${i === 0 ? '(' : ' '}${text}${i === lines.length - 1 ? ')' : ''}`);
}

/** A text in double quotes. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\t', '\\t')}"`;
}

/** A regular expression as a raw string, whose backslashes stay what they are. */
export function rawString(regex: string): string {
  if (!regex.includes('"')) return `r"${regex}"`;
  return regex.includes("'") ? quoted(regex) : `r'${regex}'`;
}

export function list(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}
