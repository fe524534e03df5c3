/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * A name: 1 to 255 characters without control characters, compared as it stands.
 */
export type Name = string;

/**
 * A shared condition, or a long list of names.
 */
export interface SelectorDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Selector';
  /**
   * Identity of the document and free text about it.
   */
  metadata: {
    /**
     * Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands.
     */
    name: string;
    labels?: TextMap;
    annotations?: TextMap1;
  };
  /**
   * What is selected. Matches when a name matches (if any are given) and when holds (if given).
   */
  spec: {
    /**
     * What it is for, in the words of whoever wrote it; shown by plan, explain and the audit.
     */
    description?: string;
    /**
     * Who asked for it; shown by plan, explain and the audit.
     */
    requestedBy?: string;
    /**
     * Where it was discussed, for example a ticket; shown by plan, explain and the audit.
     */
    link?: string;
    /**
     * What is selected.
     */
    scope: 'site' | 'dataset' | 'replica' | 'block';
    /**
     * Condition in the scope of the selector.
     */
    when?: string | boolean;
    /**
     * Names and globs (* and ?).
     */
    names?: Name[];
    /**
     * Path, relative to this file, of a text file with one name or glob per line; # starts a comment.
     */
    namesFile?: string;
  };
}
/**
 * Free labels, not interpreted.
 */
export interface TextMap {
  [k: string]: string;
}
/**
 * Free notes for people and other programs, not interpreted.
 */
export interface TextMap1 {
  [k: string]: string;
}
