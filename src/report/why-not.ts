/** Why there is no copy at a site: the answer in one sentence per placement, and every other site with its reason. */
import type { WhyNot } from '../audit/explanation.js';
import type { Rejection } from '../planning/copies.js';
import type { Against, PlacementItem, SiteAnswer } from '../planning/dataset-trace.js';
import { formatBytes, formatTime } from '../policy/units.js';
import { conditionDocument, conditionText } from './condition-text.js';
import { count, printable, ruleAtPlace } from './wording.js';

export interface WhyNotAnswer {
  readonly placement: string;
  /** Names of the blocks it is about; null: the whole dataset. */
  readonly blocks: readonly string[] | null;
  readonly sentence: string;
}

/** The answer of every placement, those that want the dataset first. Blocks that fare alike are one answer. */
export function whyNotAnswers(whyNot: WhyNot): WhyNotAnswer[] {
  return whyNot.placements.flatMap(({ placement, against, items }): WhyNotAnswer[] => {
    const rule = ruleAtPlace(placement);
    if (against !== null) {
      const sentence = `${rule} does not want it: ${againstText(against)}`;
      return [{ placement: placement.name, blocks: null, sentence }];
    }
    return alike(items, (item) => `${item.wanted} ${reasonAt(whyNot.site, item)}`).map((group) => {
      const [item] = group;
      const what = `${rule} wants ${count(item.wanted, 'copy', 'copies')}${ofBlocks(group)}`;
      return {
        placement: placement.name,
        blocks: item.block === null ? null : group.map(({ block }) => block ?? ''),
        sentence: `${what}, but ${reasonAt(whyNot.site, item)}`,
      };
    });
  });
}

function reasonAt(site: string, item: PlacementItem): string {
  const found = item.sites.find((candidate) => candidate.site === site);
  return found === undefined
    ? `${printable(site)} has no Site document, and nothing is placed where there is none`
    : `${printable(site)} ${siteAnswerText(found, item)}`;
}

type Group = readonly [PlacementItem, ...PlacementItem[]];

function alike(items: readonly PlacementItem[], keyOf: (item: PlacementItem) => string): Group[] {
  const groups = new Map<string, [PlacementItem, ...PlacementItem[]]>();
  for (const item of items) {
    const known = groups.get(keyOf(item));
    if (known === undefined) groups.set(keyOf(item), [item]);
    else known.push(item);
  }
  return [...groups.values()];
}

/** ` of b1 (and 12 blocks more)`; empty for the whole dataset. */
function ofBlocks([first, ...others]: Group): string {
  if (first.block === null) return '';
  const more = others.length === 0 ? '' : ` (and ${count(others.length, 'block')} more)`;
  return ` of ${printable(first.block)}${more}`;
}

/** Lines for people. */
export function whyNotLines(whyNot: WhyNot): string[] {
  const wanting = whyNot.placements.filter(({ against }) => against === null);
  const lines: string[] = [];
  if (wanting.length === 0) {
    lines.push(whyNot.placements.length === 0 ? '  there is no placement' : '  no placement wants it anywhere');
  }
  for (const { sentence } of whyNotAnswers(whyNot)) lines.push(`  ${sentence}`);
  for (const { placement, items } of wanting) {
    const others = (item: PlacementItem): string =>
      item.sites
        .filter(({ site }) => site !== whyNot.site)
        .map((answer) => `    ${printable(answer.site)} ${siteAnswerText(answer, item)}`)
        .join('\n');
    for (const group of alike(items, others)) {
      const text = others(group[0]);
      if (text !== '') lines.push(`  Other sites, for ${ruleAtPlace(placement)}${ofBlocks(group)}:`, text);
    }
  }
  return lines;
}

export function whyNotDocument(whyNot: WhyNot): object {
  return {
    site: whyNot.site,
    state: whyNot.state,
    answers: whyNotAnswers(whyNot),
    placements: whyNot.placements.map(({ rule, against, items }) => ({
      rule,
      against: against === null ? null : againstDocument(against),
      items: items.map((item) => ({
        ...item,
        sites: item.sites.map((answer) => ({
          site: answer.site,
          ...answerDocument(answer.answer),
          reason: siteAnswerText(answer, item),
        })),
      })),
    })),
  };
}

function againstDocument(against: Against): object {
  switch (against.kind) {
    case 'datasets':
      return { ...against, condition: conditionDocument(against.condition), reason: againstText(against) };
    case 'expired':
      return { ...against, at: formatTime(against.at), reason: againstText(against) };
    case 'keep-for':
      return { ...against, ended: formatTime(against.ended), reason: againstText(against) };
    default:
      return { ...against, reason: againstText(against) };
  }
}

function answerDocument(answer: SiteAnswer['answer']): object {
  return answer.kind === 'not-matching' ? { ...answer, to: conditionDocument(answer.to) } : answer;
}

/** Follows "does not want it: ". */
function againstText(against: Against): string {
  switch (against.kind) {
    case 'expired':
      return `it ended at ${formatTime(against.at)}`;
    case 'status':
      return printable(`the dataset is ${against.status}, and \`statuses\` are ${against.statuses.join(', ')}`);
    case 'no-blocks':
      return 'the dataset has no blocks';
    case 'datasets':
      return conditionText(against.condition);
    case 'keep-for':
      return `\`keepFor\` of the dataset ended at ${formatTime(against.ended)}`;
    case 'tenant':
      return printable(`the dataset is outside of ${against.tenants}`);
  }
}

/** Follows the name of the site. */
function siteAnswerText({ answer }: SiteAnswer, item: PlacementItem): string {
  switch (answer.kind) {
    case 'counted':
      if (answer.completion !== null)
        return `has part of it, and cannot be given the rest: ${rejectionText(answer.completion)}`;
      return answer.full ? 'has a copy, which counts' : 'has part of it or is getting it, which counts';
    case 'surplus':
      return `has a copy beyond those that count (${placesOf(item)})`;
    case 'chosen':
      return 'is chosen: a copy to it is planned';
    case 'not-matching':
      if (answer.tenants !== null) return printable(`is outside of ${answer.tenants}`);
      return `is not among its sites: ${conditionText(answer.to)}`;
    case 'enough': {
      const enough = item.wanted === 0 ? 'needs none: no copy is wanted' : `is not needed: ${placesOf(item)} will do`;
      return answer.besides === null ? enough : `${enough}; besides, it ${rejectionText(answer.besides)}`;
    }
    case 'rejected':
      return rejectionText(answer.rejection);
    case 'lower-score':
      return printable(
        `could take it, but ${answer.winner} came first by weight and hash (${score(answer.score)} against ${score(answer.best)})`,
      );
    case 'not-asked':
      return item.noSource === null
        ? 'was not asked: a copy that is planned for another placement will do'
        : `was not asked: ${item.noSource}`;
  }
}

function placesOf({ counted }: PlacementItem): string {
  return counted.length === 0
    ? 'nothing'
    : `${counted.length === 1 ? 'the copy' : 'the copies'} at ${printable(counted.join(', '))}`;
}

function score(value: number): string {
  return value.toPrecision(3);
}

/** Follows the name of the site. */
function rejectionText(rejection: Rejection): string {
  switch (rejection.kind) {
    case 'held-already':
      return 'has it already, or is getting it';
    case 'not-ready':
      return `is ${rejection.state}, not ready`;
    case 'excluded':
      return `is closed to it by ${ruleAtPlace(rejection.exclusion)}: ${printable(rejection.reason)}`;
    case 'spread':
      return 'would be one copy too many for `spread`';
    case 'relative':
      return 'is not where `relativeTo` wants it';
    case 'no-quota':
      return printable(`has no quota for partition ${rejection.partition}`);
    case 'no-space':
      return printable(
        `has no space in partition ${rejection.partition}: ${formatBytes(rejection.needed)} needed, ${formatBytes(Math.max(0, rejection.free))} free`,
      );
    case 'no-weight':
      return `has the weight ${rejection.weight}, and none without a weight above 0 is chosen`;
    case 'limit':
      return `is at its limit: ${rejection.limit} of ${ruleAtPlace(rejection.guard)} allows ${formatBytes(rejection.allowed)}, with this copy it would be ${formatBytes(rejection.would)}`;
    case 'too-large':
      return `refuses datasets of this size: ${ruleAtPlace(rejection.guard)} allows ${formatBytes(rejection.allowed)}, it has ${formatBytes(rejection.size)}`;
    case 'group-limit':
      return printable(
        `is closed to it by the limit of Group ${rejection.group}: ${formatBytes(rejection.allowed)}, with this copy ${formatBytes(rejection.would)}`,
      );
    case 'would-be-removed':
      return rejection.rule === null
        ? 'would remove it again at once by its retention rules'
        : `would remove it again at once by ${ruleAtPlace(rejection.rule)}`;
    case 'removed-lately':
      return `removed it by its retention rules at ${formatTime(rejection.at)}`;
  }
}
