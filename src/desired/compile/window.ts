import { CronPattern } from 'croner';
import { scopes } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { WindowDocument } from '../generated/index.js';
import type { Window } from '../state.js';
import { always, type Body } from './body.js';

export function compileWindow(fields: Fields, spec: Checked<WindowDocument['spec']>): Body<Window> {
  const { cron = '', duration, timezone = 'UTC' } = spec.schedule ?? {};
  const path = (name: string) => ['spec', 'schedule', name];
  const seconds = fields.duration(duration, path('duration'));
  if (seconds !== null && seconds <= 0) {
    fields.error('wrong-value', path('duration'), 'found no time at all, expected a duration such as 4h');
  }
  if (cron !== '') checkCron(fields, cron, path('cron'));
  if (!isTimezone(timezone)) {
    fields.error('wrong-value', path('timezone'), `"${timezone}" is not a time zone of the IANA database`);
  }
  return {
    sites: fields.condition(spec.sites, scopes.site, ['spec', 'sites']) ?? always(scopes.site),
    cron,
    duration: seconds ?? 1,
    timezone,
    effect: spec.deny === undefined ? 'allow' : 'deny',
    what: spec.deny ?? spec.allow ?? 'all',
  };
}

function checkCron(fields: Fields, cron: string, path: string[]): void {
  // Seconds and years would be accepted by the library, but a cycle is no stop-watch.
  const parts = cron.trim().split(/\s+/);
  try {
    if (parts.length !== 5) throw new Error(`it has ${parts.length} fields`);
    new CronPattern(cron);
  } catch (error) {
    const what = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    fields.error('wrong-value', path, `"${cron}" is not a schedule of five fields such as "0 22 * * 1-5": ${what}`);
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
