/**
 * `node --import tsx document-store-process.ts FILE NAME`: writes documents to the file again and again, as the program
 * `stator/NAME`, until somebody kills it. Says so before each time.
 */
import { writeSync } from 'node:fs';
import { DocumentStore } from '../../src/source/index.js';

const [file = '', name = ''] = process.argv.slice(2);
for (let round = 0; ; round++) {
  const store = await DocumentStore.open({ file, program: `stator/${name}`, smallest: 0 });
  const key = String(round % 100).padStart(64, '0');
  const value = { text: name.repeat(10_000) };
  store.put(key, [{ kind: 'Group', name, start: [1, 1], value, places: {}, expressions: [] }]);
  writeSync(1, `${round}\n`);
  await store.save();
}
