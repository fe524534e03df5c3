import { expect, test } from 'vitest';
import { isYamlPath, limits } from '../../../src/desired/index.js';
import { isYaml, treeLimits } from '../../../src/source/source-tree.js';

test('a source leaves unread exactly what the compiler would refuse for its size', () => {
  expect(treeLimits.yamlFileBytes).toBe(limits.yamlFileBytes);
  expect(treeLimits.otherFileBytes).toBe(limits.namesFileBytes);
  for (const path of ['a.yaml', 'b/c.yml', 'a.yaml.txt', 'yaml', '.yaml', 'a.YAML'])
    expect(isYaml(path)).toBe(isYamlPath(path));
});
