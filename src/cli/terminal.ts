/**
 * Where a command writes: results to stdout, everything about the running of the command to stderr. Colours and progress
 * appear only where a person is looking.
 */
import { SingleBar } from 'cli-progress';
import picocolors from 'picocolors';
import { plain, type Style } from '../report/style.js';

/** The part of a writable stream that is used here; `process.stdout` and `process.stderr` have it. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface Progress {
  /** `done` of `total`, and what is being done now. */
  update(done: number, total: number, what: string): void;
  stop(): void;
}

/** Streams whose reader has gone: what is written there is dropped. */
const deserted = new WeakSet<Output>();
const watched = new WeakSet<Output>();

/** A reader that has seen enough (`stator plan | head`) is no error, and work that was begun is finished. */
export function watch(stream: Output): void {
  if (watched.has(stream)) return;
  watched.add(stream);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    deserted.add(stream);
  });
}

export class Terminal {
  readonly #out: Output;
  readonly #err: Output;
  /** For text on stdout. */
  readonly style: Style;
  readonly verbose: boolean;
  readonly quiet: boolean;

  constructor(
    out: Output,
    err: Output,
    environment: NodeJS.ProcessEnv,
    verbosity: { readonly verbose: boolean; readonly quiet: boolean },
  ) {
    this.#out = out;
    this.#err = err;
    this.style = styleFor(out, environment);
    this.verbose = verbosity.verbose;
    this.quiet = verbosity.quiet;
  }

  /** Writes a result, waiting for a slow reader, so that memory does not hold what a pipe has not taken. */
  async result(text: string | Iterable<string>): Promise<void> {
    let buffer = '';
    for (const piece of typeof text === 'string' ? [text] : text) {
      buffer += piece;
      if (buffer.length < 65_536) continue;
      await this.#write(buffer);
      buffer = '';
    }
    await this.#write(buffer);
  }

  async #write(text: string): Promise<void> {
    if (deserted.has(this.#out) || text === '') return;
    // Also called with an error, which the listener above has seen.
    await new Promise<void>((written) => this.#out.write(text, () => written()));
  }

  /** One line on stderr about the running of the command; not with `--quiet`. */
  note(line: string): void {
    if (!this.quiet) this.#err.write(`${line}\n`);
  }

  /** One line on stderr, with `-v` only. */
  detail(line: string): void {
    if (this.verbose) this.#err.write(`${line}\n`);
  }

  /** One line on stderr that is always written: errors. */
  error(line: string): void {
    this.#err.write(`${line}\n`);
  }

  /** A bar on stderr, drawn only on a terminal and not with `--quiet`. */
  progress(): Progress {
    if (this.quiet || this.#err.isTTY !== true) return { update: () => undefined, stop: () => undefined };
    const bar = new SingleBar({
      format: '{bar} {value}/{total} {what}',
      stream: this.#err,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
    });
    let started = false;
    return {
      update(done, total, what) {
        if (!started) bar.start(total, done, { what });
        else {
          bar.setTotal(total);
          bar.update(done, { what });
        }
        started = true;
      },
      stop() {
        if (started) bar.stop();
      },
    };
  }
}

/** Colours on a terminal only, and never where NO_COLOR is set (https://no-color.org: whatever its value, if not empty). */
export function styleFor(out: Output, environment: NodeJS.ProcessEnv): Style {
  const noColor = environment.NO_COLOR !== undefined && environment.NO_COLOR !== '';
  if (out.isTTY !== true || noColor || environment.TERM === 'dumb') return plain;
  return picocolors.createColors(true);
}
