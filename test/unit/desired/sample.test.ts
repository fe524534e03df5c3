/** The federation in `desired-state/`: where `stator init` and `stator demo` start from. */
import { expect, test } from 'vitest';
import { compileDesired } from '../../../src/desired/index.js';
import { readDirectory } from '../../../src/source/index.js';

test('it is valid, without warnings, and shows the kinds that most federations use', async () => {
  const tree = await readDirectory(new URL('../../../desired-state', import.meta.url).pathname);
  const { state, diagnostics } = compileDesired(tree.files, tree.source);
  expect(diagnostics).toEqual([]);
  expect(state?.sites.map(({ name, storage }) => [name, storage])).toEqual([
    ['Boston_Disk', 'disk'],
    ['Geneva_Disk', 'disk'],
    ['Geneva_Tape', 'tape'],
    ['Hamburg_Disk', 'disk'],
  ]);
  const text = tree.files.map(({ bytes }) => new TextDecoder().decode(bytes)).join('\n');
  const shown = [...text.matchAll(/^kind: (\w+)$/gm)].map((match) => match[1]);
  expect([...new Set(shown)].sort()).toEqual([
    'Federation',
    'Group',
    'Guard',
    'Lock',
    'Partition',
    'Placement',
    'Retention',
    'Selector',
    'Site',
  ]);
});
