/** A plugin that throws, hangs or answers nonsense becomes an answer like any other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { StatorError } from '../../../src/error.js';
import { CircuitBreaker } from '../../../src/plugin/circuit-breaker.js';
import { ContainedDeleter, ContainedMover, defaultContainment } from '../../../src/plugin/containment.js';
import { contractJob } from '../../../src/plugin/contract/mover-contract.js';
import { type Deleter, type FileAt, type Mover, PluginError, type TransferJob } from '../../../src/plugin/index.js';
import { PluginRegistry } from '../../../src/plugin/registry.js';

const place: FileAt = { site: 'A', storage: 'disk', url: 'file:///a/x', root: '/a' };

function job(): TransferJob {
  return contractJob(place, place, Buffer.from('x'));
}

function mover(change: Partial<Mover>): Mover {
  return {
    pairs: [{ sources: ['file'], destinations: ['file', 'davs'] }],
    maxBatch: 10,
    pollInterval: 1,
    submit: async (jobs) => jobs.map(({ key }) => ({ key, state: 'accepted', externalId: null })),
    poll: async (jobs) => jobs.map(({ key }) => ({ key, state: 'unknown' })),
    cancel: async () => undefined,
    find: async ({ key }) => ({ key, state: 'unknown' }),
    close: async () => undefined,
    ...change,
  };
}

let now = 1000;

function contained(change: Partial<Mover>, options: Partial<typeof defaultContainment> = {}): ContainedMover {
  return new ContainedMover('m', mover(change), { ...defaultContainment, ...options, clock: () => now });
}

/** What a plugin that does not keep to its types hands back. */
function nonsense<T>(value: unknown): () => Promise<T> {
  return async () => value as T;
}

describe('contained movers', () => {
  it('pass good answers through', async () => {
    const one = job();
    expect(await contained({}).submit([one])).toEqual([{ key: one.key, state: 'accepted', externalId: null }]);
  });

  it('say which schemes they pair', () => {
    expect(contained({}).canPair('file', 'davs')).toBe(true);
    expect(contained({}).canPair('davs', 'file')).toBe(false);
  });

  const broken: Record<string, Partial<Mover>> = {
    'throws in a promise': {
      submit: () => Promise.reject(new Error('no')),
      poll: () => Promise.reject(new Error('no')),
    },
    throws: {
      submit: () => {
        throw new Error('no');
      },
      poll: () => {
        throw new Error('no');
      },
    },
    hangs: { submit: () => new Promise(() => undefined), poll: () => new Promise(() => undefined) },
    'answers nothing': { submit: nonsense(undefined), poll: nonsense(undefined) },
    'answers an object': { submit: nonsense({}), poll: nonsense({}) },
    'answers with a state that does not exist': {
      submit: nonsense([{ key: 'x', state: 'perhaps' }]),
      poll: nonsense([{ key: 'x', state: 'perhaps' }]),
    },
    'calls a file done without a size': {
      submit: nonsense([{ key: 'x', state: 'done' }]),
      poll: nonsense([{ key: 'x', state: 'done', checksums: { adler32: null, md5: null, sha256: null } }]),
    },
    'gives a checksum that is none': {
      submit: nonsense([]),
      poll: nonsense([{ key: 'x', state: 'done', size: 1, checksums: { adler32: 'xyz', md5: null, sha256: null } }]),
    },
    'leaves a job out': { submit: nonsense([]), poll: nonsense([]) },
    'answers for another job': {
      submit: nonsense([{ key: 'other', state: 'accepted', externalId: null }]),
      poll: nonsense([{ key: 'other', state: 'unknown' }]),
    },
  };

  for (const [what, change] of Object.entries(broken)) {
    it(`one that ${what}: the submission is uncertain, the status not known`, async () => {
      const one = job();
      const wall = contained(change, { callTimeout: 0.05 });
      expect(await wall.submit([one])).toMatchObject([
        {
          key: one.key,
          state: 'uncertain',
          failure: { class: 'transient', message: expect.stringContaining('plugin m') },
        },
      ]);
      expect(await wall.poll([one])).toMatchObject([{ key: one.key, state: 'unanswered' }]);
    });
  }

  it('keep the class of an error that the plugin itself classified', async () => {
    const wall = contained({ find: () => Promise.reject(new PluginError('destination', 'space', 'full')) });
    expect(await wall.find(job())).toMatchObject({
      state: 'unanswered',
      failure: { class: 'destination', code: 'space' },
    });
  });

  it('tell the plugin when its answer is no longer waited for', async () => {
    let aborted = false;
    const wall = contained(
      {
        poll: (_, { signal }) =>
          new Promise(() => {
            signal.addEventListener('abort', () => {
              aborted = true;
            });
          }),
      },
      { callTimeout: 0.02 },
    );
    await wall.poll([job()]);
    expect(aborted).toBe(true);
  });

  it('are left alone after failed calls in a row, and tried again after a while', async () => {
    let calls = 0;
    let works = false;
    const wall = contained(
      {
        poll: async (jobs) => {
          calls++;
          if (!works) throw new Error('down');
          return jobs.map(({ key }) => ({ key, state: 'unknown' as const }));
        },
      },
      { breakerThreshold: 3, coolDown: 60 },
    );
    for (let i = 0; i < 5; i++) await wall.poll([job()]);
    expect(calls).toBe(3);
    expect(wall.unavailable()).toMatchObject({ until: now + 60, reason: expect.stringContaining('down') });
    now += 60;
    works = true;
    expect(wall.unavailable()).toBeNull();
    expect(await wall.poll([job()])).toMatchObject([{ state: 'unknown' }]);
    now += 1;
    expect(wall.unavailable()).toBeNull();
  });

  it('do not let a failing cancel or close out', async () => {
    const wall = contained({
      cancel: () => Promise.reject(new Error('no')),
      close: () => Promise.reject(new Error('no')),
    });
    expect(await wall.cancel([job()])).toMatchObject({ class: 'transient' });
    expect(await wall.close()).toMatchObject({ class: 'transient' });
  });
});

describe('contained deleters', () => {
  const deleter = (change: Partial<Deleter>): ContainedDeleter =>
    new ContainedDeleter(
      'd',
      {
        schemes: ['file'],
        maxBatch: 10,
        confirmInterval: 1,
        delete: async (jobs) => jobs.map(({ key }) => ({ key, state: 'accepted' })),
        confirm: async (jobs) => jobs.map(({ key }) => ({ key, state: 'absent' })),
        close: async () => undefined,
        ...change,
      },
      { ...defaultContainment, callTimeout: 0.05, clock: () => now },
    );
  const deletion = { key: 'k', target: place, purpose: { action: 'a', dataset: '/d', block: 'b', file: 'f' } };

  it('an answer that is missing or nonsense is never an absence', async () => {
    for (const answer of [
      nonsense<never>(undefined),
      nonsense<never>([]),
      nonsense<never>([{ key: 'k', state: 'gone' }]),
    ]) {
      expect(await deleter({ confirm: answer }).confirm([deletion])).toMatchObject([{ key: 'k', state: 'failed' }]);
    }
    expect(await deleter({ confirm: () => new Promise(() => undefined) }).confirm([deletion])).toMatchObject([
      { state: 'failed', failure: { message: expect.stringContaining('did not answer within') } },
    ]);
  });
});

describe('circuit breaker', () => {
  it('opens again at once when the trial fails', () => {
    let time = 0;
    const breaker = new CircuitBreaker({ threshold: 2, coolDown: 10, clock: () => time });
    breaker.failed('a');
    expect(breaker.open()).toBeNull();
    breaker.failed('b');
    expect(breaker.open()).toEqual({ until: 10, reason: 'b' });
    time = 10;
    expect(breaker.open()).toBeNull();
    breaker.failed('c');
    expect(breaker.open()).toEqual({ until: 20, reason: 'c' });
  });
});

describe('the registry', () => {
  const directories: string[] = [];
  afterEach(async () => {
    for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
  });

  async function load(
    setting: { use?: string; config?: Record<string, unknown> },
    text?: string,
  ): Promise<PluginRegistry> {
    const directory = await mkdtemp(join(tmpdir(), 'stator-plugin-'));
    directories.push(directory);
    if (text !== undefined) await writeFile(join(directory, 'mine.mjs'), text);
    return await PluginRegistry.load({ plugins: [{ name: 'mine', ...setting }], directory });
  }

  async function refusal(promise: Promise<unknown>): Promise<StatorError> {
    const error = await promise.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof StatorError)) throw new Error(`expected a StatorError, found ${String(error)}`);
    return error;
  }

  it('has posix without being told', async () => {
    const registry = await PluginRegistry.load();
    expect(registry.movers.map(({ name }) => name)).toEqual(['posix']);
    expect(registry.deleterFor('file:///x')?.name).toBe('posix');
    expect(registry.deleterFor('davs://host/x')).toBeUndefined();
  });

  it('switches posix off where it is told', async () => {
    const registry = await PluginRegistry.load({ plugins: [{ name: 'posix', enabled: false }] });
    expect(registry.movers).toEqual([]);
  });

  it('loads a plugin by path, with its defaults filled in', async () => {
    const registry = await load(
      { use: './mine.mjs' },
      `export default { kind: 'deleter', name: 'x',
         configSchema: { type: 'object', properties: { scheme: { type: 'string', default: 'mine' } } },
         create: (config) => ({ schemes: [config.scheme], maxBatch: 1, confirmInterval: 1,
           delete: async () => [], confirm: async () => [], close: async () => {} }) };`,
    );
    expect(registry.deleterFor('mine://x')?.name).toBe('mine');
  });

  const wrong: [string, { use?: string; config?: Record<string, unknown> }, string | undefined, string, RegExp][] = [
    ['a plugin that does not exist', { use: './absent.mjs' }, undefined, 'plugin-load', /cannot be loaded/],
    [
      'a package that is not installed',
      { use: 'no-such-package-of-ours' },
      undefined,
      'plugin-load',
      /cannot be loaded/,
    ],
    ['a module that throws', { use: './mine.mjs' }, 'throw new Error("boom")', 'plugin-load', /boom/],
    ['a module without a plugin', { use: './mine.mjs' }, 'export default 7', 'plugin-load', /definePlugin/],
    [
      'an unknown setting',
      { use: 'posix', config: { paralel: 3 } },
      undefined,
      'plugin-config',
      /additional properties/,
    ],
    [
      'a setting out of range',
      { use: 'posix', config: { parallel: 0 } },
      undefined,
      'plugin-config',
      /parallel must be >= 1/,
    ],
    [
      'a factory that throws',
      { use: './mine.mjs' },
      'export default { kind: "mover", name: "x", configSchema: {}, create: () => { throw new Error("no key file") } }',
      'plugin-config',
      /no key file/,
    ],
    [
      'what is no mover',
      { use: './mine.mjs' },
      'export default { kind: "mover", name: "x", configSchema: {}, create: () => ({}) }',
      'plugin-config',
      /is no mover/,
    ],
  ];
  for (const [what, setting, text, code, message] of wrong) {
    it(`refuses ${what}`, async () => {
      const error = await refusal(load(setting, text));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.todo).toBeDefined();
    });
  }
});
