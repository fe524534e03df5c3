/** Rules that ask for names are tried only where the name can be: nothing is decided otherwise than by trying all. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RuleIndex } from '../../../src/planning/retention/rule-index.js';
import { compileExpression, scopes } from '../../../src/policy/index.js';
import { decisionsOf } from '../../scenarios/decisions.js';
import { desired, site } from '../../scenarios/desired.js';
import type { InventorySpec } from '../../scenarios/inventory.js';
import { observed, planFor } from '../../scenarios/loop.js';

describe('the names a condition asks for', () => {
  test.each([
    ['dataset.name == "/a"', ['/a']],
    ['"/a" == dataset.name', ['/a']],
    ['dataset.name in ["/a", "/b"]', ['/a', '/b']],
    ['dataset.name.glob("/a*")', ['/a*']],
    ['dataset.name.glob(["/a*", "/b"])', ['/a*', '/b']],
    ['dataset.name == "/a" && replica.size > 1', ['/a']],
    ['replica.size > 1 && (dataset.name == "/a" || dataset.name.glob("/b*"))', ['/a', '/b*']],
    ['dataset.name.glob(["/a*", "/b*"]) && dataset.name == "/a"', ['/a']],
    ['dataset.name == "/a" || replica.size > 1', null],
    ['dataset.name != "/a"', null],
    ['!(dataset.name == "/a")', null],
    ['site.name == "/a"', null],
    ['dataset.name.matches("a")', null],
    ['replica.owners.exists(o, o == dataset.name)', null],
    // A star in a text that is compared is a star.
    ['dataset.name == "/a*"', null],
    ['dataset.is("names")', null],
    ['true', null],
  ])('%s', (text, names) => {
    expect(compileExpression<boolean>(text, scopes.replica, 'bool').datasetNames).toEqual(names);
  });
});

const names = ['/a', '/ab', '/a/b', '/b', '/ba/c', ''];
const pattern = fc.constantFrom('/a', '/ab', '/a*', '/?', '/b*c', '*', '/zz', '/a/?', '/b');
const condition = fc.oneof(
  pattern.map((text) => `dataset.name.glob("${text}")`),
  fc.array(pattern, { minLength: 1, maxLength: 3 }).map((texts) => `dataset.name.glob(${JSON.stringify(texts)})`),
  fc.constantFrom(...names.slice(0, 5)).map((text) => `dataset.name == "${text}"`),
  fc.constantFrom('site.name == "X"', 'replica.size > 1', 'dataset.name != "/a"', 'block.size > 1'),
);
const combined = fc.oneof(
  condition,
  fc.tuple(condition, fc.constantFrom('&&', '||'), condition).map((parts) => parts.join(' ')),
);
const action = fc.constantFrom('protect', 'delete', 'dismiss');

test('every policy decides as if all rules were tried', () => {
  const spec: InventorySpec = Object.fromEntries(
    names.slice(0, 5).map((name) => [name, { blocks: { p: 1, q: 2 }, at: { X: {}, Y: { only: ['p'] } } }]),
  );
  const world = [site('X'), site('Y'), "---\nkind: Partition\nmetadata: { name: all }\nspec: { match: 'true' }\n"];
  fc.assert(
    fc.property(fc.array(fc.tuple(action, combined), { maxLength: 8 }), (rules) => {
      const decide = (wrap: (when: string) => string): string[] => {
        const lines = rules.map(
          ([what, when], index) => `    - { id: r${index}, action: ${what}, scope: block, when: '${wrap(when)}' }\n`,
        );
        const retention = `---\nkind: Retention\nmetadata: { name: r }\nspec:\n  partition: all\n  sites: 'true'\n  rules:\n${lines.join('')}  default: ignore\n`;
        return decisionsOf(
          planFor(
            desired(...world, lines.length === 0 ? retention.replace('  rules:\n', '') : retention),
            observed(spec),
          ),
        );
      };
      // A condition in a ternary asks for no name that could be seen from outside.
      expect(decide((when) => when)).toEqual(decide((when) => `(${when}) ? true : false`));
    }),
    { numRuns: 150, seed: Number(process.env.STATOR_PROPERTY_SEED ?? 20260701) },
  );
});

test('thousands of names cost a dataset its own few rules', () => {
  const rules = Array.from({ length: 4000 }, (_, i) =>
    i % 5 === 0 ? `dataset.name.glob("/Primary${i}/*/RAW")` : `dataset.name == "/Primary${i}/Era/AOD"`,
  );
  const state = desired(
    "---\nkind: Partition\nmetadata: { name: all }\nspec: { match: 'true' }\n",
    `---\nkind: Retention\nmetadata: { name: r }\nspec:\n  partition: all\n  sites: 'true'\n  rules:\n${rules.map((when, i) => `    - { id: r${i}, action: protect, when: '${when}' }\n`).join('')}`,
  );
  const index = new RuleIndex(state.retentions[0]?.rules ?? []);
  expect(index.candidates('/Primary7/Era/AOD')).toEqual([7]);
  expect(index.candidates('/Primary10/Era/RAW')).toEqual([10]);
  expect(index.candidates('/Other/Era/RAW')).toEqual([]);
});
