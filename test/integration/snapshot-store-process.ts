/**
 * `node --import tsx snapshot-store-process.ts URL FILE`: writes a snapshot to the file again and again, each time for
 * another version of the program, until somebody kills it. Says so before each time.
 */
import { writeSync } from 'node:fs';
import { openDatabase, SnapshotStore } from '../../src/database/index.js';
import { emptyMemory } from '../../src/snapshot/index.js';

const [url = '', file = ''] = process.argv.slice(2);
const db = await openDatabase(url);
for (let version = 1; ; version++) {
  const store = new SnapshotStore({ file, engine: `writer/${version}`, smallest: 0 });
  await store.load(db, { clock: 1_700_000_000, memory: emptyMemory });
  writeSync(1, `${version}\n`);
  await store.save();
}
