/** A bundle to merge: some block replicas of another one, a little younger. */
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Takes one block replica in `every` (or runs of them, `together`), and makes it so many seconds younger. */
export async function writeTouchedReplicas(
  inventory: string,
  directory: string,
  { every, seconds, together = 1 }: { readonly every: number; readonly seconds: number; readonly together?: number },
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'datasets.tsv'), 'name\n');
  writeFileSync(join(directory, 'blocks.tsv'), 'dataset\tname\tsize\n');
  const touched: string[] = [];
  let place = -1;
  let row = -1;
  for await (const line of createInterface({ input: createReadStream(join(inventory, 'replicas.tsv')) })) {
    if (row === -1) {
      place = line.split('\t').indexOf('lastUpdate');
      touched.push(line);
    } else if (row % (every * together) < together) {
      const cells = line.split('\t');
      cells[place] = String(Number(cells[place]) + seconds);
      touched.push(cells.join('\t'));
    }
    row++;
  }
  writeFileSync(join(directory, 'replicas.tsv'), `${touched.join('\n')}\n`);
}
