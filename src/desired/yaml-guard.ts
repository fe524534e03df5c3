/**
 * What is refused before the YAML parser sees a file.
 *
 * The parser recurses: some 900 nested collections end the process, and no exception handler helps. Its lexer does
 * not recurse, so one pass over the lexemes finds the depth, and with it the anchors, aliases, tags and directives,
 * which are refused wherever they stand: sharing is what Selector is for.
 */
import { Lexer } from 'yaml';
import { tagHint } from './hints.js';
import { limits } from './limits.js';

export interface GuardProblem {
  readonly code: string;
  readonly offset: number;
  readonly message: string;
  /** The file must not be given to the parser. */
  readonly fatal: boolean;
}

/** Lexemes that mark what follows and are not part of the text. */
const documentMode = '\x02';
const flowEnd = '\x18';
const scalarMode = '\x1f';

export interface GuardResult {
  readonly problems: readonly GuardProblem[];
  /** For the parser, so that no file is cut into lexemes twice; incomplete after a fatal problem. */
  readonly lexemes: readonly string[];
}

export function guardYaml(text: string): GuardResult {
  const problems: GuardProblem[] = [];
  const lexemes: string[] = [];
  const depth = new DepthMeter();
  let offset = 0;
  let scalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes.push(lexeme);
    if (lexeme === documentMode || lexeme === flowEnd) continue;
    if (lexeme === scalarMode) {
      scalar = true;
      continue;
    }
    depth.take(lexeme, offset, scalar);
    if (depth.levels > limits.nesting) {
      const message = `collections are nested deeper than ${limits.nesting} levels: flatten them`;
      problems.push({ code: 'nesting-too-deep', offset, message, fatal: true });
      return { problems, lexemes };
    }
    if (!scalar) {
      const problem = refusal(lexeme, offset);
      if (problem !== null) problems.push(problem);
    }
    scalar = false;
    offset += lexeme.length;
  }
  return { problems, lexemes };
}

function refusal(lexeme: string, offset: number): GuardProblem | null {
  const refuse = (code: string, message: string, fatal = false): GuardProblem => ({ code, offset, message, fatal });
  switch (lexeme[0]) {
    case '&':
      return refuse(
        'yaml-anchor',
        `the anchor \`${lexeme}\` is not allowed: write it out, or share it with a Selector`,
      );
    case '*':
      return refuse('yaml-alias', `the alias \`${lexeme}\` is not allowed; if it is a name or glob, quote it`);
    case '!':
      return refuse('yaml-tag', `the tag \`${lexeme}\` is not allowed; ${tagHint}`);
    case '%':
      return refuse('yaml-directive', `the directive \`${lexeme}\` is not allowed: remove the line`, true);
    default:
      return null;
  }
}

/**
 * How deep the parser would have to go. In block style a collection inside another begins further to the right, so the
 * columns that are still open, and the brackets, bound the depth (to twice the count: a list may stand at the column of
 * the mapping that holds it).
 */
class DepthMeter {
  readonly #columns: number[] = [];
  #brackets = 0;
  #lineStart = 0;
  /** The next lexeme begins a node: first of its line, or after an indicator. */
  #fresh = true;

  get levels(): number {
    return this.#columns.length + this.#brackets;
  }

  take(lexeme: string, offset: number, scalar: boolean): void {
    const first = scalar ? 'scalar' : lexeme[0];
    switch (first) {
      case undefined:
      case ' ':
      case '\t':
      case '#':
      case '\ufeff':
        break;
      case '\r':
      case '\n':
        this.#fresh = true;
        break;
      case '{':
      case '[':
        this.#place(offset);
        this.#brackets++;
        break;
      case '}':
      case ']':
        if (this.#brackets > 0) this.#brackets--;
        this.#fresh = false;
        break;
      default:
        if (lexeme === '---' || lexeme === '...') {
          this.#columns.length = 0;
          this.#brackets = 0;
          this.#fresh = true;
        } else if (!scalar && (lexeme === '-' || lexeme === '?' || lexeme === ':')) {
          this.#place(offset);
          this.#fresh = true;
        } else {
          this.#place(offset);
        }
    }
    const newline = lexeme.lastIndexOf('\n');
    if (newline >= 0) this.#lineStart = offset + newline + 1;
  }

  #place(offset: number): void {
    if (this.#fresh && this.#brackets === 0) {
      const column = offset - this.#lineStart;
      while ((this.#columns.at(-1) ?? -1) >= column) this.#columns.pop();
      this.#columns.push(column);
    }
    this.#fresh = false;
  }
}
