/** Files to documents: the guard, the parser, and what both have to say. */
import { Composer, type Document, isScalar, Parser, type YAMLError } from 'yaml';
import { formatBytes } from '../policy/index.js';
import { syntaxHint } from './hints.js';
import { limits } from './limits.js';
import { LineIndex } from './line-index.js';
import { ParsedDocument } from './parsed-document.js';
import type { Problems } from './problems.js';
import type { SourceFile } from './source-file.js';
import { readText } from './text.js';
import { guardYaml } from './yaml-guard.js';
import { toValue } from './yaml-value.js';

export interface ReadResult {
  /** Documents whose YAML is sound. */
  readonly documents: ParsedDocument[];
  /** Documents that have a syntax error but still say what they are: other documents may refer to them. */
  readonly damaged: ParsedDocument[];
  /** Files, or parts of them, of which nothing is known. */
  readonly unreadable: Uint8Array[];
}

export function readDocuments(file: SourceFile, problems: Problems): ReadResult {
  const result: ReadResult = { documents: [], damaged: [], unreadable: [] };
  const start = { file: file.path, line: 1, column: 1 };
  const size = file.unreadSize ?? file.bytes.length;
  if (file.unreadSize !== undefined || size > limits.yamlFileBytes) {
    const message = `the file has ${formatBytes(size)}, more than ${limits.yamlFileBytes / 2 ** 20} MiB: split it`;
    problems.error('file-too-large', start, message);
    result.unreadable.push(file.bytes);
    return result;
  }
  const read = readText(file.path, file.bytes);
  if (!('text' in read)) {
    problems.error(read.code, read.place, read.message);
    result.unreadable.push(file.bytes);
    return result;
  }
  const { text } = read;
  const lines = new LineIndex(file.path, text);
  const { problems: refused, lexemes } = guardYaml(text);
  for (const { code, offset, message } of refused) problems.error(code, lines.position(offset), message);
  if (refused.some((problem) => problem.fatal)) {
    result.unreadable.push(file.bytes);
    return result;
  }
  for (const document of parse(lexemes)) {
    const [from, , to] = document.range;
    const broken = refused.some(({ offset }) => offset >= from && offset <= to);
    if (broken || document.errors.length > 0 || document.warnings.length > 0) {
      if (!broken) reportSyntax(document, text, lines, problems);
      addDamaged(result, document, file, text, lines);
      continue;
    }
    if (isEmpty(document.contents)) continue;
    const value = toValue(document.contents, (code, offset, message) =>
      problems.error(code, lines.position(offset), message),
    );
    result.documents.push(ParsedDocument.of(file.path, { text, lines, root: document.contents }, value));
  }
  return result;
}

function parse(lexemes: readonly string[]): Iterable<Document.Parsed> {
  const parser = new Parser();
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    strict: true,
    merge: false,
    // The composer would compare every key with every other; `toValue` finds duplicates in linear time.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  function* tokens() {
    for (const lexeme of lexemes) yield* parser.next(lexeme);
    yield* parser.end();
  }
  return composer.compose(tokens());
}

/** Nothing, or comments only, between two document markers. */
function isEmpty(contents: Document.Parsed['contents']): contents is null {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === '');
}

/** The first error of the document: those that follow are mostly its echo. */
function reportSyntax(document: Document.Parsed, text: string, lines: LineIndex, problems: Problems): void {
  const all: readonly YAMLError[] = [...document.errors, ...document.warnings];
  const first = all.reduce<YAMLError | undefined>(
    (a, b) => (a === undefined || b.pos[0] < a.pos[0] ? b : a),
    undefined,
  );
  if (first === undefined) return;
  const offset = first.pos[0];
  const place = lines.position(offset);
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  problems.error('yaml-syntax', place, `not valid YAML: ${first.message}${syntaxHint(line)}`);
}

function addDamaged(
  result: ReadResult,
  document: Document.Parsed,
  file: SourceFile,
  text: string,
  lines: LineIndex,
): void {
  const root = document.contents;
  const known = root === null ? null : ParsedDocument.of(file.path, { text, lines, root }, null);
  if (known !== null && known.kind !== '' && known.name !== '') result.damaged.push(known);
  else result.unreadable.push(new TextEncoder().encode(text.slice(document.range[0], document.range[2])));
}
