/**
 * One case of a contract suite. The suites need no test framework; with vitest:
 *
 * @example
 * for (const { title, run } of moverContract(harness)) it(title, run);
 */
export interface ContractCase {
  readonly title: string;
  /** Rejects (with an AssertionError) where the plugin breaks the contract. */
  run(): Promise<void>;
}
