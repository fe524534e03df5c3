/** Options that several commands share: the same words, the same meaning, the same help everywhere. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration, parseTime } from '../policy/units.js';

export interface DesiredOptions {
  readonly desired?: string;
  readonly repo?: string;
  readonly ref?: string;
  readonly path?: string;
}

export interface DatabaseOptions {
  readonly database?: string;
}

export interface CacheOptions {
  /** false with `--no-cache`. */
  readonly cache?: boolean;
}

export interface InventoryOptions extends DatabaseOptions, CacheOptions {
  readonly inventory?: string;
  readonly allowEmpty?: boolean;
  readonly threads?: number;
}

export interface ClockOptions {
  /** Seconds since the epoch. */
  readonly now?: number;
}

export interface TimingsOptions {
  readonly timings?: string;
}

/** Where the rules come from: a directory, a git repository, or what is configured. */
export function withDesired(command: Command): Command {
  return command
    .addOption(
      new Option('--desired <dir>', 'read the desired state from a directory as it stands').conflicts([
        'repo',
        'ref',
        'path',
      ]),
    )
    .addOption(new Option('--repo <url>', 'read the desired state from a git repository (default: the configured one)'))
    .addOption(new Option('--ref <ref>', 'branch, tag or commit of the repository'))
    .addOption(new Option('--path <dir>', 'directory in the repository that holds the desired state'));
}

export function withDatabase(command: Command): Command {
  return command.option(
    '--database <url>',
    'sqlite:PATH or mysql://user:password@host:port/name (default: the configured one)',
  );
}

export function withCache(command: Command): Command {
  return command.option(
    '--no-cache',
    'read all of the inventory and all documents, and keep nothing of it for the next command',
  );
}

/** What is there: a bundle, or the database. */
export function withInventory(command: Command): Command {
  return withCache(withDatabase(command))
    .addOption(
      new Option('--inventory <dir>', 'read the inventory from a bundle; no database is touched').conflicts('database'),
    )
    .option('--allow-empty', 'with --inventory: accept a bundle without datasets, blocks or replicas')
    .addOption(
      new Option(
        '--threads <n>',
        'read a large bundle or SQLite inventory with at most so many threads (default: one per core)',
      ).argParser(parseLimit),
    );
}

export function withClock(command: Command): Command {
  return command.addOption(
    new Option('--now <time>', 'the clock of the cycle: RFC 3339 or Unix seconds (default: now)').argParser(parseClock),
  );
}

export function withOutput(command: Command, formats: readonly string[] = ['text', 'json']): Command {
  return command.addOption(new Option('--output <format>', 'form of the result').choices(formats).default('text'));
}

export function withTimings(command: Command): Command {
  return command.option('--timings <file>', 'write seconds per phase and the peak memory to a file, as JSON');
}

/** RFC 3339, a date, or Unix seconds; seconds since the epoch. */
export function parseClock(text: string): number {
  const seconds = /^\d{1,12}(\.\d+)?$/.test(text) ? Number(text) : parseTime(text);
  if (seconds === null) throw new InvalidArgumentError('give RFC 3339 (2026-11-22T07:00:00Z) or Unix seconds.');
  return seconds;
}

/** `7d`, `12h`; seconds. */
export function parseSpan(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null || seconds <= 0) throw new InvalidArgumentError('give a duration such as 12h, 7d or 2w.');
  return seconds;
}

/** A commit id or the beginning of one, as every output shows them. */
export function parseCommit(text: string): string {
  if (!/^[0-9a-f]{7,64}$/.test(text)) throw new InvalidArgumentError('give a commit id, or at least 7 digits of it.');
  return text;
}

/** A whole number from 1. */
export function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('give a whole number from 1.');
  return Number(text);
}
