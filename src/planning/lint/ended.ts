/** Documents and rules past their end: they do nothing any more, and can be removed. */
import { formatTime } from '../../policy/units.js';
import { type LintInput, someOf } from './lint-input.js';

export function lintEnded({ world, diagnoses }: LintInput): void {
  const { desired, clock } = world;
  for (const lock of desired.locks) {
    if (clock.beside(lock.expires) < lock.expires) continue;
    diagnoses.warn(
      'lock-ended',
      `Lock ${lock.name} ended at ${formatTime(lock.expires)}: it holds nothing`,
      lock.origin,
    );
  }
  for (const { name, expires, origin } of desired.placements) {
    if (expires === null || clock.beside(expires) < expires) continue;
    diagnoses.add('info', 'placement-ended', `Placement ${name} ended at ${formatTime(expires)}`, origin);
  }
  for (const retention of desired.retentions) {
    const ended = retention.rules
      .filter(({ expires }) => expires !== null && clock.beside(expires) >= expires)
      .map(({ id }) => id);
    if (ended.length === 0) continue;
    const [verb, end] = ended.length === 1 ? ['rule', 'is past its end'] : ['rules', 'are past their end'];
    const message = `${ended.length} ${verb} of Retention ${retention.name} ${end}: ${someOf(ended)}`;
    diagnoses.add('info', 'rules-ended', message, retention.origin);
  }
}
