/**
 * The policy lint, as far as it needs no inventory: what is allowed, and hardly meant. It runs over a desired state
 * without errors only, so that nothing stands in for what was wrong.
 */
import { type Alternative, type Condition, outlineOf } from '../../policy/index.js';
import type { Compilation } from '../compilation.js';
import { Fields } from '../fields.js';
import type { Kind } from '../kinds.js';
import type { FieldPath, ParsedDocument } from '../parsed-document.js';
import type { DesiredState, Partition, Placement, Retention } from '../state.js';
import { lintConditions } from './lint-conditions.js';
import { lintPlacements } from './lint-placements.js';
import { lintQuotas } from './lint-quotas.js';
import { lintShadowedRules } from './lint-shadowed-rules.js';

/** What the parts of the lint share. */
export class Lint {
  readonly compilation: Compilation;
  readonly state: Linted;
  readonly #documents: ReadonlyMap<Kind, ReadonlyMap<string, ParsedDocument>>;
  readonly #outlines = new Map<Condition, readonly Alternative[]>();
  readonly retentions: ReadonlyMap<string, Retention>;
  readonly placements: ReadonlyMap<string, Placement>;
  readonly partitions: ReadonlyMap<string, Partition>;

  constructor(
    compilation: Compilation,
    state: Linted,
    documents: ReadonlyMap<Kind, ReadonlyMap<string, ParsedDocument>>,
  ) {
    this.compilation = compilation;
    this.state = state;
    this.#documents = documents;
    this.retentions = byName(state.retentions);
    this.placements = byName(state.placements);
    this.partitions = byName(state.partitions);
  }

  outline(condition: Condition): readonly Alternative[] {
    let outline = this.#outlines.get(condition);
    if (outline === undefined) {
      outline = outlineOf(condition);
      this.#outlines.set(condition, outline);
    }
    return outline;
  }

  fields(kind: Kind, name: string): Fields | null {
    const document = this.#documents.get(kind)?.get(name);
    return document === undefined ? null : new Fields(document, this.compilation);
  }

  /** A warning at the field; at a character of the expression that stands there, where an offset is given. */
  warn(fields: Fields, code: string, path: FieldPath, message: string, offset?: number): void {
    const place = offset === undefined ? fields.document.valuePlace(path) : fields.document.textPlace(path, offset);
    this.compilation.problems.warning(code, place, fields.message(path, message));
  }
}

function byName<T extends { readonly name: string }>(documents: readonly T[]): ReadonlyMap<string, T> {
  return new Map(documents.map((document) => [document.name, document]));
}

export type Linted = Omit<DesiredState, 'diagnostics'>;

export function lintDesired(
  compilation: Compilation,
  state: Linted,
  documents: ReadonlyMap<Kind, ReadonlyMap<string, ParsedDocument>>,
): void {
  const lint = new Lint(compilation, state, documents);
  lintConditions(lint);
  lintShadowedRules(lint);
  lintPlacements(lint);
  lintQuotas(lint);
}
