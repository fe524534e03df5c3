/** New data: what it is like, what it is called, where it is born, and how much of it comes. */
import { describe, expect, test } from 'vitest';
import { compileExpression, scopes } from '../../../src/policy/index.js';
import { parseRate } from '../../../src/simulation/index.js';
import { desired, site } from '../../scenarios/desired.js';
import { daysAgo, type InventorySpec } from '../../scenarios/inventory.js';
import { arrival, course, perDay, simulate, whereIs } from './simulate.js';

const state = desired(
  ...['D', 'E'].map((name) => site(name)),
  site('T', 'storage: tape'),
  site('R', 'state: readonly'),
);

const born = (name: string): number => Number(/sim(\d+)/.exec(name)?.[1] ?? 0);
const newNames = (names: readonly string[]): string[] => names.filter((name) => born(name) > 0);

describe('without anything said', () => {
  const spec: InventorySpec = {
    '/A/run/RAW': {
      blocks: { b1: 20, b2: 40 },
      files: { b1: 2, b2: 3 },
      created: daysAgo(5),
      status: 'PRODUCTION',
      type: 'data',
      labels: { tier: 'RAW' },
      tapeRequested: true,
      accesses: 4,
      lastAccess: daysAgo(1),
      demand: 2,
      at: { D: { owner: 'ops' }, T: { owner: 'ops' }, R: {} },
    },
    '/old/run/RAW': { size: 1000, created: daysAgo(31), at: { E: {} } },
    '/bad/run/RAW': { size: 1000, created: daysAgo(1), status: 'INVALID', at: { E: {} } },
    '/empty/run/RAW': { blocks: {}, created: daysAgo(1) },
  };

  test('as much comes as was created in the last 30 days, and is like it in everything', () => {
    const simulated = simulate(state, spec, 30, { arrivals: [arrival({ rate: 'recent' })] });
    expect(simulated.simulation.streams).toEqual([{ name: 'all', bytesPerDay: 2, templates: 1 }]);
    // 60 bytes in 30 days: one dataset, on the last day.
    expect(course(simulated, 'D', 'arrived').slice(29)).toEqual([0, 60]);
    const { datasets, blocks } = simulated.end;
    const d = datasets.name.indexOf('/A-sim1/run/RAW');
    const time = simulated.days[30]?.time;
    expect({
      status: datasets.status[d],
      type: datasets.type[d],
      tier: datasets.labels.get('tier')?.[d],
      created: datasets.created[d],
      lastUpdate: datasets.lastUpdate[d],
      lastAccess: datasets.lastAccess[d],
      accesses: datasets.accesses[d],
      demand: datasets.demand[d],
      tapeRequested: datasets.tapeRequested[d],
      open: datasets.open[d],
    }).toEqual({
      status: 'PRODUCTION',
      type: 'data',
      tier: 'RAW',
      created: time,
      lastUpdate: time,
      lastAccess: time,
      accesses: 4,
      demand: 2,
      tapeRequested: 1,
      open: 0,
    });
    const from = datasets.blockStart[d] ?? 0;
    expect([...blocks.size.slice(from, from + 2)]).toEqual([20, 40]);
    expect([...blocks.files.slice(from, from + 2)]).toEqual([2, 3]);
    // Not at the tape, and not where nothing may come.
    expect(whereIs(simulated.end, '/A-sim1/run/RAW')).toEqual(['D 2']);
  });

  test('where nothing came lately, nothing comes; with a rate it is like anything that is valid', () => {
    const quiet: InventorySpec = { '/old/run/RAW': { size: 10, created: daysAgo(31), at: { E: {} } } };
    const recent = simulate(state, quiet, 2, { arrivals: [arrival({ rate: 'recent' })] });
    expect(recent.simulation.streams).toEqual([{ name: 'all', bytesPerDay: 0, templates: 0 }]);
    expect(recent.end.datasets.count).toBe(1);
    const given = simulate(state, quiet, 2, { arrivals: [arrival({ rate: perDay(10) })] });
    expect(given.end.datasets.name).toEqual(['/old-sim1/run/RAW', '/old-sim2/run/RAW', '/old/run/RAW']);
  });

  test('there is an error where nothing is like what is to come', () => {
    const nowhere: InventorySpec = { '/A': { size: 10, created: daysAgo(1), at: { R: {} } } };
    expect(() => simulate(state, nowhere, 1, { arrivals: [arrival({ rate: perDay(1) })] })).toThrow(
      'nothing in the inventory is like what is to arrive as `all`, at a site that is ready',
    );
  });
});

describe('names', () => {
  const named = (datasetName: string, spec: InventorySpec, count: number): string[] => {
    const federation = `kind: Federation\nmetadata: { name: test }\nspec: { datasetName: '${datasetName}' }\n`;
    const simulated = simulate(desired(federation, site('D')), spec, count, {
      arrivals: [arrival({ rate: perDay(1) })],
    });
    return newNames(simulated.end.datasets.name);
  };

  test('take the first form that may be a name', () => {
    const spec: InventorySpec = { '/Prim/era-v1/RAW': { created: daysAgo(1), at: { D: {} } } };
    expect(named('/[^/]+/[^/]+/RAW', spec, 2)).toEqual(['/Prim-sim1/era-v1/RAW', '/Prim-sim2/era-v1/RAW']);
    expect(named('/Prim/[^/]+/RAW', spec, 1)).toEqual(['/Prim/era-v1-sim1/RAW']);
    expect(named('/[A-Za-z0-9]+/era-v1/RAW', spec, 1)).toEqual(['/Primsim1/era-v1/RAW']);
    // Where none may be, there is data all the same.
    expect(named('/Prim/era-v1/RAW', spec, 1)).toEqual(['/Prim-sim1/era-v1/RAW']);
  });

  test('are never those of a dataset that is there', () => {
    const spec: InventorySpec = {
      '/A': { created: daysAgo(1), at: { D: {} } },
      '/A-sim1': { created: daysAgo(100), at: { D: {} } },
    };
    expect(named('.*', spec, 2)).toEqual(['/A-sim1', '/A-sim2', '/A-sim3']);
  });
});

describe('streams', () => {
  const dataset = (text: string) => compileExpression<boolean>(text, scopes.dataset, 'bool');
  const place = (text: string) => compileExpression<boolean>(text, scopes.site, 'bool');
  const spec: InventorySpec = {
    '/A/RAW': { blocks: { x: 6, y: 10 }, created: daysAgo(400), labels: { tier: 'RAW' }, at: { D: { owner: 'a' } } },
    '/B/AOD': { size: 5, created: daysAgo(1), labels: { tier: 'AOD', era: '1' }, at: { E: { owner: 'b' } } },
  };

  test('each has its models, its place, its names, its owner, and blocks of its size', () => {
    const simulated = simulate(state, spec, 2, {
      arrivals: [
        arrival({
          name: 'raw',
          rate: perDay(16),
          like: dataset('dataset.labels.tier == "RAW"'),
          at: place('site.name == "E"'),
        }),
        arrival({
          name: 'aod',
          rate: perDay(7),
          like: dataset('dataset.labels.tier == "AOD"'),
          named: '/C{n}/{date}/AOD',
          owner: 'c',
          status: 'PRODUCTION',
          labels: { era: '2' },
          datasetSize: 7,
          blockSize: 3,
        }),
      ],
    });
    const { datasets, blocks, end } = { ...simulated.end, end: simulated.end };
    expect(datasets.name).toEqual([
      '/A-sim1/RAW',
      '/A-sim2/RAW',
      '/A/RAW',
      '/B/AOD',
      '/C1/20260702/AOD',
      '/C2/20260703/AOD',
    ]);
    expect(whereIs(end, '/A-sim1/RAW')).toEqual(['E 2']);
    expect(whereIs(end, '/C1/20260702/AOD')).toEqual(['E 3']);
    const c = datasets.blockStart[4] ?? 0;
    expect([...blocks.size.slice(c, c + 3)]).toEqual([3, 3, 1]);
    expect(datasets.status[4]).toBe('PRODUCTION');
    expect([datasets.labels.get('tier')?.[4], datasets.labels.get('era')?.[4]]).toEqual(['AOD', '2']);
    const ownerOf = (name: string): string | undefined => {
      const br = [...end.blockReplicas.block].findIndex((b) => datasets.name[blocks.dataset[b] ?? 0] === name);
      return end.owners[end.blockReplicas.owner[br] ?? 0];
    };
    expect([ownerOf('/A-sim1/RAW'), ownerOf('/C1/20260702/AOD')]).toEqual(['a', 'c']);
  });

  test('one that says all of it needs no model', () => {
    const simulated = simulate(state, {}, 1, {
      arrivals: [arrival({ rate: perDay(8), named: '/N{n}', at: place('site.name == "D"'), datasetSize: 4 })],
    });
    expect(course(simulated, 'D', 'bytes')).toEqual([0, 8]);
  });

  test('a place that no ready site is at is an error', () => {
    const wrong = { arrivals: [arrival({ rate: perDay(8), at: place('site.name == "R"') })] };
    expect(() => simulate(state, spec, 1, wrong)).toThrow('no ready site matches `at` of what is to arrive as `all`');
  });

  test('a slip of a unit is an error, not a full memory', () => {
    const at = place('site.name == "D"');
    const many = arrival({ rate: perDay(1e15), named: '/N{n}', at, datasetSize: 1e6 });
    expect(() => simulate(state, {}, 1, { arrivals: [many] })).toThrow(
      'what is to arrive as `all` would be 1000000000 blocks a day, more than 1000000',
    );
    const fine = arrival({ rate: perDay(1e13), named: '/N{n}', at, datasetSize: 1e13, blockSize: 5 });
    expect(() => simulate(state, {}, 1, { arrivals: [fine] })).toThrow(
      'a dataset of `all` would have 2000000000000 blocks, more than 1000000',
    );
  });

  test('what is drawn depends on the seed alone', () => {
    const many: InventorySpec = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`/d${i}`, { size: 1 + i, created: daysAgo(2), at: { D: {}, E: {} } }]),
    );
    const names = (seed: number): readonly string[] =>
      simulate(state, many, 10, { arrivals: [arrival({ rate: perDay(50) })] }, { seed }).end.datasets.name;
    expect(names(1)).toEqual(names(1));
    expect(names(2)).not.toEqual(names(1));
    // Every model is drawn sooner or later, and both homes are.
    const simulated = simulate(state, many, 40, { arrivals: [arrival({ rate: perDay(100) })] });
    const models = new Set(newNames(simulated.end.datasets.name).map((name) => name.replace(/-sim\d+$/, '')));
    expect(models.size).toBe(20);
    for (const home of ['D', 'E']) expect(Math.max(...course(simulated, home, 'arrived'))).toBeGreaterThan(0);
  });
});

test('rates are bytes per time', () => {
  expect(parseRate('5TB/d')).toEqual({ bytes: 5e12, per: 86_400 });
  expect(parseRate('100MB/s')).toEqual({ bytes: 1e8, per: 1 });
  expect(parseRate('1.5 GiB/h')).toEqual({ bytes: 1.5 * 2 ** 30, per: 3600 });
  for (const wrong of ['5TB', '5TB/y', 'TB/d', '-5TB/d', '5TB/d/d', '/d', ''])
    expect(parseRate(wrong), wrong).toBeNull();
});
