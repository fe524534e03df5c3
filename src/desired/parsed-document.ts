/** One YAML document with its positions: a value for the schema, and the place of everything in it. */
import { isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Position } from '../error.js';
import type { LineIndex } from './line-index.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** Keys and list indexes from the root of a document. */
export type FieldPath = readonly (string | number)[];

export class ParsedDocument {
  readonly kind: string;
  readonly name: string;
  /** Pairs by key, of large mappings. */
  readonly #indexes = new Map<YAMLMap, ReadonlyMap<unknown, Pair>>();

  constructor(
    readonly file: string,
    /** The whole file. */
    readonly text: string,
    readonly lines: LineIndex,
    readonly root: Node,
    readonly value: Json,
  ) {
    this.kind = textAt(root, 'kind') ?? '';
    this.name = textAt(root, 'metadata', 'name') ?? '';
  }

  /** `Placement usa-miniaod`, as far as that is known. */
  get title(): string {
    return [this.kind === '' ? 'document' : this.kind, this.name].filter((part) => part !== '').join(' ');
  }

  /** Where the document begins. */
  get start(): Position {
    return this.at(this.root.range?.[0] ?? 0);
  }

  at(offset: number): Position {
    return this.lines.position(offset);
  }

  /** Place of the value at `path`; where there is none, of the nearest thing around it. */
  valuePlace(path: FieldPath): Position {
    return this.at(offsetOf(this.#nearest(path, path.length).node));
  }

  /** Place of the key that `path` ends in; of the element where it ends in an index. */
  keyPlace(path: FieldPath): Position {
    const { node, key } = this.#nearest(path, path.length);
    return this.at(offsetOf(key ?? node));
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
    let index = this.#indexes.get(map);
    if (index === undefined) {
      const entries = map.items.map((item) => [isScalar(item.key) ? item.key.value : item.key, item] as const);
      // Of keys that stand twice the first counts, as everywhere.
      index = new Map(entries.reverse());
      this.#indexes.set(map, index);
    }
    return index.get(key);
  }

  #nearest(path: FieldPath, length: number): { node: Node; key: Node | null; depth: number } {
    let node = this.root;
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
