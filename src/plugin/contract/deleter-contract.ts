/**
 * What every deleter must do, as cases to run against a real one and real storage.
 */
import assert from 'node:assert/strict';
import type { AbsenceAnswer, Deleter, DeletionJob } from '../deleter.js';
import type { FileAt } from '../file.js';
import type { ContractCase } from './contract-case.js';

export interface DeleterHarness {
  deleter(): Promise<Deleter>;
  target(path: string): FileAt;
  put(path: string, bytes: Uint8Array): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** A file at a storage that cannot be reached. */
  unreachable(path: string): FileAt;
}

let serial = 0;

export function deletionJob(target: FileAt): DeletionJob {
  return {
    key: `d${process.pid}x${++serial}-1`,
    target,
    purpose: { action: 'contract', dataset: '/A/B/C', block: 'b', file: target.url },
  };
}

const options = { signal: new AbortController().signal };

async function settle(deleter: Deleter, job: DeletionJob): Promise<AbsenceAnswer> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const [answer] = await deleter.confirm([job], options);
    assert.equal(answer?.key, job.key, 'confirm answers every job');
    if (answer.state !== 'present') return answer;
    assert.ok(Date.now() < deadline, 'the file is gone within a minute');
    await new Promise((resolve) => setTimeout(resolve, Math.min(deleter.confirmInterval, 10)));
  }
}

export function deleterContract(harness: DeleterHarness): readonly ContractCase[] {
  const cases: Record<string, (deleter: Deleter, name: string) => Promise<void>> = {
    'deletes a file and confirms that it is gone': async (deleter, name) => {
      await harness.put(name, Buffer.from('x'));
      const job = deletionJob(harness.target(name));
      const [answer] = await deleter.delete([job], options);
      assert.deepEqual(answer, { key: job.key, state: 'accepted' });
      assert.equal((await settle(deleter, job)).state, 'absent');
      assert.equal(await harness.exists(name), false);
    },
    'deleting what is not there succeeds': async (deleter, name) => {
      const job = deletionJob(harness.target(name));
      assert.equal((await deleter.delete([job], options))[0]?.state, 'accepted');
      assert.equal((await settle(deleter, job)).state, 'absent');
    },
    'says that a file is present, and does not delete it by that': async (deleter, name) => {
      await harness.put(name, Buffer.from('x'));
      const [answer] = await deleter.confirm([deletionJob(harness.target(name))], options);
      assert.equal(answer?.state, 'present');
      assert.equal(await harness.exists(name), true);
    },
    'deletes only what it was told': async (deleter, name) => {
      await harness.put(`${name}/a`, Buffer.from('x'));
      await harness.put(`${name}/b`, Buffer.from('x'));
      const job = deletionJob(harness.target(`${name}/a`));
      await deleter.delete([job], options);
      assert.equal((await settle(deleter, job)).state, 'absent');
      assert.equal(await harness.exists(`${name}/b`), true);
    },
    'a storage that cannot be read is never taken for an absent file': async (deleter, name) => {
      const job = deletionJob(harness.unreachable(name));
      const [confirmed] = await deleter.confirm([job], options);
      assert.equal(confirmed?.state, 'failed');
      const [deleted] = await deleter.delete([job], options);
      assert.equal(deleted?.state, 'failed');
    },
  };
  return Object.entries(cases).map(([title, body], index) => ({
    title: `deleter contract: ${title}`,
    run: async () => {
      const deleter = await harness.deleter();
      try {
        await body(deleter, `contract-${process.pid}-${index}-${++serial}`);
      } finally {
        await deleter.close();
      }
    },
  }));
}
