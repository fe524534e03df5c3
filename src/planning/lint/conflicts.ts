/** Documents that work against each other over the data there is: one wants what another forbids, or undoes. */
import type { Placement, RuleRef } from '../../desired/state.js';
import { flagAt, intAt, shortAt } from '../../snapshot/column.js';
import type { Deletion } from '../retention/retire.js';
import type { LintInput } from './lint-input.js';

export function lintConflicts(input: LintInput): void {
  lintExcluded(input);
  lintRemoved(input);
  lintHeld(input);
}

/** Placements whose every site is closed to the data by Exclusions. */
function lintExcluded({ world, exclusions, needs, diagnoses }: LintInput): void {
  if (world.desired.exclusions.length === 0) return;
  const found = new Map<Placement, { readonly datasets: Set<number>; readonly names: Set<string> }>();
  for (const { placement, dataset, site, to } of needs.needs) {
    if (placement === null || site >= 0 || to === null) continue;
    if (found.get(placement)?.datasets.has(dataset) === true) continue;
    const names = new Set<string>();
    let open = to.every((flag) => flag === 0);
    for (let s = 0; s < to.length && !open; s++) {
      if (flagAt(to, s) === 0) continue;
      const exclusion = exclusions.at(dataset, s);
      if (exclusion === null) open = true;
      else names.add(exclusion.name);
    }
    if (open) continue;
    const entry = found.get(placement) ?? { datasets: new Set(), names: new Set() };
    entry.datasets.add(dataset);
    for (const name of names) entry.names.add(name);
    found.set(placement, entry);
  }
  for (const [placement, { datasets, names }] of found) {
    const [first = 0] = datasets;
    const by = `Exclusion ${[...names].sort().join(', ')}`;
    const message = `Placement ${placement.name}: \`to\` and ${by} leave no site for ${counted(datasets.size)}, the first is ${world.datasetName(first)}`;
    diagnoses.warn('placement-excluded', message, placement.origin);
  }
}

/** Placements whose copies retention would remove again at once: where else they could go, nothing is. */
function lintRemoved({ world, copies, diagnoses }: LintInput): void {
  const found = new Map<Placement, Set<number>>();
  for (const { placement, dataset } of copies.retired) {
    const datasets = found.get(placement);
    if (datasets === undefined) found.set(placement, new Set([dataset]));
    else datasets.add(dataset);
  }
  for (const [placement, datasets] of found) {
    const [first = 0] = datasets;
    const message = `Placement ${placement.name} wants copies of ${counted(datasets.size)} where a Retention would remove them again at once, the first is ${world.datasetName(first)}`;
    diagnoses.warn('placement-against-retention', message, placement.origin);
  }
}

/** Rules that delete what a placement counts: held for as long as both say so. */
function lintHeld({ world, retirement, needs, diagnoses }: LintInput): void {
  const held = retirement.result.held.filter(
    (deletion) => deletion.held?.code === 'required' && deletion.rule?.action === 'delete',
  );
  if (held.length === 0) return;
  // What stands in for a copy to be made is required too, but not for long.
  const marks = new Map<string, string[]>();
  for (const { placement, dataset, site } of needs.marks) {
    const key = `${world.datasetName(dataset)}\n${world.siteName(site)}`;
    const names = marks.get(key);
    if (names === undefined) marks.set(key, [placement]);
    else names.push(placement);
  }
  const found = new Map<string, { readonly deletion: Deletion; readonly placements: Set<string>; count: number }>();
  for (const deletion of held) {
    const placements = marks.get(placeOf(deletion));
    if (placements === undefined) continue;
    const key = refKey(deletion.ref);
    const entry = found.get(key) ?? { deletion, placements: new Set(), count: 0 };
    for (const name of placements) entry.placements.add(name);
    entry.count++;
    found.set(key, entry);
  }
  for (const { deletion, placements, count } of found.values()) {
    const { ref, rule } = deletion;
    const [dataset = '', site = ''] = placeOf(deletion).split('\n');
    const names = [...placements].sort().join(', ');
    const message = `rule ${ref.id ?? ''} of Retention ${ref.name} deletes what Placement ${names} counts: ${count} ${count === 1 ? 'replica is' : 'replicas are'} held for good, the first is ${dataset} at ${site}`;
    if (rule !== null) diagnoses.warn('delete-of-required', message, rule.origin);
  }

  function placeOf({ replica }: Deletion): string {
    const dataset = world.datasetName(intAt(world.snapshot.replicas.dataset, replica));
    return `${dataset}\n${world.siteName(shortAt(world.replicaSite, replica))}`;
  }
}

function refKey({ name, id }: RuleRef): string {
  return `${name}\n${id ?? ''}`;
}

function counted(datasets: number): string {
  return `${datasets} ${datasets === 1 ? 'dataset' : 'datasets'}`;
}
