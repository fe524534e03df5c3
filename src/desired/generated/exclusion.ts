/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * Datasets that must not be placed at some sites.
 */
export interface ExclusionDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Exclusion';
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
   * What must not be placed where.
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
     * Dataset condition: what must not be placed.
     */
    datasets: string | boolean;
    /**
     * Site condition, may read dataset variables: where it must not be placed.
     */
    sites: string | boolean;
    /**
     * Why; shown where a placement finds no site because of it.
     */
    reason: string;
    /**
     * Existing copies there count for no placement and are deleted once every placement is satisfied without them.
     */
    remove?: boolean;
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
