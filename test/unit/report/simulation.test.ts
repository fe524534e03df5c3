/** How a simulation is shown: golden files, and what must hold of all of them. */
import { readFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../../src/cli/package-files.js';
import { compileExpression, scopes } from '../../../src/policy/index.js';
import { simulationChart } from '../../../src/report/simulation-chart.js';
import { simulationJson, simulationNdjson } from '../../../src/report/simulation-json.js';
import { simulationText } from '../../../src/report/simulation-text.js';
import { desired, site } from '../../scenarios/desired.js';
import { daysAgo, type InventorySpec } from '../../scenarios/inventory.js';
import { arrival, perDay, type Simulated, simulate } from '../simulation/simulate.js';

const TB = 1e12;

/** Three disks that data comes to; the rules keep one of them between its marks, and cannot help the others. */
const state = desired(
  "kind: Partition\nmetadata: { name: physics }\nspec: { match: 'true' }\n",
  `
  kind: Retention
  metadata: { name: disk }
  spec:
    partition: physics
    sites: 'true'
    trigger: site.occupancy > 0.90
    until: site.occupancy < 0.85
    rules: [ { id: redundant, action: dismiss, when: dataset.fullCopies > 1 } ]
  `,
  'kind: Placement\nmetadata: { name: archive }\nspec: { datasets: \'true\', to: site.storage == "tape", copies: 1 }\n',
  ...['Bologna', 'Cambridge', 'Geneva'].map((name) => site(name, 'quotas: { physics: 100TB }')),
  site('Vault', 'storage: tape, quotas: { physics: unlimited }'),
);

function datasets(home: string, count: number): InventorySpec {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `/${home}/${i}`,
      { size: TB, created: daysAgo(90 - i), at: { [home]: {} } },
    ]),
  );
}

const rate = (name: string, bytes: number) =>
  arrival({
    name,
    rate: perDay(bytes),
    named: `/${name}/new{n}`,
    at: compileExpression<boolean>(`site.name == "${name}"`, scopes.site, 'bool'),
    datasetSize: TB,
    owner: 'grp',
  });

let simulated: Simulated;

beforeAll(() => {
  simulated = simulate(
    state,
    { ...datasets('Bologna', 70), ...datasets('Cambridge', 60), ...datasets('Geneva', 40) },
    21,
    {
      arrivals: [rate('Bologna', 2 * TB), rate('Cambridge', 5 * TB), rate('Geneva', TB / 2)],
      throughput: { default: 20e6, links: [{ from: 'Bologna', to: '*', rate: 200e6 }] },
      demandHalfLife: 30 * 86_400,
    },
  );
});

describe('a simulation as text', () => {
  test('days, the fullest sites, and what goes wrong', async () => {
    await expect(simulationText(simulated.simulation, simulated.days)).toMatchFileSnapshot('golden/simulation.txt');
  });

  test('long ones take days together, and all of them show on request', () => {
    const long = simulate(state, datasets('Geneva', 4), 200);
    const dayRows = (all: boolean): number =>
      simulationText(long.simulation, long.days, { all })
        .split('\n')
        .filter((line) => /^ *\d+ {2}\d{4}-\d\d-\d\d/.test(line)).length;
    expect(dayRows(false)).toBe(30);
    expect(dayRows(true)).toBe(201);
  });

  test('lets no control character of a name reach the terminal', () => {
    const everything = "kind: Partition\nmetadata: { name: p }\nspec: { match: 'true' }\n";
    const strange = simulate(desired(everything, site('Y')), { '/a\u001b[2J': { at: { 'X\u001b[2J': {} } } }, 1);
    const text = simulationText(strange.simulation, strange.days, { all: true });
    expect(text).toContain('X\\x1b[2J');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(simulationChart(strange.simulation, strange.days)).not.toContain('\u001b');
  });
});

describe('a simulation as data', () => {
  test('the document is what its schema says', () => {
    const { simulation, days } = simulated;
    const schema: object = JSON.parse(readFileSync(`${packageRoot}schemas/simulation.schema.json`, 'utf8'));
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    validate(JSON.parse([...simulationJson(simulation, days)].join('')));
    expect(validate.errors).toBeNull();
  });

  test('the document and the lines say the same', () => {
    const { simulation, days } = simulated;
    const text = [...simulationJson(simulation, days)].join('');
    const document = JSON.parse(text) as { days: object[]; violations: object[] };
    expect(text).toBe(`${JSON.stringify(document, null, 2)}\n`);
    const lines = [...simulationNdjson(simulation, days)].map((line) => JSON.parse(line) as { record: string });
    const { days: _, violations: __, ...header } = document;
    expect(lines).toEqual([
      { record: 'header', ...header },
      ...document.days.map((day) => ({ record: 'day', ...day })),
      ...document.violations.map((violation) => ({ record: 'violation', ...violation })),
    ]);
  });

  test('fields are in their order, and sites in that of their names', () => {
    const { simulation, days } = simulated;
    const document = JSON.parse([...simulationJson(simulation, days)].join(''));
    expect(Object.keys(document)).toEqual([
      'apiVersion',
      'kind',
      'engine',
      'desired',
      'inventory',
      'clock',
      'stepSeconds',
      'seed',
      'assumptions',
      'watermarks',
      'days',
      'violations',
    ]);
    expect(document.assumptions).toEqual({
      arrivals: [
        { name: 'Bologna', bytesPerDay: 2 * TB, templates: 9 },
        { name: 'Cambridge', bytesPerDay: 5 * TB, templates: 9 },
        { name: 'Geneva', bytesPerDay: TB / 2, templates: 9 },
      ],
      throughput: 20e6,
      links: [{ from: 'Bologna', to: '*', throughput: 200e6 }],
      demandHalfLifeSeconds: 30 * 86_400,
      approveAll: false,
    });
    expect(document.days[1].sites.map((each: { site: string }) => each.site)).toEqual([
      'Bologna',
      'Cambridge',
      'Geneva',
      'Vault',
    ]);
    expect(document.days[21].sites[3]).toMatchObject({
      site: 'Vault',
      partitions: [{ partition: 'physics', quota: null, occupancy: null }],
    });
  });
});

describe('a simulation as a chart', () => {
  test('draws the fullest, their marks and their names', async () => {
    const svg = simulationChart(simulated.simulation, simulated.days);
    await expect(svg).toMatchFileSnapshot('golden/simulation.svg');
    expect(svg.match(/<path /g)).toHaveLength(3);
    expect(svg).toContain('>deleting begins 90%<');
    expect(svg).toContain('>deleting ends 85%<');
  });

  test('no element lies outside of the picture, however many sites there are', () => {
    const names = Array.from({ length: 40 }, (_, i) => `A_rather_long_name_of_a_site_number_${i}`);
    const many = desired(
      "kind: Partition\nmetadata: { name: physics }\nspec: { match: 'true' }\n",
      ...names.map((name) => site(name, 'quotas: { physics: 10 }')),
    );
    const spec: InventorySpec = Object.fromEntries(names.map((name, i) => [`/${i}`, { size: i, at: { [name]: {} } }]));
    const { simulation, days } = simulate(many, spec, 3);
    const svg = simulationChart(simulation, days);
    expect(svg.match(/<path /g)).toHaveLength(8);
    const box = new Resvg(svg, { font: { loadSystemFonts: false } }).getBBox();
    expect(box).toMatchObject({ x: 0, y: 0, width: 1120, height: 640 });
    for (const [, y] of svg.matchAll(/<text x="[\d.]+" y="([\d.]+)"/g)) expect(Number(y)).toBeLessThan(640);
  });

  test('names are escaped, and an inventory of nothing is drawn too', () => {
    const odd = desired(
      "kind: Partition\nmetadata: { name: p }\nspec: { match: 'true' }\n",
      site('"A&B <C>"', 'quotas: { p: 10 }'),
    );
    const { simulation, days } = simulate(odd, { '/a': { at: { 'A&B <C>': {} } } }, 1);
    expect(simulationChart(simulation, days)).toContain('A&amp;B &lt;C&gt;');
    const nothing = simulate(desired(site('X')), {}, 1);
    const svg = simulationChart(nothing.simulation, nothing.days);
    expect(() => new Resvg(svg, { font: { loadSystemFonts: false } }).render()).not.toThrow();
  });
});
