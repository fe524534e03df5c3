import { compareBytes } from '../../order.js';
import { regexGroupCount } from '../../policy/index.js';
import type { Checked, Fields } from '../fields.js';
import type { SiteDocument } from '../generated/index.js';
import type { Endpoint, Site } from '../state.js';
import type { Body } from './body.js';

type Spec = Checked<SiteDocument['spec']>;
type EndpointSpec = NonNullable<NonNullable<Spec['endpoints']>[number]>;

export function compileSite(fields: Fields, spec: Spec): Body<Site> {
  const quotas = new Map<string, number>();
  const given = Object.entries(spec.quotas ?? {}).sort(([a], [b]) => compareBytes(a, b));
  for (const [partition, size] of given) {
    const path = ['spec', 'quotas', partition];
    fields.reference('Partition', partition, path);
    quotas.set(partition, fields.quota(size ?? undefined, path) ?? 0);
  }
  return {
    storage: spec.storage ?? 'disk',
    state: spec.state ?? 'ready',
    quotas,
    endpoints: (spec.endpoints ?? []).flatMap((endpoint, index) =>
      endpoint === null ? [] : [compileEndpoint(fields, endpoint, ['spec', 'endpoints', index])],
    ),
  };
}

function compileEndpoint(fields: Fields, endpoint: EndpointSpec, path: readonly (string | number)[]): Endpoint {
  const { protocol = '', match = '', url = '', root = null } = endpoint;
  const valid = fields.regex(endpoint.match, [...path, 'match']);
  if (endpoint.url !== undefined) {
    if (valid) checkGroups(fields, match, url, [...path, 'url']);
    checkUrl(fields, protocol, url, [...path, 'url']);
  }
  if (protocol === 'file') {
    if (root !== null) checkRoot(fields, root, url, path);
  } else if (root !== null && endpoint.protocol !== undefined) {
    fields.error(
      'unknown-field',
      [...path, 'root'],
      `\`root\` is for \`protocol: file\` only, this is \`${protocol}\``,
    );
  }
  return { protocol, match, url, root };
}

function checkGroups(fields: Fields, match: string, url: string, path: readonly (string | number)[]): void {
  const groups = regexGroupCount(match);
  for (const [reference, number] of url.matchAll(/\$(\d+)/g)) {
    if (Number(number) === 0 || Number(number) > groups) {
      const has = groups === 1 ? 'one group' : `${groups} groups`;
      fields.error('unknown-group-reference', path, `found \`${reference}\`, but \`match\` has ${has} in parentheses`);
    }
  }
}

function checkUrl(fields: Fields, protocol: string, url: string, path: readonly (string | number)[]): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(url)?.[1];
  if (scheme === undefined) {
    fields.error('bad-url', path, `found "${url}", expected a URL such as davs://se.example.org:1094/store/$1`);
  } else if ((protocol === 'file') !== (scheme === 'file')) {
    fields.error('bad-url', path, `found the scheme \`${scheme}\`, which does not go with \`protocol: ${protocol}\``);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]*@/.test(url)) {
    fields.error(
      'credentials',
      path,
      'a URL here must not carry a user or password: they go into the server configuration',
    );
  }
}

/** The part of the URL in front of the first group must already be inside the root. */
function checkRoot(fields: Fields, root: string, url: string, path: readonly (string | number)[]): void {
  const normal = /^(?:\/[^/]+)+$/.test(root) && !root.split('/').some((part) => part === '.' || part === '..');
  if (!normal) {
    const what = `found "${root}", expected the absolute path of a directory without \`.\`, \`..\`, or a slash at the end`;
    fields.error('bad-root', [...path, 'root'], what);
    return;
  }
  if (!url.startsWith('file://')) return;
  const target = url.slice('file://'.length);
  const fixed = target.split('$')[0] ?? '';
  const climbs = target.split('/').some((part) => part === '..' || part === '.');
  if (climbs || !fixed.startsWith(`${root}/`)) {
    fields.error('outside-root', [...path, 'url'], `found "${url}", which is not inside the root "${root}"`);
  }
}
