/** What is made of columns that exist: the same as of the rows they came from. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ColumnFileParts,
  contentKey,
  decodeSnapshot,
  emptyMemory,
  encodeSnapshot,
  partLengths,
  preludeBytes,
  replaceDatasets,
  type Snapshot,
  SnapshotBuilder,
  type SnapshotColumns,
  UnusableColumnFile,
} from '../../src/snapshot/index.js';

interface DatasetInput {
  readonly name: string;
  readonly status: string;
  readonly number: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly blocks: readonly {
    readonly name: string;
    readonly size: number;
    readonly copies: readonly { readonly site: string; readonly owner: string; readonly flags: number }[];
  }[];
  readonly subscriptions: readonly { readonly site: string; readonly owner: string; readonly growing: boolean }[];
}

/** Names that sort differently by bytes and by UTF-16 units, and some that are not Latin-1. */
const name = fc.constantFrom(
  'a',
  'B',
  'b0',
  'ä',
  'z',
  '\u{1f600}',
  '\uffee',
  '日本',
  '__proto__',
  'a longer name than most',
);
const site = fc.constantFrom('T0', 'T1', 'T2_Ä', 'T3_日', 'T4');
const owner = fc.constantFrom('', 'Data', 'data', 'Ω');

const dataset: fc.Arbitrary<Omit<DatasetInput, 'name'>> = fc.record({
  status: fc.constantFrom('VALID', 'DELETED'),
  number: fc.double({ noNaN: true, min: 0, max: 1e12 }),
  labels: fc.dictionary(name, fc.constantFrom('', 'x', 'ÿ', '日'), { maxKeys: 2 }),
  blocks: fc.uniqueArray(
    fc.record({
      name,
      size: fc.nat(2 ** 31 - 1).map((size) => size * 4096),
      copies: fc.uniqueArray(fc.record({ site, owner, flags: fc.nat(7) }), {
        selector: (copy) => copy.site,
        maxLength: 3,
      }),
    }),
    { selector: (block) => block.name, maxLength: 4 },
  ),
  subscriptions: fc.uniqueArray(fc.record({ site, owner, growing: fc.boolean() }), {
    selector: (subscription) => subscription.site,
    maxLength: 2,
  }),
});

const federation = fc.dictionary(name, dataset, { maxKeys: 8 });

function build(datasets: readonly DatasetInput[], generation: number): Snapshot {
  const builder = new SnapshotBuilder();
  for (const { name, status, number, labels, blocks, subscriptions } of datasets) {
    const d = builder.addDataset({
      ...{ name, status, type: number > 1e6 ? 'mc' : '', open: number > 1e11, created: number, lastUpdate: number / 3 },
      ...{ tapeRequested: number > 5, copyRequested: number > 1e3, labels },
    });
    if (number > 100) {
      builder.setUsage(d, { lastAccess: number, accesses: number / 7, usageRank: -number, demand: 1 / number });
    }
    for (const block of blocks) {
      const b = builder.addBlock(d, block.name, block.size, block.size % 100, block.size % 2 === 1, number);
      for (const { site, owner, flags } of block.copies) {
        builder.addBlockReplica(
          b,
          builder.site(site),
          builder.owner(owner),
          block.size / 2,
          { complete: (flags & 1) !== 0, custodial: (flags & 2) !== 0, managed: (flags & 4) !== 0 },
          number,
        );
      }
    }
    for (const { site, owner, growing } of subscriptions) {
      builder.addSubscription(d, builder.site(site), builder.owner(owner), growing);
    }
  }
  return builder.build({ generation, takenAt: 7, completeness: { state: 'complete' }, memory: emptyMemory });
}

function inputs(datasets: Readonly<Record<string, Omit<DatasetInput, 'name'>>>): DatasetInput[] {
  return Object.entries(datasets).map(([name, rest]) => ({ name, ...rest }));
}

function columnsOf({ sites, owners, datasets, blocks, replicas, blockReplicas }: Snapshot): SnapshotColumns {
  return { sites, owners, datasets, blocks, replicas, blockReplicas };
}

const key = { generation: 12, token: 'abc', writer: 'stator' };

function fileOf(snapshot: Snapshot): Buffer {
  return Buffer.concat(encodeSnapshot(columnsOf(snapshot), key));
}

/** As a reader takes it apart: numbers in a buffer of their own. */
function parts(file: Uint8Array): ColumnFileParts {
  const prelude = file.subarray(0, preludeBytes);
  const { head, numbers, text } = partLengths(prelude, file.length);
  const numbersAt = preludeBytes + head;
  return {
    prelude,
    head: file.subarray(preludeBytes, numbersAt),
    numbers: Uint8Array.from(file.subarray(numbersAt, numbersAt + numbers)),
    text: file.subarray(numbersAt + numbers, numbersAt + numbers + text),
  };
}

describe('datasets that are replaced', () => {
  test('give what a snapshot of all rows would be, column by column', () => {
    fc.assert(
      fc.property(federation, federation, (old, changes) => {
        const base = build(inputs(old), 1);
        const changed = build(inputs(changes), 2);
        const { copied, ...columns } = replaceDatasets(base, changed);
        expect(columns).toStrictEqual(build(inputs({ ...old, ...changes }), 2));
        // What was copied is what did not change, by name.
        const names = columns.datasets.name.map((name) => (Object.hasOwn(changes, name) ? undefined : name));
        expect([...(copied?.datasets ?? [])].map((dataset) => base.datasets.name[dataset])).toEqual(names);
      }),
      { numRuns: 400 },
    );
  });

  test('leave both snapshots as they were', () => {
    fc.assert(
      fc.property(federation, federation, (old, changes) => {
        const base = build(inputs(old), 1);
        const changed = build(inputs(changes), 2);
        replaceDatasets(base, changed);
        expect([base, changed]).toStrictEqual([build(inputs(old), 1), build(inputs(changes), 2)]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a snapshot in a file', () => {
  test('comes back as it was, column by column', () => {
    fc.assert(
      fc.property(federation, (datasets) => {
        const snapshot = build(inputs(datasets), 1);
        const file = parts(fileOf(snapshot));
        expect(contentKey(file.head)).toEqual(key);
        expect(decodeSnapshot(file)).toStrictEqual(columnsOf(snapshot));
      }),
      { numRuns: 200 },
    );
  });

  test('keeps names of more than one chunk, each in its place', () => {
    const builder = new SnapshotBuilder();
    const row = { status: 'VALID', type: '', open: false, created: 0, lastUpdate: 0, labels: {} };
    for (let i = 0; i < 40_000; i++) {
      const name = i === 20_000 ? '日本' : `number ${i}`;
      const d = builder.addDataset({ name, ...row, tapeRequested: false, copyRequested: false });
      builder.addBlock(d, name, 1, 1, false, 0);
    }
    const head = { generation: 1, takenAt: 0, completeness: { state: 'complete' }, memory: emptyMemory } as const;
    const snapshot = builder.build(head);
    expect(decodeSnapshot(parts(fileOf(snapshot)))).toStrictEqual(columnsOf(snapshot));
  });

  /** @returns what a reader sees of a file: its columns, or that it is of no use */
  function read(file: Uint8Array): SnapshotColumns | 'unusable' {
    try {
      const taken = parts(file);
      contentKey(taken.head);
      return decodeSnapshot(taken);
    } catch (error) {
      if (error instanceof UnusableColumnFile) return 'unusable';
      throw error;
    }
  }

  const sample =
    fc
      .sample(federation, { numRuns: 20, seed: 4 })
      .map(inputs)
      .filter((list) => list.length > 2)[0] ?? [];
  const whole = fileOf(build(sample, 1));

  test('is of no use when any of its bytes is another', () => {
    expect(read(whole)).not.toBe('unusable');
    for (let i = 0; i < whole.length; i++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const broken = Buffer.from(whole);
        broken.writeUInt8(broken.readUInt8(i) ^ flip, i);
        expect(read(broken), `byte ${i} ^ ${flip}`).toBe('unusable');
      }
    }
  });

  test('is of no use when it is shorter or longer', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(read(whole.subarray(0, length)), `${length} bytes`).toBe('unusable');
    }
    expect(read(Buffer.concat([whole, Buffer.of(0)]))).toBe('unusable');
    expect(read(Buffer.concat([whole, whole]))).toBe('unusable');
  });
});
