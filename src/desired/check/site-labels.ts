/** Labels of sites must be declared where the Federation declares any. */

import type { Compilation } from '../compilation.js';
import { Fields } from '../fields.js';
import type { ParsedDocument } from '../parsed-document.js';
import type { Federation, Site } from '../state.js';
import { didYouMean, listOf } from '../suggest.js';

export function checkSiteLabels(
  compilation: Compilation,
  federation: Federation | null,
  sites: readonly Site[],
  documents: ReadonlyMap<string, ParsedDocument>,
): void {
  const declared = federation?.declaredLabels.site ?? null;
  if (declared === null) return;
  for (const site of sites) {
    const document = documents.get(site.name);
    if (document === undefined) continue;
    const fields = new Fields(document, compilation);
    for (const key of site.labels.keys()) {
      if (declared.has(key)) continue;
      const path = ['metadata', 'labels', key];
      const what = `the label is not declared in Federation.spec.labels.site${didYouMean(key, declared)}; declared: ${listOf([...declared])}`;
      compilation.problems.error('unknown-label', document.keyPlace(path), fields.message(path, what));
    }
  }
}
