import { type FileAt, PluginError } from '../../src/plugin/index.js';

/** A file below a root, as components that were checked. */
export interface RootedPath {
  readonly root: string;
  /** Names of the directories between the root and the file. */
  readonly directories: readonly string[];
  readonly name: string;
  /** For messages. */
  readonly shown: string;
}

/**
 * Takes a `file://` URL apart. The path is literal (nothing is percent-decoded) and must lie below the root of the
 * endpoint; `..`, `.`, and NUL are refused wherever they stand.
 *
 * @throws PluginError (permanent)
 */
export function rootedPath(file: FileAt): RootedPath {
  const { url, root } = file;
  const refuse = (why: string): PluginError =>
    new PluginError('permanent', 'outside-root', `${JSON.stringify(url)} at ${file.site}: ${why}`);
  if (!url.startsWith('file://')) throw refuse('it is no file:// URL');
  if (root === null || !root.startsWith('/')) throw refuse('its endpoint has no absolute root');
  const path = url.slice('file://'.length);
  if (!path.startsWith('/')) throw refuse('its path is not absolute');
  if (path.includes('\0') || root.includes('\0')) throw refuse('it has a NUL character');
  if (path.endsWith('/')) throw refuse('it names a directory');
  const components = split(path);
  const above = split(root);
  for (const component of [...components, ...above]) {
    if (component === '..' || component === '.') throw refuse(`it has a "${component}" component`);
  }
  if (components.length <= above.length || above.some((component, i) => components[i] !== component)) {
    throw refuse(`it is not below the root ${root}`);
  }
  const below = components.slice(above.length);
  const name = below.pop() ?? '';
  return { root: `/${above.join('/')}`, directories: below, name, shown: `${file.site}:${path}` };
}

function split(path: string): string[] {
  return path.split('/').filter((component) => component !== '');
}
