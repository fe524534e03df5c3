/** A file of the desired state, as `source` hands it over: documents (`*.yaml`, `*.yml`) and lists for `namesFile`. */
export interface SourceFile {
  /** Relative to the root of the desired state, with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Set where the content was not read because it is larger than {@link limits}: its true size; `bytes` is empty. */
  readonly unreadSize?: number;
}

export function isYamlPath(path: string): boolean {
  return /\.ya?ml$/.test(path);
}
