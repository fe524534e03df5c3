/** Placements that cannot get what they ask for, as far as the Site documents tell. */
import type { Placement, Site } from '../state.js';
import { cyclesOf } from './cycles.js';
import { DeclaredSites } from './declared-sites.js';
import type { Lint } from './lint.js';

export function lintPlacements(lint: Lint): void {
  const { placements, sites, selectors } = lint.state;
  const declared = new DeclaredSites(sites, selectors);
  // Many placements say the same of sites.
  const known = new Map<string, readonly Site[] | null>();
  const sitesOf = ({ to }: Placement): readonly Site[] | null => {
    let found = known.get(to.canonical);
    if (found === undefined) {
      found = declared.where(to);
      known.set(to.canonical, found);
    }
    return found;
  };
  const byName = new Map(placements.map((placement) => [placement.name, placement]));
  for (const placement of placements) {
    const to = sitesOf(placement);
    if (to === null || to.length === 0) continue;
    lintSpread(lint, placement, to);
    const other = byName.get(placement.relativeTo?.placement ?? '');
    const others = other === undefined ? null : sitesOf(other);
    if (other !== undefined && others !== null && others.length > 0) lintRelation(lint, placement, to, other, others);
  }
  lintCircles(lint, byName);
  lintOwners(lint, placements);
}

/** Each value of the label takes `max` copies, and no more than there are sites with it. */
function lintSpread(lint: Lint, placement: Placement, to: readonly Site[]): void {
  const { spread, copies } = placement;
  if (spread === null || typeof copies !== 'number') return;
  const perValue = new Map<string, number>();
  for (const site of to) perValue.set(labelOf(site, spread.by), (perValue.get(labelOf(site, spread.by)) ?? 0) + 1);
  const room = [...perValue.values()].reduce((sum, count) => sum + Math.min(count, spread.max), 0);
  // Fewer sites than copies is said where the plan is made.
  if (copies <= room || copies > to.length) return;
  const message = `leaves room for ${room} of ${copies} copies: the ${to.length} sites of \`to\` have ${perValue.size} values of \`${spread.by}\``;
  const fields = lint.fields('Placement', placement.name);
  if (fields !== null) lint.warn(fields, 'spread-too-narrow', ['spec', 'spread'], message);
}

function lintRelation(
  lint: Lint,
  placement: Placement,
  to: readonly Site[],
  other: Placement,
  others: readonly Site[],
): void {
  const { relativeTo } = placement;
  if (relativeTo === null) return;
  const { label, same } = relativeTo;
  const mine = new Set(to.map((site) => labelOf(site, label)));
  const theirs = new Set(others.map((site) => labelOf(site, label)));
  const apart = same
    ? ![...mine].some((value) => theirs.has(value))
    : theirs.size === 1 && mine.size === 1 && mine.has([...theirs][0] ?? '');
  if (!apart) return;
  const found = same
    ? `\`to\` has no site with a \`${label}\` that sites of Placement ${other.name} have`
    : `all sites of \`to\` and of Placement ${other.name} have the same \`${label}\``;
  const fields = lint.fields('Placement', placement.name);
  if (fields !== null) lint.warn(fields, 'placements-pull-apart', ['spec', 'relativeTo'], `cannot be met: ${found}`);
}

function labelOf(site: Site, key: string): string {
  return site.labels.get(key) ?? '';
}

/** Placements that are relative to each other: which of them comes first is chance. */
function lintCircles(lint: Lint, byName: ReadonlyMap<string, Placement>): void {
  const next = (name: string): readonly string[] => {
    const other = byName.get(name)?.relativeTo?.placement;
    return other === undefined ? [] : [other];
  };
  const related = [...byName.values()].filter(({ relativeTo }) => relativeTo !== null).map(({ name }) => name);
  for (const cycle of cyclesOf(related, next)) {
    const [first = ''] = cycle;
    const fields = lint.fields('Placement', first);
    const round = [...cycle, first].join(' -> ');
    const message = `the placements are relative to each other in a circle: ${round}; the one that is served first decides for the others`;
    if (fields !== null) lint.warn(fields, 'placements-pull-apart', ['spec', 'relativeTo'], message);
  }
}

/** The same data at the same sites under two owners: one of them never gets it. */
function lintOwners(lint: Lint, placements: readonly Placement[]): void {
  const first = new Map<string, Placement>();
  for (const placement of placements) {
    if (placement.owner === null) continue;
    const key = `${placement.datasets.canonical}\n${placement.to.canonical}\n${placement.statuses.join()}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, placement);
    else if (other.owner !== placement.owner) {
      const fields = lint.fields('Placement', placement.name);
      const message = `wants the same data at the same sites as Placement ${other.name}, but under \`${placement.owner}\` instead of \`${other.owner}\`: a copy has one owner`;
      if (fields !== null) lint.warn(fields, 'placements-pull-apart', ['spec'], message);
    }
  }
}
