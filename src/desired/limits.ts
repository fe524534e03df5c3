/** Limits on what is read from a repository: far above need, below harm. */
export const limits = {
  /** Bytes of one YAML file. */
  yamlFileBytes: 4 * 1024 * 1024,
  /** Bytes of one list of names. */
  namesFileBytes: 64 * 1024 * 1024,
  /** Nested collections in a YAML document; the parser's stack ends at about 850. */
  nesting: 64,
  documents: 200_000,
  /** Errors reported of one file; the rest are counted. */
  errorsPerFile: 1000,
} as const;
