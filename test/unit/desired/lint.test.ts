/** The policy lint without an inventory: what is allowed, and hardly meant. */
import { describe, expect, test } from 'vitest';
import { base, compile, document, lines } from './desired-files.js';

/** Warnings of documents beside the base, without the file. */
function warnings(...documents: readonly string[]): string[] {
  const result = compile({ 'base.yaml': base, 'x.yaml': documents.join('---\n') });
  expect(lines(result)).toEqual([]);
  return lines(result, 'warning').map((line) => line.replace(/^x\.yaml:/, ''));
}

const retention = (rules: readonly string[], head = 'partition: physics\nsites: true'): string =>
  document('Retention', 'r', `${head}\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);

const rule = (id: string, when: string, more = 'action: delete'): string => `{ id: ${id}, ${more}, when: '${when}' }`;

const placement = (name: string, spec: string): string => document('Placement', name, spec);

describe('never-matches', () => {
  test.each<[string, string, string[]]>([
    [
      'a rule that is constantly false',
      retention([rule('off', 'false')]),
      ['8:40 never-matches: Retention r: spec.rules[0].when: never holds: it is constantly false'],
    ],
    [
      'two values of one variable',
      retention([rule('both', 'dataset.status == "VALID" && dataset.status == "INVALID"')]),
      [
        '8:71 never-matches: Retention r: spec.rules[0].when: never holds: `dataset.status == "VALID"` and `dataset.status == "INVALID"` exclude each other',
      ],
    ],
    [
      'an age between two ages that do not meet',
      retention([rule('age', 'dataset.lastUpdate.olderThan("90d") && dataset.lastUpdate.newerThan("30d")')]),
      [
        '8:80 never-matches: Retention r: spec.rules[0].when: never holds: `dataset.lastUpdate.olderThan("90d")` and `dataset.lastUpdate.newerThan("30d")` exclude each other',
      ],
    ],
    [
      'a part of an alternative',
      retention([rule('part', 'dataset.open || (dataset.size > 5 && dataset.size < 3)')]),
      [
        '8:79 never-matches: Retention r: spec.rules[0].when: a part of it never holds: `dataset.size > 5` and `dataset.size < 3` exclude each other',
      ],
    ],
    [
      'a rule at odds with the sites of its Retention',
      retention([rule('tape', 'site.storage == "tape"')], 'partition: physics\nsites: site.storage == "disk"'),
      [
        '8:42 never-matches: Retention r: spec.rules[0].when: never holds: `site.storage == "tape"` is at odds with `sites` of the Retention (`site.storage == "disk"`)',
      ],
    ],
    [
      'a rule at odds with its partition',
      retention(
        [rule('other', 'block.owner == "x"', 'scope: block, action: delete')],
        'partition: relval\nsites: true',
      ),
      [
        '8:57 never-matches: Retention r: spec.rules[0].when: never holds: `block.owner == "x"` is at odds with the Partition relval (`block.owner == "RelVal"`)',
      ],
    ],
    [
      'datasets at odds with statuses',
      placement('p', 'datasets: dataset.status == "DEPRECATED"\nto: true'),
      [
        '5:13 never-matches: Placement p: spec.datasets: never holds: `dataset.status == "DEPRECATED"` is at odds with `statuses` (`statuses: [PRODUCTION, VALID]`)',
      ],
    ],
    [
      'conditions of other kinds',
      document('Lock', 'l', 'datasets: false\nexpires: 2027-01-01\nreason: r'),
      ['5:13 never-matches: Lock l: spec.datasets: never holds: it is constantly false'],
    ],
  ])('%s', (_, text, expected) => {
    expect(warnings(text)).toEqual(expected);
  });

  test.each<[string, string]>([
    [
      'what may be said so',
      document('Retention', 'r', 'partition: physics\nsites: true\ntrigger: true\nuntil: false\nrules: []'),
    ],
    [
      'things that lists hold differ',
      retention([rule('two', 'replica.blocks.exists(b, b.owner == "a") && replica.blocks.exists(b, b.owner == "b")')]),
    ],
    ['alternatives', retention([rule('or', 'dataset.status == "VALID" || dataset.status == "INVALID"')])],
    [
      'occupancy changes between the choice of sites and the rules',
      retention([rule('full', 'site.occupancy > 0.9')], 'partition: physics\nsites: site.occupancy < 0.5'),
    ],
    [
      'a PolicyTest may expect the impossible',
      document('PolicyTest', 't', 'given: { live: true }\nexpect: [{ description: d, datasets: true, that: false }]'),
    ],
  ])('not: %s', (_, text) => {
    expect(warnings(text)).toEqual([]);
  });
});

describe('shadowed-rule', () => {
  const shadowed = (...rules: readonly string[]): string[] =>
    warnings(retention(rules)).map((line) =>
      line.replace(/^(\d+):.*Retention r: spec\.rules\[(\d+)\]: /, '$1 rules[$2] '),
    );
  const by = (id: string): string => `never decides anything: rule \`${id}\` above matches whatever it matches`;

  test.each<[string, string, string]>([
    ['everything', 'true', 'dataset.open'],
    ['the same', 'dataset.open && dataset.size > 5', '(dataset.size > 5) && dataset.open'],
    ['less conditions', 'dataset.open', 'dataset.open && dataset.size > 5'],
    ['a glob that a name matches', 'dataset.name.glob("/a/*")', 'dataset.name == "/a/b" && dataset.open'],
    ['a glob that a glob is within', 'dataset.name.glob("/a/*")', 'dataset.name.glob("/a/b*")'],
    ['one of a list', 'dataset.name in ["/a", "/b"]', 'dataset.name == "/b"'],
    ['a lower age', 'dataset.lastUpdate.olderThan("30d")', 'dataset.lastUpdate.olderThan("90d")'],
    ['a number within', 'dataset.fullCopies >= 2', 'dataset.fullCopies == 3'],
    ['one of alternatives', 'dataset.open || dataset.size > 5', 'dataset.size > 7'],
  ])('an earlier rule for %s', (_, earlier, later) => {
    expect(shadowed(rule('a', earlier), rule('b', later))).toEqual([`9 rules[1] ${by('a')}`]);
    const apart = earlier === 'true' || later.includes(')') ? [] : shadowed(rule('b', later), rule('a', earlier));
    if (!later.startsWith('(')) expect(apart).toEqual([]);
  });

  test('all alternatives, covered by different rules', () => {
    expect(
      shadowed(rule('a', 'dataset.open'), rule('b', 'dataset.size > 5'), rule('c', 'dataset.size > 9 || dataset.open')),
    ).toEqual([`10 rules[2] ${by('b')}`]);
    expect(shadowed(rule('a', 'dataset.open'), rule('c', 'dataset.size > 9 || dataset.open'))).toEqual([]);
  });

  test('only by a rule that is in force as long', () => {
    const until = (id: string, expires: string): string =>
      rule(id, 'dataset.open', `action: delete, expires: ${expires}`);
    expect(shadowed(until('a', '2027-01-01'), until('b', '2027-02-01'))).toEqual([]);
    expect(shadowed(until('a', '2027-02-01'), until('b', '2027-01-01'))).toEqual([`9 rules[1] ${by('a')}`]);
    expect(shadowed(until('a', '2027-02-01'), rule('b', 'dataset.open'))).toEqual([]);
    expect(
      shadowed(rule('a', 'dataset.open', 'action: delete, notBefore: 2027-01-01'), rule('b', 'dataset.open')),
    ).toEqual([]);
  });

  test('a block rule covers replica rules, and those below see another replica once it took some', () => {
    const block = (id: string, when: string): string => rule(id, when, 'scope: block, action: delete');
    expect(shadowed(block('a', 'dataset.open'), rule('b', 'dataset.open'))).toEqual([`9 rules[1] ${by('a')}`]);
    expect(shadowed(rule('a', 'dataset.open'), block('b', 'dataset.open && block.size > 5'))).toEqual([
      `9 rules[1] ${by('a')}`,
    ]);
    // What is left of the replica may be small although the whole was not.
    expect(
      shadowed(rule('a', 'replica.size < 5'), block('b', 'block.owner == "x"'), rule('c', 'replica.size < 5')),
    ).toEqual([]);
    expect(shadowed(rule('a', 'replica.size < 5'), rule('c', 'replica.size < 5'))).toEqual([`9 rules[1] ${by('a')}`]);
    expect(shadowed(rule('a', 'dataset.open'), block('b', 'block.owner == "x"'), rule('c', 'dataset.open'))).toEqual([
      `10 rules[2] ${by('a')}`,
    ]);
  });

  test('of many, a hundred are told one by one', () => {
    const rules = [
      rule('all', 'true'),
      ...Array.from({ length: 150 }, (_, i) => rule(`r${i}`, `dataset.name == "/${i}"`)),
    ];
    const found = warnings(retention(rules));
    expect(found).toHaveLength(101);
    expect(found[0]).toBe(
      '8:5 shadowed-rule: Retention r: spec.rules: 50 more rules never decide anything: earlier ones match whatever they match',
    );
  });

  test('S7 a campaign of thousands of names is not compared pair by pair', () => {
    const campaign = (count: number): string =>
      retention(
        Array.from({ length: count }, (_, i) =>
          rule(
            `r${i}`,
            i % 2 === 0
              ? `dataset.name.glob("/a/${i}/*") && site.name.glob("T*")`
              : `dataset.name == "/b/${i}" && dataset.open`,
          ),
        ),
      );
    // Processor time: others may use the machine too.
    const cost = (count: number): number => {
      const text = campaign(count);
      const times = [0, 1, 2].map(() => {
        const before = process.cpuUsage();
        expect(warnings(text)).toEqual([]);
        const { user, system } = process.cpuUsage(before);
        return user + system;
      });
      return Math.min(...times);
    };
    cost(1000);
    // Quadratic cost would be a factor of 64.
    expect(cost(8000) / cost(1000)).toBeLessThan(24);
  });
});

describe('last-access-unguarded', () => {
  const advice =
    'also holds for data that was never accessed (1970-01-01), however new: ask `dataset.lastUse`, or add a condition on `dataset.created`';

  test.each([
    ['dataset.lastAccess.olderThan("90d")', 'dataset.lastAccess.olderThan("90d")', 38],
    [
      'dataset.open && replica.lastAccess < timestamp("2026-01-01")',
      'replica.lastAccess < timestamp("2026-01-01")',
      54,
    ],
    ['now - dataset.lastAccess > duration("90d")', 'now - dataset.lastAccess > duration("90d")', 38],
    ['!dataset.lastAccess.newerThan("90d")', '!dataset.lastAccess.newerThan("90d")', 39],
  ])('%s', (when, source, column) => {
    expect(warnings(retention([rule('cold', when)]))).toEqual([
      `8:${column + 4} last-access-unguarded: Retention r: spec.rules[0].when: \`${source}\` ${advice}`,
    ]);
  });

  test.each([
    'dataset.lastAccess.olderThan("90d") && dataset.created.olderThan("90d")',
    'dataset.lastAccess.olderThan("90d") && dataset.accesses > 0.0',
    'dataset.lastAccess.olderThan("90d") && dataset.lastAccess > timestamp("2000-01-01")',
    'dataset.lastAccess.olderThan("90d") && replica.lastBlock.olderThan("90d")',
    'dataset.lastAccess.newerThan("90d")',
    'dataset.lastUse.olderThan("90d")',
  ])('not: %s', (when) => {
    expect(warnings(retention([rule('cold', when)]))).toEqual([]);
  });

  test('not where it protects', () => {
    const cold = 'dataset.lastAccess.olderThan("90d")';
    expect(warnings(retention([rule('keep', cold, 'action: protect')]))).toEqual([]);
  });
});

describe('placements', () => {
  const site = (name: string, labels: string): string =>
    document('Site', name, 'storage: tape').replace(`name: ${name}`, `name: ${name}, labels: { ${labels} }`);
  const sites = [site('A', 'region: europe'), site('B', 'region: europe'), site('C', 'region: asia')];
  const tape = 'to: site.storage == "tape"';

  test('spread-too-narrow: fewer values of the label than copies need', () => {
    const p = placement('p', `datasets: true\n${tape}\ncopies: 3\nspread: { by: region, max: 1 }`);
    expect(warnings(...sites, p)).toEqual([
      '26:11 spread-too-narrow: Placement p: spec.spread: leaves room for 2 of 3 copies: the 3 sites of `to` have 2 values of `region`',
    ]);
    expect(warnings(...sites, p.replace('max: 1', 'max: 2'))).toEqual([]);
    expect(
      warnings(...sites, p.replace('storage == "tape"', 'labels.region == "asia" && site.storage == "tape"')),
    ).toEqual([]);
  });

  test('placements-pull-apart: relative to copies that are never there', () => {
    const pair = (same: boolean, mine: string, theirs: string): string[] =>
      warnings(
        ...sites,
        placement('first', `datasets: true\nto: site.labels.region == "${theirs}"`),
        placement(
          'second',
          `datasets: true\nto: site.labels.region == "${mine}"\nrelativeTo: { placement: first, label: region, same: ${same} }`,
        ),
      );
    expect(pair(true, 'asia', 'europe')).toEqual([
      '32:15 placements-pull-apart: Placement second: spec.relativeTo: cannot be met: `to` has no site with a `region` that sites of Placement first have',
    ]);
    expect(pair(true, 'asia', 'asia')).toEqual([]);
    expect(pair(false, 'asia', 'asia')).toEqual([
      '32:15 placements-pull-apart: Placement second: spec.relativeTo: cannot be met: all sites of `to` and of Placement first have the same `region`',
    ]);
    expect(pair(false, 'asia', 'europe')).toEqual([]);
  });

  test('placements-pull-apart: in a circle', () => {
    const relative = (name: string, other: string): string =>
      placement(name, `datasets: true\nto: true\nrelativeTo: { placement: ${other}, label: region, same: true }`);
    expect(warnings(...sites, relative('a', 'b'), relative('b', 'a'))).toEqual([
      '25:15 placements-pull-apart: Placement a: spec.relativeTo: the placements are relative to each other in a circle: a -> b -> a; the one that is served first decides for the others',
    ]);
  });

  test('placements-pull-apart: the same data at the same sites under two owners', () => {
    const owned = (name: string, owner: string, to = 'true'): string =>
      placement(name, `datasets: dataset.open\nto: ${to}\nowner: ${owner}`);
    const other = document('Group', 'Other', 'ownership: block');
    expect(warnings(other, owned('a', 'AnalysisOps'), owned('b', 'Other'))).toEqual([
      '19:3 placements-pull-apart: Placement b: spec: wants the same data at the same sites as Placement a, but under `Other` instead of `AnalysisOps`: a copy has one owner',
    ]);
    expect(warnings(other, owned('a', 'AnalysisOps'), owned('b', 'Other', 'site.storage == "disk"'))).toEqual([]);
    expect(warnings(owned('a', 'AnalysisOps'), owned('b', 'AnalysisOps'))).toEqual([]);
  });
});

describe('quota-above-capacity', () => {
  const site = (capacity: string, quotas: string): string =>
    document('Site', 'S', `storage: disk${quotas}`).replace('name: S', `name: S, labels: { capacity: ${capacity} }`);

  test('of the site itself', () => {
    expect(warnings(site('1PB', '\nquotas: { physics: 1500TB, relval: 500TB }'))).toEqual([
      "6:22 quota-above-capacity: Site S: spec.quotas.physics: the quota 1.50 PB is above the site's capacity, 1.00 PB",
    ]);
    expect(warnings(site('1PB', '\nquotas: { physics: unlimited, relval: 1PB }'))).toEqual([]);
  });

  test('of a partition, where the first quota that matches counts and the site has none of its own', () => {
    const partition = document(
      'Partition',
      'p',
      'match: true\nquotas:\n  - { sites: \'site.labels.capacity == "1PB" && site.name != "S"\', size: 9PB }\n  - { sites: site.storage == "disk", size: 2PB }\n  - { sites: true, size: 3PB }',
    );
    expect(warnings(partition, site('1PB', ''))).toEqual([
      '8:46 quota-above-capacity: Partition p: spec.quotas[1].size: the quota 2.00 PB is above the capacity of S, 1.00 PB',
    ]);
    expect(warnings(partition, site('1PB', '\nquotas: { p: 1PB }'))).toEqual([]);
    expect(warnings(partition, site('5PB', ''))).toEqual([]);
  });

  test('sites that Selectors name', () => {
    const partition = document('Partition', 'p', 'match: true\nquotas: [{ sites: site.is("big"), size: 2PB }]');
    const selector = document(
      'Selector',
      'big',
      'scope: site\nnames: ["S*"]\nwhen: sites.exists(s, s.name != site.name)',
    );
    expect(warnings(selector, partition, site('1PB', ''))).toHaveLength(1);
    expect(warnings(selector.replace('S*', 'X'), partition, site('1PB', ''))).toEqual([]);
  });

  test('a capacity that is no size', () => {
    expect(warnings(site('3 petabytes', ''))).toEqual([
      '3:42 bad-capacity: Site S: metadata.labels.capacity: found "3 petabytes", which is not a size such as 3PB: quotas are not compared with it',
    ]);
    expect(warnings(site('large', ''))).toEqual([]);
  });
});

test('nothing is linted as long as there are errors', () => {
  const result = compile({
    'base.yaml': base,
    'x.yaml': retention([rule('off', 'false'), rule('bad', 'dataset.nme == 1')]),
  });
  expect(lines(result)).toHaveLength(1);
  expect(lines(result, 'warning')).toEqual([]);
});
