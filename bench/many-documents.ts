/** A desired state of 20,000 documents in 400 files, as a federation has after years of requests: what `validate` is measured on. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from './random.js';

export const documentCount = 20_000;
export const documentFiles = 400;
const sites = 100;

const federation = `apiVersion: stator/v1
kind: Federation
metadata: { name: bench }
spec: { labels: { dataset: [tier, campaign], site: [region] } }
---
apiVersion: stator/v1
kind: Group
metadata: { name: analysis }
spec: { ownership: dataset }
---
apiVersion: stator/v1
kind: Partition
metadata: { name: main }
spec: { match: 'true' }
`;

/** Half of them are placements, a quarter each locks and exclusions; nothing is wrong with any of them. */
export function writeManyDocuments(dir: string, seed: number): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'federation.yaml'), federation);
  const siteDocuments = Array.from({ length: sites }, (_, i) => {
    const storage = i % 10 === 0 ? 'tape' : 'disk';
    return `apiVersion: stator/v1
kind: Site
metadata: { name: S${i}, labels: { region: r${i % 5} } }
spec: { storage: ${storage}, quotas: { main: ${i + 1}PB } }
`;
  });
  writeFileSync(join(dir, 'sites.yaml'), siteDocuments.join('---\n'));
  const random = Random.of(seed, -3);
  const perFile = documentCount / documentFiles;
  for (let file = 0; file < documentFiles; file++) {
    const documents = Array.from({ length: perFile }, (_, i) => document(file * perFile + i, random));
    writeFileSync(join(dir, fileName(file)), documents.join('---\n'));
  }
}

/** Changes what one document says, to something else for every `run`. */
export function editOneDocument(dir: string, run: number): void {
  const path = join(dir, fileName(documentFiles / 2));
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(/^( {2}copies: ).*$/m, `$1${1 + (run % 5)}`));
}

function fileName(file: number): string {
  return `requests-${String(file).padStart(3, '0')}.yaml`;
}

function document(n: number, random: Random): string {
  const primary = `/Primary${n}${random.hex(4)}`;
  if (n % 4 === 2) {
    return `apiVersion: stator/v1
kind: Lock
metadata: { name: lock-${n} }
spec:
  datasets: dataset.name.glob("${primary}*/*/RAW")
  sites: site.name == "S${random.below(sites)}"
  expires: 2027-01-01
  reason: asked for by user ${random.below(500)}
`;
  }
  if (n % 4 === 3) {
    return `apiVersion: stator/v1
kind: Exclusion
metadata: { name: exclusion-${n} }
spec:
  datasets: dataset.name == "${primary}/Era2026B-v1/MINIAOD"
  sites: site.name in ["S${random.below(sites / 2)}", "S${sites / 2 + random.below(sites / 2)}"]
  reason: agreed
`;
  }
  return `apiVersion: stator/v1
kind: Placement
metadata: { name: placement-${n} }
spec:
  description: Request ${n}
  datasets: dataset.name == "${primary}/Era2026A-v${1 + random.below(7)}/AOD"
  to: site.storage == "disk" && site.labels.region == "r${random.below(5)}"
  copies: ${1 + random.below(3)}
  owner: analysis
`;
}
