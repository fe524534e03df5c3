/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * Which datasets have how many copies where.
 */
export interface PlacementDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Placement';
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
   * What is placed where.
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
     * Dataset condition: what is placed.
     */
    datasets: string | boolean;
    /**
     * Only datasets of these statuses are placed.
     */
    statuses?: ('VALID' | 'PRODUCTION' | 'DEPRECATED' | 'INVALID' | 'DELETED' | 'IGNORED' | 'UNKNOWN')[];
    /**
     * Site condition, may read dataset variables: where copies go.
     */
    to: string | boolean;
    /**
     * Site condition, may read dataset variables: only these sites are sources.
     */
    from?: string | boolean;
    /**
     * Number of full copies at matching sites: an integer, all (one at each matching site), or an integer expression over the dataset.
     */
    copies?: number | string;
    /**
     * Site expression resulting in a number: sites with a higher weight are chosen more often. Default: the projected free share of quota.
     */
    weight?: string;
    /**
     * dataset: the copies are of whole datasets, and new blocks follow; block: every block has its own copies, not necessarily together.
     */
    level?: 'dataset' | 'block';
    /**
     * Group that owns the copies. Default: the owner of the Federation's defaults.
     */
    owner?: string;
    /**
     * 0 to 100, higher first. Default: the priority of the Federation's defaults.
     */
    priority?: number;
    /**
     * Passed to the mover, for example as the FTS activity share.
     */
    activity?: string;
    /**
     * Whether the copies it needs are required, and so not deleted.
     */
    protect?: boolean;
    /**
     * When the placement ends, such as 2027-06-01.
     */
    expires?: string;
    /**
     * What becomes of the copies when the placement ends, is removed, or a dataset stops matching: release leaves them to retention, keep protects them for good, delete deletes them after a grace period of 24 h.
     */
    onRemove?: 'release' | 'keep' | 'delete';
    /**
     * Limits copies per value of a site label.
     */
    spread?: {
      /**
       * Key of the site label, such as country.
       */
      by: string;
      /**
       * Copies per value of the label.
       */
      max?: number;
    };
    /**
     * Where the copies of another placement are, or are not.
     */
    relativeTo?: {
      /**
       * The other Placement.
       */
      placement: string;
      /**
       * Key of the site label that is compared, such as region.
       */
      label: string;
      /**
       * true: only at sites whose label has a value that the other's copies have; false: only at others.
       */
      same: boolean;
    };
    /**
     * The placement ends for a dataset this long after its creation.
     */
    keepFor?: string;
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
