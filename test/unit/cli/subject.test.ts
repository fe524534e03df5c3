import { describe, expect, it } from 'vitest';
import { lastLineOf } from '../../../src/cli/rule-extent.js';
import { readSubject } from '../../../src/cli/subject.js';

describe('what explain is asked about', () => {
  it('is a dataset, with a block or a site or both', () => {
    expect(readSubject('/A/B/C')).toEqual([{ dataset: '/A/B/C', block: null, site: null }]);
    expect(readSubject('/A/B/C@T2_US_MIT')[0]).toEqual({ dataset: '/A/B/C', block: null, site: 'T2_US_MIT' });
    expect(readSubject('/A/B/C#b1')[0]).toEqual({ dataset: '/A/B/C', block: 'b1', site: null });
    expect(readSubject('/A/B/C#b1@T2_US_MIT')[0]).toEqual({ dataset: '/A/B/C', block: 'b1', site: 'T2_US_MIT' });
  });

  it('may be a name with marks in it: every reading is offered, whole names last', () => {
    const readings = readSubject('/A/x@home#1');
    expect(readings).toContainEqual({ dataset: '/A/x@home', block: '1', site: null });
    expect(readings.at(-1)).toEqual({ dataset: '/A/x@home#1', block: null, site: null });
  });

  it('is never half empty', () => {
    expect(readSubject('')).toEqual([]);
    expect(readSubject('@x')).toEqual([{ dataset: '@x', block: null, site: null }]);
    expect(readSubject('/A@')).toEqual([{ dataset: '/A@', block: null, site: null }]);
  });
});

describe('the lines of a rule', () => {
  const text = `apiVersion: stator/v1
kind: Retention
spec:
  rules:
    - id: first
      action: delete
      # a remark
      when: 'true'

    # about the second
    - id: second
      action: protect
  default: protect
---
kind: Placement
`;
  const rule = (id: string | null, line: number) => ({ kind: 'Retention', name: 'r', id, file: 'f.yaml', line });

  it('end before the next rule, or before what is indented less', () => {
    expect(lastLineOf(text, rule('first', 5))).toBe(8);
    expect(lastLineOf(text, rule('second', 11))).toBe(12);
  });

  it('of a document end before the next one', () => {
    expect(lastLineOf(text, rule(null, 1))).toBe(13);
    expect(lastLineOf(text, rule(null, 15))).toBe(15);
  });
});
