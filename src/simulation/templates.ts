/** What new datasets are modelled on: datasets of the inventory, with the sites they could have been born at. */
import { StatorError } from '../error.js';
import type { World } from '../planning/world.js';
import type { DatasetRow, UsageRow } from '../snapshot/builder.js';
import { at, nameAt } from '../snapshot/column.js';
import type { ArrivalStream, Rate } from './assumptions.js';

/** A place of birth, and the owner of what is born there. */
export interface Home {
  readonly site: string;
  readonly owner: string;
}

export interface Template {
  readonly row: DatasetRow;
  readonly usage: UsageRow;
  /** Bytes and files of its blocks. */
  readonly sizes: Float64Array;
  readonly files: Int32Array;
  /** Sum of the sizes; above 0. */
  readonly size: number;
  /** At least one. */
  readonly homes: readonly Home[];
}

/** A stream with everything it draws from. */
export interface ModelledStream {
  readonly stream: ArrivalStream;
  readonly rate: Rate;
  /** At least one, unless nothing arrives. */
  readonly templates: readonly Template[];
}

/** As many as the largest federations hold altogether. */
const mostBlocksPerDay = 1_000_000;

const statuses: ReadonlySet<string> = new Set(['VALID', 'PRODUCTION']);

/**
 * @param window seconds before the clock in which what counts as recent was created
 * @throws StatorError where data is to arrive and there is nothing that it could be like, or no site it could be born at
 */
export function modelStream(world: World, stream: ArrivalStream, window: number): ModelledStream {
  const { datasets } = world.snapshot;
  const isRecent = (d: number): boolean => {
    const created = at(datasets.created, d);
    return created > world.clock.now - window && created <= world.clock.now;
  };
  const all = matching(world, stream);
  const recent = all.filter(isRecent);
  const rate = stream.rate === 'recent' ? { bytes: sizeOf(world, recent), per: window } : stream.rate;
  if (rate.bytes === 0) return { stream, rate, templates: [] };
  const places = birthplaces(world, stream);
  const make = (list: readonly number[]): Template[] => list.flatMap((d) => templateOf(world, stream, d, places) ?? []);
  // Without a condition of its own, a stream is like what came lately; where nothing did, like anything.
  let templates = make(stream.like === null ? recent : all);
  if (templates.length === 0 && stream.like === null) templates = make(all);
  if (templates.length === 0) templates = invented(stream, places, world);
  if (templates.length > 0) {
    refuseTooMany(stream, rate, templates);
    return { stream, rate, templates };
  }
  throw new StatorError({
    code: 'no-template',
    what: `nothing in the inventory is like what is to arrive as \`${stream.name}\`, at a site that is ready`,
    todo: 'say `named`, `at` and `datasetSize` of it in the file given with --assumptions, or let nothing arrive: --arrival none',
  });
}

/** A slip of a unit is told, instead of filling the memory with it. */
function refuseTooMany({ name }: ArrivalStream, { bytes, per }: Rate, templates: readonly Template[]): void {
  const blocks = templates.reduce((sum, { sizes }) => sum + sizes.length, 0);
  const size = templates.reduce((sum, template) => sum + template.size, 0);
  const perDay = ((bytes / per) * 86_400 * blocks) / size;
  if (perDay <= mostBlocksPerDay) return;
  throw new StatorError({
    code: 'too-much-arrives',
    what: `what is to arrive as \`${name}\` would be ${Math.round(perDay)} blocks a day, more than ${mostBlocksPerDay}`,
    todo: 'correct the rate, or let its datasets and blocks be larger',
  });
}

function matching(world: World, { like }: ArrivalStream): number[] {
  const { datasets } = world.snapshot;
  const holds = like?.bind(world.reader);
  const found: number[] = [];
  for (let d = 0; d < datasets.count; d++) {
    if (!(at(datasets.size, d) > 0)) continue;
    if (holds === undefined) {
      if (statuses.has(nameAt(datasets.status, d))) found.push(d);
      continue;
    }
    world.reader.moveToDataset(d);
    if (holds()) found.push(d);
  }
  return found;
}

function sizeOf(world: World, datasets: readonly number[]): number {
  let size = 0;
  for (const d of datasets) size += at(world.snapshot.datasets.size, d);
  return size;
}

/** The ready sites where `at` holds; null where the stream does not say. */
function birthplaces(world: World, stream: ArrivalStream): readonly string[] | null {
  if (stream.at === null) return null;
  const holds = stream.at.bind(world.reader);
  const places = world.sites.names.filter((_, site) => {
    if (at(world.sites.writable, site) === 0) return false;
    world.reader.moveToSite(site);
    return holds();
  });
  if (places.length > 0) return places;
  throw new StatorError({
    code: 'no-birthplace',
    what: `no ready site matches \`at\` of what is to arrive as \`${stream.name}\``,
    where: stream.at.text,
    todo: 'correct the condition in the file given with --assumptions',
  });
}

function templateOf(world: World, stream: ArrivalStream, d: number, places: readonly string[] | null): Template | null {
  const { datasets, blocks } = world.snapshot;
  const homes = homesOf(world, stream, d, places);
  if (homes.length === 0) return null;
  const from = at(datasets.blockStart, d);
  const to = at(datasets.blockStart, d + 1);
  const labels: Record<string, string> = {};
  for (const [key, column] of datasets.labels) if (column[d] !== '') labels[key] = nameAt(column, d);
  return {
    row: {
      name: nameAt(datasets.name, d),
      status: stream.status ?? nameAt(datasets.status, d),
      type: nameAt(datasets.type, d),
      open: false,
      created: 0,
      lastUpdate: 0,
      tapeRequested: at(datasets.tapeRequested, d) === 1,
      copyRequested: at(datasets.copyRequested, d) === 1,
      labels: { ...labels, ...stream.labels },
    },
    usage: {
      lastAccess: at(datasets.lastAccess, d),
      accesses: at(datasets.accesses, d),
      usageRank: at(datasets.usageRank, d),
      demand: at(datasets.demand, d),
    },
    ...sized(stream, blocks.size.slice(from, to), blocks.files.slice(from, to)),
    homes,
  };
}

/** Where the model is complete, disk before tape; or the places the stream names. */
function homesOf(world: World, stream: ArrivalStream, d: number, places: readonly string[] | null): Home[] {
  const { datasets, replicas } = world.snapshot;
  const here: (Home & { readonly isDisk: boolean })[] = [];
  let owner = stream.owner ?? '';
  for (let r = at(datasets.replicaStart, d); r < at(datasets.replicaStart, d + 1); r++) {
    if (at(world.present, r) === 0) continue;
    const site = at(world.replicaSite, r);
    const present = stream.owner ?? world.ownerName(at(replicas.start, r));
    if (owner === '') owner = present;
    if (!world.isFull(r) || at(world.sites.writable, site) === 0) continue;
    here.push({ site: world.siteName(site), owner: present, isDisk: at(world.sites.disk, site) === 1 });
  }
  if (owner === '') owner = world.desired.federation.defaultOwner ?? '';
  if (places !== null) return places.map((site) => ({ site, owner }));
  const disks = here.filter(({ isDisk }) => isDisk);
  return (disks.length > 0 ? disks : here).map(({ site, owner: of }) => ({ site, owner: of }));
}

/** Block sizes as the stream wants them. */
function sized(
  stream: ArrivalStream,
  sizes: Float64Array,
  files: Int32Array,
): Pick<Template, 'sizes' | 'files' | 'size'> {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (stream.datasetSize === null && stream.blockSize === null) return { sizes, files, size: total };
  const size = stream.datasetSize ?? total;
  const blockSize = stream.blockSize ?? Math.max(1, Math.round(total / sizes.length));
  const count = Math.max(1, Math.ceil(size / blockSize));
  if (count > mostBlocksPerDay) {
    throw new StatorError({
      code: 'too-many-blocks',
      what: `a dataset of \`${stream.name}\` would have ${count} blocks, more than ${mostBlocksPerDay}`,
      todo: 'correct `blockSize` or `datasetSize` in the file given with --assumptions',
    });
  }
  const filesPerBlock = Math.max(1, Math.round(files.reduce((sum, number) => sum + number, 0) / files.length));
  return {
    sizes: Float64Array.from({ length: count }, (_, i) => Math.min(blockSize, size - i * blockSize)),
    files: new Int32Array(count).fill(filesPerBlock),
    size,
  };
}

/** A stream that says all of it needs no model. */
function invented(stream: ArrivalStream, places: readonly string[] | null, world: World): Template[] {
  const { named, datasetSize } = stream;
  if (places === null || named === null || datasetSize === null) return [];
  const owner = stream.owner ?? world.desired.federation.defaultOwner ?? '';
  return [
    {
      row: {
        name: named,
        status: stream.status ?? 'VALID',
        type: '',
        open: false,
        created: 0,
        lastUpdate: 0,
        tapeRequested: false,
        copyRequested: false,
        labels: stream.labels,
      },
      usage: { lastAccess: 0, accesses: 0, usageRank: 0, demand: 0 },
      ...sized(stream, Float64Array.of(stream.blockSize ?? datasetSize), Int32Array.of(1)),
      homes: places.map((site) => ({ site, owner })),
    },
  ];
}
