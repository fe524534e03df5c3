/**
 * Judges a plan by the definitions of the invariants alone: from the world's data and the rows of the inventory, with
 * none of the program's own counting.
 */
import type { PlannedAction, PlanResult } from '../../src/planning/index.js';
import type { OpenAction } from '../../src/snapshot/index.js';
import { days, type Inventory, type ReplicaLine, clock as start } from '../scenarios/inventory.js';
import { brief, type Observed, unheld } from '../scenarios/loop.js';
import { broken } from './oracle-of-kinds.js';
import { type Affecting, counting, isWithin, sitesFor, touches, wantedCopies, wants } from './scope.js';
import { type DatasetModel, type GuardModel, partitions, type SiteModel, type WorldModel } from './world.js';

/** What is wrong with a plan, one line each; empty where nothing is. */
export function violations(world: WorldModel, state: Observed, result: PlanResult): string[] {
  return [...new Oracle(world, state, result).judge(), ...broken(world, state, result)];
}

/** Whether the plan's figures per site are those of the inventory after all of it was done, and of what was held before. */
export function misstatements(world: WorldModel, before: Observed, result: PlanResult, after: Inventory): string[] {
  const sizes = new Map(after.blocks.map((row) => [`${row.dataset}#${row.name}`, row.size]));
  const [used, projected] = [new Map<string, number>(), new Map<string, number>()];
  for (const row of after.replicas) {
    const dataset = world.datasets.find(({ name }) => name === row.dataset);
    const site = world.sites.find(({ name }) => name === row.site) ?? null;
    for (const name of world.partitions) {
      if (dataset === undefined || !partitions[name]?.holds({ owner: row.owner, dataset, site })) continue;
      const key = `${row.site} ${name}`;
      used.set(key, (used.get(key) ?? 0) + row.size);
      projected.set(key, (projected.get(key) ?? 0) + (sizes.get(`${row.dataset}#${row.block}`) ?? 0));
    }
  }
  // Copies that an earlier cycle held are still to come, except those that wait for a person.
  const cancelled = new Set(result.cancellations.map(({ id }) => id));
  for (const copy of before.memory.openActions) {
    const dataset = world.datasets.find(({ name }) => name === copy.dataset);
    const site = world.sites.find(({ name }) => name === copy.site) ?? null;
    if (copy.type !== 'copy' || copy.held === 'approval-required' || cancelled.has(copy.id) || dataset === undefined)
      continue;
    for (const block of after.blocks) {
      if (block.dataset !== copy.dataset || copy.blocks?.includes(block.name) === false) continue;
      // In a partition, what is there in part is projected already.
      const known = after.replicas.find(
        (row) => row.dataset === block.dataset && row.block === block.name && row.site === copy.site,
      );
      for (const name of world.partitions) {
        const holds = partitions[name]?.holds;
        if (holds?.({ owner: copy.owner, dataset, site }) !== true) continue;
        if (known !== undefined && holds({ owner: known.owner, dataset, site })) continue;
        const key = `${copy.site} ${name}`;
        projected.set(key, (projected.get(key) ?? 0) + block.size);
      }
    }
  }
  const found: string[] = [];
  for (const line of result.plan.sites) {
    const key = `${line.site} ${line.partition}`;
    const is = `${used.get(key) ?? 0}, projected ${projected.get(key) ?? 0}`;
    const said = `${line.usedAfter}, projected ${line.projectedAfter}`;
    if (said !== is) found.push(`used of ${key} should be ${said} after the plan and is ${is}`);
    const flow = line.usedAfter - line.usedBefore;
    const reOwned = result.plan.actions.some(({ type, site }) => type !== 'delete' && site === line.site);
    if (!reOwned && flow !== line.copyIn - line.delete) found.push(`${key}: ${JSON.stringify(line)}`);
  }
  return found;
}

interface Deleted {
  readonly action: PlannedAction;
  readonly row: ReplicaLine;
}

class Oracle {
  readonly #world: WorldModel;
  readonly #state: Observed;
  readonly #result: PlanResult;
  readonly #sites: ReadonlyMap<string, SiteModel>;
  readonly #datasets: ReadonlyMap<string, DatasetModel>;
  /** Rows that no open deletion is taking away. */
  readonly #before: readonly ReplicaLine[];
  readonly #deleted: readonly Deleted[];
  /** Rows that are left when every deletion of the plan is done. */
  readonly #after: readonly ReplicaLine[];
  /** Copies planned or open. */
  readonly #copies: readonly (PlannedAction | OpenAction)[];
  readonly #found: string[] = [];

  constructor(world: WorldModel, state: Observed, result: PlanResult) {
    this.#world = world;
    this.#state = state;
    this.#result = result;
    this.#sites = new Map(world.sites.map((site) => [site.name, site]));
    this.#datasets = new Map(world.datasets.map((dataset) => [dataset.name, dataset]));
    const open = state.memory.openActions;
    const leaving = open.filter(({ type, held }) => type === 'delete' && held === null);
    this.#before = state.inventory.replicas.filter((row) => !leaving.some((action) => touches(action, row)));
    const deletions = unheld(result.plan).filter(({ type }) => type === 'delete');
    this.#deleted = deletions.flatMap((action) =>
      this.#before.filter((row) => touches(action, row)).map((row) => ({ action, row })),
    );
    const gone = new Set(this.#deleted.map(({ row }) => row));
    this.#after = this.#before.filter((row) => !gone.has(row));
    const cancelled = new Set(result.cancellations.map(({ id }) => id));
    this.#copies = [
      ...unheld(result.plan).filter(({ type }) => type === 'copy'),
      ...open.filter(({ type, id, held }) => type === 'copy' && held !== 'approval-required' && !cancelled.has(id)),
    ];
  }

  judge(): string[] {
    for (const deleted of this.#deleted) this.#judgeDeletion(deleted);
    this.#judgeRequired();
    this.#judgeSources();
    this.#judgeDestinations();
    this.#judgeLimits();
    this.#judgeIdentity();
    this.#judgeProvenance();
    return this.#found;
  }

  #say(invariant: string, what: string): void {
    this.#found.push(`${invariant}: ${what}`);
  }

  /** Complete, at a site whose state counts. */
  #counts(row: ReplicaLine): boolean {
    const state = this.#sites.get(row.site)?.state;
    return row.complete && (state === 'ready' || state === 'readonly');
  }

  #good(rows: readonly ReplicaLine[], dataset: string, block: string): ReplicaLine[] {
    return rows.filter((row) => row.dataset === dataset && row.block === block && this.#counts(row));
  }

  #dataset(name: string): DatasetModel {
    const dataset = this.#datasets.get(name);
    if (dataset === undefined) throw new Error(`no dataset ${name}`);
    return dataset;
  }

  #ruleOf({ rule }: PlannedAction) {
    return this.#world.retentions.find(({ name }) => name === rule.name)?.rules.find(({ id }) => id === rule.id);
  }

  #mayBeLast(action: PlannedAction): boolean {
    return this.#ruleOf(action)?.allowLastCopy === true && this.#world.disposable.holds(this.#dataset(action.dataset));
  }

  #isIn(partition: string, row: Pick<ReplicaLine, 'owner' | 'dataset' | 'site'>): boolean {
    const site = this.#sites.get(row.site) ?? null;
    return partitions[partition]?.holds({ owner: row.owner, dataset: this.#dataset(row.dataset), site }) === true;
  }

  #judgeDeletion({ action, row }: Deleted): void {
    const what = `${brief(action)} takes ${row.block}`;
    const { dataset, block, site } = row;
    const left = this.#good(this.#after, dataset, block).length;
    if (left === 0 && !this.#mayBeLast(action)) {
      const others = this.#deleted.filter((each) => each.row.dataset === dataset && each.row.block === block);
      if (!others.some((each) => this.#mayBeLast(each.action))) this.#say('I1', `${what}, no good copy is left`);
    }
    const model = this.#sites.get(site);
    if (model === undefined) {
      this.#say('I10', `${what} at a site without a document`);
      return;
    }
    for (const guard of this.#world.guards) this.#judgeMinimum(guard, model, row, left, what);
    for (const lock of this.#world.locks) {
      const covers =
        this.#state.clock < start + days(lock.expires) &&
        isWithin(this.#world, lock, { dataset: this.#dataset(dataset), site: model, owner: row.owner }) &&
        lock.datasets.holds(this.#dataset(dataset)) &&
        (lock.sites === null || lock.sites.holds(model)) &&
        (lock.owner === null || lock.owner === row.owner);
      if (covers) this.#say('I3', `${what}, which is locked`);
    }
    if (row.custodial && this.#ruleOf(action)?.allowCustodial !== true) this.#say('I3', `${what}, which is custodial`);
    if (row.custodial && this.#state.memory.approvals.length === 0) this.#say('I3', `${what}: custodial, no approval`);
    if (!row.managed) this.#say('I10', `${what}, which is not managed`);
    if (model.state === 'down' || model.state === 'lost') this.#say('down', `${what} at a site that is ${model.state}`);
  }

  #judgeMinimum(guard: GuardModel, site: SiteModel, row: ReplicaLine, left: number, what: string): void {
    const { copies } = guard;
    if (copies === null || !this.#isGuarded(guard, row) || !copies.datasets.holds(this.#dataset(row.dataset))) return;
    // What goes where the guard does not look is not held against it.
    const unguarded = this.#deleted.map((each) => each.row).filter((each) => !this.#isGuarded(guard, each));
    const seen = this.#good([...this.#after, ...unguarded], row.dataset, row.block);
    if (this.#counts(row) && seen.length < copies.min) {
      this.#say('I2', `${what}, ${left} of ${copies.min} copies are left`);
    }
    if (!copies.tape || site.storage === 'tape') return;
    const onTape = seen.some((each) => this.#sites.get(each.site)?.storage === 'tape');
    if (!onTape) this.#say('I2', `${what}, which a guard wants on tape first`);
  }

  #covers(guard: GuardModel, name: string): boolean {
    const site = this.#sites.get(name);
    return site !== undefined && guard.sites.holds(site);
  }

  #isGuarded(guard: GuardModel, row: Pick<ReplicaLine, 'owner' | 'dataset' | 'site'>): boolean {
    if (!this.#covers(guard, row.site)) return false;
    return guard.partition === null || this.#isIn(guard.partition, row);
  }

  /** Placements never end up with fewer full copies than they have and want; nor do copies that stand in go (I5). */
  #judgeRequired(): void {
    for (const placement of this.#world.placements) {
      if (!placement.protect) continue;
      for (const dataset of this.#world.datasets) {
        if (!wants(this.#world, placement, dataset, this.#state.clock)) continue;
        const blocks = this.#state.inventory.blocks
          .filter((row) => row.dataset === dataset.name)
          .map(({ name }) => name);
        const items = placement.level === 'dataset' ? [blocks] : blocks.map((block) => [block]);
        for (const item of items) this.#judgeItem(placement, dataset, item);
      }
    }
  }

  #judgeItem(placement: WorldModel['placements'][number], dataset: DatasetModel, item: readonly string[]): void {
    const matching = sitesFor(this.#world, placement, dataset);
    const served = matching.filter(({ state }) => state === 'ready' || state === 'readonly');
    const wanted = wantedCopies(placement, dataset, matching);
    const full = (rows: readonly ReplicaLine[], among: readonly SiteModel[]): SiteModel[] =>
      among.filter(({ name }) =>
        item.every((block) =>
          rows.some((row) => row.dataset === dataset.name && row.block === block && row.site === name && row.complete),
        ),
      );
    const what = `${placement.name} wants ${wanted} of ${dataset.name}#${item.join(',')}`;
    const [here, hereAfter] = [this.#before, this.#after].map((rows) => counting(placement, full(rows, served)));
    // Which copies are where `relativeTo` wants them depends on what the other placement counts.
    if (placement.sameRegion === null && (hereAfter ?? 0) < Math.min(wanted, here ?? 0))
      this.#say('I3', `${what}: full copies there go from ${here} to ${hereAfter}`);
    const anywhere = this.#world.sites.filter(({ state }) => state !== 'lost');
    const [all, allAfter] = [full(this.#before, anywhere).length, full(this.#after, anywhere).length];
    if (allAfter < Math.min(wanted, all)) this.#say('I5', `${what}: full copies go from ${all} to ${allAfter}`);
  }

  /** Every copy that could be read, from where it may be, before the deletions can be read so after them. */
  #judgeSources(): void {
    for (const copy of this.#copies) {
      const readable = (rows: readonly ReplicaLine[], block: string): boolean =>
        rows.some((row) => {
          const state = this.#sites.get(row.site)?.state;
          const read = state === 'ready' || state === 'readonly' || state === 'draining';
          const isSource = copy.sources.length === 0 || copy.sources.includes(row.site);
          if (!isSource || row.site === copy.site) return false;
          return row.dataset === copy.dataset && row.block === block && row.complete && read;
        });
      for (const block of this.#blocksOf(copy)) {
        if (readable(this.#before, block) && !readable(this.#after, block)) {
          this.#say('I4', `${copy.dataset}#${block} -> ${copy.site} has no source any more`);
        }
      }
    }
  }

  #blocksOf(action: Affecting): string[] {
    return this.#state.inventory.blocks
      .filter((row) => row.dataset === action.dataset && (action.blocks === null || action.blocks.includes(row.name)))
      .map(({ name }) => name);
  }

  #judgeDestinations(): void {
    const planned = unheld(this.#result.plan).filter(({ type }) => type === 'copy');
    for (const copy of planned) {
      const site = this.#sites.get(copy.site);
      if (site?.state !== 'ready') this.#say('I6', `${brief(copy)} to a site that is ${site?.state ?? 'undeclared'}`);
      if (copy.sources.length === 0) this.#say('I6', `${brief(copy)} has no source`);
    }
    for (const site of this.#world.sites) {
      for (const name of this.#world.partitions) {
        const quota = this.#quota(name, site);
        if (quota === null) continue;
        const added = this.#added(planned, site, name);
        const projected = this.#projected(site, name);
        if (added > 0 && projected + added > quota) {
          this.#say('I6', `${added} more at ${site.name} in ${name}: ${projected} of ${quota} are taken`);
        }
      }
    }
  }

  /** Bytes; null where nothing limits. */
  #quota(partition: string, site: SiteModel): number | null {
    const members = partitions[partition]?.members;
    if (members === undefined) {
      if (partition in site.quotas) return site.quotas[partition] ?? null;
      const rule = this.#world.partitionQuotas[partition];
      if (rule?.sites.holds(site)) return rule.size;
      const limited = rule !== undefined || this.#world.sites.some((each) => partition in each.quotas);
      return limited ? 0 : null;
    }
    let sum = 0;
    for (const member of members) {
      const quota = this.#quota(member, site);
      if (quota === null) return null;
      sum += quota;
    }
    return sum;
  }

  /** Bytes once everything open has arrived. */
  #projected(site: SiteModel, partition: string): number {
    let sum = 0;
    for (const row of this.#before) if (row.site === site.name && this.#isIn(partition, row)) sum += this.#size(row);
    return sum + this.#added(this.#open(), site, partition);
  }

  #open(): OpenAction[] {
    return this.#state.memory.openActions.filter(({ type, held }) => type === 'copy' && held !== 'approval-required');
  }

  /** Bytes that copies add to what is there. */
  #added(copies: readonly (PlannedAction | OpenAction)[], site: SiteModel, partition: string): number {
    let sum = 0;
    for (const copy of copies) {
      if (copy.site !== site.name) continue;
      for (const block of this.#blocksOf(copy)) {
        const row = { dataset: copy.dataset, block, site: site.name, owner: copy.owner };
        const known = this.#find(row);
        // What is there in part is projected at its full size already, where its owner puts it.
        if (known !== undefined && this.#isIn(partition, known)) continue;
        if (this.#isIn(partition, row)) sum += this.#size(row);
      }
    }
    return sum;
  }

  #find({ dataset, block, site }: Pick<ReplicaLine, 'dataset' | 'block' | 'site'>): ReplicaLine | undefined {
    return this.#before.find((row) => row.site === site && row.dataset === dataset && row.block === block);
  }

  #size(row: Pick<ReplicaLine, 'dataset' | 'block'>): number {
    return this.#state.inventory.blocks.find((b) => b.dataset === row.dataset && b.name === row.block)?.size ?? 0;
  }

  #judgeLimits(): void {
    const copies = unheld(this.#result.plan).filter(({ type }) => type === 'copy');
    for (const guard of this.#world.guards) {
      const started = copies.filter((copy) => this.#isGuarded(guard, copy)).reduce((sum, { bytes }) => sum + bytes, 0);
      if (guard.maxBytesPerCycle !== null && started > guard.maxBytesPerCycle) {
        this.#say('S13', `${guard.name}: ${started} bytes start, at most ${guard.maxBytesPerCycle}`);
      }
      const past = this.#state.memory.deletions
        .filter(({ at, site }) => at > this.#state.clock - days(1) && this.#covers(guard, site))
        .reduce((sum, { bytes }) => sum + bytes, 0);
      const gone = this.#deleted
        .filter(({ row }) => this.#isGuarded(guard, row))
        .reduce((sum, { row }) => sum + row.size, 0);
      // A person may approve of what a brake holds; who approves of nothing has all of them.
      if (this.#state.memory.approvals.length > 0) continue;
      if (guard.maxDeletedBytes !== null && gone > 0 && gone + past > guard.maxDeletedBytes) {
        this.#say('S1', `${guard.name}: ${gone} bytes go and ${past} went, at most ${guard.maxDeletedBytes}`);
      }
      if (guard.approvalAbove === 0 && gone > 0) this.#say('S8', `${guard.name}: ${gone} bytes go without approval`);
    }
    const { limitOfB } = this.#world;
    if (limitOfB !== null) {
      const added = this.#addedFor(copies, 'B');
      const held = this.#before.filter(({ owner }) => owner === 'B').reduce((sum, row) => sum + this.#size(row), 0);
      const coming = this.#addedFor(this.#open(), 'B');
      if (added > 0 && held + coming + added > limitOfB) {
        this.#say('limit', `group B gets ${added} more: ${held + coming} of ${limitOfB} are taken`);
      }
    }
  }

  #addedFor(copies: readonly (PlannedAction | OpenAction)[], owner: string): number {
    let sum = 0;
    for (const copy of copies) {
      if (copy.owner !== owner) continue;
      for (const block of this.#blocksOf(copy)) {
        const { dataset, site } = copy;
        if (this.#find({ dataset, block, site })?.owner === owner) continue;
        sum += this.#size({ dataset, block });
      }
    }
    return sum;
  }

  /** I8: no id twice, none of an action that is open already. */
  #judgeIdentity(): void {
    const ids = this.#result.plan.actions.map(({ id }) => id);
    if (new Set(ids).size !== ids.length) this.#say('I8', `an id occurs twice: ${ids.join(' ')}`);
    const running = new Set(this.#state.memory.openActions.filter(({ held }) => held === null).map(({ id }) => id));
    for (const id of ids) if (running.has(id)) this.#say('I8', `${id} is planned again while it is open`);
    // No block at a site is copied twice, deleted twice, or both.
    const seen = new Map<string, string>();
    for (const action of [...unheld(this.#result.plan), ...this.#open()]) {
      if (action.type === 'reassign') continue;
      for (const block of this.#blocksOf(action)) {
        const key = `${action.dataset}#${block} @ ${action.site}`;
        const present =
          action.type === 'copy' || this.#before.some((row) => touches(action, row) && row.block === block);
        if (!present) continue;
        if (seen.has(key)) this.#say('I8', `${key}: ${seen.get(key)} and ${action.type}`);
        seen.set(key, action.type);
      }
    }
  }

  #judgeProvenance(): void {
    const { plan } = this.#result;
    for (const entry of [...plan.actions, ...plan.deferred, ...plan.unsatisfied, ...plan.approvals]) {
      const { kind, name, file, line } = entry.rule;
      if (kind === '' || name === '' || file === '' || line < 1 || entry === undefined) {
        this.#say('I9', `no provenance: ${JSON.stringify(entry)}`);
      }
      if ('reason' in entry && entry.reason === '') this.#say('I9', `no reason: ${JSON.stringify(entry)}`);
    }
    for (const { id } of plan.actions)
      if (!this.#result.recording().ruleHashes.has(id)) this.#say('I9', `no rule hash for ${id}`);
    if (plan.desired.commit === null) this.#say('I9', 'no commit');
  }
}
