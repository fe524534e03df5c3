/** Desired states as tests write them: YAML text, compiled as the program compiles it. */
import { compileDesired, type DesiredSource, type DesiredState } from '../../src/desired/index.js';
import { formatPosition } from '../../src/error.js';

/** Where the documents of tests come from: a commit that was verified. */
export const source: DesiredSource = {
  commit: '1111111111111111111111111111111111111111',
  tree: '2222222222222222222222222222222222222222',
  ref: 'refs/heads/main',
  author: 'Jane Doe <jane@example.org>',
  committedAt: '2026-06-30T12:00:00Z',
  signature: 'good',
};

/**
 * Compiles parts of one file, each one or more documents separated by `---`. Common indentation is taken out, an
 * `apiVersion` that is left out is added, and so is a Federation where none is written.
 *
 * @throws Error with every diagnostic where they do not compile
 */
export function desired(...parts: readonly string[]): DesiredState {
  const text = parts
    .flatMap((part) => dedent(part).split(/^---$/m))
    .filter((document) => document.trim() !== '')
    .map((document) => (/^apiVersion:/m.test(document) ? document : `${document.trimEnd()}\napiVersion: stator/v1\n`));
  const federation = 'apiVersion: stator/v1\nkind: Federation\nmetadata: { name: test }\nspec: {}\n';
  if (!text.some((document) => /^kind: Federation$/m.test(document))) text.push(federation);
  return desiredFiles({ 'all.yaml': text.map((document) => document.replace(/^\n/, '')).join('---\n') });
}

/** Compiles files as they stand, by path. */
export function desiredFiles(files: Readonly<Record<string, string>>): DesiredState {
  const encoder = new TextEncoder();
  const compiled = compileDesired(
    Object.entries(files).map(([path, content]) => ({ path, bytes: encoder.encode(content) })),
    source,
  );
  if (compiled.state === null) {
    const found = compiled.diagnostics.map(
      ({ severity, message, file, line, column }) =>
        `${severity}: ${message} (${formatPosition({ file: file ?? '', line, column })})`,
    );
    throw new Error(`the test's desired state does not compile:\n${found.join('\n')}`);
  }
  return compiled.state;
}

/** A Site document; `spec` and `labels` are YAML flow maps without their braces. Disk unless said otherwise. */
export function site(name: string, spec = '', labels = ''): string {
  const fields = [/\bstorage:/.test(spec) ? '' : 'storage: disk', spec].filter((part) => part !== '').join(', ');
  const head = labels === '' ? `name: ${name}` : `name: ${name}, labels: { ${labels} }`;
  return `---\nkind: Site\nmetadata: { ${head} }\nspec: { ${fields} }\n`;
}

/** Takes out the indentation that all lines share. */
export function dedent(text: string): string {
  const lines = text.split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents, 1000);
  return lines.map((line) => line.slice(least)).join('\n');
}
