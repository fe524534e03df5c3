/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * What may be deleted, when, in which order.
 */
export interface RetentionDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Retention';
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
   * What is decided in one partition at some sites.
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
     * Name of the partition whose block replicas are decided.
     */
    partition: string;
    /**
     * Site condition, with the partition in scope: where.
     */
    sites: string | boolean;
    /**
     * Site condition, with the partition in scope: when dismissed replicas are deleted. Default: never.
     */
    trigger?: string | boolean;
    /**
     * Site condition, with the partition in scope: when that stops. Default: when trigger no longer holds.
     */
    until?: string | boolean;
    /**
     * incremental: a slice at a time at the site with the largest protected share; static: all candidates of all sites in order.
     */
    mode?: 'incremental' | 'static';
    /**
     * Share of the quota that one iteration of the incremental mode frees, such as 1%.
     */
    slice?: number | string;
    /**
     * In which order dismissed replicas go; then by name.
     */
    order?: {
      /**
       * Expression in replica scope resulting in a number, a time or text.
       */
      by: string;
      /**
       * asc: smallest first; desc: largest first.
       */
      direction?: 'asc' | 'desc';
    }[];
    /**
     * Rules from top to bottom: the first match decides.
     */
    rules?: {
      /**
       * Name of the rule, unique in this Retention.
       */
      id: string;
      /**
       * protect: not deleted this cycle; delete: deleted whatever the occupancy; dismiss: deleted only while the site is triggered, in order, until until holds; ignore: not decided here and not listed.
       */
      action: 'protect' | 'delete' | 'dismiss' | 'ignore';
      /**
       * Whether the rule decides the whole dataset replica, or single blocks of it.
       */
      scope?: 'replica' | 'block';
      /**
       * Condition in the scope of the rule.
       */
      when: string | boolean;
      /**
       * The rule is inert before, such as 2027-01-01.
       */
      notBefore?: string;
      /**
       * The rule is inert from then on, such as 2027-06-01.
       */
      expires?: string;
      /**
       * Whether the rule may remove the last copy of what Federation.spec.disposable covers.
       */
      allowLastCopy?: boolean;
      /**
       * Whether the rule may remove custodial replicas; always needs an approval.
       */
      allowCustodial?: boolean;
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
    }[];
    /**
     * What no rule matches.
     */
    default?: 'protect' | 'delete' | 'dismiss' | 'ignore';
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
