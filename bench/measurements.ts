/** What is measured, by name, in the order in which everything is. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeExecuted } from './executed.js';
import { clock } from './federation.js';
import type { Figures } from './figures.js';
import { editOneDocument } from './many-documents.js';
import type { Run } from './measure.js';
import { writeTouchedReplicas } from './touched-replicas.js';
import type { DatabaseKind, Workplace } from './workplace.js';

export interface Measurement {
  /** What it is, for tables. */
  readonly title: string;
  /** The database that must hold the inventory before. */
  readonly needs?: DatabaseKind;
  /** Its inventory does not depend on the size that is asked for. */
  readonly ofOneSize?: boolean;
  measure(place: Workplace): Promise<Figures> | Figures;
}

export const measurements: Readonly<Record<string, Measurement>> = {
  'import-sqlite': { title: 'import into SQLite', measure: (place) => measureImport(place, 'sqlite') },
  'import-mariadb': { title: 'import into MariaDB', measure: (place) => measureImport(place, 'mariadb') },
  'plan-bundle': { title: '22 retention rules, from the bundle', measure: (place) => fromBundle(place, 'retention') },
  'plan-sqlite': {
    title: '22 retention rules, from SQLite',
    needs: 'sqlite',
    measure: (place) => measureCold(place, 'retention', 'sqlite'),
  },
  'plan-mariadb': {
    title: '22 retention rules, from MariaDB',
    needs: 'mariadb',
    measure: (place) => measureCold(place, 'retention', 'mariadb'),
  },
  'warm-sqlite': {
    title: '22 retention rules, from the snapshot cache of SQLite',
    needs: 'sqlite',
    measure: (place) => measureWarm(place, 'sqlite'),
  },
  'warm-mariadb': {
    title: '22 retention rules, from the snapshot cache of MariaDB',
    needs: 'mariadb',
    measure: (place) => measureWarm(place, 'mariadb'),
  },
  'changed-sqlite': {
    title: '22 retention rules, after 1,000 changes in SQLite',
    needs: 'sqlite',
    measure: (place) => measureChanged(place, 'sqlite'),
  },
  'changed-mariadb': {
    title: '22 retention rules, after 1,000 changes in MariaDB',
    needs: 'mariadb',
    measure: (place) => measureChanged(place, 'mariadb'),
  },
  'placements-bundle': {
    title: 'the rules and 20 placements, from the bundle',
    measure: (place) => fromBundle(place, 'placement'),
  },
  'placements-sqlite': {
    title: 'the rules and 20 placements, from SQLite',
    needs: 'sqlite',
    measure: (place) => measureCold(place, 'placement', 'sqlite'),
  },
  'again-nothing': planAgain('nothing', 'planned again, nothing changed'),
  'again-1000': planAgain('1000', 'planned again, 1,000 block replicas changed'),
  'again-100000': planAgain('100000', 'planned again, 100,000 block replicas changed'),
  'again-quota': planAgain('quota', 'planned again, a quota changed'),
  'again-rule': planAgain('rule', 'planned again, a rule changed'),
  'again-at-rest': {
    title: 'planned again, 1,000 block replicas changed, nothing else to do',
    measure: async (place) => {
      place.plannedAtRest ??= await planAtRest(place);
      return place.plannedAtRest;
    },
  },
  'placements-warm-mariadb': {
    title: 'the rules and 20 placements, from the snapshot cache of MariaDB',
    needs: 'mariadb',
    measure: (place) => measureWarm(place, 'mariadb', 'placement'),
  },
  'static-bundle': {
    title: 'the rules in static mode, from the bundle',
    measure: (place) => fromBundle(place, 'static'),
  },
  'campaign-bundle': {
    title: 'the rules after a campaign of 4,006 lines, from the bundle',
    measure: (place) => fromBundle(place, 'campaign'),
  },
  'datasets-bundle': {
    title: '10,000 named datasets at two of 20 empty sites, from the bundle',
    measure: (place) => fromBundle(place, 'datasets'),
  },
  'simulate-bundle': {
    title: '30 simulated days of the retention rules',
    measure: (place) => measureSimulation(place, 'retention'),
  },
  'simulate-placements-bundle': {
    title: '30 simulated days with 20 placements',
    measure: (place) => measureSimulation(place, 'placement'),
  },
  validate: {
    title: 'validate 20,000 documents in 400 files',
    ofOneSize: true,
    measure: (place) => {
      rmSync(place.documentCache, { recursive: true, force: true });
      return measureValidate(place);
    },
  },
  'validate-unchanged': {
    title: 'the same, when nothing has changed',
    ofOneSize: true,
    measure: (place) => {
      if (!existsSync(place.documentCache)) measureValidate(place);
      return measureValidate(place);
    },
  },
  'validate-edited': {
    title: 'the same, after a document was edited',
    ofOneSize: true,
    measure: (place) => {
      if (!existsSync(place.documentCache)) measureValidate(place);
      editOneDocument(place.documents(), place.run);
      return measureValidate(place);
    },
  },
};

/** Fills a database that a measurement needs, where it does not hold the inventory yet. */
export async function fill(place: Workplace, kind: DatabaseKind): Promise<void> {
  if (!place.imported.has(kind)) await measureImport(place, kind);
}

/** Migrates an empty database, then measures the import alone. */
async function measureImport(place: Workplace, kind: DatabaseKind): Promise<Figures> {
  const { inventory, figures } = place.scene;
  const database = ['--database', await place.fresh(kind)];
  place.stator(['db', 'migrate', ...database], 'migrate.out');
  const run = place.stator(['inventory', 'import', inventory, ...database], 'import.out');
  place.imported.add(kind);
  return { rows: figures.rows, ...usage(run), rowsPerSecond: Math.round(figures.rows / run.seconds) };
}

function fromBundle(place: Workplace, rules: keyof Workplace['scene']['desired']): Figures {
  return measurePlan(place, place.scene.desired[rules], ['--inventory', place.scene.inventory]);
}

function measurePlan(place: Workplace, desired: string, inventory: readonly string[]): Figures {
  const timings = place.file('timings.json');
  const run = place.stator(
    ['plan', '--desired', desired, ...inventory, '--now', String(clock), '--output', 'json', '--timings', timings],
    'plan.json',
    [0, 2, 3],
  );
  const phases: Record<string, number> = JSON.parse(readFileSync(timings, 'utf8'));
  return { ...usage(run), phases, actions: plannedActions(place.file('plan.json')) };
}

function plannedActions(file: string): Record<string, number> {
  const plan: { summary: Record<string, { actions: number } | number> } = JSON.parse(readFileSync(file, 'utf8'));
  const tallies = Object.entries(plan.summary);
  return Object.fromEntries(tallies.map(([name, tally]) => [name, typeof tally === 'number' ? tally : tally.actions]));
}

/** Without a snapshot cache at the beginning. */
async function measureCold(
  place: Workplace,
  rules: keyof Workplace['scene']['desired'],
  kind: DatabaseKind,
): Promise<Figures> {
  rmSync(place.snapshotCache, { recursive: true, force: true });
  return measurePlan(place, place.scene.desired[rules], ['--database', await place.url(kind)]);
}

/** With the snapshot cache that a plan before has left. */
async function measureWarm(
  place: Workplace,
  kind: DatabaseKind,
  rules: keyof Workplace['scene']['desired'] = 'retention',
): Promise<Figures> {
  const plan = async () => measurePlan(place, place.scene.desired[rules], ['--database', await place.url(kind)]);
  await plan();
  return plan();
}

/** The same after a thousand block replicas, all over the inventory, were touched. */
async function measureChanged(place: Workplace, kind: DatabaseKind): Promise<Figures> {
  await measureWarm(place, kind);
  const bundle = place.file('touched');
  const every = Math.ceil(place.scene.figures.blockReplicas / 1000);
  await writeTouchedReplicas(place.scene.inventory, bundle, { every, seconds: 1 + place.run });
  const database = ['--database', await place.url(kind)];
  place.stator(['inventory', 'import', bundle, '--merge', '--allow-empty', ...database], 'import.out');
  return measurePlan(place, place.scene.desired.retention, database);
}

/** In one process, with the 22 retention rules; beside it the same plan from scratch. */
function planAgain(changed: string, title: string): Measurement {
  return {
    title,
    needs: 'sqlite',
    measure: async (place) => {
      place.plannedAgain ??= await planAllAgain(place);
      const figures = place.plannedAgain[changed];
      if (figures === undefined) throw new Error(`plan-again.ts does not measure ${changed}`);
      return figures;
    },
  };
}

/** All kinds of changes after each other, in one process: it takes minutes until a large inventory is loaded. */
async function planAllAgain(place: Workplace): Promise<Record<string, Figures>> {
  return runPlanAgain(place, place.scene.inventory, await place.url('sqlite'), []);
}

/** How often everything that is planned may make something else possible. */
const mostRounds = 8;

/** Of an inventory for which everything that the rules want has been done. */
async function planAtRest(place: Workplace): Promise<Figures> {
  let { inventory } = place.scene;
  for (let round = 0; ; round++) {
    if (round === mostRounds) throw new Error('the rules come to no rest');
    measurePlan(place, place.scene.desired.retention, ['--inventory', inventory]);
    const target = place.file(`executed-${round % 2}`);
    if ((await writeExecuted(inventory, place.file('plan.json'), target)) === 0) break;
    inventory = target;
  }
  const file = place.file('at-rest.db');
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
  const database = ['--database', `sqlite:${file}`];
  place.stator(['db', 'migrate', ...database], 'migrate.out');
  place.stator(['inventory', 'import', inventory, ...database], 'import.out');
  const figures = runPlanAgain(place, inventory, `sqlite:${file}`, ['--changes', '1000'])['1000'];
  if (figures === undefined) throw new Error('plan-again.ts measured nothing');
  return figures;
}

function runPlanAgain(
  place: Workplace,
  inventory: string,
  database: string,
  more: readonly string[],
): Record<string, Figures> {
  const script = fileURLToPath(new URL('plan-again.ts', import.meta.url));
  const options = { program: place.version.root, database, inventory, rules: place.scene.desired.retention, runs: '5' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const output = execFileSync(process.execPath, ['--import', 'tsx', script, ...args, ...more], { encoding: 'utf8' });
  const measured: Record<string, Record<string, number>> = JSON.parse(output);
  return Object.fromEntries(
    Object.entries(measured).map(([name, { peakResidentBytes = Number.NaN, ...phases }]) => [
      name,
      { phases, peakResidentBytes },
    ]),
  );
}

/** Thirty days, with as much new data as came lately. */
function measureSimulation(place: Workplace, rules: 'retention' | 'placement'): Figures {
  const timings = place.file('timings.json');
  const input = ['--desired', place.scene.desired[rules], '--inventory', place.scene.inventory, '--now', String(clock)];
  const run = place.stator(
    ['simulate', '--days', '30', ...input, '--output', 'json', '--timings', timings],
    'simulation.json',
  );
  const phases: Record<string, number> = JSON.parse(readFileSync(timings, 'utf8'));
  const { days }: { days: { totals: Record<string, number> }[] } = JSON.parse(
    readFileSync(place.file('simulation.json'), 'utf8'),
  );
  const actions: Record<string, number> = {};
  for (const name of ['datasetsArrived', 'copiesFinished', 'deletions', 'reassignments']) {
    actions[name] = days.reduce((sum, { totals }) => sum + (totals[name] ?? 0), 0);
  }
  return { ...usage(run), phases, actions };
}

function measureValidate(place: Workplace): Figures {
  return usage(place.stator(['validate', place.documents()], 'validate.out'));
}

function usage({ seconds, cpuSeconds, peakResidentBytes }: Run) {
  return { seconds: round(seconds), cpuSeconds: round(cpuSeconds), peakResidentBytes };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
