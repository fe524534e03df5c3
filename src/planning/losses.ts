/**
 * Sites that are declared lost. What placements copy elsewhere because of that waits until a person approves of the
 * loss: a word in a document must not start to make a whole site again.
 */
import { compareBytes } from '../order.js';
import { intAt, shortAt } from '../snapshot/column.js';
import { canonicalDigest } from './canonical-json.js';
import type { PlannedCopy } from './copies.js';
import type { Mark } from './needs.js';
import type { Held, Plan } from './plan.js';
import type { World } from './world.js';

interface Loss {
  /** `sha256:...` over the document of the site and what it holds; what an approval is bound to. */
  readonly hash: string;
  readonly copies: readonly PlannedCopy[];
  readonly held: Held | null;
}

export class Losses {
  readonly #world: World;
  /** By site, in the order of their names. */
  readonly #bySite: ReadonlyMap<number, Loss>;
  /** Dataset and site of each copy that waits. */
  readonly #waiting: ReadonlySet<number>;

  constructor(world: World, copies: readonly PlannedCopy[]) {
    this.#world = world;
    const approved = world.approved();
    const sites = [...new Set(copies.map(({ need }) => need.lostAt))].filter((site) => site >= 0);
    this.#bySite = new Map(
      sites
        .sort((a, b) => a - b)
        .map((site) => {
          const hash = hashOf(world, site);
          const message = `${world.siteName(site)} is declared lost; what it held is made again once that is approved`;
          const held = approved.has(hash) ? null : ({ code: 'approval-required', message } as const);
          return [site, { hash, copies: copies.filter(({ need }) => need.lostAt === site), held }];
        }),
    );
    const waiting = sites.length === 0 ? [] : copies.filter((copy) => this.holds(copy) !== null);
    this.#waiting = new Set(waiting.map(({ dataset, site }) => dataset * world.sites.count + site));
  }

  /** What a copy waits for, or null. */
  holds({ need }: PlannedCopy): Held | null {
    return this.#bySite.get(need.lostAt)?.held ?? null;
  }

  /** Whether the copy that is to be at a site is one of those that wait: nothing is to be remembered of it yet. */
  holdsAt({ dataset, site }: Pick<Mark, 'dataset' | 'site'>): boolean {
    if (this.#waiting.size === 0) return false;
    return this.#waiting.has(dataset * this.#world.sites.count + site);
  }

  approvals(): Plan['approvals'][number][] {
    return [...this.#bySite].flatMap(([site, { hash, copies, held }]) => {
      const document = this.#world.sites.documents[site];
      if (held === null || document === null || document === undefined) return [];
      const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
      return [{ hash, rule: document.origin.ref, site: this.#world.siteName(site), actions: copies.length, bytes }];
    });
  }
}

/** Not of the copies: those are made a few at a time, and one approval is for all of them. */
function hashOf(world: World, site: number): string {
  const { replicas } = world.snapshot;
  const items: { readonly dataset: string; readonly blocks: number }[] = [];
  for (let r = 0; r < replicas.count; r++) {
    if (shortAt(world.replicaSite, r) !== site) continue;
    items.push({ dataset: world.datasetName(intAt(replicas.dataset, r)), blocks: intAt(world.present, r) });
  }
  items.sort((a, b) => compareBytes(a.dataset, b.dataset));
  return canonicalDigest({ rule: world.sites.documents[site]?.origin.hash ?? '', site: world.siteName(site), items });
}
