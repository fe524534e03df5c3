/**
 * Plans again in one process, as the loop does, once something has changed. `measurements.ts` runs it in a process of its
 * own, with the built program that is measured.
 *
 *     npx tsx bench/plan-again.ts --program CHECKOUT --database URL --inventory BUNDLE --rules DIR [--runs N] [--changes NAME,...]
 *
 * Prints JSON: for each kind of change seconds, medians of the runs, of `load` (what changed, read from the database), `plan`
 * (the plan that follows another) and `fromScratch` (the same plan in the same process without knowing another), and
 * `peakResidentBytes` of the cycles with such a change, during which nothing is planned from scratch.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { DesiredState } from '../src/desired/index.js';
import type { PlanResult } from '../src/planning/index.js';
import { emptyMemory } from '../src/snapshot/index.js';
import { clock } from './federation.js';
import { median } from './figures.js';
import { writeTouchedReplicas } from './touched-replicas.js';

const { values } = parseArgs({
  options: {
    program: { type: 'string', default: '.' },
    database: { type: 'string', default: '' },
    inventory: { type: 'string', default: '' },
    rules: { type: 'string', default: '' },
    runs: { type: 'string', default: '5' },
    changes: { type: 'string', default: 'nothing,1000,100000,quota,rule' },
  },
});
const runs = Number(values.runs);

const built = (file: string) => import(pathToFileURL(join(values.program, 'dist/src', file)).href);
const { openDatabase, SnapshotStore }: typeof import('../src/database/index.js') = await built('database/index.js');
const { compileDesired }: typeof import('../src/desired/index.js') = await built('desired/index.js');
const { PlanMemory, plan }: typeof import('../src/planning/index.js') = await built('planning/index.js');
const { readDirectory }: typeof import('../src/source/index.js') = await built('source/index.js');

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

async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const started = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - started) / 1000 };
}

const nothing = async (): Promise<void> => {};
const db = await openDatabase(values.database);
const store = new SnapshotStore({ file: null, engine: 'bench' });
const memory = new PlanMemory();
const bundle = mkdtempSync(join(tmpdir(), 'stator-touched-'));
let now = clock;
let inventory = await store.load(db, { clock: now, memory: emptyMemory });
const asWritten = compiled();

/** One cycle: what changes, the load and the plan. */
async function cycle(desired: DesiredState, change: () => Promise<unknown> = nothing) {
  now += 60;
  await change();
  const load = await timed(() => store.load(db, { clock: now, memory: emptyMemory }));
  inventory = load.result;
  const again = await timed((): PlanResult => plan(desired, inventory, { clock: now, memory }));
  return { load: load.seconds, plan: again.seconds, digest: again.result.plan.digest };
}

/** The same, with the same plan from scratch. */
async function compared(desired: DesiredState, change?: () => Promise<unknown>) {
  const { digest, ...again } = await cycle(desired, change);
  const scratch = await timed((): PlanResult => plan(desired, inventory, { clock: now }));
  if (digest !== scratch.result.plan.digest) throw new Error('another plan than from scratch');
  return { ...again, fromScratch: scratch.seconds };
}

/** Merges so many block replicas, a little younger: runs of rows all over the inventory. */
async function touch(count: number, together: number): Promise<void> {
  const every = Math.max(1, Math.floor(inventory.blockReplicas.count / count));
  await writeTouchedReplicas(values.inventory, bundle, { every, together, seconds: now - clock });
  // In a process of its own, as by somebody else: what an import needs is not this one's memory.
  const args = ['inventory', 'import', bundle, '--merge', '--allow-empty', '--database', values.database, '--now', now];
  execFileSync(process.execPath, [join(values.program, 'bin/stator'), ...args.map(String)], { stdio: 'pipe' });
}

/** Linux forgets the peak of a process's resident memory where it is asked to. */
function forgetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}

/** Since the last {@link forgetPeak}, in bytes. */
function peakResidentBytes(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

interface Change {
  readonly rules?: () => DesiredState;
  readonly inventory?: () => Promise<void>;
}

const allChanges: Readonly<Record<string, Change>> = {
  nothing: {},
  '1000': { inventory: () => touch(1000, 1) },
  '100000': { inventory: () => touch(100_000, 1000) },
  quota: { rules: () => compiled(/quotas: \{ main: \d+GB/, `quotas: { main: ${6_000_000 + now}GB`) },
  rule: { rules: () => compiled(/olderThan\("7d"\)/, `olderThan("${10_080 + (now - clock) / 60}m")`) },
};

const changes = values.changes.split(',').map((name): readonly [string, Change] => {
  const change = allChanges[name];
  if (change === undefined) throw new Error(`there is no change ${name}`);
  return [name, change];
});

// As many plans as a loop has made after a while: the engine compiles what runs often.
for (let i = 0; i < 8; i++) await cycle(i % 2 === 0 ? asWritten : compiled());
const peaks: Record<string, number> = {};
for (const [name, { rules, inventory: change }] of changes) {
  const peaksOfRuns: number[] = [];
  for (let i = 0; i < runs; i++) {
    const desired = rules?.() ?? asWritten;
    await change?.();
    forgetPeak();
    await cycle(desired);
    peaksOfRuns.push(peakResidentBytes());
    // From the rules as they are written, not as the last run has edited them.
    await cycle(asWritten);
  }
  peaks[name] = median(peaksOfRuns);
}
const result: Record<string, Record<string, number>> = {};
for (const [name, { rules, inventory: change }] of changes) {
  const measured: Awaited<ReturnType<typeof compared>>[] = [];
  for (let i = 0; i < runs; i++) {
    measured.push(await compared(rules?.() ?? asWritten, change));
    await cycle(asWritten);
  }
  result[name] = {
    load: median(measured.map(({ load }) => load)),
    plan: median(measured.map((each) => each.plan)),
    fromScratch: median(measured.map(({ fromScratch }) => fromScratch)),
    peakResidentBytes: peaks[name] ?? Number.NaN,
  };
}
rmSync(bundle, { recursive: true, force: true });
await db.close();
console.log(JSON.stringify(result));
