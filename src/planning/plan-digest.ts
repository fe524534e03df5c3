/**
 * The digest of a plan document. It is that of its canonical JSON like any other; but most of a plan is its actions,
 * tens of thousands of them, and those are put in order here field by field and written out by the engine itself, which
 * takes little more than half as long as writing them key by key.
 */
import type { RuleRef } from '../desired/state.js';
import { asEntries, asTexts, canonicalDigest, type DigestHead, inKeyOrder } from './canonical-json.js';
import type { Plan, PlannedAction } from './plan.js';

/**
 * `sha256:` and the SHA-256 (hex) of the canonical JSON of a plan document without its digest.
 *
 * @param head knows the beginning of a plan hashed before, where this one begins with the same actions
 * @param texts canonical texts of actions of plans before, and where those of this one are kept; null: neither
 */
export function planDigest(
  document: Omit<Plan, 'digest'>,
  head: DigestHead | null = null,
  texts: WeakMap<PlannedAction, string> | null = null,
): string {
  // Rules are few, and thousands of actions name each.
  const rules = new Map<RuleRef, object>();
  const ruleOf = (rule: RuleRef): object => {
    let known = rules.get(rule);
    if (known === undefined) {
      known = inKeyOrder({ ...rule });
      rules.set(rule, known);
    }
    return known;
  };
  const { actions } = document;
  const inOrder = (index: number): object => {
    const action = actions[index] as PlannedAction;
    const sorted: Readonly<Record<keyof PlannedAction, unknown>> = {
      blocks: action.blocks,
      bytes: action.bytes,
      cause: action.cause,
      dataset: action.dataset,
      files: action.files,
      held: action.held === null ? null : inKeyOrder({ ...action.held }),
      id: action.id,
      owner: action.owner,
      reason: action.reason,
      rule: ruleOf(action.rule),
      site: action.site,
      sources: action.sources,
      type: action.type,
    };
    return sorted;
  };
  if (texts === null) return canonicalDigest(document, head, new Map([[actions, asEntries(inOrder)]]));
  const textOf = (index: number): string => {
    const action = actions[index] as PlannedAction;
    let text = texts.get(action);
    if (text === undefined) {
      text = JSON.stringify(inOrder(index));
      texts.set(action, text);
    }
    return text;
  };
  return canonicalDigest(document, head, new Map([[actions, asTexts(textOf)]]));
}
