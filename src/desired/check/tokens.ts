/**
 * The tokens of an expression, for lint rules that need less than its syntax tree. Only expressions that were parsed
 * are read, so that no token needs to be checked again.
 */
export interface Token {
  readonly text: string;
  readonly offset: number;
  /** The value of a string without escapes; null for everything else. */
  readonly string: string | null;
}

const pattern =
  /\/\/[^\n]*|[rRbB]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?''')|[rR]"[^"]*"|[rR]'[^']*'|[bB]?"(?:\\[\s\S]|[^"\\])*"|[bB]?'(?:\\[\s\S]|[^'\\])*'|[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*|[0-9][\w.]*|==|!=|<=|>=|&&|\|\||\S/g;

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(pattern)) {
    const token = match[0];
    if (token.startsWith('//')) continue;
    const string = /^[rR]?(["'])([^\\"']*)\1$/.exec(token)?.[2] ?? null;
    tokens.push({
      text: /^[A-Za-z_]/.test(token) && string === null ? token.replace(/\s/g, '') : token,
      offset: match.index,
      string,
    });
  }
  return tokens;
}
