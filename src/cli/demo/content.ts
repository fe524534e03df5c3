/**
 * What the demo moves: twelve small datasets as real files with real checksums, the same bytes every time, at three
 * directories that play disk sites and one that plays a tape library.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface DemoSite {
  readonly name: string;
  readonly storage: 'disk' | 'tape';
  /** As in the YAML. */
  readonly quota: string;
}

export const demoSites: readonly DemoSite[] = [
  { name: 'harbour', storage: 'disk', quota: '760kB' },
  { name: 'hill', storage: 'disk', quota: '1MB' },
  { name: 'lake', storage: 'disk', quota: '1MB' },
  { name: 'cave', storage: 'tape', quota: 'unlimited' },
];

interface DemoDataset {
  readonly name: string;
  readonly status: 'VALID' | 'DEPRECATED';
  readonly blocks: number;
  readonly filesPerBlock: number;
  readonly sites: readonly string[];
  /** A date: nothing in the demo depends on today's. */
  readonly lastUse: string;
}

const datasets: readonly DemoDataset[] = [
  dataset('/Beam/2024A/RAW', 3, 4, ['harbour'], '2025-02-01'),
  dataset('/Beam/2024B/RAW', 3, 4, ['harbour'], '2025-03-01'),
  dataset('/Beam/2024A/RECO', 2, 5, ['harbour', 'hill'], '2024-06-01'),
  dataset('/Beam/2024B/RECO', 2, 5, ['harbour', 'hill'], '2025-06-01'),
  dataset('/Cosmics/2023/RECO', 3, 4, ['harbour', 'lake'], '2024-05-01'),
  dataset('/Beam/2024A/MINI', 2, 4, ['harbour'], '2025-08-01'),
  dataset('/Beam/2024B/MINI', 2, 4, ['hill'], '2025-08-02'),
  dataset('/Cosmics/2023/MINI', 2, 4, ['lake'], '2025-08-03'),
  dataset('/Sim/Toy1/MINI', 2, 4, ['lake'], '2025-08-04'),
  dataset('/Sim/Toy1/RECO', 3, 4, ['harbour', 'hill', 'lake'], '2024-02-01'),
  dataset('/Sim/Toy2/RECO', 3, 4, ['harbour', 'lake'], '2025-01-01'),
  { ...dataset('/Test/2022/RECO', 3, 4, ['hill'], '2023-01-01'), status: 'DEPRECATED' },
];

function dataset(
  name: string,
  blocks: number,
  filesPerBlock: number,
  sites: readonly string[],
  lastUse: string,
): DemoDataset {
  return { name, status: 'VALID', blocks, filesPerBlock, sites, lastUse };
}

/** Where a file of the demo stands at a site: what the endpoints in `sites.yaml` say. */
export function filePath(sitesDirectory: string, site: string, file: string): string {
  return join(sitesDirectory, site, file.replace(/^\/demo\//, ''));
}

export interface DemoContent {
  readonly datasets: number;
  /** Files, every copy counted. */
  readonly files: number;
  readonly bytes: number;
}

/** Writes the files of every site below `sitesDirectory` and the bundle that lists them. */
export async function writeContent(sitesDirectory: string, bundleDirectory: string): Promise<DemoContent> {
  const tables: Record<'datasets' | 'blocks' | 'files' | 'replicas' | 'usage', object[]> = {
    datasets: [],
    blocks: [],
    files: [],
    replicas: [],
    usage: [],
  };
  const random = generator(20_241_122);
  let files = 0;
  let bytes = 0;
  for (const { name, status, blocks, filesPerBlock, sites, lastUse } of datasets) {
    const tier = name.split('/')[3] ?? '';
    const created = '2023-01-01';
    tables.datasets.push({ name, status, type: 'data', open: false, created, lastUpdate: created, labels: { tier } });
    tables.usage.push({ dataset: name, lastAccess: lastUse, accesses: 1 });
    for (let b = 1; b <= blocks; b++) {
      const block = `b${b}`;
      let blockBytes = 0;
      for (let f = 1; f <= filesPerBlock; f++) {
        const file = `/demo${name}/${block}/f${f}.dat`;
        const content = randomBytes(random, 6000 + Math.floor(random() * 4000));
        blockBytes += content.length;
        tables.files.push({ dataset: name, block, name: file, size: content.length, ...checksums(content) });
        for (const site of sites) {
          const path = filePath(sitesDirectory, site, file);
          await mkdir(dirname(path), { recursive: true });
          await writeFile(path, content);
          files++;
          bytes += content.length;
        }
      }
      tables.blocks.push({
        dataset: name,
        name: block,
        size: blockBytes,
        files: filesPerBlock,
        open: false,
        lastUpdate: created,
      });
      for (const site of sites)
        tables.replicas.push({ dataset: name, block, site, owner: 'operations', lastUpdate: created });
    }
  }
  // Also the site that has nothing yet is a directory: a root that is missing is a fault, not an empty site.
  for (const site of demoSites) await mkdir(join(sitesDirectory, site.name), { recursive: true });
  await mkdir(bundleDirectory, { recursive: true });
  for (const [table, rows] of Object.entries(tables)) {
    await writeFile(join(bundleDirectory, `${table}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  return { datasets: datasets.length, files, bytes };
}

/** As the bundle lists them. */
export function checksums(content: Uint8Array): { readonly md5: string; readonly sha256: string } {
  const digest = (algorithm: string): string => createHash(algorithm).update(content).digest('hex');
  return { md5: digest('md5'), sha256: digest('sha256') };
}

function randomBytes(random: () => number, length: number): Uint8Array {
  const content = new Uint8Array(length);
  for (let i = 0; i < length; i++) content[i] = Math.floor(random() * 256);
  return content;
}

/** A linear congruential generator (constants of Numerical Recipes): from 0 to below 1, the same after the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
