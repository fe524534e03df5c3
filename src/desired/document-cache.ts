/**
 * Documents kept from one compilation to the next, so that a file that is still the same need not be parsed again.
 *
 * What a file holds follows from its bytes alone, as long as the program is the same: entries are found by a hash of
 * the bytes, wherever the file stands. Only files of which nothing is wrong are kept. All that is about more than one
 * document is found out anew each time, so that what is reported is the same with and without a cache, byte for byte.
 */
import { createHash } from 'node:crypto';
import { type Expression, keptExpression } from '../policy/index.js';
import type { ExpressionUse } from './compilation.js';
import { type DocumentContent, type DocumentTree, ParsedDocument } from './parsed-document.js';
import { Problems } from './problems.js';
import { readDocuments } from './read-documents.js';
import type { SourceFile } from './source-file.js';

/** What whoever compiles keeps; it must be given back as it was put, or not at all, by the same version of the program. */
export interface DocumentCache {
  get(key: string): readonly DocumentContent[] | null;
  /** Puts the documents of one file, also in the place of others. */
  put(key: string, documents: readonly DocumentContent[]): void;
}

/** The documents of one file of which nothing is wrong. */
interface SoundFile {
  readonly key: string;
  readonly contents: readonly DocumentContent[];
  /** Whether it is not in the cache, or something new is known of it. */
  changed: boolean;
}

/** The files of one compilation that are sound; of them contents are kept, and trees are not. */
export class SoundFiles {
  readonly #cache: DocumentCache | null;
  readonly #files: SoundFile[] = [];

  constructor(cache: DocumentCache | null) {
    this.#cache = cache;
  }

  /** The documents of a file as they were found the last time; null where that is not known. */
  find(file: SourceFile): readonly ParsedDocument[] | null {
    if (this.#cache === null || file.unreadSize !== undefined) return null;
    const key = keyOf(file);
    const contents = this.#cache.get(key);
    if (contents === null) return null;
    const sound = { key, contents, changed: false };
    this.#files.push(sound);
    const read = readAgain(file, sound);
    return contents.map((content, index) => new ParsedDocument(file.path, content, () => read(index)));
  }

  /** Takes documents that were read, and of which the schema allows everything. */
  keep(file: SourceFile, documents: readonly ParsedDocument[]): void {
    for (const document of documents) askUsualPlaces(document);
    const contents = documents.map(({ content }) => content);
    const sound = { key: this.#cache === null ? '' : keyOf(file), contents, changed: true };
    this.#files.push(sound);
    const read = readAgain(file, sound);
    for (const [index, document] of documents.entries()) document.release(() => read(index));
  }

  /** Hands what is new to the cache, at the end of a compilation in which these expressions were found. */
  finish(uses: readonly ExpressionUse[]): void {
    if (this.#cache === null) return;
    const changed = this.#files.filter((file) => file.changed);
    keepExpressions(changed, uses);
    for (const { key, contents } of changed) this.#cache.put(key, contents);
  }
}

/** Puts down what is known of the expressions of each file, at the first document that has them. */
function keepExpressions(files: readonly SoundFile[], uses: readonly ExpressionUse[]): void {
  const seenIn = new Map<DocumentContent, Set<Expression>>();
  for (const { contents } of files) {
    const seen = new Set<Expression>();
    for (const content of contents) {
      content.expressions.length = 0;
      seenIn.set(content, seen);
    }
  }
  for (const { document, expression, expected } of uses) {
    const seen = seenIn.get(document.content);
    if (seen === undefined || seen.has(expression)) continue;
    seen.add(expression);
    const kept = keptExpression(expression, expected);
    if (kept !== null) document.content.expressions.push(kept);
  }
}

function keyOf(file: SourceFile): string {
  return createHash('sha256').update(file.bytes).digest('hex');
}

/** Parses a file once more, when a tree in it is needed for the first time. */
function readAgain(file: SourceFile, sound: SoundFile): (index: number) => DocumentTree {
  let trees: readonly DocumentTree[] | null = null;
  return (index) => {
    // Whoever needs a tree learns a place from it, which will be asked for the next time.
    sound.changed = true;
    trees ??= readDocuments(file, new Problems()).documents.map(({ tree }) => tree);
    const tree = trees[index];
    if (tree === undefined) throw new Error(`${file.path} was read as other documents before`);
    return tree;
  };
}

/** Elements whose place becomes part of what they are compiled to, by kind: the list in `spec`. */
const placedElements: Readonly<Record<string, string>> = {
  Retention: 'rules',
  Selector: 'names',
  PolicyTest: 'expect',
};

/** Has the places told that are always asked for, while the tree is there. */
function askUsualPlaces(document: ParsedDocument): void {
  const field = placedElements[document.kind];
  const { spec } = document.value as { readonly spec?: { readonly [field: string]: unknown } };
  const list = field === undefined ? undefined : spec?.[field];
  if (field === undefined || !Array.isArray(list)) return;
  for (const index of list.keys()) document.valuePlace(['spec', field, index]);
}
