/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * A name: 1 to 255 characters without control characters, compared as it stands.
 */
export type Name = string;

/**
 * The federation as a whole: names, labels and defaults. There is exactly one.
 */
export interface FederationDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Federation';
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
   * What holds for the whole federation.
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
     * Regular expression (RE2 syntax) that the names of datasets must match.
     */
    datasetName?: string;
    /**
     * The labels that exist. Where a list is given, any other key is an error; without a list, any key may be used.
     */
    labels?: {
      /**
       * Keys that dataset.labels may have.
       */
      dataset?: Name[];
      /**
       * Keys that metadata.labels of a Site, and so site.labels, may have.
       */
      site?: Name[];
    };
    /**
     * Values for documents that give none.
     */
    defaults?: {
      /**
       * A name: 1 to 255 characters without control characters, compared as it stands.
       */
      owner?: string;
      /**
       * Priority of placements that give none; 0 to 100, higher first.
       */
      priority?: number;
      /**
       * How long the replicas of a site that is down still satisfy placements, such as 7d.
       */
      downGrace?: string;
      /**
       * Site condition: where data that must leave a draining site goes. Default: a site of the same storage class with quota in the same partition.
       */
      evacuateTo?: string | boolean;
    };
    /**
     * Dataset condition: where a rule with allowLastCopy may remove last copies. Default: dataset.status in ["DELETED", "INVALID", "DEPRECATED"].
     */
    disposable?: string | boolean;
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
