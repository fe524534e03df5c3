import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { errorLines } from '../../../src/cli/error-lines.js';
import { InvalidInput } from '../../../src/cli/exit.js';
import { type Output, Terminal, watch } from '../../../src/cli/terminal.js';
import { StatorError } from '../../../src/error.js';

/** A stream that keeps what is written, and may say that it is a terminal. */
function sink(isTTY: boolean): { readonly stream: Output; text(): string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => text };
}

const normal = { verbose: false, quiet: false };

describe('colours', () => {
  const red = (isTTY: boolean, environment: NodeJS.ProcessEnv): string =>
    new Terminal(sink(isTTY).stream, sink(isTTY).stream, environment, normal).style.red('x');

  it('appear on a terminal, and never with NO_COLOR', () => {
    expect(red(true, {})).toBe('\u001b[31mx\u001b[39m');
    expect(red(true, { NO_COLOR: '1' })).toBe('x');
    expect(red(true, { NO_COLOR: '' })).not.toBe('x');
    expect(red(true, { TERM: 'dumb' })).toBe('x');
    expect(red(false, {})).toBe('x');
  });
});

describe('progress', () => {
  it('is drawn on stderr, on a terminal only, and not when it is to be quiet', () => {
    const draw = (isTTY: boolean, quiet: boolean): string => {
      const err = sink(isTTY);
      const bar = new Terminal(sink(isTTY).stream, err.stream, {}, { verbose: false, quiet }).progress();
      bar.update(1, 2, 'files');
      bar.stop();
      return err.text();
    };
    expect(draw(true, false)).toContain('1/2 files');
    expect(draw(true, true)).toBe('');
    expect(draw(false, false)).toBe('');
  });
});

describe('a result', () => {
  it('is written in order, however many pieces it has', async () => {
    const out = sink(false);
    const terminal = new Terminal(out.stream, sink(false).stream, {}, normal);
    const pieces = Array.from({ length: 30_000 }, (_, i) => `${i}\n`);
    await terminal.result(pieces);
    await terminal.result('end\n');
    expect(out.text()).toBe(`${pieces.join('')}end\n`);
  });

  it('is dropped when its reader has gone', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    watch(stream);
    const terminal = new Terminal(stream, sink(false).stream, {}, normal);
    await terminal.result('one');
    await terminal.result('two');
  });
});

describe('errors', () => {
  it('are one line each: what, where, what to do', () => {
    const error = new StatorError({ code: 'x', what: 'it broke', where: 'a:1', todo: 'mend it' });
    expect(errorLines(error)).toEqual(['error: it broke; a:1; mend it']);
    const place = { file: 'a.yaml', line: 3, column: 5 };
    const invalid = new InvalidInput(
      [
        { severity: 'error', code: 'x', message: 'unknown field `a`; did you mean `b`?', ...place },
        { severity: 'warning', code: 'y', message: 'unused', ...place },
        { severity: 'error', code: 'z', message: 'missing (one; or two)', file: null, line: 0, column: 0 },
      ],
      'the desired state',
    );
    expect(errorLines(invalid)).toEqual([
      'error: unknown field `a`; a.yaml:3:5; did you mean `b`?',
      'error: missing (one; or two)',
    ]);
  });

  it('that nobody foresaw say so in one line', () => {
    expect(errorLines(new TypeError('x is not a function\n    at y'))).toEqual([
      'error: unexpected: x is not a function; this is a defect of Stator; run again with -v and report the stack',
    ]);
  });
});
