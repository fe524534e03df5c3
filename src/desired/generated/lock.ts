/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * A name: 1 to 255 characters without control characters, compared as it stands.
 */
export type Name = string;

/**
 * Data that is never deleted, by any path, until a date.
 */
export interface LockDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Lock';
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
   * What is locked, where, until when, and why.
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
     * Dataset condition: what is locked.
     */
    datasets?: string | boolean;
    /**
     * Full names of locked blocks, dataset#block.
     */
    blocks?: string[];
    /**
     * Site condition: where. Default: everywhere.
     */
    sites?: string | boolean;
    /**
     * Only what these groups own. Default: whoever owns it.
     */
    owners?: Name[];
    /**
     * When the lock ends, such as 2027-06-01.
     */
    expires: string;
    /**
     * Why it is locked.
     */
    reason: string;
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
