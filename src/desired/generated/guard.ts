/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * Limits of what the loop may do. The strictest of all guards in force wins.
 */
export interface GuardDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'Guard';
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
   * The limits, and where they hold.
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
     * Site condition: where the limits hold. Default: everywhere.
     */
    sites?: string | boolean;
    /**
     * Name of the partition for which the limits hold. Default: the whole federation.
     */
    partition?: string;
    /**
     * Limits of copies.
     */
    transfers?: {
      /**
       * Bytes of copies that one plan may start, such as 200TB.
       */
      maxBytesPerCycle?: number | string;
      /**
       * Nothing is placed at a site that would exceed this projected share of its quota, such as 93%.
       */
      maxOccupancy?: number | string;
      /**
       * Nothing is placed at a site where more than this share of its quota is on its way, such as 3%.
       */
      maxPending?: number | string;
      /**
       * Larger datasets are not placed, such as 200TB.
       */
      maxDatasetSize?: number | string;
    };
    /**
     * Limits of deletions over a rolling window.
     */
    deletions?: {
      /**
       * Length of the rolling window over the history, such as 24h.
       */
      per?: string;
      /**
       * Bytes deleted in the window, such as 500TB.
       */
      maxBytes?: number | string;
      /**
       * Share of what a site holds that is deleted in the window, such as 5%.
       */
      maxShareOfSite?: number | string;
      /**
       * Datasets of which anything is deleted in the window.
       */
      maxDatasets?: number;
      /**
       * More than this in the window waits for an approval, such as 100TB; 0: every deletion does.
       */
      approvalAbove?: number | string;
    };
    /**
     * Never go below; one complete copy of every block holds without any Guard.
     */
    copies?: {
      /**
       * Dataset condition. Default: all.
       */
      datasets?: string | boolean;
      /**
       * Complete copies of every block that must remain.
       */
      min?: number;
      /**
       * Whether a disk copy may only go while a complete copy on tape exists.
       */
      tape?: boolean;
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
     * How old, or how much smaller, the inputs may be.
     */
    staleness?: {
      /**
       * Nothing is deleted from an older inventory, such as 1h.
       */
      inventory?: string;
      /**
       * Nothing is deleted when the repository was last read longer ago, such as 24h.
       */
      source?: string;
      /**
       * Nothing is deleted from an inventory that shrank by more since the last cycle, such as 10%.
       */
      maxShrink?: number | string;
    };
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
