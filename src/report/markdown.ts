/**
 * Markdown that says what it is given to say and nothing else: names and messages come from inventories and from pull
 * requests of strangers, so everything from outside goes into code spans or fences, where neither mark-up, HTML,
 * mentions nor references work, and whose delimiters are longer than any run of backticks inside.
 */
import { printable } from './wording.js';

/** A code span; in a table also the bars are escaped, which a span alone does not do. */
export function code(text: string): string {
  // A line break would end the table row; an empty span is not a span.
  const safe = printable(text).replaceAll('|', '\\|') || ' ';
  const delimiter = '`'.repeat(longestRun(safe) + 1);
  const pad = safe.startsWith('`') || safe.endsWith('`') ? ' ' : '';
  return `${delimiter}${pad}${safe}${pad}${delimiter}`;
}

/** The same inside HTML, where Markdown is not read: `<summary>`. */
export function htmlCode(text: string): string {
  const safe = printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<code>${safe.replaceAll('@', '&#64;')}</code>`;
}

/** The delimiter for a fence around `lines`: at least three backticks. */
export function fenceFor(lines: readonly string[]): string {
  return '`'.repeat(Math.max(3, lines.reduce((longest, line) => Math.max(longest, longestRun(line)), 0) + 1));
}

/** Length of the longest run of backticks. */
function longestRun(text: string): number {
  let longest = 0;
  for (const run of text.matchAll(/`+/g)) longest = Math.max(longest, run[0].length);
  return longest;
}

/**
 * Collects sections up to a number of characters (as JavaScript counts them, never fewer than a forge does) and
 * remembers what did not fit. What is opened is always closed again: a cut never swallows the rest of a page.
 */
export class LimitedPage {
  readonly #limit: number;
  readonly #parts: string[] = [];
  readonly #cut: string[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Adds `before`, as many of `lines` as fit, and `after`. What is left out is noted in the words of `describeCut`.
   * `share` is the most characters this section may take of the page.
   */
  add(
    section: {
      readonly before: string;
      readonly lines: readonly string[];
      readonly after: string;
      /** Says what is missing when only the first `shown` lines are there. */
      readonly describeCut: (shown: number) => string;
    },
    share = Number.POSITIVE_INFINITY,
  ): void {
    const room = Math.min(share, this.#limit - this.#length - this.#noteRoom());
    let length = section.before.length + section.after.length + 2;
    let shown = 0;
    for (const line of section.lines) {
      if (length + line.length + 1 > room) break;
      length += line.length + 1;
      shown++;
    }
    if (shown < section.lines.length) this.#cut.push(section.describeCut(shown));
    if (shown === 0 && section.lines.length > 0) return;
    const parts = [section.before, ...section.lines.slice(0, shown), ...(section.after === '' ? [] : [section.after])];
    this.#parts.push(parts.join('\n'));
    this.#length += length + 1;
  }

  /** The page, with a last paragraph that says what was cut; `more` says where to see it. */
  finish(more: string): string {
    const parts = [...this.#parts];
    if (this.#cut.length > 0) {
      const shown = this.#cut.slice(0, shownNotes);
      const rest = this.#cut.length - shown.length;
      const list = rest > 0 ? [...shown, `${rest} more sections`] : shown;
      parts.push(`**Cut to fit:** ${list.join('; ')}. ${more}`);
    }
    return `${parts.join('\n\n')}\n`;
  }

  /** Kept free for the note of what was cut. */
  #noteRoom(): number {
    return 4000;
  }
}

/** Notes of what was cut that are spelt out. */
const shownNotes = 8;
