import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../../src/cli/command-line.js';
import { environmentSettings } from '../../../src/cli/config.js';

const text = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

/** What stands under each `### \`stator ...\``, up to the next heading, without what is run in examples. */
const sections = new Map(
  [...text.matchAll(/^### `stator ([a-z ]+)`\n(.*?)(?=^##)/gms)].map(([, name = '', body = '']) => [name, body]),
);

/** Commands that do something, with their full names. */
function leaves(command: Command, prefix = ''): readonly (readonly [name: string, command: Command])[] {
  return command.commands.flatMap((child) => {
    const name = `${prefix}${child.name()}`;
    return child.commands.length > 0 ? leaves(child, `${name} `) : [[name, child] as const];
  });
}

const program = await buildProgram(() => async () => undefined);
const commands = leaves(program);

function longFlags(markdown: string): readonly string[] {
  const flags = markdown.replaceAll(/^```.*?^```$/gms, '').match(/--[a-z][a-z-]*/g) ?? [];
  return [...new Set(flags)].sort();
}

describe('docs/cli.md', () => {
  test('has a section for every command, and for no other', () => {
    expect([...sections.keys()].sort()).toEqual(commands.map(([name]) => name).sort());
  });

  test.each(commands)('%s: every option, and no other', (name, command) => {
    const options = command.options.map((option) => option.long).filter((flag) => flag !== undefined);
    expect(longFlags(sections.get(name) ?? '')).toEqual(options.toSorted());
  });

  test('explains every option that stands everywhere, and every setting', () => {
    for (const option of program.options) expect(text).toContain(`\`${option.long}`);
    for (const variable of Object.keys(environmentSettings)) expect(text).toContain(`\`${variable}\``);
  });
});
