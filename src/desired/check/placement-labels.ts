/** The labels that `spread` and `relativeTo` go by: where no Site has one, every site is alike, which nobody means. */

import type { Compilation } from '../compilation.js';
import { Fields } from '../fields.js';
import type { FieldPath, ParsedDocument } from '../parsed-document.js';
import type { Federation, Placement, Site } from '../state.js';
import { didYouMean, listOf } from '../suggest.js';

export function checkPlacementLabels(
  compilation: Compilation,
  federation: Federation | null,
  sites: readonly Site[],
  placements: readonly Placement[],
  documents: ReadonlyMap<string, ParsedDocument>,
): void {
  const declared = federation?.declaredLabels.site ?? null;
  const known = new Set(sites.flatMap((site) => [...site.labels.keys()]));
  for (const { name, spread, relativeTo } of placements) {
    if (spread === null && relativeTo === null) continue;
    const document = documents.get(name);
    if (document === undefined) continue;
    const fields = new Fields(document, compilation);
    const check = (key: string | undefined, path: FieldPath): void => {
      if (key === undefined) return;
      const place = document.valuePlace(path);
      if (declared !== null && !declared.has(key)) {
        const what = `the label \`${key}\` is not declared in Federation.spec.labels.site${didYouMean(key, declared)}; declared: ${listOf([...declared])}`;
        compilation.problems.error('unknown-label', place, fields.message(path, what));
      } else if (!known.has(key) && !compilation.maybeUnread('Site')) {
        const what = `no Site has the label \`${key}\`: all sites are alike to it${didYouMean(key, known)}`;
        compilation.problems.warning('unknown-label', place, fields.message(path, what));
      }
    };
    check(spread?.by, ['spec', 'spread', 'by']);
    check(relativeTo?.label, ['spec', 'relativeTo', 'label']);
  }
}
