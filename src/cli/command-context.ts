/** What every command is given: where it writes, how the process is configured, where and when it was started. */
import type { Command } from 'commander';
import type { Config } from './config.js';
import type { ExitCode } from './exit.js';
import type { Output, Terminal } from './terminal.js';

/** The surroundings of the process, passed in so that tests can bring their own. */
export interface Host {
  readonly out: Output;
  readonly err: Output;
  /** Working directory: paths on the command line are relative to it; nothing in a result is. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Seconds since the epoch, whole. */
  now(): number;
}

export interface CommandContext {
  readonly host: Host;
  readonly terminal: Terminal;
  readonly config: Config;
}

/** A command's work: its options as declared, its arguments in order (undefined where one was left out). */
export type Work<O> = (context: CommandContext, options: O, args: readonly (string | undefined)[]) => Promise<ExitCode>;

/**
 * Makes the action of a command out of its work: reads the configuration, hands over the context, and keeps the exit
 * code.
 */
export type Run = <O>(work: Work<O>) => (...args: unknown[]) => Promise<void>;

/** Adds one command (or a group of commands) to the program. */
export type AddCommand = (program: Command, run: Run) => void;
