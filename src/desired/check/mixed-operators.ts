/** `a && b || c` without parentheses: readers disagree on what it means. */
import { tokensOf } from './tokens.js';

/** Offset of the operator that mixes with an earlier one of the same group, or null. */
export function mixedOperators(text: string): number | null {
  if (!text.includes('&&') || !text.includes('||')) return null;
  const groups: string[] = [''];
  for (const { text: token, offset } of tokensOf(text)) {
    if (token === '(' || token === '[' || token === '{') groups.push('');
    else if (token === ')' || token === ']' || token === '}') groups.pop();
    else if (token === ',' || token === '?' || token === ':') groups[groups.length - 1] = '';
    else if (token === '&&' || token === '||') {
      const seen = groups.at(-1) ?? '';
      if (seen !== '' && seen !== token) return offset;
      groups[groups.length - 1] = token;
    }
  }
  return null;
}
