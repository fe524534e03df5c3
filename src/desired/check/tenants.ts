/**
 * What a tenant's documents may be and whom they may name. Which data and sites they really match is seen when a plan is
 * made: they do not apply outside of their tenant.
 */
import { anyGlobMatcher } from '../../policy/index.js';
import type { Compilation } from '../compilation.js';
import { Fields } from '../fields.js';
import type { Kind } from '../kinds.js';
import type { FieldPath, Json, ParsedDocument } from '../parsed-document.js';
import type { DesiredSource, Tenant } from '../state.js';
import { listOf } from '../suggest.js';

/** They speak about data. All other kinds shape the federation itself, and belong to whoever runs it. */
const tenantKinds: readonly Kind[] = [
  'Selector',
  'Placement',
  'Retention',
  'Lock',
  'Exclusion',
  'Ownership',
  'PolicyTest',
];

export function checkTenants(
  compilation: Compilation,
  documents: ReadonlyMap<Kind, readonly ParsedDocument[]>,
  tenants: readonly Tenant[],
  defaultOwner: string | null,
): void {
  if (tenants.length === 0) return;
  const bounds = tenants.map((tenant) => ({ tenant, holds: anyGlobMatcher(tenant.paths), documents: 0 }));
  for (const [kind, list] of documents) {
    for (const document of list) {
      for (const bound of bounds) {
        if (!bound.holds(document.file)) continue;
        bound.documents++;
        checkDocument(new Fields(document, compilation), kind, bound.tenant, defaultOwner);
      }
    }
  }
  for (const { tenant, documents: count } of bounds) {
    const document = documents.get('Tenant')?.find(({ name }) => name === tenant.name);
    if (document === undefined) continue;
    const fields = new Fields(document, compilation);
    if (count === 0) {
      const path = ['spec', 'paths'];
      const message = fields.message(path, `no document stands in a file that matches ${listOf(tenant.paths)}`);
      compilation.problems.info('tenant-without-documents', document.valuePlace(path), message);
    } else sayWhatIsUnchecked(fields, tenant, compilation.source);
  }
}

function checkDocument(fields: Fields, kind: Kind, tenant: Tenant, defaultOwner: string | null): void {
  const { problems } = fields.compilation;
  const { document } = fields;
  if (!tenantKinds.includes(kind)) {
    const where = `${document.file} belongs to Tenant ${tenant.name}`;
    const message = `${document.title}: ${where}, whose documents can only be ${listOf(tenantKinds)}; move it out of the tenant's paths`;
    problems.error('tenant-kind', document.keyPlace(['kind']), message);
    return;
  }
  if (tenant.owners === null) return;
  const { owners } = tenant;
  const refuse = (path: FieldPath, found: string): void => {
    const message = `${found}, but documents of Tenant ${tenant.name} may only name ${listOf([...owners])}`;
    fields.error('tenant-owner', path, message);
  };
  const spec = asMap(asMap(document.value)?.spec);
  const { owner } = spec ?? {};
  if (typeof owner === 'string') {
    if (!owners.has(owner)) refuse(['spec', 'owner'], `found \`${owner}\``);
  } else if (kind === 'Placement') {
    // What a placement does not say, the Federation says for it.
    if (defaultOwner === null) refuse(['spec'], 'no `owner` is given, so that copies keep that of their source');
    else if (!owners.has(defaultOwner))
      refuse(['spec'], `no \`owner\` is given and the default is \`${defaultOwner}\``);
  }
  if (kind !== 'Lock' || !Array.isArray(spec?.owners)) return;
  spec.owners.forEach((name, index) => {
    if (typeof name === 'string' && !owners.has(name)) refuse(['spec', 'owners', index], `found \`${name}\``);
  });
}

/**
 * All that is known of a commit is whether it has a good signature: not whose it is, and not who signed the commits that
 * the tenant's files come from. Nothing is made up about the rest.
 */
function sayWhatIsUnchecked(fields: Fields, tenant: Tenant, source: DesiredSource): void {
  const { problems } = fields.compilation;
  const say = (severity: 'warning' | 'info', code: string, field: string, message: string): void => {
    problems[severity](code, fields.document.valuePlace(['spec', field]), fields.message(['spec', field], message));
  };
  if (tenant.signers !== null) {
    const commit = `the commit ${source.commit?.slice(0, 12) ?? ''}`;
    const must = `changes of its documents must be signed by ${listOf(tenant.signers)}`;
    const forge = 'protect the paths in the forge';
    if (source.signature === 'good') {
      const unknown = 'whose it is, and who signed the changes of these documents, is not known here';
      say(
        'info',
        'tenant-signers-unchecked',
        'signers',
        `${must}; ${commit} has a good signature, but ${unknown}: ${forge}`,
      );
    } else if (source.signature === 'unchecked') {
      const why =
        source.commit === null ? 'a directory has no signatures' : `the signature of ${commit} was not checked`;
      say('warning', 'tenant-signers-unchecked', 'signers', `${must}; ${why}, so whether they are is not known`);
    } else {
      const found = source.signature === 'none' ? 'has no signature' : 'has a signature that is not good';
      say('warning', 'tenant-unsigned', 'signers', `${must}; ${commit}, which may be one of them, ${found}`);
    }
  }
  if (tenant.approvers !== null) {
    const message = `changes of its documents must be approved by ${listOf(tenant.approvers)}; approvals are given in the forge and not known here: require them there`;
    say('info', 'tenant-approvers-unchecked', 'approvers', message);
  }
}

function asMap(value: Json | undefined): { readonly [key: string]: Json } | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
}
