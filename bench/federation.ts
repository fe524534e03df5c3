/**
 * The shape of the federation that the benchmarks use: its sites, groups, data tiers and eras, with the weights that
 * decide how much of everything there is. Nothing here depends on the size of the bundle.
 */
import { choices, Random } from './random.js';

/** The clock of every benchmark, 2026-06-01T00:00:00Z; inventories reach back three years from here. */
export const clock = Date.UTC(2026, 5, 1) / 1000;
export const year = 365 * 86_400;
export const siteCount = 100;
/** 8 % of the sites. */
export const tapeSiteCount = 8;

export interface BenchSite {
  readonly name: string;
  readonly storage: 'disk' | 'tape';
  readonly state: 'ready' | 'readonly' | 'draining' | 'down';
  readonly country: string;
  readonly region: string;
  readonly tier: string;
  /** How much of the data lands here, relative to the others. */
  readonly weight: number;
  /** What the site is to be filled to: used / quota of the partition `main`. */
  readonly occupancy: number;
}

const countries: readonly (readonly [code: string, region: string])[] = [
  ['US', 'americas'],
  ['DE', 'europe'],
  ['FR', 'europe'],
  ['UK', 'europe'],
  ['IT', 'europe'],
  ['ES', 'europe'],
  ['CH', 'europe'],
  ['BE', 'europe'],
  ['PL', 'europe'],
  ['EE', 'europe'],
  ['HU', 'europe'],
  ['PT', 'europe'],
  ['BR', 'americas'],
  ['CA', 'americas'],
  ['JP', 'asia'],
  ['IN', 'asia'],
  ['KR', 'asia'],
  ['CN', 'asia'],
];

export function sitesOf(seed: number): readonly BenchSite[] {
  const random = Random.of(seed, -1);
  const sites: BenchSite[] = [];
  const seen = new Map<string, number>();
  for (let i = 0; i < siteCount; i++) {
    const tape = i < tapeSiteCount;
    // Every tape site has a disk site beside it; the others are smaller and spread over the countries.
    const large = i < 2 * tapeSiteCount;
    const [country, region] = countries[large ? i % tapeSiteCount : random.below(countries.length)] ?? [
      'US',
      'americas',
    ];
    const tier = large ? '1' : '2';
    const number = (seen.get(`${tier}${country}${tape}`) ?? 0) + 1;
    seen.set(`${tier}${country}${tape}`, number);
    const place = `${country}${String(number).padStart(2, '0')}`;
    const states = ['readonly', 'draining', 'down'] as const;
    sites.push({
      name: large ? `T1_${country}_${place}_${tape ? 'Tape' : 'Disk'}` : `T2_${country}_${place}`,
      storage: tape ? 'tape' : 'disk',
      // The last three are the ones in trouble.
      state: states[i - siteCount + states.length] ?? 'ready',
      country,
      region,
      tier,
      weight: large ? 4 * random.logNormal(1, 0.3) : random.logNormal(1, 0.6),
      occupancy: random.between(0.55, 1.05),
    });
  }
  return sites;
}

export interface BenchGroup {
  readonly name: string;
  readonly ownership: 'dataset' | 'block';
  readonly weight: number;
}

export const groups: readonly BenchGroup[] = [
  { name: 'AnalysisOps', ownership: 'dataset', weight: 40 },
  { name: 'DataOps', ownership: 'block', weight: 25 },
  { name: 'RelVal', ownership: 'dataset', weight: 4 },
  ...['b-physics', 'egamma', 'exotica', 'forward', 'heavy-ions', 'higgs', 'jets', 'muon', 'standard-model'].map(
    (name) => ({ name, ownership: 'dataset' as const, weight: 3 }),
  ),
  { name: 'tracking', ownership: 'block', weight: 2 },
  { name: 'trigger', ownership: 'block', weight: 2 },
];

export interface Tier {
  readonly name: string;
  readonly weight: number;
  /** Mean bytes of a block. */
  readonly blockSize: number;
  /** Chance that one of the copies is on tape. */
  readonly onTape: number;
}

export const tiers: readonly Tier[] = [
  { name: 'RAW', weight: 6, blockSize: 900e9, onTape: 0.92 },
  { name: 'RECO', weight: 4, blockSize: 600e9, onTape: 0.4 },
  { name: 'AOD', weight: 18, blockSize: 300e9, onTape: 0.7 },
  { name: 'AODSIM', weight: 22, blockSize: 250e9, onTape: 0.6 },
  { name: 'GEN-SIM', weight: 10, blockSize: 200e9, onTape: 0.5 },
  { name: 'MINIAOD', weight: 14, blockSize: 60e9, onTape: 0.25 },
  { name: 'MINIAODSIM', weight: 18, blockSize: 50e9, onTape: 0.2 },
  { name: 'USER', weight: 8, blockSize: 20e9, onTape: 0.02 },
];

export const eras = ['Run2023C', 'Run2023D', 'Run2024A', 'Run2024B', 'Run2024F', 'Run2025B', 'Run2025D', 'Run2026A'];
export const campaigns = ['Prompt', 'ReReco', 'UltraLegacy', 'Winter25', 'Summer25', 'Spring26'];
export const processes = [
  'DYJetsToLL',
  'TTToSemiLeptonic',
  'WJetsToLNu',
  'QCD_Pt',
  'GluGluHToGG',
  'ZZTo4L',
  'SingleMuon',
  'JetHT',
  'EGamma',
  'DoubleMuon',
  'MET',
  'ParkingBPH',
  'MinimumBias',
  'HIHardProbes',
];

export const statuses = choices([
  ['VALID', 84],
  ['PRODUCTION', 6],
  ['DEPRECATED', 5],
  ['INVALID', 3],
  ['DELETED', 1],
  ['IGNORED', 0.5],
  ['UNKNOWN', 0.5],
]);

/** Copies of a dataset: 1 to 4. */
export const copyCounts = choices([
  [1, 30],
  [2, 35],
  [3, 22],
  [4, 13],
]);
