/** Logical file names to URLs, by the endpoints of a site. */
import { RE2JS } from 're2js';
import type { Endpoint } from '../desired/state.js';
import type { ExecutionSite } from './site.js';

export interface Location {
  readonly protocol: string;
  readonly url: string;
  readonly root: string | null;
}

const compiled = new Map<string, RE2JS>();

/** Every URL the file has at the site, in the order of the endpoints; empty where none of them matches its name. */
export function locate(site: ExecutionSite, file: string): readonly Location[] {
  return site.endpoints.flatMap((endpoint) => {
    const url = apply(endpoint, file);
    return url === null ? [] : [{ protocol: endpoint.protocol, url, root: endpoint.root }];
  });
}

function apply(endpoint: Endpoint, file: string): string | null {
  let pattern = compiled.get(endpoint.match);
  if (pattern === undefined) {
    pattern = RE2JS.compile(endpoint.match);
    compiled.set(endpoint.match, pattern);
  }
  const matcher = pattern.matcher(file);
  if (!matcher.find()) return null;
  return endpoint.url.replace(/\$(\d+)/g, (_, group: string) => {
    const index = Number(group);
    return index <= matcher.groupCount() ? (matcher.group(index) ?? '') : '';
  });
}
