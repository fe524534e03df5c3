/**
 * The import lint: which folder may import which. The table below is the architecture; everything that is not in it
 * is an error.
 *
 * `types` may be imported with `import type` only: at run time the folder does not depend on them. Every folder may
 * import itself, the single `files` named for it, and the common vocabulary (`src/error.ts`, `src/diagnostic.ts`,
 * `src/order.ts`), of which `policy`, the innermost layer, has the order only.
 */
/** How sizes, durations and times are written is part of the language, and used wherever they are read or written. */
const units = '^src/policy/units\\.ts$';

/** Files that processes leave for each other. */
const cacheFile = '^src/cache-file\\.ts$';

const layers = {
  // Strings compare in an expression as they do everywhere.
  policy: {
    imports: [],
    files: ['^src/order\\.ts$'],
    packages: ['@marcbachmann/cel-js', 're2js', 'fastest-levenshtein'],
  },
  desired: { imports: ['policy'], packages: ['yaml', 'ajv', 'fastest-levenshtein', 'croner'] },
  snapshot: { imports: [], types: ['desired'], files: [units], packages: [] },
  planning: { imports: ['policy', 'snapshot'], types: ['desired'], packages: ['croner'] },
  report: {
    imports: [],
    types: ['policy', 'desired', 'snapshot', 'planning', 'simulation', 'policy-test', 'audit'],
    files: [units],
    packages: ['picocolors', 'cli-table3'],
  },
  // Other systems' policy to YAML, and what rules would do over time: text and snapshots in, text and snapshots out.
  import: { imports: ['policy', 'desired'], packages: [] },
  simulation: { imports: ['policy', 'snapshot', 'planning'], types: ['desired'], packages: [] },
  // Whether the rules bring about what they must: plans and what comes of them, on small inventories and on the live one.
  'policy-test': { imports: ['policy', 'snapshot', 'planning', 'simulation'], types: ['desired'], packages: [] },
  source: { imports: [], types: ['desired'], files: [cacheFile] },
  database: { imports: ['snapshot'], types: ['desired', 'planning'], files: [units, cacheFile] },
  plugin: { imports: [] },
  execution: { imports: ['database', 'plugin'], types: ['desired', 'snapshot', 'planning'], files: [units] },
  audit: { imports: ['snapshot', 'database'], types: ['desired', 'planning'], files: [units] },
  reconcile: {
    imports: [
      'policy',
      'desired',
      'snapshot',
      'planning',
      'policy-test',
      'source',
      'database',
      'execution',
      'plugin',
      'report',
      'audit',
    ],
  },
};

/** They do no I/O: only these modules of Node, and only the packages named above. */
const pure = ['policy', 'desired', 'snapshot', 'planning', 'simulation', 'policy-test', 'import', 'report'];
const harmless = '^(node:)?(crypto|util|buffer)$';

const vocabulary = '^src/(error|diagnostic|order)\\.ts$';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const layerRules = Object.entries(layers).flatMap(([name, { imports, types = [], files = [] }]) => {
  const own = [name, ...imports];
  const common = name === 'policy' ? [] : [vocabulary];
  return [
    {
      name: `layer-${name}`,
      comment: `src/${name} may import ${list(imports)}${types.length > 0 ? `, and types of ${list(types)}` : ''}`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: { path: '^(src|plugins|test|bench|scripts)/', pathNot: [...common, ...files, folders([...own, ...types])] },
    },
    ...(types.length === 0
      ? []
      : [
          {
            name: `layer-${name}-types-only`,
            comment: `src/${name} may import ${list(types)} with \`import type\` only`,
            severity: 'error',
            from: { path: `^src/${name}/` },
            to: { path: folders(types), pathNot: files, dependencyTypesNot: ['type-only'] },
          },
        ]),
  ];
});

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const pureRules = pure.flatMap((name) => [
  {
    name: `pure-${name}-node`,
    comment: `src/${name} does no I/O: of Node it may import crypto, util and buffer only`,
    severity: 'error',
    from: { path: `^src/${name}/` },
    to: { dependencyTypes: ['core'], pathNot: harmless },
  },
  {
    name: `pure-${name}-packages`,
    comment: `src/${name} is pure: of packages it may import ${list(layers[name].packages)} only`,
    severity: 'error',
    from: { path: `^src/${name}/` },
    to: {
      path: 'node_modules',
      pathNot: layers[name].packages.length > 0 ? [`node_modules/(${layers[name].packages.join('|')})/`] : [],
    },
  },
]);

module.exports = {
  forbidden: [
    ...layerRules,
    ...pureRules,
    {
      name: 'vocabulary',
      comment: 'the common vocabulary imports nothing but itself',
      severity: 'error',
      from: { path: vocabulary },
      to: { path: '^src/', pathNot: vocabulary },
    },
    {
      name: 'unlisted-folder',
      comment: 'a folder that is not in the table may import nothing: add it there',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: [folders([...Object.keys(layers), 'cli'])] },
      to: { path: '^src/' },
    },
    {
      name: 'not-to-cli',
      comment: 'the command line is a front end: nothing imports it',
      severity: 'error',
      from: { path: '^(src|plugins)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'plugins',
      comment: 'a plugin imports itself and the plugin API, as one from elsewhere would',
      severity: 'error',
      from: { path: '^plugins/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(src|plugins|test|bench|scripts)/', pathNot: ['^src/plugin/', '^plugins/$1/'] },
    },
    {
      name: 'not-to-plugins',
      comment: 'first-party plugins are loaded by the registry like any other; only the command line names them',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^plugins/' },
    },
    {
      name: 'not-to-tests',
      severity: 'error',
      from: { path: '^(src|plugins)/', pathNot: '\\.test\\.ts$' },
      to: { path: ['^(test|bench|scripts)/', '\\.test\\.ts$'] },
    },
    {
      name: 'no-cycles-between-folders',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/[^/]+$' },
      to: { circular: true },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^(src|plugins)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'undeclared-package',
      comment: 'what runs must stand in `dependencies` of package.json',
      severity: 'error',
      from: { path: '^(src|plugins)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};

/** @param {string[]} names */
function folders(names) {
  return `^src/(${names.join('|')})/`;
}

/** @param {string[]} names */
function list(names) {
  return names.length === 0 ? 'nothing' : names.join(', ');
}
