/**
 * Windows: when transfers or deletions may start. Where any Window allows a class of work at a site, it may start only
 * while one of those is open; while one that denies it is open, it does not start. Deny beats allow.
 */
import { Cron } from 'croner';
import type { Window, WindowClass } from '../desired/state.js';
import { formatTime } from '../policy/units.js';
import { flagAt } from '../snapshot/column.js';
import type { Held } from './plan.js';
import type { World } from './world.js';

interface BoundWindow {
  readonly window: Window;
  readonly atSite: Uint8Array;
  readonly open: boolean;
  readonly next: string;
}

export class Windows {
  readonly #windows: readonly BoundWindow[];

  constructor(world: World) {
    this.#windows = world.desired.windows.map((window) => {
      const covered = window.sites.bind(world.reader);
      const atSite = Uint8Array.from(world.sites.names, (_, site) => {
        world.reader.moveToSite(site);
        return covered() ? 1 : 0;
      });
      const time = world.clock.upTo((now) => steadyUntil(window, now));
      return { window, atSite, open: isOpen(window, time), next: nextEdgeText(window, time) };
    });
  }

  /** Why work of a class may not start at a site now, or null. */
  holds(what: Exclude<WindowClass, 'all'>, site: number): Held | null {
    if (this.#windows.length === 0) return null;
    const concerned = this.#windows.filter(
      ({ window, atSite }) => flagAt(atSite, site) === 1 && (window.what === what || window.what === 'all'),
    );
    const denying = concerned.find(({ window, open }) => window.effect === 'deny' && open);
    if (denying !== undefined) {
      return { code: 'window', message: `Window ${denying.window.name} denies ${what} now; ${denying.next}` };
    }
    const allowing = concerned.filter(({ window }) => window.effect === 'allow');
    const [first] = allowing;
    if (first === undefined || allowing.some(({ open }) => open)) return null;
    return { code: 'window', message: `Window ${first.window.name} allows ${what} at other times; ${first.next}` };
  }
}

function schedule(window: Window): Cron {
  return new Cron(window.cron, { timezone: window.timezone, paused: true });
}

/** Whether a window is open at a time (seconds since the epoch): its last start is less than its duration ago. */
export function isOpen(window: Window, time: number): boolean {
  const start = schedule(window).nextRun(new Date((time - window.duration) * 1000));
  return start !== null && start.getTime() / 1000 <= time;
}

/** When a window next opens or closes, seconds since the epoch; null where it never does. */
export function nextEdge(window: Window, time: number): number | null {
  const cron = schedule(window);
  let start = cron.nextRun(new Date((time - window.duration) * 1000));
  if (start === null) return null;
  if (start.getTime() / 1000 > time) return start.getTime() / 1000;
  // It is open; starts that come before it closes keep it open.
  let close = start.getTime() / 1000 + window.duration;
  for (let i = 0; i < 1000; i++) {
    start = cron.nextRun(start);
    if (start === null || start.getTime() / 1000 > close) break;
    close = start.getTime() / 1000 + window.duration;
  }
  return close;
}

/** How long {@link isOpen} and {@link nextEdge} give what they give at a time; where they may not for a moment, that time. */
function steadyUntil(window: Window, time: number): number {
  const cron = schedule(window);
  const start = cron.nextRun(new Date((time - window.duration) * 1000));
  if (start === null) return Number.POSITIVE_INFINITY;
  if (start.getTime() / 1000 > time) return start.getTime() / 1000;
  const close = start.getTime() / 1000 + window.duration;
  const next = cron.nextRun(start);
  // Another start before it closes: the chain of them is followed anew each time.
  return next !== null && next.getTime() / 1000 <= close ? time : close;
}

function nextEdgeText(window: Window, time: number): string {
  const edge = nextEdge(window, time);
  if (edge === null) return 'it never opens again';
  return `it ${isOpen(window, time) ? 'closes' : 'opens'} at ${formatTime(edge)}`;
}
