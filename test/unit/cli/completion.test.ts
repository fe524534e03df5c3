import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../../src/cli/command-line.js';
import { commandWords, completionScript, shells } from '../../../src/cli/completion-script.js';

const words = commandWords(await buildProgram(() => async () => undefined));

/** What bash offers after these words, the last of which is being typed. */
function bash(...typed: readonly string[]): string[] {
  const line = ['stator', ...typed];
  const script = `${completionScript('bash', words)}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length - 1}
_stator; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', cwd: '/' })
    .split('\n')
    .filter((word) => word !== '');
}

describe('completion', () => {
  it('knows every command', () => {
    const paths = words.map(({ path }) => path.join(' '));
    expect(paths).toEqual(expect.arrayContaining(['', 'plan', 'inventory import', 'db migrate', 'completion']));
  });

  it('in bash completes commands, subcommands, options, and their values', () => {
    expect(bash('pla')).toContain('plan');
    expect(bash('pla')).not.toContain('validate');
    expect(bash('inventory', 'ex')).toContain('export');
    expect(bash('plan', '--des')).toEqual(['--desired']);
    expect(bash('plan', '--output', 'm')).toEqual(['markdown']);
    expect(bash('completion', 'z')).toContain('zsh');
    expect(bash('actions', '--state', 'fa')).toEqual(['failed']);
  });

  it('is there for every shell, with every command and option', () => {
    for (const shell of shells) {
      const script = completionScript(shell, words);
      for (const { path, options } of words) {
        for (const word of path) expect(script).toContain(word);
        if (path.length > 0) for (const { flag } of options) expect(script).toContain(flag.slice(2));
      }
    }
  });

  it('quotes what the shells would read', () => {
    const nasty = { description: "it's $(here)", subcommands: [], options: [], choices: [] };
    const program = { ...nasty, path: [], subcommands: ['x'] };
    expect(completionScript('fish', [program, { ...nasty, path: ['x'] }])).toContain("-d 'it\\'s $(here)'");
  });
});
