/**
 * Directories by open handle.
 *
 * Below the root every component is opened on its own, relative to its parent's handle and with O_NOFOLLOW, so that no
 * symbolic link is ever followed, also when a directory is swapped for one while we work. Node has no openat(2); on
 * Linux `/proc/self/fd/N/name` does the same. Elsewhere the path is used, after checking that it still leads to the
 * directory that is open.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { PluginError } from '../../src/plugin/index.js';
import { errnoOf, messageOf } from './file-error.js';

const openFlags = constants.O_RDONLY | constants.O_DIRECTORY;

export class Directory {
  readonly #handle: FileHandle;
  /** As configured and walked, for messages. */
  readonly path: string;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.path = path;
  }

  /**
   * Opens a root. It may be reached through links: it is the administrator's.
   *
   * @throws PluginError where it cannot be opened: a root that is missing says nothing about the files below it
   */
  static async root(path: string): Promise<Directory> {
    try {
      return new Directory(await open(path, openFlags), path);
    } catch (error) {
      throw new PluginError(
        'destination',
        'other',
        `the root ${path} cannot be opened (${messageOf(error)}): is it mounted?`,
        error,
      );
    }
  }

  /**
   * Opens a directory in this one.
   *
   * @param create makes it where it does not exist
   * @throws PluginError where the name is a symbolic link or no directory; errno errors otherwise
   */
  async sub(name: string, create: boolean): Promise<Directory> {
    const shown = `${this.path}/${name}`;
    const path = await this.child(name);
    for (let tries = 0; ; tries++) {
      try {
        return new Directory(await open(path, openFlags | constants.O_NOFOLLOW), shown);
      } catch (error) {
        const code = errnoOf(error);
        if (code === 'ENOTDIR' || code === 'ELOOP') {
          if ((await lstat(path)).isSymbolicLink()) throw symbolicLink(shown);
          throw new PluginError('destination', 'other', `${shown} is not a directory`, error);
        }
        // Somebody may remove the directory between its creation and its opening; a few times, not for ever.
        if (code !== 'ENOENT' || !create || tries >= 5) throw error;
      }
      try {
        await mkdir(path);
        await this.#handle.sync();
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
  }

  /** A path to `name` in this directory that follows no link on the way. */
  async child(name: string): Promise<string> {
    if (process.platform === 'linux') return `/proc/self/fd/${this.#handle.fd}/${name}`;
    const [here, there] = await Promise.all([this.#handle.stat(), lstat(this.path)]);
    if (here.ino !== there.ino || here.dev !== there.dev) throw symbolicLink(this.path);
    return `${this.path}/${name}`;
  }

  /** Device and inode: equal for two handles of the same directory. */
  async identity(): Promise<string> {
    const { dev, ino } = await this.#handle.stat({ bigint: true });
    return `${dev}:${ino}`;
  }

  /** Makes creations, renames and removals in this directory durable. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

export function symbolicLink(path: string): PluginError {
  return new PluginError(
    'permanent',
    'symbolic-link',
    `${path} is a symbolic link; links below a root are not followed`,
  );
}

/** Opens the directory that `components` lead to from the root. */
export async function walk(root: string, components: readonly string[], create: boolean): Promise<Directory> {
  let directory = await Directory.root(root);
  for (const component of components) {
    const parent = directory;
    try {
      directory = await parent.sub(component, create);
    } finally {
      await parent.close();
    }
  }
  return directory;
}
