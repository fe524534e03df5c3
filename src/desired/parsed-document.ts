/** One YAML document with its positions: a value for the schema, and the place of everything in it. */
import { isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Position } from '../error.js';
import type { KeptExpression } from '../policy/index.js';
import { offsetInSource } from './expression-offset.js';
import type { LineIndex } from './line-index.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** Keys and list indexes from the root of a document. */
export type FieldPath = readonly (string | number)[];

/** Line and column, both from 1. */
export type Place = readonly [line: number, column: number];

/** What is kept of a document, and all that is needed of most: it can be written as JSON and read again. */
export interface DocumentContent {
  readonly kind: string;
  readonly name: string;
  readonly start: Place;
  readonly value: Json;
  /** Places within it that were asked for, so that its text need not be parsed again to tell them. */
  readonly places: { [question: string]: Place };
  /** What is known of expressions in it, and of none that an earlier document of the file has as well. */
  readonly expressions: KeptExpression[];
}

/** The text that a document was parsed from, with its nodes. */
export interface DocumentTree {
  /** The whole file. */
  readonly text: string;
  readonly lines: LineIndex;
  readonly root: Node;
}

export class ParsedDocument {
  readonly kind: string;
  readonly name: string;
  #readTree: () => DocumentTree;
  /** Pairs by key, of large mappings. */
  #indexes: Map<YAMLMap, ReadonlyMap<unknown, Pair>> | undefined;

  /** @param tree is asked only where the content does not have the answer */
  constructor(
    readonly file: string,
    readonly content: DocumentContent,
    tree: () => DocumentTree,
  ) {
    this.kind = content.kind;
    this.name = content.name;
    this.#readTree = tree;
  }

  static of(file: string, tree: DocumentTree, value: Json): ParsedDocument {
    const { root, lines } = tree;
    const { line, column } = lines.position(offsetOf(root));
    const kind = textAt(root, 'kind') ?? '';
    const name = textAt(root, 'metadata', 'name') ?? '';
    return new ParsedDocument(
      file,
      { kind, name, start: [line, column], value, places: {}, expressions: [] },
      () => tree,
    );
  }

  get value(): Json {
    return this.content.value;
  }

  /** `Placement usa-miniaod`, as far as that is known. */
  get title(): string {
    return [this.kind === '' ? 'document' : this.kind, this.name].filter((part) => part !== '').join(' ');
  }

  /** Where the document begins. */
  get start(): Position {
    const [line, column] = this.content.start;
    return { file: this.file, line, column };
  }

  get tree(): DocumentTree {
    return this.#readTree();
  }

  /** Lets go of the tree, which takes twenty times the memory of the content; it is made again should it be needed. */
  release(readAgain: () => DocumentTree): void {
    this.#readTree = readAgain;
  }

  /** Place of the value at `path`; where there is none, of the nearest thing around it. */
  valuePlace(path: FieldPath): Position {
    if (path.length === 0) return this.start;
    return this.#place(`value ${JSON.stringify(path)}`, () => offsetOf(this.#nearest(path, path.length).node));
  }

  /** Place of the key that `path` ends in; of the element where it ends in an index. */
  keyPlace(path: FieldPath): Position {
    return this.#place(`key ${JSON.stringify(path)}`, () => {
      const { node, key } = this.#nearest(path, path.length);
      return offsetOf(key ?? node);
    });
  }

  /** Place of the character at `offset` of the text that is the value at `path`. */
  textPlace(path: FieldPath, offset: number): Position {
    return this.#place(`text ${offset} ${JSON.stringify(path)}`, () => {
      const { node, depth } = this.#nearest(path, path.length);
      if (depth < path.length || !isScalar(node) || typeof node.value !== 'string') return offsetOf(node);
      return offsetInSource(this.tree.text, node, offset);
    });
  }

  /** The node at `path`, or null. */
  node(path: FieldPath): Node | null {
    const { node, depth } = this.#nearest(path, path.length);
    return depth === path.length ? node : null;
  }

  /** Whether the value at `path` stands inside `{ }` or `[ ]`. */
  inFlow(path: FieldPath): boolean {
    for (let depth = path.length - 1; depth >= 0; depth--) {
      const { node } = this.#nearest(path, depth);
      if ((isMap(node) || isSeq(node)) && node.flow === true) return true;
    }
    return false;
  }

  /** The key and value that `path` ends in, or null. */
  pair(path: FieldPath): Pair | null {
    const map = this.node(path.slice(0, -1));
    return isMap(map) ? (this.#pairOf(map, path.at(-1)) ?? null) : null;
  }

  #pairOf(map: YAMLMap, key: unknown): Pair | undefined {
    if (map.items.length < 32) return map.items.find((item) => isScalar(item.key) && item.key.value === key);
    this.#indexes ??= new Map();
    let index = this.#indexes.get(map);
    if (index === undefined) {
      const entries = map.items.map((item) => [isScalar(item.key) ? item.key.value : item.key, item] as const);
      // Of keys that stand twice the first counts, as everywhere.
      index = new Map(entries.reverse());
      this.#indexes.set(map, index);
    }
    return index.get(key);
  }

  #place(question: string, offset: () => number): Position {
    const { places } = this.content;
    let place = Object.hasOwn(places, question) ? places[question] : undefined;
    if (place === undefined) {
      const { line, column } = this.#readTree().lines.position(offset());
      place = [line, column];
      places[question] = place;
    }
    return { file: this.file, line: place[0], column: place[1] };
  }

  #nearest(path: FieldPath, length: number): { node: Node; key: Node | null; depth: number } {
    let node = this.#readTree().root;
    let key: Node | null = null;
    let depth = 0;
    for (; depth < length; depth++) {
      const step = path[depth];
      let next: unknown;
      let nextKey: Node | null = null;
      if (isMap(node)) {
        const pair = this.#pairOf(node, step);
        next = pair?.value;
        nextKey = isScalar(pair?.key) ? pair.key : null;
      } else if (isSeq(node) && typeof step === 'number') {
        next = node.items[step];
      }
      if (!isNode(next)) {
        if (nextKey !== null) key = nextKey;
        break;
      }
      node = next;
      key = nextKey;
    }
    return { node, key, depth };
  }
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && !isPair(value as Pair);
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function textAt(root: Node, ...keys: readonly string[]): string | null {
  let node: unknown = root;
  for (const key of keys) {
    if (!isMap(node)) return null;
    node = node.items.find((item) => isScalar(item.key) && item.key.value === key)?.value;
  }
  return isScalar(node) && typeof node.value === 'string' ? node.value : null;
}
