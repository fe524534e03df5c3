/**
 * Writes the desired states that go with a bundle. Quotas come from what the bundle put at each site, so that
 * occupancies are between .55 and 1.05.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleFigures } from './bundle.js';
import { campaignRules } from './campaign.js';
import { type BenchSite, groups, sitesOf } from './federation.js';

/**
 * `retention`: 22 rules on the disk partition. `placement`: those and 20 placements. `static`: the rules, in static mode.
 * `campaign`: the rules after 4,006 that name datasets. `datasets`: one placement of named datasets (10,000 where there
 * are as many) at two of 20 sites that hold nothing yet, and no retention.
 */
export type RuleSet = 'retention' | 'placement' | 'static' | 'campaign' | 'datasets';

/** First match wins; what no rule matches is protected. */
const retentionRules: readonly (readonly [id: string, action: string, when: string, more?: string])[] = [
  [
    'invalid',
    'delete',
    'dataset.status in ["INVALID", "DELETED"] && dataset.lastUpdate.olderThan("7d")',
    'allowLastCopy: true',
  ],
  [
    'deprecated',
    'delete',
    'dataset.status == "DEPRECATED" && dataset.lastUpdate.olderThan("7d")',
    'allowLastCopy: true',
  ],
  ['ignored', 'protect', 'dataset.status == "IGNORED"'],
  ['orphans-tier-2', 'dismiss', 'block.owner == "" && site.labels.tier == "2"', 'scope: block'],
  ['orphans', 'protect', 'replica.owners.exists(owner, owner == "")'],
  ['growing', 'protect', 'dataset.open && replica.growing'],
  ['on-the-way', 'protect', '!replica.complete && dataset.lastUpdate.newerThan("60d")'],
  ['unfinished-elsewhere', 'dismiss', '!replica.complete && replica.otherFullCopies > 0'],
  ['raw-needs-tape', 'protect', 'dataset.name.glob("/*/*/RAW") && dataset.onTape != "FULL"'],
  ['raw-on-tape', 'dismiss', 'dataset.labels.tier == "RAW" && dataset.created.olderThan("180d")'],
  ['new', 'protect', 'dataset.created.newerThan("60d")'],
  ['in-demand', 'protect', 'dataset.demand > 1.5 || dataset.accesses > 2000'],
  [
    'last-disk-copy-of-mini',
    'protect',
    'dataset.name.glob(["/*/*/MINIAOD", "/*/*/MINIAODSIM"]) && dataset.fullDiskCopies < 2',
  ],
  ['recent-use', 'protect', 'dataset.lastAccess.newerThan("30d")'],
  ['present-era', 'protect', 'dataset.name.matches(r"^/[^/]+/Run2026\\w-Prompt-v\\d+/") && dataset.fullDiskCopies < 3'],
  [
    'data-ops-cold',
    'dismiss',
    'block.owner == "DataOps" && block.lastUpdate.olderThan("90d") && block.diskCopies > 1',
    'scope: block',
  ],
  ['user-data', 'dismiss', 'dataset.labels.tier == "USER" && dataset.lastUse.olderThan("365d")'],
  ['surplus-same-owner', 'dismiss', 'replica.otherFullCopiesSameOwner > 0'],
  ['surplus', 'dismiss', 'replica.otherFullCopies > 1'],
  ['on-tape-and-cold', 'dismiss', 'dataset.onTape == "FULL" && dataset.lastUse.olderThan("120d")'],
  [
    'simulation',
    'dismiss',
    'dataset.name.glob("/*/*/*SIM") && replica.otherFullCopies > 0 && dataset.usageRank > 100.0',
  ],
  ['partial', 'dismiss', 'replica.partial && dataset.fullCopies > 0'],
];

const placements: readonly (readonly [name: string, spec: Readonly<Record<string, string>>])[] = [
  [
    'raw-on-tape',
    { datasets: 'dataset.labels.tier == "RAW"', to: 'site.storage == "tape"', copies: '1', priority: '90' },
  ],
  [
    'aod-on-tape',
    { datasets: 'dataset.labels.tier in ["AOD", "AODSIM"]', to: 'site.storage == "tape"', copies: '1', priority: '40' },
  ],
  [
    'raw-at-tier-1',
    {
      datasets: 'dataset.labels.tier == "RAW" && dataset.created.newerThan("180d")',
      to: 'site.name.glob("T1_*_Disk")',
      copies: '1',
      priority: '80',
    },
  ],
  [
    'mini-twice',
    { datasets: 'dataset.name.glob("/*/*/MINIAOD*")', to: 'site.storage == "disk"', copies: '2', priority: '70' },
  ],
  [
    'mini-americas',
    {
      datasets: 'dataset.name.glob("/*/*/MINIAOD*")',
      to: 'site.storage == "disk" && site.labels.region == "americas"',
      copies: '1',
    },
  ],
  [
    'mini-europe',
    {
      datasets: 'dataset.name.glob("/*/*/MINIAOD*")',
      to: 'site.storage == "disk" && site.labels.region == "europe"',
      copies: '1',
    },
  ],
  [
    'aod-present-era',
    {
      datasets: 'dataset.labels.tier == "AOD" && dataset.labels.era == "Run2026A"',
      to: 'site.storage == "disk"',
      copies: '2',
    },
  ],
  [
    'popular',
    {
      datasets: 'dataset.demand > 0.5',
      to: 'site.storage == "disk"',
      copies: 'min(4, ceil(dataset.demand / 1.75))',
      priority: '30',
      protect: 'false',
    },
  ],
  [
    'gen-sim-once',
    {
      datasets: 'dataset.labels.tier == "GEN-SIM"',
      to: 'site.storage == "disk" || site.storage == "tape"',
      copies: '1',
    },
  ],
  [
    'reco-new',
    {
      datasets: 'dataset.labels.tier == "RECO" && dataset.created.newerThan("90d")',
      to: 'site.labels.tier == "1" && site.storage == "disk"',
      copies: '1',
    },
  ],
  [
    'heavy-ions',
    {
      datasets: 'dataset.name.glob("/HI*/*/*")',
      to: 'site.labels.country in ["US", "FR"] && site.storage == "disk"',
      copies: '1',
    },
  ],
  [
    'parking',
    { datasets: 'dataset.name.glob("/Parking*/*/RAW")', to: 'site.storage == "tape"', copies: '2', priority: '20' },
  ],
  [
    'egamma-uk',
    {
      datasets: 'dataset.name.glob("/EGamma/*/*") || dataset.name.glob("/EGamma_*/*/AOD")',
      to: 'site.labels.country == "UK" && site.storage == "disk"',
      copies: '1',
    },
  ],
  [
    'muon-it',
    {
      datasets: 'dataset.name.glob(["/SingleMuon_*/*/AOD", "/DoubleMuon_*/*/AOD"])',
      to: 'site.labels.country == "IT" && site.storage == "disk"',
      copies: '1',
    },
  ],
  [
    'jets-de',
    {
      datasets: 'dataset.name.glob("/JetHT_*/*/AOD")',
      to: 'site.labels.country == "DE" && site.storage == "disk"',
      copies: '1',
    },
  ],
  [
    'minimum-bias',
    {
      datasets: 'dataset.name.glob("/MinimumBias_*/*/GEN-SIM")',
      to: 'site.storage == "disk"',
      copies: '3',
      priority: '60',
    },
  ],
  [
    'prompt-everywhere-1',
    {
      datasets: 'dataset.name.matches(r"/Run2026\\w-Prompt-v\\d+/MINIAOD$")',
      to: 'site.name.glob("T1_*_Disk")',
      copies: '2',
    },
  ],
  ['requested', { datasets: 'dataset.copyRequested', to: 'site.storage == "disk"', copies: '2', priority: '65' }],
  ['tape-requested', { datasets: 'dataset.tapeRequested', to: 'site.storage == "tape"', copies: '1', priority: '75' }],
  [
    'user-home',
    {
      datasets: 'dataset.labels.tier == "USER" && dataset.lastUse.newerThan("90d")',
      to: 'site.labels.tier == "2"',
      copies: '1',
      priority: '10',
    },
  ],
];

/** Writes a desired state. */
export function writeDesiredState(
  dir: string,
  options: { readonly seed: number; readonly figures: BundleFigures; readonly rules: RuleSet },
): void {
  mkdirSync(dir, { recursive: true });
  const { rules, figures } = options;
  const write = (name: string, documents: readonly string[]): void =>
    writeFileSync(join(dir, name), documents.join('---\n'));
  write('federation.yaml', [
    document('Federation', 'bench', [
      "  datasetName: '^/[^/]+/[^/]+/[^/]+$'",
      '  labels: { dataset: [tier, era, campaign], site: [country, region, tier] }',
      '  defaults: { owner: AnalysisOps, evacuateTo: \'site.storage == "disk"\' }',
    ]),
  ]);
  write(
    'sites.yaml',
    sitesOf(options.seed).map((site) => siteDocument(site, figures)),
  );
  if (rules === 'datasets') {
    write('new-sites.yaml', newSites(figures));
    write('placements.yaml', [
      document('Selector', 'named', ['  scope: dataset', '  namesFile: named.txt']),
      document('Placement', 'named', [
        '  datasets: \'dataset.is("named")\'',
        '  statuses: [VALID, PRODUCTION, DEPRECATED, INVALID, DELETED, IGNORED, UNKNOWN]',
        '  to: \'site.name.glob("T3_*")\'',
        '  copies: 2',
      ]),
    ]);
    writeFileSync(join(dir, 'named.txt'), `${figures.datasetNames.join('\n')}\n`);
  }
  write(
    'groups.yaml',
    groups.map((group) => document('Group', group.name, [`  ownership: ${group.ownership}`])),
  );
  write('partitions.yaml', [
    partition('main', 'site.storage == "disk" && block.owner != "RelVal"'),
    partition('relval', 'site.storage == "disk" && block.owner == "RelVal"'),
    partition('archive', 'site.storage == "tape"'),
  ]);
  if (rules !== 'datasets') write('retention.yaml', [retentionDocument(rules, options.seed, figures)]);
  if (rules === 'placement') {
    write(
      'placements.yaml',
      placements.map(([name, spec]) =>
        document(
          'Placement',
          name,
          Object.entries(spec).map(([key, value]) => `  ${key}: ${scalar(value)}`),
        ),
      ),
    );
  }
}

/** Whole GB: a quota in plain bytes could be above 2^53. */
function quota(bytes: number): string {
  return `${Math.max(1, Math.ceil(bytes / 1e9))}GB`;
}

function siteDocument(site: BenchSite, figures: BundleFigures): string {
  const used = figures.usedBySite.get(site.name) ?? { relval: 0, others: 0 };
  const quotas =
    site.storage === 'tape'
      ? 'archive: unlimited'
      : `main: ${quota(used.others / site.occupancy)}, relval: ${quota(used.relval / 0.7)}`;
  return [
    ...head('Site', site.name, `, labels: { country: ${site.country}, region: ${site.region}, tier: "${site.tier}" }`),
    `  storage: ${site.storage}`,
    `  state: ${site.state}`,
    `  quotas: { ${quotas} }`,
    '  endpoints:',
    `    - { protocol: davs, match: '^/store/(.*)$', url: 'davs://${site.name.toLowerCase().replaceAll('_', '-')}.example.org:1094/store/$1' }`,
    '',
  ].join('\n');
}

/** Empty disk sites, each with room for all there is. */
function newSites(figures: BundleFigures): string[] {
  return Array.from({ length: 20 }, (_, i) => {
    const name = `T3_XX_${String(i + 1).padStart(2, '0')}`;
    return siteDocument(
      { name, storage: 'disk', state: 'ready', country: 'XX', region: 'other', tier: '3', weight: 1, occupancy: 1 },
      { ...figures, usedBySite: new Map([[name, { relval: figures.bytes, others: figures.bytes }]]) },
    );
  });
}

function retentionDocument(rules: RuleSet, seed: number, figures: BundleFigures): string {
  const lines = [
    '  partition: main',
    '  sites: \'site.storage == "disk"\'',
    '  trigger: \'site.occupancy > 0.90 || site.state == "draining"\'',
    '  until: \'site.occupancy < 0.85 && site.state != "draining"\'',
    '  order: [ { by: dataset.usageRank, direction: desc }, { by: replica.size, direction: asc } ]',
    ...(rules === 'static' ? ['  mode: static'] : []),
    '  rules:',
  ];
  for (const { id, action, when } of rules === 'campaign' ? campaignRules(seed, figures.datasetNames) : []) {
    lines.push(`    - id: ${id}`, `      action: ${action}`, `      when: ${scalar(when)}`);
  }
  for (const [id, action, when, more] of retentionRules) {
    lines.push(`    - id: ${id}`, `      action: ${action}`, `      when: ${scalar(when)}`);
    if (more !== undefined) lines.push(`      ${more}`);
  }
  lines.push('  default: protect');
  return document('Retention', 'main', lines);
}

function partition(name: string, match: string): string {
  return document('Partition', name, [`  match: ${scalar(match)}`]);
}

function document(kind: string, name: string, spec: readonly string[]): string {
  return [...head(kind, name), ...spec, ''].join('\n');
}

function head(kind: string, name: string, labels = ''): string[] {
  return ['apiVersion: stator/v1', `kind: ${kind}`, `metadata: { name: ${name}${labels} }`, 'spec:'];
}

/** Numbers and booleans as they are, everything else in single quotes. */
function scalar(value: string): string {
  return /^(?:\d+|true|false)$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
}
