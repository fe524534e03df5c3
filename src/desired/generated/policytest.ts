/* Generated from schemas/ by `npm run generate`; do not edit. */
/**
 * A size in bytes: an integer, or a number with a unit (B, kB, MB, GB, TB, PB, EB, KiB, MiB, GiB, TiB, PiB, EiB) such as 500TB or 10TiB.
 */
export type Bytes = number | string;
/**
 * Name of a block, without the dataset.
 */
export type BlockName = string;

/**
 * Something that the rules must bring about, or must not.
 */
export interface PolicyTestDocument {
  /**
   * Version of the document format.
   */
  apiVersion: 'stator/v1';
  /**
   * Kind of the document.
   */
  kind: 'PolicyTest';
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
   * A situation, and what must hold in it.
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
     * The inventory the rules are tested with.
     */
    given: {
      /**
       * The inventory as it is.
       */
      live?: true;
      /**
       * A small inventory, written out.
       *
       * Items: A dataset and where it is.
       */
      datasets?: {
        /**
         * Name of the dataset.
         */
        name: string;
        /**
         * Its status.
         */
        status?: 'VALID' | 'PRODUCTION' | 'DEPRECATED' | 'INVALID' | 'DELETED' | 'IGNORED' | 'UNKNOWN';
        /**
         * Its type.
         */
        type?: string;
        /**
         * Whether more blocks may come.
         */
        open?: boolean;
        labels?: TextMap2;
        /**
         * Bytes of its only block, which is called `1`. Default: 1GB.
         */
        size?: number | string;
        /**
         * Bytes of each of its blocks, by name.
         */
        blocks?: {
          [k: string]: Bytes;
        };
        /**
         * When it was created. Default: 1970-01-01.
         */
        created?: string;
        /**
         * When it last changed. Default: as it was created.
         */
        lastUpdate?: string;
        /**
         * When it was last read. Default: never.
         */
        lastAccess?: string;
        /**
         * How often it was read.
         */
        accesses?: number;
        /**
         * Its coldness.
         */
        usageRank?: number;
        /**
         * Its popularity weight.
         */
        demand?: number;
        /**
         * Whether an outside system wants it on tape.
         */
        tapeRequested?: boolean;
        /**
         * Whether an outside system wants a copy.
         */
        copyRequested?: boolean;
        /**
         * Its replicas.
         *
         * Items: A replica: the name of its site where it is complete and nothing else is to be said, or a mapping.
         */
        at?: (
          | string
          | {
              /**
               * Where it is.
               */
              site: string;
              /**
               * Owner of its blocks; empty for nobody. Default: that of the Federation.
               */
              owner?: string;
              /**
               * Owners of single blocks, where they differ: block to owner.
               */
              owners?: {
                [k: string]: string;
              };
              /**
               * The blocks that are there at all. Default: all of the dataset.
               */
              blocks?: BlockName[];
              /**
               * Whether its blocks are complete.
               */
              complete?: boolean;
              /**
               * The blocks that are not complete, where others are.
               */
              incomplete?: BlockName[];
              /**
               * How much of each incomplete block is there, such as 40%. Default: nothing.
               */
              present?: number | string;
              /**
               * Whether it is custodial.
               */
              custodial?: boolean;
              /**
               * Whether the loop made it or was told to manage it.
               */
              managed?: boolean;
              /**
               * When its blocks last changed. Default: as the dataset.
               */
              lastUpdate?: string;
              /**
               * Whether new blocks follow.
               */
              growing?: boolean;
            }
        )[];
      }[];
    };
    /**
     * The clock of the test. Default: the clock of the run.
     */
    now?: string;
    /**
     * What must hold.
     *
     * Items: Something that must hold.
     */
    expect: {
      /**
       * What must hold, in words.
       */
      description: string;
      /**
       * Who asked for it; shown by plan, explain and the audit.
       */
      requestedBy?: string;
      /**
       * Where it was discussed, for example a ticket; shown by plan, explain and the audit.
       */
      link?: string;
      /**
       * Dataset condition: for which datasets `that` must hold.
       */
      datasets?: string | boolean;
      /**
       * Site condition: for which sites `that` must hold.
       */
      sites?: string | boolean;
      /**
       * Condition of the same scope: what must hold for each of them.
       */
      that?: string | boolean;
      /**
       * With `sites`: the partition whose quota and occupancy they read.
       */
      partition?: string;
      /**
       * Whether it holds of the inventory as it is given, or after the rules have had their way.
       */
      when?: 'before' | 'after';
      /**
       * Condition over the figures of the plan, such as plan.deletions == 0.
       */
      plan?: string | boolean;
      /**
       * The copies that the plan starts: these and no others.
       *
       * Items: One action.
       */
      copies?: {
        /**
         * Name of the dataset.
         */
        dataset: string;
        /**
         * Where to; where it is left out, anywhere.
         */
        to?: string;
        /**
         * Only these blocks; where it is left out, the action may be about any.
         */
        blocks?: BlockName[];
      }[];
      /**
       * The deletions that the plan starts: these and no others.
       *
       * Items: One action.
       */
      deletions?: {
        /**
         * Name of the dataset.
         */
        dataset: string;
        /**
         * Where.
         */
        at: string;
        /**
         * Only these blocks; where it is left out, the action may be about any.
         */
        blocks?: BlockName[];
      }[];
      /**
       * The changes of owner in the plan: these and no others.
       *
       * Items: One action.
       */
      reassignments?: {
        /**
         * Name of the dataset.
         */
        dataset: string;
        /**
         * Where.
         */
        at: string;
        /**
         * The new owner.
         */
        owner: string;
        /**
         * Only these blocks; where it is left out, the action may be about any.
         */
        blocks?: BlockName[];
      }[];
      /**
       * The actions that the plan holds: these and no others.
       *
       * Items: One action.
       */
      held?: {
        /**
         * Name of the dataset.
         */
        dataset: string;
        /**
         * Where: the destination of a copy, the place of a deletion.
         */
        at: string;
        /**
         * What holds it, such as last-copy; where it is left out, anything.
         */
        code?: string;
        /**
         * Only these blocks; where it is left out, the action may be about any.
         */
        blocks?: BlockName[];
      }[];
      /**
       * The plan starts nothing.
       */
      nothing?: true;
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
/**
 * Its labels.
 */
export interface TextMap2 {
  [k: string]: string;
}
