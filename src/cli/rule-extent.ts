/** Which lines of a file a rule takes up: what to ask git about when somebody wants to know who changed it. */
import type { RuleRef } from '../desired/state.js';

/** More than any rule needs; a document that goes on is cut. */
const mostLines = 500;

/**
 * The last line of the document, or of the rule in a list, that begins at `ref.line`. A document ends before the next
 * `---`; an entry of a list before the next line that is indented as little as its dash.
 */
export function lastLineOf(text: string, ref: RuleRef): number {
  const lines = text.split('\n');
  const start = ref.line - 1;
  const dash = /^(\s*)- /.exec(lines[start] ?? '')?.[1];
  const indent = ref.id === null ? undefined : dash?.length;
  let last = start;
  for (let i = start + 1; i < Math.min(lines.length, start + mostLines); i++) {
    const line = lines[i] ?? '';
    if (line.startsWith('---')) break;
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    if (indent !== undefined && line.length - line.trimStart().length <= indent) break;
    last = i;
  }
  return last + 1;
}
