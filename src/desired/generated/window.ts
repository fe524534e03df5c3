/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * When transfers or deletions may, or must not, start at some sites.
 */
export interface WindowDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Window';
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
   * Where, when, and what.
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
     * Site condition: where. Default: everywhere.
     */
    sites?: string | boolean;
    /**
     * When the window is open.
     */
    schedule: {
      /**
       * Starts of the window: five fields (minute, hour, day of month, month, day of week).
       */
      cron: string;
      /**
       * How long it stays open, such as 4h.
       */
      duration: string;
      /**
       * Time zone of the schedule, a name of the IANA database such as Europe/Zurich.
       */
      timezone?: string;
    };
    /**
     * These start only while a window that allows them is open.
     */
    allow?: 'transfers' | 'deletions' | 'all';
    /**
     * These do not start while the window is open; deny beats allow.
     */
    deny?: 'transfers' | 'deletions' | 'all';
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
