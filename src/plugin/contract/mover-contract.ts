/**
 * What every mover must do, as cases to run against a real one and real storage.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { FileAt } from '../file.js';
import type { Mover, TransferJob, TransferStatus } from '../mover.js';
import type { ContractCase } from './contract-case.js';

/** What a mover's own tests provide. */
export interface MoverHarness {
  /** A mover as a new process would have it: it shares the storage with earlier ones, and nothing of their memory. */
  mover(): Promise<Mover>;
  /** A file at the source site, which may or may not exist. */
  source(path: string): FileAt;
  destination(path: string): FileAt;
  /** Writes a file at the source site, from outside. */
  putSource(path: string, bytes: Uint8Array): Promise<void>;
  putDestination(path: string, bytes: Uint8Array): Promise<void>;
  /** The bytes at the destination site, or null where there is no file. */
  readDestination(path: string): Promise<Uint8Array | null>;
  /** Everything that stands at the destination site, temporary files included. */
  listDestination(): Promise<readonly string[]>;
}

let serial = 0;

/** A job for `bytes`, with checksums as they should be. */
export function contractJob(
  source: FileAt,
  destination: FileAt,
  bytes: Uint8Array,
  change: Partial<TransferJob> = {},
): TransferJob {
  const task = change.task ?? `c${process.pid}x${++serial}`;
  const attempt = change.attempt ?? 1;
  return {
    task,
    attempt,
    key: `${task}-${attempt}`,
    batch: `${task}-${attempt}`,
    externalId: null,
    source,
    destination,
    size: bytes.length,
    checksums: {
      adler32: null,
      md5: createHash('md5').update(bytes).digest('hex'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    },
    priority: 50,
    activity: null,
    purpose: { action: 'contract', dataset: '/A/B/C', block: 'b', file: destination.url },
    ...change,
  };
}

/** Polls until a job is over (or unknown). */
export async function settle(mover: Mover, job: TransferJob): Promise<TransferStatus> {
  const options = { signal: new AbortController().signal };
  const deadline = Date.now() + 60_000;
  for (;;) {
    const [status] = await mover.poll([job], options);
    assert.ok(status, 'poll answers every job');
    assert.equal(status.key, job.key);
    if (status.state !== 'active') return status;
    assert.ok(Date.now() < deadline, 'the job ends within a minute');
    await new Promise((resolve) => setTimeout(resolve, Math.min(mover.pollInterval, 10)));
  }
}

const options = { signal: new AbortController().signal };

export function moverContract(harness: MoverHarness): readonly ContractCase[] {
  const bytes = Buffer.from('the quick brown fox\n'.repeat(1000));
  const wrong = Buffer.from('the quick brown cat\n'.repeat(1000));

  async function submitOne(mover: Mover, job: TransferJob): Promise<TransferStatus> {
    const answers = await mover.submit([job], options);
    assert.deepEqual(
      answers.map((answer) => answer.key),
      [job.key],
      'submit answers every job',
    );
    const [answer] = answers;
    if (answer?.state === 'rejected') return { key: job.key, state: 'failed', failure: answer.failure };
    return await settle(mover, job);
  }

  const cases: Record<string, (mover: Mover, name: string) => Promise<void>> = {
    'copies a file and says what it verified': async (mover, name) => {
      await harness.putSource(name, bytes);
      const status = await submitOne(mover, contractJob(harness.source(name), harness.destination(name), bytes));
      assert.ok(status.state === 'done', JSON.stringify(status));
      assert.equal(status.size, bytes.length);
      const { md5, sha256, adler32 } = status.checksums;
      assert.ok(md5 !== null || sha256 !== null || adler32 !== null, 'at least one checksum was verified');
      assert.deepEqual(Buffer.from((await harness.readDestination(name)) ?? []), bytes);
    },
    'copies into directories that do not exist yet': async (mover, name) => {
      const deep = `${name}/a/b/c/file`;
      await harness.putSource(deep, bytes);
      const status = await submitOne(mover, contractJob(harness.source(deep), harness.destination(deep), bytes));
      assert.equal(status.state, 'done', JSON.stringify(status));
    },
    'copies an empty file': async (mover, name) => {
      const empty = new Uint8Array();
      await harness.putSource(name, empty);
      const status = await submitOne(mover, contractJob(harness.source(name), harness.destination(name), empty));
      assert.equal(status.state, 'done', JSON.stringify(status));
      assert.equal((await harness.readDestination(name))?.length, 0);
    },
    'blames the source for a file that is not there, and leaves nothing': async (mover, name) => {
      const status = await submitOne(mover, contractJob(harness.source(name), harness.destination(name), bytes));
      assert.ok(status.state === 'failed', JSON.stringify(status));
      assert.equal(status.failure.class, 'source');
      assert.equal(await harness.readDestination(name), null);
    },
    'never leaves wrong bytes under the final name': async (mover, name) => {
      await harness.putSource(name, wrong);
      const status = await submitOne(mover, contractJob(harness.source(name), harness.destination(name), bytes));
      assert.ok(status.state === 'failed', JSON.stringify(status));
      assert.equal(await harness.readDestination(name), null);
      assert.deepEqual(
        (await harness.listDestination()).filter((path) => path.includes(name)),
        [],
      );
    },
    'replaces a wrong file by a verified one': async (mover, name) => {
      await harness.putSource(name, bytes);
      await harness.putDestination(name, wrong);
      const status = await submitOne(mover, contractJob(harness.source(name), harness.destination(name), bytes));
      assert.equal(status.state, 'done', JSON.stringify(status));
      assert.deepEqual(Buffer.from((await harness.readDestination(name)) ?? []), bytes);
    },
    'answers for several jobs at once': async (mover, name) => {
      const names = [`${name}-1`, `${name}-2`, `${name}-3`].slice(0, mover.maxBatch);
      const jobs = [];
      for (const one of names) {
        await harness.putSource(one, bytes);
        jobs.push(contractJob(harness.source(one), harness.destination(one), bytes, { batch: `${name}-batch` }));
      }
      const answers = await mover.submit(jobs, options);
      assert.deepEqual(answers.map((answer) => answer.key).sort(), jobs.map((job) => job.key).sort());
      for (const job of jobs) assert.equal((await settle(mover, job)).state, 'done');
    },
    'submitting the same key again is the same job': async (mover, name) => {
      await harness.putSource(name, bytes);
      const job = contractJob(harness.source(name), harness.destination(name), bytes);
      await mover.submit([job], options);
      await mover.submit([job], options);
      assert.equal((await settle(mover, job)).state, 'done');
    },
    'poll does not know a key that was never submitted': async (mover, name) => {
      const [status] = await mover.poll([contractJob(harness.source(name), harness.destination(name), bytes)], options);
      assert.equal(status?.state, 'unknown');
    },
    'find: a key that was never submitted is unknown': async (mover, name) => {
      await harness.putSource(name, bytes);
      const job = contractJob(harness.source(name), harness.destination(name), bytes);
      const found = await mover.find(job, options);
      assert.equal((found.state === 'active' ? await settle(mover, job) : found).state, 'unknown');
    },
    'find: after a restart, a finished job is done': async (mover, name) => {
      await harness.putSource(name, bytes);
      const job = contractJob(harness.source(name), harness.destination(name), bytes);
      assert.equal((await submitOne(mover, job)).state, 'done');
      const restarted = await harness.mover();
      try {
        const found = await restarted.find(job, options);
        assert.equal((found.state === 'active' ? await settle(restarted, job) : found).state, 'done');
      } finally {
        await restarted.close();
      }
    },
    'cancel ends a job one way or the other': async (mover, name) => {
      await harness.putSource(name, bytes);
      const job = contractJob(harness.source(name), harness.destination(name), bytes);
      await mover.submit([job], options);
      await mover.cancel([job], options);
      const status = await settle(mover, job);
      if (status.state === 'failed') {
        assert.equal(status.failure.code, 'cancelled');
        assert.equal(await harness.readDestination(name), null);
      } else {
        assert.equal(status.state, 'done');
      }
    },
    'cancelling a job that it does not know is no error': async (mover, name) => {
      await mover.cancel([contractJob(harness.source(name), harness.destination(name), bytes)], options);
    },
  };

  return Object.entries(cases).map(([title, body], index) => ({
    title: `mover contract: ${title}`,
    run: async () => {
      const mover = await harness.mover();
      try {
        await body(mover, `contract-${process.pid}-${index}-${++serial}`);
      } finally {
        await mover.close();
      }
    },
  }));
}
