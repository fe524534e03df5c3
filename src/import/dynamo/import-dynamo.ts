/** Dynamo's files as documents of ours, with a report on every line; nothing where any line is broken. */
import type { Diagnostic } from '../../diagnostic.js';
import { compareBytes } from '../../order.js';
import { formatTime } from '../../policy/index.js';
import { all, any, type Cel, no, yes } from './cel.js';
import { enforcerProtected, type NamedRule, placementsHeader, placementsYaml } from './enforcer.js';
import { type EnforcerFile, parseEnforcer } from './enforcer-file.js';
import { basename, fileName, stem, UniqueNames } from './file-names.js';
import { Findings } from './findings.js';
import { Disposable, disposableNote } from './last-copy.js';
import { locksYaml } from './locks.js';
import { parseLocks } from './locks-file.js';
import { NameLists } from './name-lists.js';
import { partitionsYaml } from './partition.js';
import { membersOf, type PartitionsFile, parsePartitions } from './partitions-file.js';
import { type PolicyFile, parsePolicy } from './policy-file.js';
import { Renderer } from './render.js';
import { type ImportReport, ReportBuilder } from './report.js';
import { partitionName, retentionYaml } from './retention.js';
import { type ConditionSelector, nameListYaml, type OutputFile, selectorYaml } from './selector.js';
import type { InputFile } from './source-text.js';
import { comments } from './yaml.js';

export interface DynamoInput {
  readonly policies: readonly InputFile[];
  readonly partitions: InputFile | null;
  readonly enforcers: readonly InputFile[];
  readonly locks: InputFile | null;
  /** Names of the sites of `dataset.on_protected_site`; null where none are given. */
  readonly protectedSites: readonly string[] | null;
}

export interface DynamoOptions {
  /** Seconds since the epoch: what the dates of the input are relative to. */
  readonly now: number;
  /** What the program does, rather than what was meant. */
  readonly asObserved: boolean;
  /** Rules that may remove last copies in the original may do so here, within `Federation.spec.disposable`. */
  readonly trustLastCopy: boolean;
}

export interface DynamoResult {
  /** null when there is any error. */
  readonly files: readonly OutputFile[] | null;
  readonly report: ImportReport;
  /** Errors, by file, line and column. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Imports files of Dynamo. Pure: the same input gives the same documents. */
export function importDynamo(input: DynamoInput, options: DynamoOptions): DynamoResult {
  const findings = new Findings();
  const report = new ReportBuilder();
  const parsing = { now: options.now, trailingComments: !options.asObserved };
  const partitions = input.partitions === null ? null : parsePartitions(input.partitions, parsing, findings, report);
  const policies = input.policies.map((file) => parsePolicy(file, parsing, findings));
  const enforcers = input.enforcers.flatMap((file) => parseEnforcer(file, parsing, findings, report) ?? []);
  const locks = input.locks === null ? [] : parseLocks(input.locks, findings, report);
  const order = [input.partitions, ...input.policies, ...input.enforcers, input.locks].flatMap(
    (file) => file?.path ?? [],
  );
  const head = {
    mode: options.asObserved ? 'as-observed' : 'as-meant',
    clock: formatTime(options.now),
  } as const;
  if (findings.failed) {
    return { files: null, report: report.finish(order, { ...head, files: [] }), diagnostics: findings.sorted() };
  }
  const writer = new Writer(input, options, report, partitions, policies, enforcers);
  writer.writePartitions();
  writer.writeLocks(locks);
  writer.writePlacements();
  writer.writeRetentions();
  const files = [...writer.files].sort((a, b) => compareBytes(a.path, b.path));
  const paths = files.map(({ path }) => path);
  return { files, report: report.finish(order, { ...head, files: paths }), diagnostics: [] };
}

class Writer {
  readonly files: OutputFile[] = [];
  readonly #input: DynamoInput;
  readonly #options: DynamoOptions;
  readonly #report: ReportBuilder;
  readonly #partitions: PartitionsFile | null;
  readonly #policies: readonly PolicyFile[];
  readonly #enforcers: readonly EnforcerFile[];
  /** Partitions of the policies, with their members. */
  readonly #policyPartitions: readonly ReadonlySet<string>[];
  /** Rules of each enforcer file that belong to a partition of a policy. */
  readonly #placements = new Map<EnforcerFile, readonly NamedRule[]>();
  #lockSelector: string | null = null;

  constructor(
    input: DynamoInput,
    options: DynamoOptions,
    report: ReportBuilder,
    partitions: PartitionsFile | null,
    policies: readonly PolicyFile[],
    enforcers: readonly EnforcerFile[],
  ) {
    this.#input = input;
    this.#options = options;
    this.#report = report;
    this.#partitions = partitions;
    this.#policies = policies;
    this.#enforcers = enforcers;
    const lines = partitions?.partitions ?? [];
    const known = this.#knownPartitions();
    this.#policyPartitions = policies.map((policy) => membersOf(partitionName(policy, known)?.name ?? '', lines));
    const names = new UniqueNames();
    for (const file of enforcers) {
      const belongs = policies.length === 0 || this.#policyPartitions.some((members) => members.has(file.partition));
      if (belongs) {
        this.#placements.set(
          file,
          file.rules.map((rule) => ({ rule, name: names.take(rule.name.trim() || 'unnamed') })),
        );
      } else this.#dropEnforcer(file);
    }
  }

  #knownPartitions(): ReadonlySet<string> | null {
    return this.#partitions === null ? null : new Set(this.#partitions.partitions.map(({ name }) => name));
  }

  #dropEnforcer(file: EnforcerFile): void {
    const reason = `the rule is about partition ${file.partition}, and none of the policies is`;
    for (const line of file.head) this.#report.dropped(line, reason);
    for (const { source, replicas, destinations, sources, settings } of file.rules) {
      const lines = [source, ...settings, ...[...replicas, ...destinations, ...sources].map((each) => each.source)];
      for (const line of lines) this.#report.dropped(line, reason);
    }
  }

  #renderer(names: NameLists, enforcer?: ReturnType<typeof enforcerProtected>['protected']): Renderer {
    const remark = 'outside of rules no placement protects anything';
    return new Renderer({
      asObserved: this.#options.asObserved,
      protectedSites: this.#input.protectedSites,
      enforcerProtected: enforcer ?? { condition: no, remark },
      lockSelector: this.#lockSelector,
      names,
    });
  }

  /** A file of documents, with the Selectors they use. */
  #add(path: string, yaml: string, selectors: readonly ConditionSelector[], names: NameLists): void {
    const lists = names.lists.map(nameListYaml);
    const beside = [...selectors.map(selectorYaml), ...lists.map((each) => each.yaml)];
    this.files.push({ path, text: yaml + beside.join('') }, ...lists.map((each) => each.file));
  }

  writePartitions(): void {
    const file = this.#partitions;
    if (file === null || file.partitions.length === 0) return;
    const names = new NameLists();
    const above = comments([`Imported from Dynamo's partitions ${basename(file.path)} by stator import dynamo.`], '');
    this.#add('partitions.yaml', above + partitionsYaml(file, this.#renderer(names), this.#report), [], names);
  }

  writeLocks(rows: Parameters<typeof locksYaml>[0]): void {
    const path = this.#input.locks?.path;
    if (path === undefined) return;
    const names = new NameLists();
    const { yaml, selector } = locksYaml(rows, {
      path,
      asObserved: this.#options.asObserved,
      now: this.#options.now,
      policySites: this.#policySites(),
      names,
      report: this.#report,
    });
    this.#lockSelector = selector?.name ?? null;
    const header = comments([`Imported from Dynamo's locks ${basename(path)} by stator import dynamo.`], '');
    const text = yaml === '' ? header : yaml;
    if (yaml !== '' || selector !== null) this.#add('locks.yaml', text, selector === null ? [] : [selector], names);
  }

  /** The sites that the policies are about, as a condition on `s`, without what needs a partition. */
  #policySites(): Cel | null {
    if (this.#policies.length === 0) return null;
    const renderer = this.#renderer(new NameLists());
    const lines = this.#policies.flatMap(({ on }) => on);
    return any(
      lines.map(({ condition }) => {
        const ofSite = condition.predicates.filter(({ variable }) => variable.type !== 'number');
        const place = { listName: '', site: 's', remarks: new Set<string>() };
        return all([yes, ...ofSite.map((predicate) => renderer.predicate(predicate, place))]);
      }),
    );
  }

  writePlacements(): void {
    for (const [file, rules] of this.#placements) {
      if (rules.length === 0) continue;
      const names = new NameLists();
      const { yaml, selectors } = placementsYaml(file, rules, this.#renderer(names), this.#report);
      this.#add(`placements-${fileName(stem(file.path))}.yaml`, placementsHeader(file) + yaml, selectors, names);
    }
  }

  writeRetentions(): void {
    const known = this.#knownPartitions();
    const names = new UniqueNames();
    this.#policies.forEach((policy, index) => {
      const name = names.take(stem(policy.path) || 'policy');
      const lists = new NameLists();
      const { asObserved, trustLastCopy } = this.#options;
      const members = this.#policyPartitions[index] ?? new Set();
      const rules = [...this.#placements].flatMap(([file, named]) => (members.has(file.partition) ? named : []));
      const enforced = enforcerProtected(
        rules.filter(({ rule }) => rule.protect),
        { asObserved, prefix: name, missing: this.#enforcerRemark(rules) },
        this.#renderer(lists),
      );
      const disposable = new Disposable();
      const yaml = retentionYaml(policy, {
        name,
        asObserved,
        trustLastCopy,
        renderer: this.#renderer(lists, enforced.protected),
        names: lists,
        report: this.#report,
        disposable,
        partitions: known,
      });
      const covered = disposable.condition(lists, `${name}-disposable`);
      if (covered !== null) this.#report.notes.push(`${policy.path}: ${disposableNote(covered)}`);
      this.#add(`retention-${fileName(name)}.yaml`, yaml, asksEnforcer(policy) ? enforced.selectors : [], lists);
    });
  }

  #enforcerRemark(rules: readonly NamedRule[]): string | null {
    if (this.#enforcers.length === 0) return 'no --enforcer file is given, so that nothing is protected by one';
    if (rules.length === 0)
      return 'no rule of the Enforcer is about this partition, so that nothing is protected by one';
    if (this.#options.asObserved) return null;
    return 'the program protects all copies at the destinations as long as there are no more than wanted, and none where there are more; here the best ones are required';
  }
}

function asksEnforcer(policy: PolicyFile): boolean {
  return policy.rules.some(({ condition }) =>
    condition.predicates.some(({ variable }) => variable.name === 'replica.enforcer_protected'),
  );
}
