/** Labels of datasets that rules read and no dataset has: they are always empty. */
import type { DesiredState, Origin } from '../../desired/state.js';
import { compareBytes } from '../../order.js';
import type { Expression } from '../../policy/expression.js';
import type { LintInput } from './lint-input.js';

export function lintLabels({ world, diagnoses }: LintInput): void {
  const { desired, snapshot } = world;
  const uses = new Map<string, { readonly origin: Origin; count: number }>();
  for (const { origin, expression } of expressionsOf(desired)) {
    for (const path of expression.reads) {
      if (!path.startsWith('dataset.labels.')) continue;
      const key = path.slice('dataset.labels.'.length);
      if (snapshot.datasets.labels.has(key)) continue;
      const use = uses.get(key);
      if (use === undefined) uses.set(key, { origin, count: 1 });
      else use.count++;
    }
  }
  const declared = desired.federation.declaredLabels.dataset;
  for (const key of [...uses.keys()].sort(compareBytes)) {
    const use = uses.get(key);
    if (use === undefined) continue;
    const others = use.count === 1 ? '' : ` (read by ${use.count} conditions)`;
    const message = `no dataset has the label \`${key}\`: it is always empty${others}`;
    // One that is declared is no slip of the pen.
    diagnoses.add(declared?.has(key) === true ? 'info' : 'warning', 'label-never-seen', message, use.origin);
  }
}

interface Use {
  readonly origin: Origin;
  readonly expression: Expression;
}

/** Every expression that is asked of the inventory, with the document or rule it stands in. */
function* expressionsOf(desired: DesiredState): Iterable<Use> {
  const { federation } = desired;
  yield* used(federation.origin, federation.disposable, federation.evacuateTo);
  for (const { origin, match } of [...desired.partitions, ...desired.ownerships]) yield* used(origin, match);
  for (const { origin, when } of desired.selectors) yield* used(origin, when);
  for (const { origin, datasets, to, from, copies } of desired.placements) {
    yield* used(origin, datasets, to, from, typeof copies === 'object' ? copies : null);
  }
  for (const { origin, order, rules } of desired.retentions) {
    yield* used(origin, ...order.map(({ by }) => by));
    for (const rule of rules) yield* used(rule.origin, rule.when);
  }
  for (const { origin, datasets } of [...desired.locks, ...desired.rebalances]) yield* used(origin, datasets);
  for (const { origin, datasets, sites } of desired.exclusions) yield* used(origin, datasets, sites);
  for (const { origin, copies } of desired.guards) yield* used(origin, ...copies.map(({ datasets }) => datasets));
  for (const { origin, datasets } of desired.tenants) yield* used(origin, datasets);
}

function* used(origin: Origin, ...expressions: readonly (Expression | null)[]): Iterable<Use> {
  for (const expression of expressions) if (expression !== null) yield { origin, expression };
}
