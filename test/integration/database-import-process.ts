/** `node --import tsx database-import-process.ts URL DIRECTORY`: an import that somebody else may kill. */
import { writeSync } from 'node:fs';
import { importBundle, openDatabase } from '../../src/database/index.js';

const [url = '', directory = ''] = process.argv.slice(2);
const db = await openDatabase(url);
await importBundle(db, directory, {
  clock: 1_700_000_000,
  progress: ({ bytesRead }) => writeSync(1, `${bytesRead}\n`),
});
writeSync(1, 'done\n');
await db.close();
