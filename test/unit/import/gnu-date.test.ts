/** Dates of policies are read as GNU `date -d` reads them: compared with the real one. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parseDate } from '../../../src/import/dynamo/gnu-date.js';

/** Seconds, or null where `date` refuses. */
function realDate(text: string): number | null {
  try {
    return Number(execFileSync('date', ['-u', '-d', text, '+%s'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
  } catch {
    return null;
  }
}

describe('as GNU date at this moment', () => {
  test.each([
    ...[
      '90 days ago',
      '1 week ago',
      '3 months ago',
      '2 fortnights ago',
      '1 year 2 months ago',
      '36 hours ago',
      '10 minutes ago',
    ],
    ...['90days ago', 'day ago', '3 days', '+3 days', '-3 days ago', 'last week', 'next month', 'last year'],
    ...[
      'now',
      'today',
      'yesterday',
      'tomorrow',
      'yesterday 12:00',
      '12:00 UTC yesterday',
      'today 00:00',
      '1 month ago 12:00',
    ],
    ...[
      'January 1',
      'Jan 1, 2018',
      '1 Jan 2018 10:00:00 UTC',
      'sept 5',
      '5 January',
      'July 1',
      'Dec 31 23:59',
      '01/02/2018',
      '02/28',
    ],
    ...[
      '2023-09-15 UTC',
      '2023-09-15',
      '2023-07-01 12:00:00 UTC',
      '2018-01-01T00:00:00',
      '2018-01-01T00:00:00Z',
      '20180102',
      '2018/1/2',
    ],
    ...[
      '2018-01-01 10:00+02:00',
      '2018-01-01 3 months',
      'January 1 1 year ago',
      'Sat Aug 22 20:38:40 UTC 2026',
      '@1500000000',
    ],
    ...[
      'monday',
      'last monday',
      'next friday',
      'this sunday',
      'UTC',
      '1 hour ago UTC',
      '20:00',
      '5 pm',
      '12 am',
      '12 pm',
      '2018',
    ],
    // What it refuses.
    ...[
      'eleven days ago',
      'Feb 30',
      '2019-02-29',
      '2018-13-01',
      '2018-01',
      'January 2018',
      'noon',
      'foo',
      '2018-01-01 UTC foo',
    ],
  ])('%s', (text) => {
    const real = realDate(text);
    const ours = parseDate(text, Math.floor(Date.now() / 1000));
    // A second may pass between the two.
    if (real === null) expect(ours).toBeNull();
    else expect(Math.abs((ours?.at ?? Number.NaN) - real)).toBeLessThanOrEqual(2);
  });
});

describe('what moves with the clock', () => {
  const now = Date.UTC(2026, 4, 31, 12) / 1000;

  test.each([
    ['90 days ago', { offset: -90 * 86_400, calendar: false, moves: true }],
    ['60 days', { offset: 60 * 86_400, calendar: false, moves: true }],
    // There is no 31st of February.
    ['3 months ago', { offset: Date.UTC(2026, 1, 31, 12) / 1000 - now, calendar: true, moves: true }],
    ['January 1', { offset: null, moves: true }],
    ['yesterday 12:00', { offset: null, moves: true }],
    ['2023-09-15', { offset: null, moves: false }],
    ['@1500000000', { offset: null, moves: false }],
  ])('%s', (text, expected) => {
    expect(parseDate(text, now)).toMatchObject(expected);
  });
});
