/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * Moves protected single copies from fuller sites to emptier ones.
 */
export interface RebalanceDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Rebalance';
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
   * What is moved, between which sites, how far.
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
     * Partition whose protected share of quota is evened out.
     */
    partition: string;
    /**
     * Site condition, with the partition: the sites it is evened out between.
     */
    sites: string | boolean;
    /**
     * Dataset condition: what may be moved. Default: everything.
     */
    datasets?: string | boolean;
    /**
     * It stops when the highest and the lowest protected share differ by less.
     */
    tolerance?: number | string;
    /**
     * Bytes that one cycle may start to move. Default: no limit of its own.
     */
    maxBytesPerCycle?: number | string;
    /**
     * Larger datasets are not moved. Default: no limit.
     */
    maxDatasetSize?: number | string;
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
