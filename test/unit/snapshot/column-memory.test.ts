import { expect, test } from 'vitest';
import { ColumnMemory } from '../../../src/snapshot/column-memory.js';

test('columns lie in one piece of memory, apart from each other, and begin where their kind can', () => {
  const memory = new ColumnMemory(1024);
  const columns = [
    memory.flags(3),
    memory.floats(2),
    memory.shorts(5),
    memory.ints(3),
    memory.flags(0),
    memory.floats(1),
  ];
  for (const [i, column] of columns.entries()) column.fill(i + 1);
  expect(columns.map((column) => [...column])).toEqual([[1, 1, 1], [2, 2], [3, 3, 3, 3, 3], [4, 4, 4], [], [6]]);
  expect(new Set(columns.map(({ buffer }) => buffer)).size).toBe(1);
});

test('a column that finds no room has memory of its own, and is empty as all are', () => {
  const memory = new ColumnMemory(16);
  const [first, second, third] = [memory.ints(3), memory.floats(4), memory.flags(0)];
  expect([first.length, second.length, third.length]).toEqual([3, 4, 0]);
  expect([...first, ...second]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect(second.buffer).not.toBe(first.buffer);
});
