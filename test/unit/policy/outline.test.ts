/** What is told of a condition from its text agrees with what it evaluates to, on all things there can be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Alternative,
  type Atom,
  type Condition,
  compileExpression,
  contradictionIn,
  implies,
  type Literal,
  outlineOf,
  scopes,
  type VariableHost,
} from '../../../src/policy/index.js';

const condition = (text: string): Condition => compileExpression<boolean>(text, scopes.dataset, 'bool');
const now = 1000;

interface Thing {
  readonly name: string;
  readonly status: string;
  readonly size: number;
  readonly open: boolean;
  readonly lastUpdate: number;
  readonly tier: string;
}

const names = ['/a/b', '/a/c', '/x'];
const statuses = ['VALID', 'PRODUCTION', 'DEPRECATED', 'INVALID', 'DELETED', 'IGNORED', 'UNKNOWN'];
const tiers = ['', 'RAW', 'AOD'];

/** Every thing of a small world. */
const things: readonly Thing[] = names.flatMap((name) =>
  statuses.flatMap((status) =>
    [0, 1, 2].flatMap((size) =>
      [true, false].flatMap((open) =>
        [now, now - 60, now - 90].flatMap((lastUpdate) =>
          tiers.map((tier) => ({ name, status, size, open, lastUpdate, tier })),
        ),
      ),
    ),
  ),
);

/** Reads the thing that is current. */
class World implements VariableHost {
  readonly now = now;
  thing: Thing = things[0] as Thing;

  variable(path: string): () => Literal {
    const field = path.replace('dataset.', '') as keyof Thing;
    return () => this.thing[field];
  }

  label(): () => string {
    return () => this.thing.tier;
  }

  selector(): never {
    throw new Error('not asked');
  }

  sitesWhere(): never {
    throw new Error('not asked');
  }

  siteLabels(): never {
    throw new Error('not asked');
  }

  onElement(): never {
    throw new Error('not asked');
  }
}

function valueAt(thing: Thing, operand: string): Literal {
  if (operand === 'age of dataset.lastUpdate') return now - thing.lastUpdate;
  if (operand === 'dataset.labels.tier') return thing.tier;
  const field = operand.replace('dataset.', '') as keyof Thing;
  if (!(field in thing)) throw new Error(`unknown operand ${operand}`);
  return thing[field];
}

const holdsFor =
  (thing: Thing) =>
  (atom: Atom): boolean =>
    atom.allows(valueAt(thing, atom.of));

const atoms = fc.oneof(
  fc.constantFrom(
    'dataset.open',
    'dataset.open == false',
    'true != dataset.open',
    'dataset.name.glob("/a/*")',
    'dataset.name.glob(["/a/b*", "/x"])',
    'dataset.name.startsWith("/a")',
    'dataset.name.matches("^/a/[bc]$")',
    '"a/" in dataset.name',
    'dataset.lastUpdate.olderThan("1m")',
    'dataset.lastUpdate.newerThan("80s")',
    'now - dataset.lastUpdate >= duration("1m")',
    'dataset.lastUpdate > now - duration("70s")',
    'dataset.lastUpdate == timestamp("1970-01-01T00:15:40Z")',
    'has(dataset.labels.tier)',
    '"tier" in dataset.labels',
    'dataset.labels["tier"] == "RAW"',
    'dataset.labels.tier in ["RAW", "AOD"]',
    'dataset.labels.tier > "B"',
    'true',
    'false',
  ),
  fc
    .tuple(fc.constantFrom('==', '!=', '<', '<=', '>', '>='), fc.integer({ min: -1, max: 3 }))
    .map(([op, n]) => `dataset.size ${op} ${n}`),
  fc
    .tuple(fc.integer({ min: 0, max: 2 }), fc.constantFrom('<', '>=', '=='))
    .map(([n, op]) => `${n} ${op} dataset.size`),
  fc.tuple(fc.constantFrom('==', '!='), fc.constantFrom(...statuses)).map(([op, s]) => `dataset.status ${op} "${s}"`),
  fc.subarray(statuses, { minLength: 1 }).map((list) => `dataset.status in [${list.map((s) => `"${s}"`).join()}]`),
  fc.constantFrom(...names).map((name) => `dataset.name == "${name}"`),
);

const { conditions } = fc.letrec<{ conditions: string }>((tie) => ({
  conditions: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atoms,
    tie('conditions').map((c) => `!(${c})`),
    fc.tuple(tie('conditions'), tie('conditions')).map(([a, b]) => `(${a}) && (${b})`),
    fc.tuple(tie('conditions'), tie('conditions')).map(([a, b]) => `(${a}) || (${b})`),
  ),
}));

test('an outline holds exactly where its condition does', () => {
  fc.assert(
    fc.property(conditions, (text) => {
      const world = new World();
      const evaluate = condition(text).bind(world);
      const outline = outlineOf(condition(text));
      // A condition that is too much for an outline is one atom about itself.
      fc.pre(!outline.flat().some(({ of }) => of.includes('&&') || of.includes('||')));
      for (const thing of things) {
        world.thing = thing;
        expect(outline.some((alternative) => alternative.every(holdsFor(thing)))).toBe(evaluate());
      }
    }),
    { numRuns: 300 },
  );
});

const alternatives = conditions
  .map((text): Alternative => outlineOf(condition(text))[0] ?? [])
  .filter((alternative) => !alternative.some(({ of }) => of.includes('&&') || of.includes('||')));

test('what contradicts itself holds for nothing', () => {
  let found = 0;
  fc.assert(
    fc.property(fc.tuple(alternatives, alternatives), ([a, b]) => {
      const together = [...a, ...b];
      if (contradictionIn(together) === null) return;
      found++;
      expect(things.some((thing) => together.every(holdsFor(thing)))).toBe(false);
    }),
    { numRuns: 1000 },
  );
  expect(found).toBeGreaterThan(20);
});

test('what is implied holds wherever the rest does', () => {
  let found = 0;
  fc.assert(
    fc.property(fc.tuple(alternatives, alternatives), ([a, b]) => {
      for (const atom of b) {
        if (!implies(a, atom)) continue;
        found++;
        for (const thing of things) if (a.every(holdsFor(thing))) expect(holdsFor(thing)(atom)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
  expect(found).toBeGreaterThan(20);
});

describe('contradictions', () => {
  const found = (text: string): (readonly string[] | null)[] =>
    outlineOf(condition(text)).map((alternative) => contradictionIn(alternative)?.map(({ source }) => source) ?? null);

  test.each<[string, readonly string[]]>([
    [
      'dataset.status == "VALID" && dataset.status == "INVALID"',
      ['dataset.status == "VALID"', 'dataset.status == "INVALID"'],
    ],
    [
      'dataset.size > 5 && dataset.open && dataset.size < byteSize("5B")',
      ['dataset.size > 5', 'dataset.size < byteSize("5B")'],
    ],
    [
      'dataset.lastUpdate.olderThan("90d") && dataset.lastUpdate.newerThan("30d")',
      ['dataset.lastUpdate.olderThan("90d")', 'dataset.lastUpdate.newerThan("30d")'],
    ],
    [
      'dataset.name == "/a" && !(dataset.name.glob("/a*") || dataset.open)',
      ['dataset.name == "/a"', '!dataset.name.glob("/a*")'],
    ],
    ['"X" in dataset.owners && !("X" in dataset.owners)', ['"X" in dataset.owners', '!("X" in dataset.owners)']],
    [
      'dataset.fullCopies + 1 == 2 && dataset.fullCopies + 1 > 2',
      ['dataset.fullCopies + 1 == 2', 'dataset.fullCopies + 1 > 2'],
    ],
    ['dataset.size >= 5 && dataset.size <= 7 && dataset.size == 8', ['dataset.size <= 7', 'dataset.size == 8']],
    [
      'dataset.onTape != "NONE" && dataset.onTape != "FULL" && dataset.onTape != "PARTIAL"',
      ['dataset.onTape != "FULL"', 'dataset.onTape != "PARTIAL"'],
    ],
  ])('%s', (text, expected) => {
    expect(found(text)).toEqual([expected]);
  });

  test.each([
    'dataset.status == "VALID" || dataset.status == "INVALID"',
    '"X" in dataset.owners && "Y" in dataset.owners',
    'dataset.size > 5 && dataset.size < 7',
    'dataset.sites.exists(s, s == "A") && !dataset.sites.exists(s, s == "B")',
    'dataset.labels.tier == "RAW" && dataset.labels.campaign == "AOD"',
  ])('none in %s', (text) => {
    expect(found(text).every((each) => each === null)).toBe(true);
  });
});

describe('implications', () => {
  const covers = (weaker: string, stronger: string): boolean =>
    outlineOf(condition(stronger)).every((alternative) =>
      outlineOf(condition(weaker)).some((each) => each.every((atom) => implies(alternative, atom))),
    );

  test.each([
    ['dataset.name.glob("/a/*")', 'dataset.name == "/a/b"'],
    ['dataset.name.glob("/a/*")', 'dataset.name in ["/a/b", "/a/c"] && dataset.open'],
    ['dataset.name.glob("/a/*")', 'dataset.name.glob(["/a/b*", "/a/?/c"])'],
    ['dataset.lastUpdate.olderThan("30d")', 'dataset.lastUpdate.olderThan("90d")'],
    ['dataset.size >= 5', 'dataset.size > 5'],
    ['dataset.open', 'dataset.size > 5 && dataset.open == true'],
    ['dataset.name == "/a" || dataset.open', 'dataset.open'],
  ])('%s covers %s', (weaker, stronger) => {
    expect(covers(weaker, stronger)).toBe(true);
  });

  test.each([
    ['dataset.name.glob("/a/?")', 'dataset.name.glob("/a/*")'],
    ['dataset.name.glob("/a/b*")', 'dataset.name.glob("/a/*")'],
    ['dataset.size > 5', 'dataset.size >= 5'],
    ['dataset.lastUpdate.olderThan("90d")', 'dataset.lastUpdate.olderThan("30d")'],
    ['dataset.open && dataset.size > 5', 'dataset.open'],
    ['dataset.open', 'dataset.open || dataset.size > 5'],
  ])('%s does not cover %s', (weaker, stronger) => {
    expect(covers(weaker, stronger)).toBe(false);
  });
});
