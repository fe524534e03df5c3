/** What `validate` says of tenants' documents; what they match is seen in a plan (test/scenarios/tenants.test.ts). */
import { describe, expect, test } from 'vitest';
import { compileDesired, type DesiredSource } from '../../../src/desired/index.js';
import { base, compile, document, lines, noSource, sourceFiles } from './desired-files.js';

const tenant = document(
  'Tenant',
  'cms',
  'paths: [teams/cms/, "shared/cms-*.yaml"]\ndatasets: dataset.name.glob("/cms/*")\nowners: [AnalysisOps]',
);

const withFile = (path: string, text: string, tenants = tenant) =>
  compile({
    'base.yaml': `${base}---\n${document('Group', 'Other', 'ownership: block')}`,
    'tenant.yaml': tenants,
    [path]: text,
  });

describe('kinds', () => {
  test.each([
    ['Selector', 'scope: dataset\nnames: [/a]'],
    ['Placement', 'datasets: true\nto: true\nowner: AnalysisOps'],
    ['Retention', 'partition: physics\nsites: true\nrules: []'],
    ['Lock', 'datasets: true\nexpires: 2027-01-01\nreason: r'],
    ['Exclusion', 'datasets: true\nsites: true\nreason: r'],
    ['Ownership', 'match: true\nowner: AnalysisOps'],
  ])('a tenant may write a %s', (kind, spec) => {
    expect(lines(withFile('teams/cms/a/b.yaml', document(kind, 'x', spec)))).toEqual([]);
  });

  test.each([
    ['Site', 'storage: disk'],
    ['Group', 'ownership: dataset'],
    ['Partition', 'match: true'],
    ['Guard', 'deletions: { maxDatasets: 5 }'],
    ['Rebalance', 'partition: physics\nsites: true'],
    ['Window', 'deny: all\nschedule: { cron: "0 22 * * *", duration: 8h }'],
    ['Tenant', 'paths: [x/]'],
  ])("a %s is the federation's", (kind, spec) => {
    const result = withFile('shared/cms-2.yaml', document(kind, 'x', spec));
    expect(result.state).toBeNull();
    expect(lines(result)).toEqual([
      `shared/cms-2.yaml:2:1 tenant-kind: ${kind} x: shared/cms-2.yaml belongs to Tenant cms, whose documents can only be \`Selector\`, \`Placement\`, \`Retention\`, \`Lock\`, \`Exclusion\`, \`Ownership\`, \`PolicyTest\`; move it out of the tenant's paths`,
    ]);
  });

  test("a file beside the paths is nobody's", () => {
    expect(lines(withFile('teams/cms.yaml', document('Partition', 'x', 'match: true')))).toEqual([]);
  });
});

describe('owners', () => {
  const only = 'but documents of Tenant cms may only name `AnalysisOps`';

  test.each([
    ['Placement', 'datasets: true\nto: true\nowner: Other', '7:10', 'spec.owner: found `Other`'],
    ['Ownership', 'match: true\nowner: Other', '6:10', 'spec.owner: found `Other`'],
    [
      'Lock',
      'datasets: true\nexpires: 2027-01-01\nreason: r\nowners: [AnalysisOps, Other]',
      '8:25',
      'spec.owners[1]: found `Other`',
    ],
    [
      'Placement',
      'datasets: true\nto: true',
      '5:3',
      'spec: no `owner` is given, so that copies keep that of their source',
    ],
  ])("%s: one that is not the tenant's is refused at its place", (kind, spec, place, found) => {
    expect(lines(withFile('teams/cms/a.yaml', document(kind, 'x', spec)))).toEqual([
      `teams/cms/a.yaml:${place} tenant-owner: ${kind} x: ${found}, ${only}`,
    ]);
  });

  test('the default of the Federation counts as named', () => {
    const withDefault = (owner: string) =>
      compile({
        'base.yaml': base.replace('spec: {}', `spec: { defaults: { owner: ${owner} } }`),
        'group.yaml': document('Group', 'Other', 'ownership: block'),
        'tenant.yaml': tenant,
        'teams/cms/a.yaml': document('Placement', 'x', 'datasets: true\nto: true'),
      });
    expect(lines(withDefault('AnalysisOps'))).toEqual([]);
    expect(lines(withDefault('Other'))).toEqual([
      `teams/cms/a.yaml:5:3 tenant-owner: Placement x: spec: no \`owner\` is given and the default is \`Other\`, ${only}`,
    ]);
  });

  test('they must be groups that exist', () => {
    const result = withFile('a.yaml', '', document('Tenant', 't', 'paths: [x/]\nowners: [AnalysisOp]'));
    expect(lines(result)).toEqual([
      'tenant.yaml:6:12 unknown-group: Tenant t: spec.owners[0]: there is no Group `AnalysisOp`; did you mean `AnalysisOps`?',
    ]);
  });
});

describe('what cannot be checked is said', () => {
  const signed = document('Tenant', 't', 'paths: [a.yaml]\nsigners: [jane@example.org]\napprovers: [joe]');
  const commit = { ...noSource, commit: '0123456789abcdef0123456789abcdef01234567' };
  const say = (source: DesiredSource): string[] => {
    const files = {
      'base.yaml': base,
      'tenant.yaml': signed,
      'a.yaml': document('Selector', 's', 'scope: dataset\nnames: [/a]'),
    };
    const { state, diagnostics } = compileDesired(sourceFiles(files), source);
    expect(state).not.toBeNull();
    return diagnostics.map(({ severity, line, code, message }) => `${severity} ${line} ${code}: ${message}`);
  };
  const approvers =
    'info 7 tenant-approvers-unchecked: Tenant t: spec.approvers: changes of its documents must be approved by `joe`; approvals are given in the forge and not known here: require them there';
  const must = 'Tenant t: spec.signers: changes of its documents must be signed by `jane@example.org`';

  test.each([
    [
      noSource,
      `warning 6 tenant-signers-unchecked: ${must}; a directory has no signatures, so whether they are is not known`,
    ],
    [
      commit,
      `warning 6 tenant-signers-unchecked: ${must}; the signature of the commit 0123456789ab was not checked, so whether they are is not known`,
    ],
    [
      { ...commit, signature: 'none' },
      `warning 6 tenant-unsigned: ${must}; the commit 0123456789ab, which may be one of them, has no signature`,
    ],
    [
      { ...commit, signature: 'bad' },
      `warning 6 tenant-unsigned: ${must}; the commit 0123456789ab, which may be one of them, has a signature that is not good`,
    ],
    [
      { ...commit, signature: 'good' },
      `info 6 tenant-signers-unchecked: ${must}; the commit 0123456789ab has a good signature, but whose it is, and who signed the changes of these documents, is not known here: protect the paths in the forge`,
    ],
  ] as const)('%o', (source, expected) => {
    expect(say(source)).toEqual([expected, approvers]);
  });

  test('a tenant without documents', () => {
    const result = withFile('b.yaml', document('Selector', 's', 'scope: dataset\nnames: [/a]'));
    expect(lines(result, 'info')).toEqual([
      'tenant.yaml:5:10 tenant-without-documents: Tenant cms: spec.paths: no document stands in a file that matches `shared/cms-*.yaml`, `teams/cms/*`',
    ]);
  });
});
