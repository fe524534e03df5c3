/** Selectors that stand beside what uses them. */
import type { Cel } from './cel.js';
import { fileName } from './file-names.js';
import type { NameList } from './name-lists.js';
import { condition, head, scalar } from './yaml.js';

export interface ConditionSelector {
  readonly name: string;
  readonly scope: 'replica' | 'block';
  readonly when: Cel;
  readonly description: string;
}

export interface OutputFile {
  /** Relative to the output directory, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export function selectorYaml({ name, scope, when, description }: ConditionSelector): string {
  const spec = `  description: ${scalar(description)}\n  scope: ${scope}\n`;
  return `---\n${head('Selector', name)}${spec}${condition('when', when, '  ')}`;
}

/** The Selector of a list of names, and the file with the names. */
export function nameListYaml(list: NameList): { readonly yaml: string; readonly file: OutputFile } {
  const path = `names/${fileName(list.name)}.txt`;
  const spec = `  description: ${scalar(list.description)}\n  scope: ${list.scope}\n  namesFile: ${scalar(path)}\n`;
  const text = `# Imported for Selector ${list.name} by stator import dynamo: names and globs, one a line.\n${list.entries.map((entry) => `${entry}\n`).join('')}`;
  return { yaml: `---\n${head('Selector', list.name)}${spec}`, file: { path, text } };
}
