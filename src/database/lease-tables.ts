/** Type of the table of leases (`migrations/0003-lease.ts` makes it). */

export interface LeaseTables {
  /** One row per lease, which is never removed: its `token` only grows. Times are of the database's clock. */
  leases: {
    name: string;
    /** The fencing number: one more with every taking. */
    token: number;
    /** Id of the holder, new in every process; empty where nobody holds it. */
    holder: string;
    host: string;
    pid: number;
    /** What tells the holder's process from all others of its machine, and the machine from others; null: unknown. */
    process: string | null;
    taken: number;
    /** Whoever comes after this may take it. */
    expires: number;
    /** Counts the transactions that were let through: they change the row, and so conflict with whoever takes it. */
    uses: number;
  };
}
