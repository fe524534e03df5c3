/** The small decisions of execution, by themselves. */
import { describe, expect, it } from 'vitest';
import type { TaskRow } from '../../../src/database/index.js';
import { defaultRetry, pauseAfter, pauseAfterFailedActions } from '../../../src/execution/backoff.js';
import { rankSources, type SourceCandidate } from '../../../src/execution/choose-source.js';
import { locate } from '../../../src/execution/endpoint.js';
import { defaultLimits, TransferSlots } from '../../../src/execution/limits.js';
import { overlap } from '../../../src/execution/record-plan.js';
import { afterFailure, verificationFailure } from '../../../src/execution/task-outcome.js';
import type { ErrorClass, ErrorCode } from '../../../src/plugin/index.js';

describe('pauses', () => {
  const policy = { firstPause: 10, longestPause: 100, maxAttempts: 9 };

  it('double, up to the longest', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => pauseAfter(failures, policy, 1))).toEqual([10, 20, 40, 80, 100, 100]);
  });

  it('are spread over their upper half', () => {
    expect(pauseAfter(2, policy, 0)).toBe(10);
    expect(pauseAfter(2, policy, 0.5)).toBe(15);
  });

  it('an action that failed once is planned again at once, then after pauses', () => {
    expect([0, 1, 2, 3, 9].map((failures) => pauseAfterFailedActions(failures, policy))).toEqual([0, 0, 20, 40, 100]);
  });
});

describe('sources', () => {
  const candidate = (site: string, change: Partial<SourceCandidate> = {}): SourceCandidate => ({
    site,
    storage: 'disk',
    failures: 0,
    out: false,
    load: 0,
    ...change,
  });
  const order = (...candidates: SourceCandidate[]): string[] => rankSources(candidates).map(({ site }) => site);

  it('least failed, disk before tape, least busy, name', () => {
    expect(
      order(
        candidate('D', { failures: 1 }),
        candidate('C', { storage: 'tape' }),
        candidate('B', { load: 3 }),
        candidate('A2'),
        candidate('A1'),
      ),
    ).toEqual(['A1', 'A2', 'B', 'C', 'D']);
  });

  it('what is out is out', () => {
    expect(order(candidate('A', { out: true }), candidate('B', { failures: 9 }))).toEqual(['B']);
  });
});

describe('endpoints', () => {
  const site = (...endpoints: { protocol?: string; match: string; url: string }[]) => ({
    name: 'A',
    storage: 'disk' as const,
    state: 'ready' as const,
    labels: new Map(),
    endpoints: endpoints.map(({ protocol = 'davs', match, url }) => ({ protocol, match, url, root: null })),
  });
  const urls = (file: string, ...endpoints: Parameters<typeof site>) =>
    locate(site(...endpoints), file).map(({ url }) => url);

  it('fill in the groups of the match', () => {
    const endpoint = { match: '^/store/(\\w+)/(.*)$', url: 'davs://host/$2/of/$1' };
    expect(urls('/store/data/x/y', endpoint)).toEqual(['davs://host/x/y/of/data']);
    expect(urls('/other/data', endpoint)).toEqual([]);
  });

  it('keep special characters of the file name as they are', () => {
    expect(urls('/store/a b%20$1&$&', { match: '^/store/(.*)$', url: 'file:///r/$1' })).toEqual([
      'file:///r/a b%20$1&$&',
    ]);
  });

  it('give every URL, in the order of the endpoints', () => {
    expect(
      urls('/store/x', { match: '^/store/(.*)$', url: 'davs://a/$1' }, { match: '^/(.*)$', url: 'root://b/$1' }),
    ).toEqual(['davs://a/x', 'root://b/store/x']);
  });

  it('a group that took no part is empty', () => {
    expect(urls('/store/x', { match: '^/store/(?:(a)|x)$', url: 'davs://h/$1-' })).toEqual(['davs://h/-']);
  });
});

describe('slots', () => {
  it('count sites, links and movers', () => {
    const slots = new TransferSlots({ ...defaultLimits, perSite: 3, perLink: 2, perMover: 100 });
    const ab = { mover: 'm', source: 'A', destination: 'B' };
    const cb = { mover: 'm', source: 'C', destination: 'B' };
    slots.take(ab);
    slots.take(ab);
    expect(slots.fits(ab, 1, 0)).toBe(false);
    expect(slots.fits(cb, 1, 0)).toBe(true);
    slots.take(cb);
    expect(slots.fits({ mover: 'm', source: 'D', destination: 'B' }, 1, 0)).toBe(false);
    expect(slots.room('B')).toBe(0);
    slots.release(ab);
    expect(slots.fits(cb, 1, 0)).toBe(true);
  });

  it('count the bytes that began within an hour, whether they are over or not', () => {
    const slots = new TransferSlots({ ...defaultLimits, bytesPerHourPerSite: 100 });
    const ab = { mover: 'm', source: 'A', destination: 'B' };
    slots.begin(ab, 60, 1000);
    slots.release(ab);
    expect(slots.fits(ab, 40, 1000)).toBe(true);
    expect(slots.fits(ab, 41, 4599)).toBe(false);
    expect(slots.fits({ mover: 'm', source: 'C', destination: 'D' }, 1000, 1000)).toBe(true);
    expect(slots.fits(ab, 41, 4600)).toBe(true);
  });
});

describe('failures of a task', () => {
  const task = (change: Partial<TaskRow> = {}): TaskRow => ({
    id: 'a-1',
    action: 'a',
    seq: 1,
    type: 'copy',
    dataset: '/d',
    block: 'b',
    file: '/f',
    size: 10,
    adler32: null,
    md5: '0'.repeat(32),
    sha256: null,
    site: 'C',
    url: 'file:///c/f',
    root: '/c',
    source_site: 'A',
    source_url: 'file:///a/f',
    source_root: '/a',
    state: 'running',
    priority: 50,
    attempts: 1,
    not_before: 0,
    idempotency_key: 'a-1-1',
    batch: 'a-1-1',
    plugin: 'posix',
    external_id: null,
    submitted_at: null,
    finished: null,
    errors: '[]',
    failed_sources: '{}',
    ...change,
  });
  const changeAfter = (
    errorClass: ErrorClass,
    code: ErrorCode,
    another: 'now' | 'later' | 'none',
    change: Partial<TaskRow> = {},
  ) =>
    afterFailure(
      task(change),
      { class: errorClass, code, message: 'm' },
      {
        now: 100,
        anotherSource: another === 'now',
        anotherSourceLater: another !== 'none',
        retry: { ...defaultRetry, firstPause: 10 },
        random: 1,
      },
    );

  it('transient: another source at once, the same one after a pause', () => {
    expect(changeAfter('transient', 'other', 'now')).toMatchObject({ state: 'ready', not_before: 0 });
    expect(changeAfter('transient', 'other', 'none')).toMatchObject({ state: 'retrying', not_before: 110 });
  });

  it('a source that cannot be read for the moment is not given up', () => {
    expect(changeAfter('source', 'other', 'none')).toMatchObject({
      state: 'retrying',
      failed_sources: '{"A":{"failures":1,"out":false}}',
    });
  });

  for (const code of ['checksum', 'size', 'not-found'] as const) {
    it(`a source error with ${code} puts the source out for good`, () => {
      expect(changeAfter('source', code, 'now')).toMatchObject({
        state: 'ready',
        failed_sources: '{"A":{"failures":1,"out":true}}',
      });
      expect(changeAfter('source', code, 'none').state).toBe('failed');
    });
  }

  it('sources that cannot be read now keep a task from failing', () => {
    expect(changeAfter('permanent', 'other', 'later').state).toBe('retrying');
    expect(changeAfter('permanent', 'other', 'none').state).toBe('failed');
  });

  it('one source that may still work keeps a task from failing', () => {
    const failed = '{"B":{"failures":1,"out":false}}';
    expect(changeAfter('permanent', 'other', 'none', { failed_sources: failed }).state).toBe('retrying');
  });

  it('a destination error is no fault of the source', () => {
    expect(changeAfter('destination', 'space', 'now')).toMatchObject({ state: 'retrying', failed_sources: '{}' });
  });

  it('after so many attempts a task has failed', () => {
    expect(changeAfter('transient', 'other', 'now', { attempts: defaultRetry.maxAttempts }).state).toBe('failed');
  });

  it('a copy that the mover did not verify is not done', () => {
    const none = { adler32: null, md5: null, sha256: null };
    const right = { ...none, md5: '0'.repeat(32) };
    expect(verificationFailure(task(), { size: 10, checksums: right })).toBeNull();
    expect(verificationFailure(task(), { size: 11, checksums: right })?.code).toBe('size');
    expect(verificationFailure(task(), { size: 10, checksums: { ...none, md5: '1'.repeat(32) } })?.code).toBe(
      'checksum',
    );
    expect(verificationFailure(task(), { size: 10, checksums: none })?.message).toContain('verified no checksum');
    expect(verificationFailure(task({ md5: null }), { size: 10, checksums: none })).toBeNull();
  });
});

describe('opposites', () => {
  it('overlap where they share a block, or one is about all', () => {
    expect(overlap(null, ['a'])).toBe(true);
    expect(overlap(['a', 'b'], ['b'])).toBe(true);
    expect(overlap(['a'], ['b'])).toBe(false);
  });
});
