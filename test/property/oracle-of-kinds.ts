/**
 * What single kinds of documents promise of every plan: judged, as in the oracle, from the world's data and the rows of
 * the inventory alone.
 */
import type { PlannedAction, PlanResult } from '../../src/planning/index.js';
import { days, type ReplicaLine } from '../scenarios/inventory.js';
import { brief, type Observed, unheld } from '../scenarios/loop.js';
import { exclusionsOf, isInForce, isWithin, mayStart, sitesFor, touches, wants } from './scope.js';
import type { DatasetModel, OwnershipMatch, PlacementModel, SiteModel, WorldModel } from './world.js';

/** Between the end of a placement and the deletion of its copies. */
const grace = days(1);

/** What is wrong with a plan, one line each. */
export function broken(world: WorldModel, state: Observed, result: PlanResult): string[] {
  return new Kinds(world, state, result).judge();
}

class Kinds {
  readonly #world: WorldModel;
  readonly #state: Observed;
  readonly #result: PlanResult;
  readonly #found: string[] = [];

  constructor(world: WorldModel, state: Observed, result: PlanResult) {
    this.#world = world;
    this.#state = state;
    this.#result = result;
  }

  judge(): string[] {
    for (const action of unheld(this.#result.plan)) {
      const site = this.#world.sites.find(({ name }) => name === action.site);
      const dataset = this.#world.datasets.find(({ name }) => name === action.dataset);
      if (site === undefined || dataset === undefined) {
        this.#say(action, 'at a site without a document');
        continue;
      }
      this.#judgeTenant(action, dataset, site);
      if (action.type === 'copy') this.#judgeCopy(action, dataset, site);
      else if (action.type === 'delete') this.#judgeDeletion(action, dataset, site);
      else this.#judgeOwner(action, dataset, site);
    }
    this.#judgeMoves();
    this.#judgeProtected();
    return this.#found;
  }

  #say(action: PlannedAction, what: string): void {
    this.#found.push(`${action.rule.kind} ${action.rule.name}: ${brief(action)} ${what}`);
  }

  /** What an action is about; what an open deletion takes away counts as gone. */
  #rows(action: PlannedAction): ReplicaLine[] {
    const leaving = this.#state.memory.openActions.filter(({ type, held }) => type === 'delete' && held === null);
    return this.#state.inventory.replicas.filter(
      (row) =>
        !leaving.some((open) => touches(open, row)) &&
        row.dataset === action.dataset &&
        row.site === action.site &&
        (action.blocks === null || action.blocks.includes(row.block)),
    );
  }

  #placement({ rule }: PlannedAction): PlacementModel | undefined {
    return rule.kind === 'Placement' ? this.#world.placements.find(({ name }) => name === rule.name) : undefined;
  }

  /** The document an action comes from, where it is one a tenant may write. */
  #document({ rule }: PlannedAction): { readonly tenant: boolean } | undefined {
    const { retentions, placements, exclusions, ownerships } = this.#world;
    const index = Number(/\d+$/.exec(rule.name)?.[0] ?? -1);
    if (rule.kind === 'Retention') return retentions.find(({ name }) => name === rule.name);
    if (rule.kind === 'Placement') return placements.find(({ name }) => name === rule.name);
    if (rule.kind === 'Exclusion') return exclusions[index];
    return rule.kind === 'Ownership' ? ownerships[index] : undefined;
  }

  #judgeTenant(action: PlannedAction, dataset: DatasetModel, site: SiteModel): void {
    const document = this.#document(action);
    // Data that leaves a draining site goes by the federation's will, where the protecting rule cannot stay.
    if (document === undefined || action.cause === 'evacuation') return;
    if (!isWithin(this.#world, document, { dataset, site })) this.#say(action, 'is beyond its tenant');
    if (action.type === 'copy') return;
    for (const row of this.#rows(action)) {
      if (!isWithin(this.#world, document, { owner: row.owner }))
        this.#say(action, `takes ${row.block} of ${row.owner}`);
    }
  }

  #judgeCopy(action: PlannedAction, dataset: DatasetModel, site: SiteModel): void {
    const [excluding] = exclusionsOf(this.#world, dataset, site);
    if (excluding !== undefined) this.#say(action, 'against an exclusion');
    if (!mayStart(this.#world, 'transfers', site, this.#state.clock)) this.#say(action, 'outside of its window');
    if (action.rule.kind === 'Rebalance') this.#judgeMove(action, dataset, site);
    const placement = this.#placement(action);
    if (placement === undefined || (action.cause !== 'placement' && action.cause !== 'drift')) return;
    if (!wants(this.#world, placement, dataset, this.#state.clock)) this.#say(action, 'which it does not want');
    if (!sitesFor(this.#world, placement, dataset).includes(site)) this.#say(action, 'where it does not want it');
    const owner = placement.owner ?? this.#world.defaultOwner;
    if (owner !== null && action.owner !== owner) this.#say(action, `for ${action.owner}`);
    this.#judgeNeighbours(action, placement, site);
  }

  /** `spread` and `relativeTo`, of copies to sites that have none of the dataset. */
  #judgeNeighbours(action: PlannedAction, placement: PlacementModel, site: SiteModel): void {
    if (this.#state.inventory.replicas.some((row) => row.dataset === action.dataset && row.site === site.name)) return;
    const regionOf = (name: string): string | undefined => this.#world.sites.find((each) => each.name === name)?.region;
    const near = (name: string): boolean => regionOf(name) === site.region;
    const copies = unheld(this.#result.plan).filter(
      ({ type, dataset }) => type === 'copy' && dataset === action.dataset,
    );
    if (placement.spread !== null && placement.level === 'dataset') {
      const planned = copies.filter((each) => this.#placement(each) === placement && near(each.site));
      const sites = new Set(planned.map((each) => each.site));
      if (sites.size > placement.spread) this.#say(action, `is one of ${sites.size} in ${site.region}`);
    }
    if (placement.sameRegion !== true) return;
    const there = [...this.#state.inventory.replicas, ...this.#state.memory.openActions, ...this.#result.plan.actions];
    const met = there.some((each) => each.dataset === action.dataset && each.site !== site.name && near(each.site));
    // The other placement may count, or copy, at the very site.
    const here = copies.some((each) => each.site === site.name && each.rule.name === 'place0');
    if (!met && !here) this.#say(action, 'where the copies it is relative to are not');
  }

  #judgeDeletion(action: PlannedAction, dataset: DatasetModel, site: SiteModel): void {
    if (!mayStart(this.#world, 'deletions', site, this.#state.clock)) this.#say(action, 'outside of its window');
    const { kind, name, id } = action.rule;
    if (kind === 'Retention') {
      const retention = this.#world.retentions.find((each) => each.name === name);
      const rule = retention?.rules.find((each) => each.id === id);
      if (retention === undefined) this.#say(action, 'without a Retention');
      if (rule !== undefined && !isInForce(rule, this.#state.clock))
        this.#say(action, 'by a rule that is not in force');
      if (rule !== undefined && rule.action !== 'delete' && rule.action !== 'dismiss' && action.cause === 'retention') {
        this.#say(action, `by a rule to ${rule.action}`);
      }
      if (retention !== undefined && !retention.sites.holds(site)) this.#say(action, 'at a site it does not decide');
    } else if (kind === 'Exclusion') {
      const excluding = exclusionsOf(this.#world, dataset, site);
      if (!excluding.some(({ remove }) => remove)) this.#say(action, 'where nothing is excluded');
    } else if (kind === 'Placement' && action.cause === 'removal') {
      this.#judgeRemoval(action, dataset, site);
    } else if (action.cause !== 'evacuation') {
      this.#say(action, `by a ${kind}`);
    }
    if (action.cause === 'evacuation' && site.state !== 'draining') this.#say(action, 'at a site that does not drain');
    // What a placement that ended left to be kept.
    const kept = this.#result.endings.some(
      (each) => each.placement.onRemove === 'keep' && each.dataset === action.dataset && each.site === action.site,
    );
    if (kept && site.state !== 'draining') this.#say(action, 'which was to be kept');
  }

  /** Only of a placement that said so, no longer wants the dataset, and has not for a day. */
  #judgeRemoval(action: PlannedAction, dataset: DatasetModel, site: SiteModel): void {
    const placement = this.#placement(action);
    if (placement !== undefined && wants(this.#world, placement, dataset, this.#state.clock)) {
      this.#say(action, 'which is still wanted');
    }
    const ending = this.#state.memory.endings.find(
      (each) => each.placement.name === action.rule.name && each.dataset === action.dataset && each.site === site.name,
    );
    if (ending?.placement.onRemove !== 'delete') this.#say(action, 'which nobody asked for');
    else if (this.#state.clock < ending.since + grace) this.#say(action, 'within its grace');
  }

  #judgeOwner(action: PlannedAction, dataset: DatasetModel, site: SiteModel): void {
    if (action.rule.kind === 'Placement') {
      const owner = this.#placement(action)?.owner ?? this.#world.defaultOwner;
      if (owner !== action.owner) this.#say(action, 'for another owner');
    }
    if (action.rule.kind !== 'Ownership') return;
    for (const row of this.#rows(action)) {
      // The first by name that matches, and may, decides; then whichever matches what it makes of it.
      let owner: string | undefined = row.owner;
      for (let step = 0; owner !== action.owner && owner !== undefined && step < 3; step++) {
        owner = this.#ownerAfter({ owner, block: row.block, dataset, site });
      }
      if (owner !== action.owner) this.#say(action, `takes ${row.block}`);
      if (row.owner === action.owner) this.#say(action, `which has ${row.block}`);
    }
  }

  #ownerAfter(what: Parameters<OwnershipMatch['holds']>[0]): string | undefined {
    const { ownerships } = this.#world;
    return ownerships.find((each) => each.match.holds(what) && isWithin(this.#world, each, what))?.owner;
  }

  #judgeMove(action: PlannedAction, dataset: DatasetModel, site: SiteModel): void {
    const document = this.#world.rebalances[Number(action.rule.name.slice(-1))];
    if (document === undefined) return;
    const { maxDatasetSize } = document;
    const size = this.#state.inventory.blocks
      .filter((row) => row.dataset === dataset.name)
      .reduce((sum, row) => sum + row.size, 0);
    if (maxDatasetSize !== null && size > maxDatasetSize) this.#say(action, `of ${size} bytes`);
    if (document.datasets?.holds(dataset) === false) this.#say(action, 'which it may not move');
    if (!document.sites.holds(site)) this.#say(action, 'at a site it does not cover');
  }

  #judgeMoves(): void {
    this.#world.rebalances.forEach(({ maxBytesPerCycle }, index) => {
      const moves = this.#result.plan.actions.filter(
        ({ type, rule }) => type === 'copy' && rule.kind === 'Rebalance' && rule.name === `even${index}`,
      );
      const bytes = moves.reduce((sum, each) => sum + each.bytes, 0);
      if (maxBytesPerCycle !== null && bytes > maxBytesPerCycle) this.#found.push(`even${index} moves ${bytes} bytes`);
    });
  }

  /** What an explicit protect rule covers all of goes by no Retention, Exclusion or Placement; but a draining site's may. */
  #judgeProtected(): void {
    for (const action of unheld(this.#result.plan)) {
      const site = this.#world.sites.find(({ name }) => name === action.site);
      if (action.type !== 'delete' || site?.state === 'draining') continue;
      const here = this.#state.inventory.replicas.filter(
        (row) => row.dataset === action.dataset && row.site === action.site,
      );
      const leaving = this.#state.memory.openActions.some(
        (each) => each.type === 'delete' && each.dataset === action.dataset && each.site === action.site,
      );
      if (leaving) continue;
      for (const row of this.#result.decisions) {
        if (row.dataset !== action.dataset || row.site !== action.site) continue;
        if (row.decision !== 'protect' || row.rule === 'default' || row.blocks !== here.length) continue;
        this.#say(action, `which ${row.retention} ${row.rule} protects`);
      }
    }
  }
}
