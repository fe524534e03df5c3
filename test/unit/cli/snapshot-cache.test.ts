import { expect, test } from 'vitest';
import { snapshotCacheFile } from '../../../src/cli/snapshot-cache.js';

const environment = { XDG_CACHE_HOME: '/cache' };
const byDefault = { kind: 'default' } as const;
const inDirectory = { kind: 'directory', directory: '/kept' } as const;

test('a snapshot stands beside an embedded database', () => {
  expect(snapshotCacheFile('sqlite:/srv/stator.db', byDefault, environment)).toBe('/srv/stator.db-snapshot');
});

test('that of a server stands among the caches of the user, by everything in its address but the password', () => {
  const file = (url: string) => snapshotCacheFile(url, byDefault, environment);
  const url = 'mysql://me:secret@db.example.org:3306/stator';
  expect(file(url)).toMatch(/^\/cache\/stator\/snapshots\/[0-9a-f]{32}\.snapshot$/);
  expect(file('mysql://me:changed@db.example.org:3306/stator')).toBe(file(url));
  for (const other of [
    'mysql://you:secret@db.example.org:3306/stator',
    'mysql://me:secret@db.example.org:3306/other',
  ]) {
    expect(file(other)).not.toBe(file(url));
  }
});

test('a directory holds those of several databases', () => {
  const files = ['sqlite:/a.db', 'sqlite:/b.db'].map((url) => snapshotCacheFile(url, inDirectory, environment));
  expect(files[0]).toMatch(/^\/kept\/[0-9a-f]{32}\.snapshot$/);
  expect(new Set(files).size).toBe(2);
});

test('there is none where it is switched off, and none of what ends with the process', () => {
  expect(snapshotCacheFile('sqlite:/a.db', { kind: 'off' }, environment)).toBeNull();
  expect(snapshotCacheFile('sqlite::memory:', inDirectory, environment)).toBeNull();
});
