/** Rules and documents that match nothing now: a slip in a name, or work that is done. */
import type { Condition } from '../../policy/expression.js';
import { flagAt } from '../../snapshot/column.js';
import type { Decisions } from '../retention/decisions.js';
import type { World } from '../world.js';
import { type LintInput, someOf } from './lint-input.js';

/** Rules of one Retention that are told one by one. */
const mostTold = 10;
/** Conditions evaluated in search of a match, over all documents: about a tenth of a second. */
const mostEvaluated = 1_000_000;

export function lintMatches(input: LintInput): void {
  for (const decisions of input.retirement.decisions) lintRules(input, decisions);
  lintLocks(input);
  lintDatasets(input);
}

function lintRules({ diagnoses }: LintInput, decisions: Decisions): void {
  const { retention, rules, inUse } = decisions;
  if (!decisions.coversAnything()) {
    const message = `Retention ${retention.name} covers no replica: nothing of Partition ${retention.partition} is at its sites`;
    diagnoses.add('info', 'retention-covers-nothing', message, retention.origin);
    return;
  }
  const unused = rules.filter((_, index) => flagAt(inUse, index) === 0);
  if (unused.length > mostTold) {
    const names = someOf(unused.map(({ id }) => id));
    const message = `${unused.length} of ${rules.length} rules of Retention ${retention.name} match nothing now: ${names}`;
    diagnoses.add('info', 'rule-matches-nothing', message, retention.origin);
    return;
  }
  for (const { id, origin } of unused) {
    const message = `rule ${id} of Retention ${retention.name} matches nothing now that no rule above it decides`;
    diagnoses.add('info', 'rule-matches-nothing', message, origin);
  }
}

function lintLocks({ world, diagnoses }: LintInput): void {
  for (const lock of world.desired.locks) {
    if (world.clock.beside(lock.expires) >= lock.expires) continue;
    if (!world.locks.matching.has(lock)) {
      diagnoses.warn('lock-matches-nothing', `Lock ${lock.name} matches no dataset`, lock.origin);
      continue;
    }
    const missing = [...(lock.blocks ?? [])].filter((name) => !isBlock(world, name));
    if (missing.length === 0) continue;
    const message = `${missing.length} of ${lock.blocks?.size ?? 0} blocks of Lock ${lock.name} do not exist: ${someOf(missing)}`;
    diagnoses.warn('lock-matches-nothing', message, lock.origin);
  }
}

function isBlock(world: World, name: string): boolean {
  const hash = name.lastIndexOf('#');
  const dataset = world.findDataset(name.slice(0, hash));
  return dataset >= 0 && world.findBlock(dataset, name.slice(hash + 1)) >= 0;
}

function lintDatasets({ world, diagnoses }: LintInput): void {
  let left = mostEvaluated;
  /** Whether the condition holds for any dataset, as far as there is time to look. */
  const matches = (condition: Condition): boolean => {
    const holds = condition.bind(world.reader);
    for (let d = 0; d < world.snapshot.datasets.count; d++) {
      if (left-- <= 0) return true;
      world.reader.moveToDataset(d);
      if (holds()) return true;
    }
    return false;
  };
  for (const { name, datasets, origin } of world.desired.exclusions) {
    if (matches(datasets)) continue;
    diagnoses.add('info', 'exclusion-matches-nothing', `Exclusion ${name} matches no dataset`, origin);
  }
  for (const { name, copies, origin } of world.desired.guards) {
    for (const { datasets } of copies) {
      if (matches(datasets)) continue;
      const message = `Guard ${name}: \`copies\` for \`${datasets.text}\` matches no dataset`;
      diagnoses.add('info', 'guard-matches-nothing', message, origin);
    }
  }
}
