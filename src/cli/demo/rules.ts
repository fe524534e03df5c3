/** The desired state of the demo: six rules in a git repository, and the change that is made to one of them. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { demoSites } from './content.js';

export interface Person {
  readonly name: string;
  readonly email: string;
}

export const ada: Person = { name: 'Ada Demo', email: 'ada@example.org' };
export const ben: Person = { name: 'Ben Demo', email: 'ben@example.org' };

const files: Readonly<Record<string, string>> = {
  'federation.yaml': `# What holds everywhere.
apiVersion: stator/v1
kind: Federation
metadata: { name: demo }
spec:
  labels: { dataset: [tier] }
  defaults: { owner: operations }
---
apiVersion: stator/v1
kind: Group
metadata: { name: operations }
spec: { ownership: dataset }
---
apiVersion: stator/v1
kind: Partition
metadata: { name: disk }
spec: { match: 'site.storage == "disk"' }
`,
  'placements/archive.yaml': `# Rule 1: what must be on tape.
apiVersion: stator/v1
kind: Placement
metadata: { name: raw-on-tape }
spec:
  description: Raw data cannot be made again.
  datasets: dataset.labels.tier == "RAW"
  to: site.storage == "tape"
  copies: 1
  priority: 90
`,
  'placements/analysis.yaml': `# Rule 2: what people analyse has two copies, anywhere on disk.
apiVersion: stator/v1
kind: Placement
metadata: { name: mini-in-two-places }
spec:
  datasets: dataset.labels.tier == "MINI"
  to: site.storage == "disk"
  copies: 2
---
# Rule 3: cosmics are read at one place.
apiVersion: stator/v1
kind: Placement
metadata: { name: cosmics }
spec:
  datasets: dataset.name.glob("/Cosmics/*")
  to: site.name == "lake"
  copies: 1
`,
  'retention/disk.yaml': `# What may go. A disk above 90 % gives up what rule 6 finds, the longest unused first, until it is below 80 %.
apiVersion: stator/v1
kind: Retention
metadata: { name: disk }
spec:
  partition: disk
  sites: site.storage == "disk"
  trigger: site.occupancy > 0.90
  until: site.occupancy < 0.80
  order: [ { by: dataset.lastUse, direction: asc } ]
  rules:
    # Rule 4: what was withdrawn goes, whatever the occupancy.
    - id: withdrawn
      action: delete
      when: dataset.status == "DEPRECATED"
      allowLastCopy: true
    # Rule 5: what a placement needs stays.
    - id: required
      action: protect
      when: replica.required
    # Rule 6: further copies go when space is needed.
    - id: surplus
      action: dismiss
      when: replica.otherFullCopies > 0
  default: protect
`,
};

/** Makes the repository with its first commit. Returns the commit. */
export async function writeRules(repository: string, sitesDirectory: string): Promise<string> {
  await mkdir(repository, { recursive: true });
  await git(repository, ada, ['init', '--quiet', '--initial-branch=main']);
  for (const [path, text] of Object.entries({ ...files, 'sites.yaml': sitesYaml(sitesDirectory) })) {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), text);
  }
  return commit(repository, ada, 'Say where data has to be');
}

/** Cosmics move: one line of rule 3. Returns the commit. */
export async function editRule(repository: string): Promise<string> {
  const path = join(repository, 'placements/analysis.yaml');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('to: site.name == "lake"', 'to: site.name == "hill"'));
  return commit(repository, ben, 'Read cosmics at the hill');
}

function sitesYaml(sitesDirectory: string): string {
  const documents = demoSites.map(({ name, storage, quota }) => {
    const root = join(sitesDirectory, name);
    return `apiVersion: stator/v1
kind: Site
metadata: { name: ${name} }
spec:
  storage: ${storage}
${storage === 'disk' ? `  quotas: { disk: ${quota} }\n` : ''}  endpoints:
    - protocol: file
      match: '^/demo/(.*)$'
      url: '${pathToFileURL(root).href}/$1'
      root: '${root.replaceAll("'", "''")}'
`;
  });
  return `# Directories that play sites.\n${documents.join('---\n')}`;
}

async function commit(repository: string, person: Person, message: string): Promise<string> {
  await git(repository, person, ['add', '--all']);
  await git(repository, person, ['commit', '--quiet', '--message', message]);
  return (await git(repository, person, ['rev-parse', 'HEAD'])).trim();
}

/** Runs git as somebody, without the configuration of whoever runs the demo. */
async function git(repository: string, { name, email }: Person, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', repository, '-c', 'commit.gpgSign=false', ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: repository,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    },
  });
  return stdout;
}
