/** Which repositories may be read, and how their URLs are shown: never with credentials. */
import { StatorError } from '../error.js';

/**
 * Checks the URL of a repository: https, ssh (also `user@host:path`), `file://` or an absolute path; http to this
 * machine only. It comes from the server's configuration or the command line, never from a repository.
 *
 * @returns the URL as git gets it
 * @throws StatorError
 */
export function checkRepositoryUrl(url: string): string {
  const refuse = (why: string): StatorError =>
    new StatorError({
      code: 'bad-repository-url',
      what: `the repository URL is not allowed: ${why}`,
      where: maskCredentials(url),
      todo: 'use https://, ssh://, user@host:path, or the path of a repository on this machine',
      actBy: 'admin',
    });
  if (url === '') throw refuse('it is empty');
  if (url.startsWith('-')) throw refuse('it begins with `-`');
  if (/[\p{Cc}\p{Cf}]/u.test(url)) throw refuse('it contains control characters');
  if (/^[^/:]*::/.test(url)) throw refuse('remote helpers (`name::`) run programs');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1];
  if (scheme === undefined) {
    if (/^[A-Za-z0-9._-]+@[A-Za-z0-9][A-Za-z0-9.-]*:[^-]/.test(url) || url.startsWith('/')) return url;
    throw refuse('it is neither a URL nor an absolute path');
  }
  if (scheme === 'file') return url;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw refuse('it is not a URL');
  }
  if (parsed.hostname === '' || parsed.hostname.startsWith('-')) throw refuse('it has no valid host');
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname);
  if (scheme === 'https' || scheme === 'ssh' || (scheme === 'http' && local)) return url;
  throw refuse(scheme === 'http' ? 'http is for this machine only' : `the scheme \`${scheme}\` is not known`);
}

/** Removes passwords and tokens from every URL in a text; the user of an ssh URL stays. */
export function maskCredentials(text: string): string {
  return text.replace(/\b([A-Za-z][A-Za-z0-9+.-]*:\/\/)([^/\s'"]*)@/g, (_, scheme: string, user: string) => {
    if (scheme.toLowerCase() === 'ssh://' && !user.includes(':')) return `${scheme}${user}@`;
    return `${scheme}***@`;
  });
}
