/** A file as plugins see it: where it is and what its bytes must be. */

/** Lower-case hexadecimal (adler32: 8 digits); null where the catalogue has none. */
export interface Checksums {
  readonly adler32: string | null;
  readonly md5: string | null;
  readonly sha256: string | null;
}

export const checksumNames = ['adler32', 'md5', 'sha256'] as const;

export type ChecksumName = (typeof checksumNames)[number];

/** A file at a site. */
export interface FileAt {
  readonly site: string;
  readonly storage: 'disk' | 'tape' | 'buffer';
  /** As the site's endpoint makes it from the logical file name; never decoded or normalised. */
  readonly url: string;
  /** The directory that nothing may leave; present for `file:` URLs. */
  readonly root: string | null;
}

/** What a job is for: shown in the logs and job lists of transfer systems. */
export interface Purpose {
  readonly action: string;
  readonly dataset: string;
  readonly block: string;
  /** Logical file name. */
  readonly file: string;
}

/** The scheme of a URL, lower case, without the colon; the empty string where there is none. */
export function schemeOf(url: string): string {
  return /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase() ?? '';
}
