/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * A name: 1 to 255 characters without control characters, compared as it stands.
 */
export type Name = string;

/**
 * What the documents under some paths of the repository may speak about.
 */
export interface TenantDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Tenant';
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
   * What documents under some paths may speak about.
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
     * Globs over the paths of files below the root of the desired state; `*` also crosses `/`, and a path that ends in `/` is everything below it.
     */
    paths: string[];
    /**
     * Dataset condition: the data its documents may speak about. Default: all.
     */
    datasets?: string | boolean;
    /**
     * Site condition: the sites its documents may speak about. Default: all.
     */
    sites?: string | boolean;
    /**
     * Groups its documents may name, and whose replicas they may act on. Default: all.
     */
    owners?: Name[];
    /**
     * Who has to sign commits that change its documents.
     */
    signers?: Name[];
    /**
     * Who has to approve changes of its documents.
     */
    approvers?: Name[];
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
