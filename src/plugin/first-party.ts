/**
 * Plugins that come with Stator: the folders of `plugins/`. They are found by name and not by an import, as any other
 * plugin is.
 */
import { existsSync } from 'node:fs';

/** The URL of the module of a first-party plugin, or null where there is none of that name. */
export function firstPartyModule(name: string): string | null {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return null;
  // The sources are run as they are in development, the compiled files otherwise.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const url = new URL(`../../plugins/${name}/index.${extension}`, import.meta.url);
  return existsSync(url) ? url.href : null;
}
