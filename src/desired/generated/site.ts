/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * A size in bytes (an integer, or a number with a unit such as 2PB or 10TiB), or unlimited.
 */
export type Quota = number | string;

/**
 * A storage site.
 */
export interface SiteDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Site';
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
   * What the site is, and how it is reached.
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
     * Storage class.
     */
    storage: 'disk' | 'tape' | 'buffer';
    /**
     * What the site may be used for: ready; readonly (no new data); draining (data leaves, copies do not count); down (not reachable); lost (its replicas are declared gone).
     */
    state?: 'ready' | 'readonly' | 'draining' | 'down' | 'lost';
    /**
     * Bytes, or unlimited, per name of a partition; overrides the quotas of the Partition.
     */
    quotas?: {
      [k: string]: Quota;
    };
    /**
     * How a logical file name becomes a URL, per protocol; the first match wins.
     */
    endpoints?: {
      /**
       * Protocol of the URL in lower case, such as davs, root, s3 or file.
       */
      protocol: string;
      /**
       * Regular expression (RE2 syntax) over the logical file name, such as ^/store/(.*)$.
       */
      match: string;
      /**
       * The URL; $1, $2 ... are the groups of match.
       */
      url: string;
      /**
       * With protocol file: the absolute path of the directory that nothing may leave.
       */
      root?: string;
    }[];
  };
}
/**
 * Labels of the site: site.labels of expressions.
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
