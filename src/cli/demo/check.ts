/** Compares the directories with the inventory, file by file: the end of the demo is what is on the disks. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../database/index.js';
import { messageOf } from '../../error.js';
import { checksums, demoSites, filePath } from './content.js';

export interface CheckResult {
  /** Files that the inventory lists, each at each site counted. */
  readonly expected: number;
  /** What is wrong, one line each: missing, different, unknown, or not complete. */
  readonly faults: readonly string[];
  readonly filesAtSite: ReadonlyMap<string, number>;
}

export async function checkFiles(database: Database, sitesDirectory: string): Promise<CheckResult> {
  const rows = await database.kysely
    .selectFrom('block_replicas')
    .innerJoin('sites', 'sites.id', 'block_replicas.site')
    .innerJoin('files', 'files.block', 'block_replicas.block')
    .select([
      'sites.name as site',
      'files.name as file',
      'files.size as size',
      'files.md5 as md5',
      'files.sha256 as sha256',
      'block_replicas.complete as complete',
    ])
    .execute();
  const faults: string[] = [];
  const known = new Set<string>();
  const filesAtSite = new Map(demoSites.map((site) => [site.name, 0]));
  for (const { site, file, size, md5, sha256, complete } of rows) {
    const path = filePath(sitesDirectory, site, file);
    known.add(path);
    filesAtSite.set(site, (filesAtSite.get(site) ?? 0) + 1);
    if (complete !== 1) faults.push(`${site}: ${file} is listed as incomplete`);
    let content: Buffer;
    try {
      content = await readFile(path);
    } catch (error) {
      faults.push(`${site}: ${file} cannot be read: ${messageOf(error)}`);
      continue;
    }
    const found = checksums(content);
    const right = content.length === Number(size) && found.md5 === md5 && found.sha256 === sha256;
    if (!right) faults.push(`${site}: ${file} has other bytes than the inventory says`);
  }
  for (const { name } of demoSites) {
    for (const path of await filesBelow(join(sitesDirectory, name))) {
      if (!known.has(path)) faults.push(`${name}: ${path} is not in the inventory`);
    }
  }
  return { expected: rows.length, faults, filesAtSite };
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
