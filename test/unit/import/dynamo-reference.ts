/**
 * What Dynamo decides in its first pass over a world, as it was seen to: a literal evaluator of its policy text that shares
 * nothing with the importer. It knows the few forms of dates and lists that the tests write.
 */
import { type DynamoDataset, type DynamoSite, type DynamoWorld, presentSize, statuses } from './dynamo-world.js';

interface Block {
  readonly name: string;
  readonly dataset: Dataset;
  /** At all sites; never changes. */
  readonly replicas: BlockReplica[];
}

interface BlockReplica {
  readonly block: Block;
  readonly site: DynamoSite;
  readonly owner: string | null;
  readonly size: number;
  readonly complete: boolean;
  readonly lastUpdate: number;
  locked: boolean;
}

interface Replica {
  readonly dataset: Dataset;
  readonly site: DynamoSite;
  /** What is left of it while lines are tried. */
  blocks: BlockReplica[];
  enforced: boolean;
}

interface Dataset {
  readonly facts: DynamoDataset;
  readonly size: number;
  readonly blocks: Block[];
  readonly replicas: Replica[];
}

export interface ReferenceInput {
  readonly world: DynamoWorld;
  readonly policy: string;
  readonly enforcer: {
    readonly rules: readonly {
      readonly replicas: readonly string[];
      readonly destinations: readonly string[];
      readonly copies: number;
    }[];
  } | null;
  readonly locks: readonly { readonly item: string; readonly sites: string; readonly groups: string }[];
  readonly protectedSites: readonly string[];
  readonly now: number;
}

/** `site dataset rule decision blocks bytes`, sorted. */
export function firstPass(input: ReferenceInput): string[] {
  return new Reference(input).decide();
}

const siteStatuses = ['READY', 'WAITROOM', 'MORGUE', 'UNKNOWN'];
const storageTypes = ['DISK', 'MSS', 'BUFFER', 'UNKNOWN'];

type Value = number | string | boolean;
type Match = (value: Value) => boolean;

class Reference {
  readonly #input: ReferenceInput;
  readonly #datasets: Dataset[];
  readonly #sites: ReadonlyMap<string, DynamoSite>;

  constructor(input: ReferenceInput) {
    this.#input = input;
    this.#sites = new Map(input.world.sites.map((site) => [site.name, site]));
    this.#datasets = input.world.datasets.map((facts) => this.#build(facts));
    for (const lock of input.locks) this.#lock(lock);
    for (const rule of input.enforcer?.rules ?? []) this.#enforce(rule);
  }

  #build(facts: DynamoDataset): Dataset {
    const size = facts.blocks.reduce((sum, block) => sum + block.size, 0);
    const dataset: Dataset = { facts, size, blocks: [], replicas: [] };
    for (const { name } of facts.blocks) dataset.blocks.push({ name, dataset, replicas: [] });
    for (const { site, blocks } of facts.replicas) {
      const replica: Replica = { dataset, site: this.#sites.get(site) as DynamoSite, blocks: [], enforced: false };
      for (const { name, owner, complete, lastUpdate } of blocks) {
        const block = dataset.blocks.find((candidate) => candidate.name === name) as Block;
        const full = facts.blocks.find((candidate) => candidate.name === name)?.size ?? 0;
        const copy = {
          block,
          site: replica.site,
          owner,
          size: presentSize(full, complete),
          complete,
          lastUpdate,
          locked: false,
        };
        replica.blocks.push(copy);
        block.replicas.push(copy);
      }
      dataset.replicas.push(replica);
    }
    return dataset;
  }

  #lock({ item, sites, groups }: ReferenceInput['locks'][number]): void {
    const [pattern = '', blockName] = item.split('#');
    const matches = (text: string, by: string): boolean => (by.includes('*') ? fnmatch(by, text) : text === by);
    const chosenSites =
      sites === '' || sites === '*' ? [] : [...this.#sites.keys()].filter((name) => matches(name, sites));
    const chosenGroups =
      groups === '' || groups === '*' ? [] : this.#input.world.groups.filter((name) => matches(name, groups));
    for (const dataset of this.#datasets.filter(({ facts }) => matches(facts.name, pattern))) {
      for (const block of dataset.blocks) {
        if (blockName !== undefined && block.name !== blockName) continue;
        for (const copy of block.replicas) {
          if (chosenSites.length > 0 && !chosenSites.includes(copy.site.name)) continue;
          if (chosenGroups.length > 0 && !(copy.owner !== null && chosenGroups.includes(copy.owner))) continue;
          copy.locked = true;
        }
      }
    }
  }

  #enforce(rule: NonNullable<ReferenceInput['enforcer']>['rules'][number]): void {
    for (const dataset of this.#datasets) {
      const found = dataset.replicas.filter(
        (replica) =>
          rule.destinations.some((text) => this.#holds(text, replica)) &&
          rule.replicas.some((text) => this.#holds(text, replica)),
      );
      if (found.length <= rule.copies) for (const replica of found) replica.enforced = true;
    }
  }

  decide(): string[] {
    const lines = this.#input.policy
      .split('\n')
      .map((text, index) => ({ words: text.trim().split(/\s+/), line: index + 1 }));
    const decisions = lines.filter(({ words }) => /^(Ignore|(Protect|Delete|Dismiss)(Block)?)$/.test(words[0] ?? ''));
    const byDefault = decisions.filter(({ words }) => words.length === 1).at(-1)?.words[0] ?? '';
    const rows: string[] = [];
    const record = (replica: Replica, rule: string, word: string, blocks: readonly BlockReplica[]): void => {
      if (word === 'Ignore' || blocks.length === 0) return;
      const bytes = blocks.reduce((sum, { size }) => sum + size, 0);
      const decision = word.replace('Block', '').toLowerCase();
      rows.push(`${replica.site.name} ${replica.dataset.facts.name} ${rule} ${decision} ${blocks.length} ${bytes}`);
    };
    for (const dataset of this.#datasets) {
      for (const replica of dataset.replicas) {
        const all = replica.blocks;
        let decided = false;
        for (const { words, line } of decisions) {
          const [word = '', ...rest] = words;
          if (rest.length === 0) continue;
          const text = rest.join(' ');
          if (!this.#holds(text, replica)) continue;
          if (!word.endsWith('Block')) {
            record(replica, `l${line}`, word, replica.blocks);
            decided = true;
            break;
          }
          const taken = replica.blocks.filter((block) => this.#holds(text, replica, block));
          record(replica, `l${line}`, word, taken);
          if (taken.length === replica.blocks.length) {
            decided = true;
            break;
          }
          replica.blocks = replica.blocks.filter((block) => !taken.includes(block));
        }
        // A default about blocks names none.
        if (!decided && !byDefault.endsWith('Block')) record(replica, 'default', byDefault, replica.blocks);
        replica.blocks = all;
      }
    }
    return rows.sort();
  }

  #holds(text: string, replica: Replica, block?: BlockReplica): boolean {
    return text.split(' and ').every((part) => this.#predicate(part.trim().split(' '), replica, block));
  }

  #predicate(words: readonly string[], replica: Replica, block?: BlockReplica): boolean {
    const negated = words[0] === 'not';
    const name = words[negated ? 1 : 0] ?? '';
    const value = this.#value(name, replica, block);
    const operator = negated ? 'not' : (words[1] ?? '');
    const match = this.#match(name, operator, words.slice(2).join(' '));
    return Array.isArray(value) ? value.some(match) : match(value);
  }

  #value(name: string, replica: Replica, block?: BlockReplica): Value | Value[] {
    const { dataset, site } = replica;
    const { facts } = dataset;
    const isFull = ({ blocks }: Replica): boolean =>
      blocks.length === dataset.blocks.length && blocks.every(({ complete }) => complete);
    const commonOwner = (other: Replica): boolean =>
      other.blocks.some(({ owner }) => replica.blocks.some((own) => own.owner === owner));
    const ready = (other: Replica): boolean => other.site.status === 'READY' && isFull(other);
    const readyDisk = (other: Replica): boolean => ready(other) && other.site.storage === 'DISK';
    const ofBlocks = (read: (copy: BlockReplica) => Value): Value | Value[] =>
      block === undefined ? replica.blocks.map(read) : read(block);
    switch (name) {
      case 'always':
        return true;
      case 'never':
        return false;
      case 'dataset.name':
        return facts.name;
      case 'dataset.status':
        return statuses.indexOf(facts.status) + 1;
      case 'dataset.on_tape': {
        const tape = dataset.replicas.filter((other) => other.site.storage === 'MSS');
        return tape.some(isFull) ? 1 : tape.length > 0 ? 2 : 0;
      }
      case 'dataset.size':
        return dataset.size;
      case 'dataset.last_update':
        return facts.lastUpdate;
      case 'dataset.last_access':
        return facts.lastAccess;
      case 'dataset.num_full_disk_copy':
        return dataset.replicas.filter(readyDisk).length;
      case 'dataset.usage_rank':
        return facts.usageRank;
      case 'dataset.demand_rank':
        return facts.demand;
      case 'dataset.release':
        return facts.release;
      case 'dataset.is_latest_production_release':
        return facts.latest;
      case 'dataset.unknown_in_all_dbs':
        return facts.unknown;
      case 'dataset.tape_copy_requested':
        return facts.tapeRequested;
      case 'dataset.unhandled_copy_exists':
        return facts.copyRequested;
      case 'dataset.on_protected_site':
        return dataset.replicas.some((other) => this.#input.protectedSites.includes(other.site.name));
      case 'replica.num_access':
        return facts.accesses;
      case 'replica.size':
        return replica.blocks.reduce((sum, { size }) => sum + size, 0);
      case 'replica.incomplete':
        return replica.blocks.some(({ complete }) => !complete);
      case 'replica.first_block_created':
        return Math.min(...replica.blocks.map(({ lastUpdate }) => lastUpdate));
      case 'replica.last_block_created':
        return Math.max(...replica.blocks.map(({ lastUpdate }) => lastUpdate));
      case 'replica.num_full_disk_copy_common_owner':
        return dataset.replicas.filter((other) => readyDisk(other) && commonOwner(other)).length;
      case 'replica.num_full_other_copy_common_owner':
        return dataset.replicas.filter((other) => other !== replica && ready(other) && commonOwner(other)).length;
      case 'replica.enforcer_protected':
        return replica.enforced;
      case 'blockreplica.owner':
        return ofBlocks(({ owner }) => owner ?? 'None');
      case 'blockreplica.last_update':
        return ofBlocks(({ lastUpdate }) => lastUpdate);
      case 'blockreplica.is_locked':
        return ofBlocks(({ locked }) => locked);
      case 'blockreplica.on_tape':
        return ofBlocks(
          (copy) =>
            copy.complete && copy.block.replicas.some((other) => other.site.storage === 'MSS' && other.complete),
        );
      case 'blockreplica.num_full_disk_copy':
        return ofBlocks((copy) => copy.block.replicas.filter(({ complete }) => complete).length);
      case 'blockreplica.is_last_transfer_source':
        return ofBlocks((copy) => {
          if (!copy.complete) return false;
          const others = copy.block.replicas.filter((other) => other !== copy);
          const elsewhere = others.some(
            (other) => other.complete && other.site.storage === 'DISK' && other.site.status === 'READY',
          );
          return !elsewhere && others.some(({ complete }) => !complete);
        });
      case 'site.name':
        return site.name;
      case 'site.status':
        return siteStatuses.indexOf(site.status);
      case 'site.storage_type':
        return storageTypes.indexOf(site.storage);
      default:
        throw new Error(`the reference knows no ${name}`);
    }
  }

  #match(name: string, operator: string, right: string): Match {
    if (operator === '') return (value) => value === true;
    if (operator === 'not') return (value) => value === false;
    const type = typeOf(name);
    const elements = right.startsWith('[')
      ? right
          .slice(1, right.lastIndexOf(']'))
          .split(/\s+/)
          .filter((e) => e !== '')
      : [];
    // A bool is compared with nothing, a time never equals a date.
    if (type === 'bool' || (type === 'time' && ['==', '=~', '!=', '!=~', 'in', 'notin'].includes(operator))) {
      return () => ['!=', '!=~', 'notin', '>', 'newer_than'].includes(operator);
    }
    const operand = (text: string): number => {
      if (type === 'time') return dateOf(text, this.#input.now);
      if (name === 'dataset.status') return statuses.indexOf(text as (typeof statuses)[number]) + 1;
      if (name === 'dataset.on_tape') return text === 'NONE' ? 0 : text === 'PARTIAL' ? 2 : 1;
      if (name === 'site.status') return siteStatuses.indexOf(text);
      return name === 'site.storage_type' ? storageTypes.indexOf(text) : Number(text);
    };
    const equals = (text: string, regex: boolean): Match => {
      if (type !== 'text') return (value) => value === operand(text);
      if (regex) return (value) => new RegExp(`^(?:${text})`).test(String(value));
      return (value) => fnmatch(text, String(value));
    };
    switch (operator) {
      case '==':
      case '=~':
        return equals(right, operator === '=~');
      case '!=':
      case '!=~': {
        const equal = equals(right, operator === '!=~');
        return (value) => !equal(value);
      }
      case '<':
      case 'older_than':
        return type === 'text' ? () => false : (value) => (value as number) < operand(right);
      case '>':
      case 'newer_than':
        return (value) => (value as number) > operand(right);
      case 'in':
        return (value) => elements.some((element) => equals(element, false)(value));
      case 'notin':
        return (value) => !elements.some((element) => equals(element, false)(value));
      default:
        throw new Error(`the reference knows no operator ${operator}`);
    }
  }
}

function typeOf(name: string): 'text' | 'time' | 'bool' | 'number' {
  if (/\.(name|owner|release)$/.test(name)) return 'text';
  if (/last_update|last_access|block_created/.test(name)) return 'time';
  return /status|storage_type|dataset\.on_tape|num_|size|rank/.test(name) ? 'number' : 'bool';
}

/** Python's fnmatch, for texts that have a star or a question mark; equality for others. */
function fnmatch(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text;
  const source = pattern.replace(
    /\[(!?)([^\]]+)\]|[*?]|[.+^$(){}|\\[\]]/g,
    (found, not: string | undefined, members) => {
      if (found === '*') return '.*';
      if (found === '?') return '.';
      return members === undefined ? `\\${found}` : `[${not === '!' ? '^' : ''}${members}]`;
    },
  );
  return new RegExp(`^${source}$`, 's').test(text);
}

function dateOf(text: string, now: number): number {
  const ago = /^(\d+) (day|week|month)s? ago$/.exec(text);
  if (ago !== null) {
    const count = Number(ago[1]);
    if (ago[2] === 'day') return now - count * 86_400;
    if (ago[2] === 'week') return now - count * 604_800;
    const date = new Date(now * 1000);
    return date.setUTCMonth(date.getUTCMonth() - count) / 1000;
  }
  if (text === 'January 1') return Date.UTC(new Date(now * 1000).getUTCFullYear(), 0, 1) / 1000;
  const parsed = Date.parse(text.includes(':') ? text : `${text.replace(' UTC', '')}T00:00:00Z`);
  if (Number.isNaN(parsed)) throw new Error(`the reference knows no date ${text}`);
  return parsed / 1000;
}
