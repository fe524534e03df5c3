import { describe, expect, it } from 'vitest';
import type { DecisionRow } from '../../../src/planning/plan.js';
import { decisionsTsv } from '../../../src/report/decisions-tsv.js';
import { planChange } from '../../../src/report/plan-change.js';
import { planJson, planNdjson } from '../../../src/report/plan-json.js';
import { emptyPlan, samplePlan } from './sample-plan.js';

const text = (pieces: Iterable<string>): string => [...pieces].join('');

describe('the plan as JSON', () => {
  it('is the plan document, printed as JSON.stringify prints it with two spaces, and a newline', () => {
    expect(text(planJson(samplePlan))).toBe(`${JSON.stringify(samplePlan, null, 2)}\n`);
    expect(text(planJson(emptyPlan))).toBe(`${JSON.stringify(emptyPlan, null, 2)}\n`);
  });

  it('keeps the order of fields whatever the order in which planning built them', () => {
    const backwards = <T>(value: T): T => {
      if (Array.isArray(value)) return value.map(backwards) as T;
      if (typeof value !== 'object' || value === null) return value;
      // The same fields with the same values: still a T.
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, field]) => [key, backwards(field)]),
      ) as T;
    };
    expect(text(planJson(backwards(samplePlan)))).toBe(text(planJson(samplePlan)));
  });

  it('appends what the change does, leaving the document itself as it is', () => {
    const document = JSON.parse(text(planJson(samplePlan, planChange(emptyPlan, samplePlan))));
    const { change, ...rest } = document;
    expect(rest).toEqual(samplePlan);
    expect(change.base.digest).toBe(emptyPlan.digest);
    expect(change.added).toHaveLength(samplePlan.actions.length);
    expect(Object.keys(document).at(-1)).toBe('change');
  });
});

describe('the plan as lines of JSON', () => {
  const records = [...planNdjson(samplePlan)].map((line) => JSON.parse(line));

  it('has one record per line, from the header to the summary', () => {
    for (const line of planNdjson(samplePlan)) expect(line).toMatch(/^\{"record":"[a-z]+",.*\}\n$/);
    expect(records.at(0)).toMatchObject({ record: 'header', digest: samplePlan.digest });
    expect(records.at(-1)).toEqual({ record: 'summary', ...samplePlan.summary });
  });

  it('has every item of the document', () => {
    const of = (record: string) =>
      records.filter((item) => item.record === record).map(({ record: _, ...fields }) => fields);
    expect(of('site')).toEqual(samplePlan.sites);
    expect(of('action')).toEqual(samplePlan.actions);
    expect(of('approval')).toEqual(samplePlan.approvals);
    expect(of('deferred')).toEqual(samplePlan.deferred);
    expect(of('unsatisfied')).toEqual(samplePlan.unsatisfied);
    expect(of('diagnostic')).toEqual(samplePlan.diagnostics);
  });
});

describe('the decisions file', () => {
  it('has a header and is sorted bytewise by its columns', () => {
    const row = (fields: Partial<DecisionRow>): DecisionRow => ({
      retention: 'r',
      site: 'S',
      dataset: '/d',
      rule: 'default',
      decision: 'protect',
      blocks: 1,
      bytes: 10,
      ...fields,
    });
    const rows = [
      row({ dataset: '/é' }),
      row({ dataset: '/z' }),
      row({ rule: 'a', decision: 'dismiss' }),
      row({ site: 'R' }),
    ];
    expect(text(decisionsTsv(rows)).split('\n')).toEqual([
      'retention\tsite\tdataset\trule\tdecision\tblocks\tbytes',
      'r\tR\t/d\tdefault\tprotect\t1\t10',
      'r\tS\t/d\ta\tdismiss\t1\t10',
      'r\tS\t/z\tdefault\tprotect\t1\t10',
      'r\tS\t/é\tdefault\tprotect\t1\t10',
      '',
    ]);
  });
});
