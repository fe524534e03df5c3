/**
 * Plans again in one process, as the loop does: after nothing, block replicas, a quota or a rule has changed. Prints
 * JSON: seconds of each plan, medians of the runs, and those of a plan from scratch beside them.
 *
 *     npx tsx bench/plan-again.ts --inventory DIR --rules DIR [--runs N]
 */
import { parseArgs } from 'node:util';
import { readBundleSnapshot } from '../src/database/index.js';
import { compileDesired, type DesiredState } from '../src/desired/index.js';
import { PlanMemory, plan } from '../src/planning/index.js';
import type { Snapshot } from '../src/snapshot/index.js';
import { readDirectory } from '../src/source/index.js';
import { clock } from './federation.js';

const { values } = parseArgs({
  options: {
    inventory: { type: 'string', default: '' },
    rules: { type: 'string', default: '' },
    runs: { type: 'string', default: '5' },
  },
});
const runs = Number(values.runs);

const tree = await readDirectory(values.rules);

/** The rules with a piece of the text of one file in another's place. */
function compiled(from: RegExp | null = null, to = ''): DesiredState {
  let done = from === null;
  const files = tree.files.map((file) => {
    const text = new TextDecoder().decode(file.bytes);
    if (from === null || done || text.search(from) < 0) return file;
    done = true;
    return { ...file, bytes: new TextEncoder().encode(text.replace(from, to)) };
  });
  const { state } = compileDesired(files, tree.source);
  if (state === null || !done) throw new Error(`the rules do not compile, or nothing in them is like ${from}`);
  return state;
}

/** The inventory with every so many block replicas an hour younger. */
function touched(snapshot: Snapshot, count: number): Snapshot {
  const { blockReplicas } = snapshot;
  const lastUpdate = blockReplicas.lastUpdate.slice();
  const every = Math.floor(blockReplicas.count / count);
  for (let br = 0; br < blockReplicas.count; br += every) lastUpdate[br] = (lastUpdate[br] ?? 0) + 3600;
  return { ...snapshot, generation: snapshot.generation + 1, blockReplicas: { ...blockReplicas, lastUpdate } };
}

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;

function seconds(work: () => { readonly plan: { readonly digest: string } }): { time: number; digest: string } {
  const started = performance.now();
  const { digest } = work().plan;
  return { time: (performance.now() - started) / 1000, digest };
}

const snapshot = await readBundleSnapshot(values.inventory, { clock, allowEmpty: false });
const state = compiled();
const later = clock + 60;
const cases: Readonly<Record<string, readonly [DesiredState, Snapshot]>> = {
  'nothing changed': [state, snapshot],
  '1,000 block replicas changed': [state, touched(snapshot, 1000)],
  '100,000 block replicas changed': [state, touched(snapshot, 100_000)],
  'a quota changed': [compiled(/quotas: \{ main: \d+GB/, 'quotas: { main: 7000000GB'), snapshot],
  'a rule changed': [compiled(/olderThan\("7d"\)/, 'olderThan("8d")'), snapshot],
};
const result: Record<string, { again: number; fromScratch: number }> = {};
for (const [name, [desired, changed]] of Object.entries(cases)) {
  const [again, fromScratch]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    const memory = new PlanMemory();
    plan(state, snapshot, { clock, memory });
    const second = seconds(() => plan(desired, changed, { clock: later, memory }));
    const whole = seconds(() => plan(desired, changed, { clock: later }));
    if (second.digest !== whole.digest) throw new Error(`${name}: another plan than from scratch`);
    again.push(second.time);
    fromScratch.push(whole.time);
  }
  result[name] = { again: median(again), fromScratch: median(fromScratch) };
}
console.log(JSON.stringify({ blockReplicas: snapshot.blockReplicas.count, runs, seconds: result }, null, 2));
