/**
 * What people get wrong, and what they are told: each input has one mistake, and gives one error at its place.
 */
import { describe, expect, test } from 'vitest';
import { base, compile, document, federation, lines } from './desired-files.js';

type Case = readonly [title: string, files: Readonly<Record<string, string | Uint8Array>>, error: string];

const withBase = (text: string): Record<string, string> => ({ 'base.yaml': base, 'x.yaml': text });
const placement = (spec: string): Record<string, string> => withBase(document('Placement', 'p', spec));
const retention = (spec: string): Record<string, string> =>
  withBase(document('Retention', 'r', `partition: physics\nsites: true\n${spec}`));
const endpoint = (fields: string): Record<string, string> =>
  withBase(document('Site', 's', `storage: disk\nendpoints:\n  - { ${fields} }`));

const bytes =
  'a size in bytes: an integer, or a number with a unit (B, kB, MB, GB, TB, PB, EB, KiB, MiB, GiB, TiB, PiB, EiB) such as 500TB or 10TiB';
const knownKinds =
  '`Federation`, `Site`, `Group`, `Partition`, `Selector`, `Placement`, `Retention`, `Lock`, `Guard`, `Exclusion`, `Ownership`, `Rebalance`, `Window`, `Tenant`, `PolicyTest`';

const yaml: readonly Case[] = [
  [
    'a bracket that is not closed',
    withBase('apiVersion: stator/v1\nkind: Group\nmetadata: { name: g\nspec: {}\n'),
    'x.yaml:4:1 yaml-syntax: not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
  ],
  [
    'a key without its colon',
    withBase('apiVersion: stator/v1\nkind: Group\nmetadata: { name: g }\nspec\n'),
    'x.yaml:4:1 yaml-syntax: not valid YAML: Implicit map keys need to be followed by map values',
  ],
  [
    'a tab as indentation',
    withBase('apiVersion: stator/v1\nkind: Group\nmetadata: { name: g }\nspec:\n\townership: block\n'),
    'x.yaml:5:1 yaml-syntax: not valid YAML: Tabs are not allowed as indentation',
  ],
  [
    'a key that stands twice',
    withBase(document('Group', 'g', 'ownership: block\nownership: dataset')),
    'x.yaml:6:3 duplicate-key: the key `ownership` stands twice in the same mapping',
  ],
  [
    'a number as a key',
    withBase(document('Group', 'g', 'ownership: block').replace('name: g', 'name: g, labels: { 1: x }')),
    'x.yaml:3:32 key-not-text: a key must be text, found `1`: quote it',
  ],
  [
    'an anchor',
    withBase(document('Group', 'g', 'ownership: &o block')),
    'x.yaml:5:14 yaml-anchor: the anchor `&o` is not allowed: write it out, or share it with a Selector',
  ],
  [
    'an alias',
    withBase(document('Group', 'g', 'ownership: *o')),
    'x.yaml:5:14 yaml-alias: the alias `*o` is not allowed; if it is a name or glob, quote it',
  ],
  [
    'a merge key',
    withBase(document('Group', 'g', 'ownership: block').replace('name: g', 'name: g, labels: { <<: { a: b } }')),
    'x.yaml:3:32 yaml-merge-key: merge keys (`<<`) are not allowed: write it out, or share it with a Selector',
  ],
  [
    'a custom tag',
    withBase(document('Group', 'g', 'limit: !size 5')),
    'x.yaml:5:10 yaml-tag: the tag `!size` is not allowed; if it begins an expression, quote it, or use a `|` block',
  ],
  [
    'a directive that would change what words mean',
    withBase(`%YAML 1.1\n---\n${document('Group', 'g', 'ownership: block')}`),
    'x.yaml:1:1 yaml-directive: the directive `%YAML 1.1` is not allowed: remove the line',
  ],
  [
    'an integer above 2^53',
    withBase(document('Group', 'g', 'limit: 9007199254740993')),
    'x.yaml:5:10 number-out-of-range: the number 9007199254740993 is not exact: integers end at 2^53',
  ],
  [
    'text that is no mapping',
    withBase('just text\n'),
    'x.yaml:1:1 not-a-document: a document is a mapping with `apiVersion`, `kind`, `metadata` and `spec`',
  ],
  [
    'a byte that is not UTF-8',
    { 'base.yaml': base, 'x.yaml': Uint8Array.from([0x23, 0x20, 0xc3, 0xa9, 0x0a, 0x61, 0x3a, 0x20, 0xe9, 0x0a]) },
    'x.yaml:2:4 bad-encoding: the file is not UTF-8 text: save it as UTF-8',
  ],
  [
    'a NUL',
    withBase('# one\n# t\0wo\n'),
    'x.yaml:2:4 forbidden-character: the character U+0000 is not allowed: remove it (control, invisible and direction-changing characters are refused)',
  ],
  [
    'a character that changes the direction of writing',
    withBase(document('Group', 'g', 'description: "a \u202e b"')),
    'x.yaml:5:19 forbidden-character: the character U+202E is not allowed: remove it (control, invisible and direction-changing characters are refused)',
  ],
  [
    'the same, written as an escape',
    withBase(document('Group', 'g', 'description: "a \\u202e b"')),
    'x.yaml:5:16 forbidden-character: the text contains the character U+202E, which is not allowed',
  ],
];

const documents: readonly Case[] = [
  [
    'an unknown kind',
    withBase(document('Placment', 'p', 'to: true')),
    `x.yaml:2:7 unknown-kind: Placment p: kind: unknown kind \`Placment\`; did you mean \`Placement\`?; known kinds: ${knownKinds}`,
  ],
  [
    'no kind',
    withBase('apiVersion: stator/v1\nmetadata: { name: g }\nspec: {}\n'),
    `x.yaml:1:1 missing-field: document g: the field \`kind\` is missing; known kinds: ${knownKinds}`,
  ],
  [
    'another version of the format',
    withBase(document('Group', 'g', 'ownership: block').replace('stator/v1', 'stator/v2')),
    'x.yaml:1:13 wrong-value: Group g: apiVersion: found "stator/v2", expected `stator/v1`',
  ],
  [
    'no name',
    withBase('apiVersion: stator/v1\nkind: Group\nmetadata: {}\nspec: {}\n'),
    'x.yaml:3:1 missing-field: Group: metadata: the field `name` is missing (name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands)',
  ],
  [
    'a number as a name',
    withBase('apiVersion: stator/v1\nkind: Group\nmetadata: { name: 2026 }\nspec: {}\n'),
    'x.yaml:3:19 wrong-type: Group: metadata.name: found the number 2026, expected a name: 1 to 255 characters without control characters, compared as it stands: quote it',
  ],
  [
    'a document that is already defined',
    { 'a.yaml': base, 'b/x.yaml': `# again\n${document('Group', 'AnalysisOps', 'ownership: block')}` },
    'b/x.yaml:2:1 duplicate-document: Group AnalysisOps: this document is already defined at a.yaml:31:1',
  ],
  [
    'no Federation',
    { 'x.yaml': document('Group', 'g', 'ownership: block') },
    'null:0:0 no-federation: there is no document of kind Federation: add one (apiVersion: stator/v1, kind: Federation)',
  ],
  [
    'two Federations',
    { 'a.yaml': federation, 'b.yaml': federation.replace('name: test', 'name: other') },
    'b.yaml:1:1 second-federation: Federation other: there is exactly one Federation, and Federation test stands at a.yaml:1:1',
  ],
];

const fields: readonly Case[] = [
  [
    'an unknown key',
    placement('datasets: true\nto: true\ncopys: 2'),
    'x.yaml:7:3 unknown-field: Placement p: spec: unknown field `copys`; did you mean `copies`?; known here: `description`, `requestedBy`, `link`, `datasets`, `statuses`, `to`, `from`, `copies`, `weight`, `level`, `owner`, `priority`, 7 more',
  ],
  [
    'spread without a label',
    placement('datasets: true\nto: true\nspread: { max: 1 }'),
    'x.yaml:7:3 missing-field: Placement p: spec.spread: the field `by` is missing (key of the site label, such as country)',
  ],
  [
    'relativeTo a placement that does not exist',
    placement('datasets: true\nto: true\nrelativeTo: { placement: q, label: region, same: true }'),
    'x.yaml:7:28 unknown-placement: Placement p: spec.relativeTo.placement: there is no Placement `q`; did you mean `p`?',
  ],
  [
    'a Placement relative to itself',
    placement('datasets: true\nto: true\nrelativeTo: { placement: p, label: region, same: true }'),
    'x.yaml:7:28 wrong-value: Placement p: spec.relativeTo.placement: a Placement cannot be relative to itself',
  ],
  [
    'an unknown onRemove',
    placement('datasets: true\nto: true\nonRemove: purge'),
    'x.yaml:7:13 wrong-value: Placement p: spec.onRemove: found "purge", expected one of `release`, `keep`, `delete`',
  ],
  [
    'a schedule of six fields',
    withBase(document('Window', 'w', 'deny: all\nschedule: { cron: "0 0 22 * * *", duration: 8h }')),
    'x.yaml:6:21 wrong-value: Window w: spec.schedule.cron: "0 0 22 * * *" is not a schedule of five fields such as "0 22 * * 1-5": it has 6 fields',
  ],
  [
    'a time zone that does not exist',
    withBase(document('Window', 'w', 'deny: all\nschedule: { cron: "0 22 * * *", duration: 8h, timezone: Mars }')),
    'x.yaml:6:59 wrong-value: Window w: spec.schedule.timezone: "Mars" is not a time zone of the IANA database',
  ],
  [
    'a required field that is missing',
    placement('datasets: true'),
    'x.yaml:4:1 missing-field: Placement p: spec: the field `to` is missing (site condition, may read dataset variables: where copies go)',
  ],
  [
    'an empty spec',
    withBase('apiVersion: stator/v1\nkind: Group\nmetadata: { name: g }\nspec:\n'),
    'x.yaml:4:6 wrong-type: Group g: spec: found nothing, expected a mapping',
  ],
  [
    'a list where a mapping belongs',
    withBase(document('Guard', 'g', 'transfers: []')),
    'x.yaml:5:14 wrong-type: Guard g: spec.transfers: found a list, expected a mapping',
  ],
  [
    'an unknown value',
    withBase(document('Site', 's', 'storage: disc')),
    'x.yaml:5:12 wrong-value: Site s: spec.storage: found "disc", expected one of `disk`, `tape`, `buffer`; did you mean `disk`?',
  ],
  [
    'a wrong unit of bytes',
    withBase(document('Group', 'g', 'limit: 500XB')),
    `x.yaml:5:10 wrong-value: Group g: spec.limit: found "500XB", expected ${bytes}`,
  ],
  [
    'a negative size',
    withBase(document('Group', 'g', 'limit: -1')),
    'x.yaml:5:10 wrong-value: Group g: spec.limit: found the number -1, expected at least 0',
  ],
  [
    'an integer of bytes above 2^53, in quotes',
    withBase(document('Group', 'g', "limit: '9007199254740993'")),
    'x.yaml:5:10 wrong-unit: Group g: spec.limit: found "9007199254740993", expected whole bytes, integers up to 2^53, such as 500TB',
  ],
  [
    'a fraction of a byte',
    withBase(document('Group', 'g', 'limit: 1.0005kB')),
    'x.yaml:5:10 wrong-unit: Group g: spec.limit: found "1.0005kB", expected whole bytes, integers up to 2^53, such as 500TB',
  ],
  [
    'a duration without a unit',
    withBase(document('Guard', 'g', 'staleness: { source: 24 }')),
    'x.yaml:5:24 wrong-type: Guard g: spec.staleness.source: found the number 24, expected a duration with its unit (s, m, h, d, w) such as 30m, 12h, 90d or 2w',
  ],
  [
    'a window of no length',
    withBase(document('Guard', 'g', 'deletions: { per: 0s }')),
    'x.yaml:5:21 wrong-value: Guard g: spec.deletions.per: found no time at all, expected a window such as 24h',
  ],
  [
    'percent without its sign',
    withBase(document('Guard', 'g', 'transfers: { maxOccupancy: 93 }')),
    'x.yaml:5:30 wrong-value: Guard g: spec.transfers.maxOccupancy: found the number 93, expected at most 1 (a fraction from 0 to 1, or a percentage, such as 0.85 or 85%)',
  ],
  [
    'more than a hundred percent',
    withBase(document('Guard', 'g', 'transfers: { maxOccupancy: 930% }')),
    'x.yaml:5:30 wrong-unit: Guard g: spec.transfers.maxOccupancy: found "930%", expected at most 100%, such as 0.85 or 85%',
  ],
  [
    'a date that does not exist',
    withBase(document('Lock', 'l', 'datasets: true\nreason: x\nexpires: 2027-02-29')),
    'x.yaml:7:12 wrong-unit: Lock l: spec.expires: found "2027-02-29", which is no date or time that exists',
  ],
  [
    'an unquoted number as a label',
    withBase(document('Site', 's', 'storage: disk').replace('name: s', 'name: s, labels: { tier: 2 }')),
    'x.yaml:3:38 wrong-type: Site s: metadata.labels.tier: found the number 2, expected text: quote it',
  ],
  [
    'a lock of nothing',
    withBase(document('Lock', 'l', 'reason: x\nexpires: 2027-01-01')),
    'x.yaml:4:1 missing-field: Lock l: spec: at least one of `datasets`, `blocks` is needed, found none',
  ],
  [
    'a partition that is both a slice and a union',
    withBase(document('Partition', 'u', 'match: true\ninclude: [physics]')),
    'x.yaml:4:1 missing-field: Partition u: spec: exactly one of `match`, `include` is needed, found `match`, `include`',
  ],
  [
    'a selector of nothing',
    withBase(document('Selector', 's', 'scope: dataset')),
    'x.yaml:4:1 missing-field: Selector s: spec: at least one of `when`, `names`, `namesFile` is needed, found none',
  ],
  [
    'two rules of one id',
    retention('rules:\n  - { id: a, action: protect, when: true }\n  - { id: a, action: delete, when: true }'),
    'x.yaml:9:13 duplicate-rule: Retention r: spec.rules[1].id: the rule id `a` is already used in line 8',
  ],
  [
    'a rule that ends before it begins',
    retention('rules: [{ id: a, action: delete, when: true, notBefore: 2027-01-02, expires: 2027-01-01 }]'),
    'x.yaml:7:80 wrong-value: Retention r: spec.rules[0].expires: the rule ends before it begins (`notBefore`)',
  ],
  [
    'a quota of a union',
    withBase(document('Partition', 'u', 'include: [physics]\nquotas: [{ sites: true, size: 1TB }]')),
    'x.yaml:6:11 union-quota: Partition u: spec.quotas: the quota of a union is the sum of its members: remove this one',
  ],
  [
    'a word that is no number of copies',
    placement('datasets: true\nto: true\ncopies: two'),
    'x.yaml:7:11 wrong-value: Placement p: spec.copies: found "two", expected an integer, `all`, or an integer expression',
  ],
];

const endpoints: readonly Case[] = [
  [
    'an endpoint without a URL',
    endpoint("protocol: davs, match: '^/(.*)$'"),
    'x.yaml:7:7 missing-field: Site s: spec.endpoints[0]: the field `url` is missing (the URL; $1, $2 ... are the groups of match)',
  ],
  [
    'a directory without a root',
    endpoint("protocol: file, match: '^/(.*)$', url: 'file:///srv/s/$1'"),
    'x.yaml:7:7 missing-field: Site s: spec.endpoints[0]: the field `root` is missing',
  ],
  [
    'a URL outside of its root',
    endpoint("protocol: file, match: '^/(.*)$', url: 'file:///srv/other/$1', root: /srv/s"),
    'x.yaml:7:48 outside-root: Site s: spec.endpoints[0].url: found "file:///srv/other/$1", which is not inside the root "/srv/s"',
  ],
  [
    'a URL that climbs out of its root',
    endpoint("protocol: file, match: '^/(.*)$', url: 'file:///srv/s/../$1', root: /srv/s"),
    'x.yaml:7:48 outside-root: Site s: spec.endpoints[0].url: found "file:///srv/s/../$1", which is not inside the root "/srv/s"',
  ],
  [
    'a URL whose first group could name a neighbour of the root',
    endpoint("protocol: file, match: '^/(.*)$', url: 'file:///srv/s$1', root: /srv/s"),
    'x.yaml:7:48 outside-root: Site s: spec.endpoints[0].url: found "file:///srv/s$1", which is not inside the root "/srv/s"',
  ],
  [
    'a relative root',
    endpoint("protocol: file, match: '^/(.*)$', url: 'file:///srv/s/$1', root: srv/s"),
    'x.yaml:7:74 bad-root: Site s: spec.endpoints[0].root: found "srv/s", expected the absolute path of a directory without `.`, `..`, or a slash at the end',
  ],
  [
    'a group that does not exist',
    endpoint("protocol: davs, match: '^/(.*)$', url: 'davs://h/$2'"),
    'x.yaml:7:48 unknown-group-reference: Site s: spec.endpoints[0].url: found `$2`, but `match` has one group in parentheses',
  ],
  [
    'a broken regular expression',
    endpoint("protocol: davs, match: '^/(.*$', url: 'davs://h/x'"),
    'x.yaml:7:32 bad-regex: Site s: spec.endpoints[0].match: "^/(.*$" is not a regular expression (RE2 syntax): error parsing regexp: missing closing ): `^/(.*$`',
  ],
  [
    'a password in a URL',
    endpoint("protocol: davs, match: '^/(.*)$', url: 'davs://me:secret@h/$1'"),
    'x.yaml:7:48 credentials: Site s: spec.endpoints[0].url: a URL here must not carry a user or password: they go into the server configuration',
  ],
];

const expressions: readonly Case[] = [
  [
    'an unknown variable',
    placement('datasets: dataset.nam == "x"\nto: true'),
    'x.yaml:5:21 bad-expression: Placement p: spec.datasets: unknown variable `dataset.nam`; did you mean `dataset.name`?',
  ],
  [
    'a type error',
    placement('datasets: dataset.open && dataset.size > "1TB"\nto: true'),
    'x.yaml:5:29 bad-expression: Placement p: spec.datasets: no such overload: int > string',
  ],
  [
    'a result of the wrong type',
    placement('datasets: dataset.size\nto: true'),
    'x.yaml:5:13 bad-expression: Placement p: spec.datasets: results in int, expected a condition (bool)',
  ],
  [
    'a variable that has no value there',
    placement('datasets: true\nto: site.occupancy < 0.9'),
    'x.yaml:6:12 bad-expression: Placement p: spec.to: `site.occupancy` needs a partition, and none is in scope here',
  ],
  [
    'a broken regular expression in an expression',
    placement('datasets: \'dataset.name.matches("(")\'\nto: true'),
    'x.yaml:5:35 bad-expression: Placement p: spec.datasets: not a regular expression: error parsing regexp: missing closing ): `(`',
  ],
  [
    'an expression in a literal block',
    placement('datasets: |\n  dataset.open\n    && dataset.nam == "x"\nto: true'),
    'x.yaml:7:18 bad-expression: Placement p: spec.datasets: unknown variable `dataset.nam`; did you mean `dataset.name`?',
  ],
  [
    'an expression in a folded block',
    placement('datasets: >-\n  dataset.open\n  && dataset.nam == "x"\nto: true'),
    'x.yaml:7:16 bad-expression: Placement p: spec.datasets: unknown variable `dataset.nam`; did you mean `dataset.name`?',
  ],
  [
    'an expression in single quotes',
    placement('datasets: \'dataset.type == "it\'\'s" && dataset.nam == "x"\'\nto: true'),
    'x.yaml:5:49 bad-expression: Placement p: spec.datasets: unknown variable `dataset.nam`; did you mean `dataset.name`?',
  ],
  [
    'an expression in double quotes',
    placement('datasets: "dataset.type == \\"a\\" && dataset.nam == \\"x\\""\nto: true'),
    'x.yaml:5:47 bad-expression: Placement p: spec.datasets: unknown variable `dataset.nam`; did you mean `dataset.name`?',
  ],
  [
    'an expression in a flow mapping of a list',
    retention('rules:\n  - { id: a, action: delete, when: \'dataset.nam == "x"\' }'),
    'x.yaml:8:47 bad-expression: Retention r: spec.rules[0].when: unknown variable `dataset.nam`; did you mean `dataset.name`?',
  ],
];

const traps: readonly Case[] = [
  [
    'an unquoted expression that begins with !',
    placement('datasets: !dataset.open\nto: true'),
    'x.yaml:5:13 yaml-tag: the tag `!dataset.open` is not allowed; if it begins an expression, quote it, or use a `|` block',
  ],
  [
    'an unquoted expression that begins with a quote',
    placement('datasets: "x" == dataset.name\nto: true'),
    'x.yaml:5:17 yaml-syntax: not valid YAML: Unexpected scalar at node end; if it is an expression that begins with a quote, quote it, or use a `|` block',
  ],
  [
    'an unquoted expression that contains a colon and a space',
    placement('datasets: "dataset.open ? true : false"\nto: dataset.open ? true : false'),
    'x.yaml:6:7 yaml-syntax: not valid YAML: Nested mappings are not allowed in compact mappings; if it is an expression, quote it, or use a `|` block',
  ],
  [
    'an unquoted expression that contains a space and #',
    placement('datasets: dataset.name == "/a #b"\nto: true'),
    'x.yaml:5:29 bad-expression: Placement p: spec.datasets: Unterminated string; ` #` begins a comment: quote it, or use a `|` block',
  ],
  [
    'an unquoted expression with a comma in { }',
    retention('rules:\n  - { id: a, action: delete, when: min(1, dataset.files) > 1 }'),
    'x.yaml:8:45 unknown-field: Retention r: spec.rules[0]: unknown field `dataset.files) > 1`; if it is a piece of an expression, quote it, or use a `|` block; known here: `id`, `action`, `scope`, `when`, `notBefore`, `expires`, `allowLastCopy`, `allowCustodial`, `description`, `requestedBy`, `link`',
  ],
  [
    'an unquoted expression with brackets in { }',
    retention('rules:\n  - { id: a, action: delete, when: dataset.status in ["VALID"] }'),
    'x.yaml:8:56 yaml-syntax: not valid YAML: Unexpected flow-seq-start at node end; if it is an expression, quote it, or use a `|` block',
  ],
];

const references: readonly Case[] = [
  [
    'an unknown partition of a retention',
    withBase(document('Retention', 'r', 'partition: phisics\nsites: true')),
    'x.yaml:5:14 unknown-partition: Retention r: spec.partition: there is no Partition `phisics`; did you mean `physics`?',
  ],
  [
    'an unknown partition of a quota',
    withBase(document('Site', 's', 'storage: disk\nquotas: { phisics: 1TB }')),
    'x.yaml:6:22 unknown-partition: Site s: spec.quotas.phisics: there is no Partition `phisics`; did you mean `physics`?',
  ],
  [
    'an unknown partition of a union',
    withBase(document('Partition', 'u', 'include: [physics, nothing]')),
    'x.yaml:5:22 unknown-partition: Partition u: spec.include[1]: there is no Partition `nothing`',
  ],
  [
    'an unknown partition of a guard',
    withBase(document('Guard', 'g', 'partition: nothing')),
    'x.yaml:5:14 unknown-partition: Guard g: spec.partition: there is no Partition `nothing`',
  ],
  [
    'unions in a circle',
    withBase(
      [document('Partition', 'u', 'include: [v]'), document('Partition', 'v', 'include: [physics, u]')].join('---\n'),
    ),
    'x.yaml:5:12 union-cycle: Partition u: spec.include: the partitions include each other in a circle: u -> v -> u',
  ],
  [
    'an unknown group',
    placement('datasets: true\nto: true\nowner: AnalysisOp'),
    'x.yaml:7:10 unknown-group: Placement p: spec.owner: there is no Group `AnalysisOp`; did you mean `AnalysisOps`?',
  ],
  [
    'an unknown site',
    placement('datasets: true\nto: site.storage == "disk" && site.name == "T2_US_MTI"'),
    'x.yaml:6:46 unknown-site: Placement p: spec.to: there is no Site `T2_US_MTI`; did you mean `T2_US_MIT`?',
  ],
  [
    'an unknown site in a list',
    placement('datasets: true\nto: true\nfrom: site.name in ["T2_US_MIT", "T9_XX_Nowhere"]'),
    'x.yaml:7:36 unknown-site: Placement p: spec.from: there is no Site `T9_XX_Nowhere`',
  ],
  [
    'an unknown selector',
    placement('datasets: dataset.is("kep")\nto: true'),
    'x.yaml:5:24 unknown-selector: Placement p: spec.datasets: there is no Selector `kep`',
  ],
  [
    'a selector about something else',
    withBase(
      [
        document('Selector', 'us', 'scope: site\nwhen: site.name.glob("*_US_*")'),
        document('Placement', 'p', 'datasets: dataset.is("us")\nto: true'),
      ].join('---\n'),
    ),
    'x.yaml:12:24 selector-scope: Placement p: spec.datasets: `dataset.is("us")`: the Selector is about a site, not about a dataset',
  ],
  [
    'a selector that reads quotas where no partition is in scope',
    withBase(
      [
        document('Selector', 'full', 'scope: site\nwhen: site.occupancy > 0.9'),
        document('Selector', 'also-full', 'scope: site\nwhen: site.is("full")'),
        document('Placement', 'p', 'datasets: true\nto: \'!site.is("also-full")\''),
      ].join('---\n'),
    ),
    'x.yaml:20:17 selector-scope: Placement p: spec.to: the Selector `also-full` reads `site.occupancy`, which has no value here: no partition is in scope',
  ],
  [
    'selectors in a circle',
    withBase(
      [
        document('Selector', 'a', 'scope: dataset\nwhen: dataset.open || dataset.is("b")'),
        document('Selector', 'b', 'scope: dataset\nwhen: dataset.is("a")'),
      ].join('---\n'),
    ),
    'x.yaml:6:9 selector-cycle: Selector a: spec.when: the selectors use each other in a circle: a -> b -> a',
  ],
  [
    'a list that is not there',
    withBase(document('Selector', 's', 'scope: dataset\nnamesFile: keep.txt')),
    'x.yaml:6:14 names-file-missing: Selector s: spec.namesFile: there is no file `keep.txt`',
  ],
  [
    'an empty list',
    {
      'base.yaml': base,
      'd/x.yaml': document('Selector', 's', 'scope: dataset\nnamesFile: keep.txt'),
      'd/keep.txt': '# none\n\n',
    },
    'd/x.yaml:6:14 names-file-empty: Selector s: spec.namesFile: `d/keep.txt` holds no name',
  ],
  [
    'a list outside of the desired state',
    withBase(document('Selector', 's', 'scope: dataset\nnamesFile: ../../etc/passwd')),
    'x.yaml:6:14 names-file-outside: Selector s: spec.namesFile: found "../../etc/passwd", expected a path inside the desired state',
  ],
  [
    'a label of a dataset that is not declared',
    {
      'base.yaml': base.replace('spec: {}', 'spec: { labels: { dataset: [tier] } }'),
      'x.yaml': document('Placement', 'p', 'datasets: dataset.labels.teir == "RAW"\nto: true'),
    },
    'x.yaml:5:21 unknown-label: Placement p: spec.datasets: the label `teir` is not declared in Federation.spec.labels.dataset; did you mean `tier`?; declared: `tier`',
  ],
  [
    'a label of a site that is not declared',
    { 'base.yaml': base.replace('spec: {}', 'spec: { labels: { site: [country] } }') },
    'base.yaml:8:54 unknown-label: Site T1_DE_Disk: metadata.labels.region: the label is not declared in Federation.spec.labels.site; declared: `country`',
  ],
  [
    'a pattern of dataset names that is no regular expression',
    { 'base.yaml': base.replace('spec: {}', "spec: { datasetName: '^/[' }") },
    'base.yaml:4:22 bad-regex: Federation test: spec.datasetName: "^/[" is not a regular expression (RE2 syntax): error parsing regexp: missing closing ]: `[`',
  ],
];

for (const [title, cases] of Object.entries({ yaml, documents, fields, endpoints, expressions, traps, references })) {
  describe(title, () => {
    test.each(cases)('%s', (_, files, error) => {
      const result = compile(files);
      expect(lines(result)).toEqual([error]);
      expect(result.state).toBeNull();
    });
  });
}

test('one run reports all errors of all files, by file and line', () => {
  const result = compile({
    'base.yaml': base,
    'z.yaml': document(
      'Placement',
      'p',
      'datasets: dataset.nam == "x"\nto: site.storag == "disk"\nowner: nobody\ncopys: 1',
    ),
    'c.yaml': [document('Group', 'g', 'limit: 5QB'), 'kind: [\n', document('Lock', 'l', 'datasets: true')].join(
      '---\n',
    ),
    'a.yaml': document('Site', 's', 'storage: disk\nquotas: { nothing: 5 }'),
  });
  expect(lines(result).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'a.yaml:6:22 unknown-partition:',
    'c.yaml:5:10 wrong-value:',
    'c.yaml:8:1 yaml-syntax:',
    'c.yaml:12:1 missing-field:',
    'c.yaml:12:1 missing-field:',
    'z.yaml:5:21 bad-expression:',
    'z.yaml:6:12 bad-expression:',
    'z.yaml:7:10 unknown-group:',
    'z.yaml:8:3 unknown-field:',
  ]);
});

test('what a broken file may declare is not reported as missing', () => {
  const broken = {
    'base.yaml': `${base}---\n${document('Partition', 'scratch', 'match: !x')}`,
    'bad.yaml': '%YAML 1.1\n---\nkind: Partition\nmetadata: { name: cold }\n',
  };
  const spec = 'partition: scratch\nsites: true';
  const result = compile({
    ...broken,
    'x.yaml': [document('Retention', 'a', spec), document('Retention', 'b', spec.replace('scratch', 'cold'))].join(
      '---\n',
    ),
  });
  expect(lines(result).map((line) => line.split(' ')[1])).toEqual(['yaml-directive:', 'yaml-tag:']);
});

test('a file that is damaged from end to end gives a bounded number of errors', () => {
  const result = compile({ 'base.yaml': base, 'x.yaml': 'a: !b\n'.repeat(5000) });
  const errors = lines(result);
  expect(errors).toHaveLength(1001);
  expect(errors[0]).toBe('x.yaml:0:0 too-many-errors: x.yaml: 4000 more errors');
});
