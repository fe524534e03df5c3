/** How bytes per time are written: `100MB/s`, `5TB/d`. */
import { parseBytes } from '../policy/units.js';
import type { Rate } from './assumptions.js';

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Null where the text is not of this form. */
export function parseRate(text: string): Rate | null {
  const match = /^(.+)\/([smhdw])$/.exec(text);
  const bytes = parseBytes(match?.[1] ?? '');
  const per = seconds[match?.[2] ?? ''];
  return bytes === null || per === undefined ? null : { bytes, per };
}
