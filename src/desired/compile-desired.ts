/**
 * Files to a desired state, or to everything that is wrong with them.
 *
 * Every file is read, every document checked against its schema, and everything that is left compiled, before a word
 * is said: one run reports all errors of all files. Nothing here reads a disk, a clock or the environment.
 */
import type { Diagnostic } from '../diagnostic.js';
import { compareBytes } from '../order.js';
import { checkExpressions } from './check/expressions.js';
import { lintDesired } from './check/lint.js';
import { checkUnions } from './check/partitions.js';
import { checkPlacementLabels } from './check/placement-labels.js';
import { checkSiteLabels } from './check/site-labels.js';
import { checkTenants } from './check/tenants.js';
import { Compilation } from './compilation.js';
import { compileExclusion } from './compile/exclusion.js';
import { compileFederation } from './compile/federation.js';
import { compileGroup } from './compile/group.js';
import { compileGuard } from './compile/guard.js';
import { compileLock } from './compile/lock.js';
import { compileOwnership } from './compile/ownership.js';
import { compilePartition } from './compile/partition.js';
import { compilePlacement } from './compile/placement.js';
import { compilePolicyTest } from './compile/policy-test.js';
import { compileRebalance } from './compile/rebalance.js';
import { compileRetention } from './compile/retention.js';
import { compileSelector } from './compile/selector.js';
import { compileSite } from './compile/site.js';
import { compileTenant } from './compile/tenant.js';
import { compileWindow } from './compile/window.js';
import { type DocumentCache, SoundFiles } from './document-cache.js';
import { type Checked, Fields } from './fields.js';
import type {
  ExclusionDocument,
  FederationDocument,
  GroupDocument,
  GuardDocument,
  LockDocument,
  OwnershipDocument,
  PartitionDocument,
  PlacementDocument,
  PolicyTestDocument,
  RebalanceDocument,
  RetentionDocument,
  SelectorDocument,
  SiteDocument,
  TenantDocument,
  WindowDocument,
} from './generated/index.js';
import { apiVersion, isKind, type Kind, kinds } from './kinds.js';
import { limits } from './limits.js';
import type { ParsedDocument } from './parsed-document.js';
import { nowhere, Problems } from './problems.js';
import { readDocuments } from './read-documents.js';
import { checkSchema } from './schema-problems.js';
import { isYamlPath, type SourceFile } from './source-file.js';
import type { DesiredSource, DesiredState, Federation, Origin } from './state.js';
import { didYouMean } from './suggest.js';

export interface CompileResult {
  /** null when there is any error. */
  readonly state: DesiredState | null;
  /** Errors and warnings, by file, line and column. */
  readonly diagnostics: readonly Diagnostic[];
}

interface KindDocuments {
  Federation: FederationDocument;
  Site: SiteDocument;
  Group: GroupDocument;
  Partition: PartitionDocument;
  Selector: SelectorDocument;
  Placement: PlacementDocument;
  Retention: RetentionDocument;
  Lock: LockDocument;
  Guard: GuardDocument;
  Exclusion: ExclusionDocument;
  Ownership: OwnershipDocument;
  Rebalance: RebalanceDocument;
  Window: WindowDocument;
  Tenant: TenantDocument;
  PolicyTest: PolicyTestDocument;
}

/** What every compiled document has. */
interface Head {
  readonly name: string;
  readonly origin: Origin;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
}

/**
 * Compiles a desired state. The order of files and of documents within them changes nothing but positions.
 *
 * @param files everything below the root of the desired state; of these `*.yaml` and `*.yml` hold documents
 * @param cache documents of earlier compilations; the result does not depend on it
 */
export function compileDesired(
  files: readonly SourceFile[],
  source: DesiredSource,
  cache: DocumentCache | null = null,
): CompileResult {
  const problems = new Problems();
  const sorted = [...files].sort((a, b) => compareBytes(a.path, b.path));
  const compilation = new Compilation(source, problems, new Map(sorted.map((file) => [file.path, file])));
  const sound = new SoundFiles(cache);
  const documents = collect(sorted, compilation, sound);
  const state = compileAll(documents, compilation);
  sound.finish(compilation.uses);
  const diagnostics = problems.sorted();
  return { state: problems.failed || state === null ? null : { ...state, diagnostics }, diagnostics };
}

type Documents = ReadonlyMap<Kind, readonly ParsedDocument[]>;

/** Reads all files; what is returned is of a known kind, and the first of its name. */
function collect(files: readonly SourceFile[], compilation: Compilation, sound: SoundFiles): Documents {
  const { problems } = compilation;
  const byKind = new Map<Kind, ParsedDocument[]>(kinds.map((kind) => [kind, []]));
  let count = 0;
  for (const file of files) {
    if (!isYamlPath(file.path)) continue;
    const known = sound.find(file);
    for (const { content } of known ?? []) compilation.learn(content.expressions);
    const before = problems.reported;
    const documents = known ?? read(file, compilation);
    let isSound = problems.reported === before;
    for (const document of documents) {
      count++;
      if (count > limits.documents) {
        const message = `there are more than ${limits.documents} documents: move some to another repository`;
        problems.error('too-many-documents', document.start, message);
        return byKind;
      }
      const kind = checkEnvelope(document, problems);
      isSound &&= kind !== null;
      if (kind === null) continue;
      const first = document.name === '' ? null : compilation.register(kind, document);
      if (first !== null) {
        const { file, line, column } = first.start;
        const message = `${document.title}: this document is already defined at ${file}:${line}:${column}`;
        problems.error('duplicate-document', document.start, message);
      }
      if (known === null) {
        const unchecked = problems.reported;
        checkSchema(document, kind, problems);
        isSound &&= problems.reported === unchecked;
      }
      byKind.get(kind)?.push(document);
    }
    if (known === null && isSound) sound.keep(file, documents);
  }
  return byKind;
}

function read(file: SourceFile, compilation: Compilation): readonly ParsedDocument[] {
  const { documents, damaged, unreadable } = readDocuments(file, compilation.problems);
  for (const bytes of unreadable) compilation.addUnreadable(bytes);
  for (const document of damaged) if (isKind(document.kind)) compilation.register(document.kind, document);
  return documents;
}

const allKinds = kinds.map((kind) => `\`${kind}\``).join(', ');

/** Whether the document is of a kind that exists here. */
function checkEnvelope(document: ParsedDocument, problems: Problems): Kind | null {
  const { value } = document;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const message = 'a document is a mapping with `apiVersion`, `kind`, `metadata` and `spec`';
    problems.error('not-a-document', document.start, message);
    return null;
  }
  const { kind } = value;
  if (typeof kind !== 'string') {
    const what = kind === undefined ? 'the field `kind` is missing' : '`kind` must be text';
    const message = `${document.title}: ${what}; known kinds: ${allKinds}`;
    problems.error('missing-field', document.keyPlace(['kind']), message);
    return null;
  }
  if (isKind(kind)) return kind;
  const message = `${document.title}: kind: unknown kind \`${kind}\`${didYouMean(kind, kinds)}; known kinds: ${allKinds}`;
  problems.error('unknown-kind', document.valuePlace(['kind']), message);
  return null;
}

function compileAll(documents: Documents, compilation: Compilation): Omit<DesiredState, 'diagnostics'> | null {
  const build = <K extends Kind, B extends object>(
    kind: K,
    compile: (fields: Fields, spec: Checked<KindDocuments[K]['spec']>) => B,
    hashed: (body: B) => object = (body) => body,
  ): (Head & B)[] =>
    (documents.get(kind) ?? [])
      .map((document) => {
        const fields = new Fields(document, compilation);
        // The schema was checked, and what it does not allow taken out: the value is what the type says.
        const value = document.value as Checked<KindDocuments[K]> & Envelope;
        const spec = (value.spec ?? {}) as Checked<KindDocuments[K]['spec']>;
        const body = compile(fields, spec);
        // Spreading two objects into a third takes the engine ten times as long.
        return Object.assign(headOf(fields, value, hashed(body)), body);
      })
      .sort((a, b) => compareBytes(a.name, b.name));

  const federation = theFederation(documents, compilation, build('Federation', compileFederation));
  const defaults = {
    defaultOwner: federation?.defaultOwner ?? null,
    defaultPriority: federation?.defaultPriority ?? 0,
  };
  const sites = build('Site', compileSite);
  const groups = build('Group', compileGroup);
  const partitions = build('Partition', compilePartition);
  const selectors = build('Selector', compileSelector, (body) => ({
    ...body,
    names: new Set(body.names.map(({ text }) => text)),
  }));
  const placements = build('Placement', (fields, spec: Checked<PlacementDocument['spec']>) =>
    compilePlacement(fields, spec, defaults),
  );
  const retentions = build('Retention', compileRetention, (body) => ({
    ...body,
    rules: body.rules.map(({ origin, ...rule }) => rule),
  }));
  const locks = build('Lock', compileLock);
  const guards = build('Guard', compileGuard);
  const exclusions = build('Exclusion', compileExclusion);
  const ownerships = build('Ownership', compileOwnership);
  const rebalances = build('Rebalance', compileRebalance);
  const windows = build('Window', compileWindow);
  const tenants = build('Tenant', compileTenant);
  const declaredLabels = federation?.declaredLabels.dataset ?? null;
  const policyTests = build(
    'PolicyTest',
    (fields, spec: Checked<PolicyTestDocument['spec']>) =>
      compilePolicyTest(fields, spec, { ...defaults, declaredLabels }),
    (body) => ({ ...body, expect: body.expect.map(({ origin, description, ...assertion }) => assertion) }),
  );

  const first = new Map(kinds.map((kind) => [kind, firstByName(documents, kind)]));
  const firstOf = (kind: Kind) => first.get(kind) ?? new Map<string, ParsedDocument>();
  checkUnions(compilation, partitions, firstOf('Partition'));
  checkSiteLabels(compilation, federation, sites, firstOf('Site'));
  checkPlacementLabels(compilation, federation, sites, placements, firstOf('Placement'));
  checkTenants(compilation, documents, tenants, defaults.defaultOwner);
  checkExpressions(compilation, { federation, sites, selectors });
  if (federation === null) return null;
  const { source } = compilation;
  const state = {
    source,
    federation,
    sites,
    groups,
    partitions,
    selectors,
    placements,
    retentions,
    locks,
    guards,
    exclusions,
    ownerships,
    rebalances,
    windows,
    tenants,
    policyTests,
  };
  if (!compilation.problems.failed) {
    lintDesired(compilation, state, first);
  }
  return state;
}

interface Envelope {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string | null>>;
    readonly annotations?: Readonly<Record<string, string | null>>;
  };
  readonly spec?: Parameters<Fields['origin']>[0];
}

function headOf(fields: Fields, value: Envelope, content: object): Head {
  return {
    name: fields.document.name,
    origin: fields.origin(value.spec, content),
    labels: textMap(value.metadata?.labels),
    annotations: textMap(value.metadata?.annotations),
  };
}

/** One for all: most documents have no labels. */
const noTexts: ReadonlyMap<string, string> = new Map();

function textMap(map: Readonly<Record<string, string | null>> | undefined): ReadonlyMap<string, string> {
  if (map === undefined) return noTexts;
  const entries = Object.entries(map).map(([key, text]) => [key, text ?? ''] as const);
  return new Map(entries.sort(([a], [b]) => compareBytes(a, b)));
}

function firstByName(documents: Documents, kind: Kind): ReadonlyMap<string, ParsedDocument> {
  const byName = new Map<string, ParsedDocument>();
  for (const document of documents.get(kind) ?? []) {
    if (!byName.has(document.name)) byName.set(document.name, document);
  }
  return byName;
}

/** The only Federation; none, or another one, is an error. */
function theFederation(
  documents: Documents,
  compilation: Compilation,
  federations: readonly Federation[],
): Federation | null {
  const { problems } = compilation;
  const [first, ...others] = documents.get('Federation') ?? [];
  for (const other of others) {
    const { file, line, column } = first?.start ?? nowhere;
    if (other.name === first?.name) continue;
    const message = `${other.title}: there is exactly one Federation, and ${first?.title} stands at ${file}:${line}:${column}`;
    problems.error('second-federation', other.start, message);
  }
  if (first === undefined && compilation.namesOf('Federation').length === 0 && !compilation.maybeUnread('Federation')) {
    const message = `there is no document of kind Federation: add one (apiVersion: ${apiVersion}, kind: Federation)`;
    problems.error('no-federation', nowhere, message);
  }
  return federations.find((federation) => federation.name === first?.name) ?? null;
}
