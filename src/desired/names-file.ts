/** Lists of names beside a Selector: one name or glob per line, `#` at the start of a line or after a space comments. */

import { formatBytes } from '../policy/index.js';
import type { Fields } from './fields.js';
import { limits } from './limits.js';
import type { FieldPath } from './parsed-document.js';
import type { Selector } from './state.js';
import { readText } from './text.js';

const longestName = 1024;

/** The entries with their lines; a missing or empty file is an error, never "nothing". */
export function readNamesFile(fields: Fields, given: string, at: FieldPath): Selector['names'][number][] {
  const path = resolveBeside(fields.document.file, given);
  if (path === null) {
    fields.error('names-file-outside', at, `found "${given}", expected a path inside the desired state`);
    return [];
  }
  const file = fields.compilation.files.get(path);
  if (file === undefined) {
    fields.error('names-file-missing', at, `there is no file \`${path}\``);
    return [];
  }
  const size = file.unreadSize ?? file.bytes.length;
  if (file.unreadSize !== undefined || size > limits.namesFileBytes) {
    fields.error(
      'file-too-large',
      at,
      `\`${path}\` has ${formatBytes(size)}, more than ${limits.namesFileBytes / 2 ** 20} MiB`,
    );
    return [];
  }
  const read = readText(path, file.bytes);
  if (!('text' in read)) {
    fields.compilation.problems.error(read.code, read.place, fields.message(at, read.message));
    return [];
  }
  const names: Selector['names'][number][] = [];
  read.text.split('\n').forEach((line, index) => {
    const text = line.replace(/(?:^|\s)#.*$/, '').trim();
    if (text === '') return;
    if (text.length > longestName) {
      const place = { file: path, line: index + 1, column: 1 };
      const message = fields.message(at, `a name has at most ${longestName} characters, found ${text.length}`);
      fields.compilation.problems.error('bad-name', place, message);
    }
    names.push({ text, file: path, line: index + 1 });
  });
  if (names.length === 0) fields.error('names-file-empty', at, `\`${path}\` holds no name`);
  return names;
}

/** A path relative to a file, or null where it leaves the root. */
function resolveBeside(file: string, relative: string): string | null {
  if (relative.startsWith('/') || relative.includes('\\')) return null;
  const parts = file.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return null;
    } else if (part !== '.' && part !== '') {
      parts.push(part);
    }
  }
  return parts.join('/');
}
