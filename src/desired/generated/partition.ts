/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * A name: 1 to 255 characters without control characters, compared as it stands.
 */
export type Name = string;

/**
 * A named slice of the federation, with its quotas.
 */
export interface PartitionDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Partition';
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
   * What is in the partition. Either match or include.
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
     * Block condition: the block replicas of the partition.
     */
    match?: string | boolean;
    /**
     * Names of partitions whose union this is.
     */
    include?: Name[];
    /**
     * Quotas by site; the first match wins, a Site's own quota overrides.
     */
    quotas?: {
      /**
       * Site condition.
       */
      sites: string | boolean;
      /**
       * Bytes at each of these sites, or unlimited.
       */
      size: number | string;
    }[];
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
