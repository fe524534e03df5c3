import { type ErrorCode, PluginError } from '../../src/plugin/index.js';

/** The errno name of an error of the file system, or the empty string. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Out of something for the moment, or a network file system that does not answer. */
const passing = new Set([
  'EAGAIN',
  'EBUSY',
  'EINTR',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ESTALE',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENOTCONN',
]);

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  ENOSPC: 'space',
  EDQUOT: 'space',
  EFBIG: 'space',
  EACCES: 'permission',
  EPERM: 'permission',
  EROFS: 'permission',
  ELOOP: 'symbolic-link',
};

/** What a failed operation of the file system on one side means. A {@link PluginError} stays what it is. */
export function sideError(side: 'source' | 'destination', shown: string, doing: string, error: unknown): PluginError {
  if (error instanceof PluginError) {
    // What is said of a directory does not know whose side it is on.
    return error.class === 'destination' && side === 'source'
      ? new PluginError('source', error.code, error.message, error)
      : error;
  }
  const errno = errnoOf(error);
  const message = `${shown}: ${doing}: ${messageOf(error)}`;
  if (passing.has(errno)) return new PluginError('transient', 'other', message, error);
  if (errno === 'ENAMETOOLONG') return new PluginError('permanent', 'other', message, error);
  return new PluginError(side, codes[errno] ?? 'other', message, error);
}
