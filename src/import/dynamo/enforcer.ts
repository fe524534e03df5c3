/** The Enforcer's rules as Placements, and what `replica.enforcer_protected` asks. */
import { all, any, atom, type Cel, isConstant, printed } from './cel.js';
import type { Condition } from './condition.js';
import type { EnforcerCondition, EnforcerFile, EnforcerRule } from './enforcer-file.js';
import { basename } from './file-names.js';
import type { Place } from './place.js';
import type { Renderer, RenderOptions } from './render.js';
import type { ReportBuilder } from './report.js';
import type { ConditionSelector } from './selector.js';
import { comments, condition, head, scalar, singleQuoted } from './yaml.js';

/** Rules with the names of their documents. */
export interface NamedRule {
  readonly rule: EnforcerRule;
  readonly name: string;
}

export interface Placements {
  readonly yaml: string;
  readonly selectors: readonly ConditionSelector[];
}

export function placementsYaml(
  file: EnforcerFile,
  rules: readonly NamedRule[],
  renderer: Renderer,
  report: ReportBuilder,
): Placements {
  const selectors: ConditionSelector[] = [];
  for (const line of file.head) report.carried(line, `Placements of ${basename(file.path)}`);
  const documents = rules.map(({ rule, name }) => {
    const became = `Placement ${name}`;
    const remarks = new Set<string>([
      `the program counts and looks for data in partition ${file.partition} only; here all data counts`,
    ]);
    const to = any(rule.destinations.map((each) => siteCondition(each, name, renderer, report, `${became}, to`)));
    const { datasets, selector } = wanted(rule, name, renderer, report);
    if (selector !== null) selectors.push(selector);
    for (const setting of rule.settings) report.carried(setting, became, settingRemarks(rule, setting.text));
    report.carried(rule.source, became, [...remarks]);
    return (
      head('Placement', name) +
      `  description: ${singleQuoted(`Rule ${rule.name} of ${basename(file.path)}`)}\n` +
      condition('datasets', datasets, '  ') +
      condition('to', to, '  ') +
      `  copies: ${rule.copies}\n` +
      (rule.owner === null ? '' : `  owner: ${scalar(rule.owner)}\n`) +
      (rule.protect ? '' : '  protect: false\n')
    );
  });
  return { yaml: documents.join('---\n'), selectors };
}

function settingRemarks(rule: EnforcerRule, text: string): string[] {
  if (text.startsWith('"protect"') && rule.protect) {
    return [
      'the program protects all copies at the destinations as long as there are no more than num_copies, and none of them where there are more; here the best num_copies are required',
    ];
  }
  if (text.startsWith('"destination_group"')) {
    return ["the program asks for copies under the Dealer's default group, whatever the rule says"];
  }
  return [];
}

/** Occupancy and quota mean nothing without a partition, which a Placement has not. */
function siteCondition(
  { source, condition: parsed }: EnforcerCondition,
  name: string,
  renderer: Renderer,
  report: ReportBuilder,
  became: string,
): Cel {
  const remarks = new Set<string>();
  const place: Place = { listName: `${name}-sites`, remarks };
  const kept = withoutPartition(parsed, remarks);
  const cel = all([renderer.conjunction(kept, place), renderer.limit(parsed.limit, place)]);
  report.carried(source, became, [...remarks]);
  return cel;
}

function withoutPartition(parsed: Condition, remarks: Set<string>): Condition {
  const kept = parsed.predicates.filter(({ variable }) => !needsPartition(variable.name));
  for (const { variable, text } of parsed.predicates) {
    if (!needsPartition(variable.name)) continue;
    remarks.add(
      `\`${text}\` is left out: a Placement looks at no partition; limit transfers with a Guard (maxOccupancy)`,
    );
  }
  return { ...parsed, predicates: kept };
}

function needsPartition(name: string): boolean {
  return name === 'site.occupancy' || name === 'site.quota';
}

/** Which datasets a rule is about: those with a replica at a source that it describes. */
function wanted(
  rule: EnforcerRule,
  name: string,
  renderer: Renderer,
  report: ReportBuilder,
): { readonly datasets: Cel; readonly selector: ConditionSelector | null } {
  const ofDataset = rule.replicas.every(({ condition: parsed }) =>
    parsed.predicates.every(({ variable }) => variable.level === 'dataset'),
  );
  const byName = rule.sources.every(({ condition: parsed }) =>
    parsed.predicates.every(({ variable }) => variable.name === 'site.name' || variable.level === 'constant'),
  );
  const simple = ofDataset && byName;
  const render = (each: EnforcerCondition, place: Omit<Place, 'remarks'>, became: string): Cel => {
    const remarks = new Set<string>();
    const parsed = withoutPartition(each.condition, remarks);
    const full = { ...place, remarks };
    const cel = all([renderer.ofReplica(parsed, full), renderer.limit(parsed.limit, full)]);
    report.carried(each.source, `Placement ${name}, ${became}`, [...remarks]);
    return cel;
  };
  const replicas = any(rule.replicas.map((each) => render(each, { listName: `${name}-datasets` }, 'datasets')));
  // In a simple rule `s` is a name from `dataset.replicaSites`.
  const sources = any(rule.sources.map((each) => render(each, { listName: `${name}-sources` }, 'datasets')));
  if (simple && everywhere(sources)) return { datasets: replicas, selector: null };
  if (simple && !printed(sources).includes('site.is(')) {
    const named = printed(sources).replaceAll('site.name', 's');
    const there = isConstant(sources) ? sources : atom(`dataset.replicaSites.exists(s, ${named})`);
    return { datasets: all([there, replicas]), selector: null };
  }
  const selector: ConditionSelector = {
    name: `${name}-sources`,
    scope: 'replica',
    when: all([sources, replicas]),
    description: `Replicas that rule ${rule.name} of the Enforcer looks at`,
  };
  return { datasets: atom(`size(dataset.sitesWhere("${selector.name}")) > 0`), selector };
}

/** Any site will do: a Placement needs a source in any case. */
function everywhere(sources: Cel): boolean {
  return printed(sources) === 'true' || /^site\.name\.glob\("\*+"\)$/.test(printed(sources));
}

/** What a policy's rules mean by `replica.enforcer_protected`. */
export function enforcerProtected(
  protecting: readonly NamedRule[],
  options: { readonly asObserved: boolean; readonly prefix: string; readonly missing: string | null },
  renderer: Renderer,
): { readonly protected: RenderOptions['enforcerProtected']; readonly selectors: readonly ConditionSelector[] } {
  const { asObserved, prefix, missing } = options;
  if (!asObserved) {
    return { protected: { condition: atom('replica.required'), remark: missing }, selectors: [] };
  }
  const selectors: ConditionSelector[] = [];
  const conditions = protecting.map(({ rule, name }) => {
    const selector = `${prefix}-enforcer-${name}`;
    const place: Place = { listName: selector, remarks: new Set<string>() };
    const at = any(
      rule.destinations.map(({ condition: parsed }) => withLimit(parsed, renderer.conjunction(parsed, place))),
    );
    const what = any(
      rule.replicas.map(({ condition: parsed }) => withLimit(parsed, renderer.ofReplica(parsed, place))),
    );
    selectors.push({
      name: selector,
      scope: 'replica',
      when: all([at, what]),
      description: `Replicas at the destinations of rule ${rule.name} of the Enforcer`,
    });
    const sites = `dataset.sitesWhere("${selector}")`;
    // The program protects all of them, unless there are more than wanted.
    return all([atom(`site.name in ${sites}`), atom(`size(${sites}) <= ${rule.copies}`)]);

    function withLimit(parsed: Condition, cel: Cel): Cel {
      return all([cel, renderer.limit(parsed.limit, place)]);
    }
  });
  let found = any(conditions);
  if (conditions.length > 1) {
    const name = `${prefix}-enforcer-protected`;
    const description = 'Replicas that the Enforcer protects';
    selectors.push({ name, scope: 'replica', when: found, description });
    found = atom(`replica.is("${name}")`);
  }
  return { protected: { condition: found, remark: missing }, selectors };
}

/** The comment a file of Placements begins with. */
export function placementsHeader(file: EnforcerFile): string {
  return comments([`Imported from the Enforcer's rules ${basename(file.path)} by stator import dynamo.`], '');
}
