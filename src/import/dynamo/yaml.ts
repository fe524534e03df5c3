/** YAML as a person would write it: expressions in single quotes, or in a block where they are long. */
import { type Cel, isConstant, printed, printedLines } from './cel.js';

/** Characters of a line, about. */
const width = 110;

/** A text: plain where that is safe, in single quotes otherwise. */
export function scalar(text: string): string {
  const plain =
    /^[A-Za-z][\w.-]*(?: [A-Za-z\d][\w.-]*)*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return plain ? text : singleQuoted(text);
}

export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `key: expression`, indented. */
export function condition(key: string, cel: Cel, indent: string): string {
  if (isConstant(cel)) return `${indent}${key}: ${printed(cel)}\n`;
  const line = `${indent}${key}: ${singleQuoted(printed(cel))}`;
  if (line.length <= width) return `${line}\n`;
  const lines = printedLines(cel, width - indent.length - 2);
  // One line that cannot be broken gains nothing from a block.
  if (lines.length === 1) return `${line}\n`;
  return `${indent}${key}: |\n${lines.map((part) => `${indent}  ${part}\n`).join('')}`;
}

/** Comment lines of the input, which begin with `#`, and lines of ours. */
export function comments(lines: readonly string[], indent: string): string {
  return lines
    .map((line) => {
      const text = line.startsWith('#') ? line : `# ${line}`;
      return `${indent}${text.trimEnd()}\n`;
    })
    .join('');
}

/** A list of texts on one line, or one a line where they are many. */
export function textList(key: string, texts: readonly string[], indent: string): string {
  const line = `${indent}${key}: [${texts.map(scalar).join(', ')}]`;
  if (line.length <= width) return `${line}\n`;
  return `${indent}${key}:\n${texts.map((text) => `${indent}  - ${scalar(text)}\n`).join('')}`;
}

/** The first lines of a document of a kind. */
export function head(kind: string, name: string): string {
  return `apiVersion: stator/v1\nkind: ${kind}\nmetadata: { name: ${scalar(name)} }\nspec:\n`;
}
