/**
 * Texts that everything a regular expression matches must contain: looking for those first spares most texts the
 * matching, which costs far more.
 */

/** Those of at least three characters that are easily seen in a pattern of RE2's syntax. */
export function requiredLiterals(pattern: string): readonly string[] {
  // Alternatives, flags and quoting change what other characters mean; a character beyond ASCII may be two units.
  if (/\||\(\?|\\[QEpPx0-9]|[^ -~]/.test(pattern)) return [];
  const found: string[] = [];
  let run = '';
  let depth = 0;
  const end = (): void => {
    // What is in a group may be absent.
    if (depth === 0 && run.length >= 3 && !found.includes(run)) found.push(run);
    run = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === '*' || char === '?' || char === '{') {
      // And so may the character before these.
      run = run.slice(0, -1);
      end();
      if (char !== '{') continue;
      const counts = /^\{\d+(,\d*)?\}/.exec(pattern.slice(i));
      if (counts === null) return [];
      i += counts[0].length - 1;
    } else if (char === '\\') {
      i++;
      if (/[A-Za-z]/.test(pattern.charAt(i))) end();
      else run += pattern.charAt(i);
    } else if (char === '[') {
      end();
      i = endOfClass(pattern, i);
    } else if (char === '(' || char === ')') {
      end();
      depth += char === '(' ? 1 : -1;
    } else if ('.^$+'.includes(char)) end();
    else run += char;
  }
  end();
  return found;
}

/** Index of the bracket that closes a character class; one that comes first in it is one of its characters. */
function endOfClass(pattern: string, start: number): number {
  let i = start + 1;
  if (pattern.charAt(i) === '^') i++;
  if (pattern.charAt(i) === ']') i++;
  for (; i < pattern.length && pattern.charAt(i) !== ']'; i++) {
    if (pattern.charAt(i) === '\\') i++;
    else if (pattern.startsWith('[:', i)) i = pattern.indexOf(':]', i) + 1 || i;
  }
  return i;
}
