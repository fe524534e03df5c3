/** Recorded actions and their tasks, for people and for programs. */
import type { ActionRecord, TaskRecord } from '../audit/records.js';
import { formatBytes, formatTime } from '../policy/units.js';
import { plain, type Style } from './style.js';
import { count, printable, ruleAtPlace, shortCommit } from './wording.js';

/** Tasks of one action that are shown when not all are asked for. */
const shownTasks = 10;

export interface ActionWithTasks {
  readonly action: ActionRecord;
  readonly tasks: readonly TaskRecord[];
}

/** `total` is how many actions match, of which these are the newest. */
export function actionsText(
  list: readonly ActionWithTasks[],
  total: number,
  options: { readonly style?: Style; readonly all?: boolean } = {},
): string {
  const style = options.style ?? plain;
  const lines = list.flatMap(({ action, tasks }) => [
    ...pastAction(action, style),
    ...taskLines(tasks, options.all === true ? Number.POSITIVE_INFINITY : shownTasks, options.all === true, style),
  ]);
  const shown = list.length < total ? `, the newest ${list.length} shown (--limit N shows more)` : '';
  return `${[...lines, ...(lines.length > 0 ? [''] : []), `${count(total, 'action')}${shown}`].join('\n')}\n`;
}

export function actionsJson(list: readonly ActionWithTasks[], total: number): string {
  const actions = list.map(({ action, tasks }) => ({ ...actionDocument(action), tasks: tasks.map(taskDocument) }));
  return `${JSON.stringify({ total, actions }, null, 2)}\n`;
}

/** What was (or is being) done, when, and who decided it: two lines, and one more for each thing that went wrong. */
export function pastAction(action: ActionRecord, style: Style): string[] {
  const when = formatTime(action.finished ?? action.created);
  const state = { done: style.green, failed: style.red, held: style.yellow, retrying: style.yellow }[
    action.state as string
  ];
  const blocks = action.blocks === null ? '' : ` (${count(action.blocks.length, 'block')})`;
  const who = action.author === null ? '' : ` by ${printable(action.author)}`;
  const commit = action.commit === null ? '' : `, commit ${shortCommit(action.commit)}${who}`;
  const lines = [
    `  ${when}  ${(state ?? style.dim)(action.state)}  ${printable(sentence(action))}${blocks}, ${formatBytes(action.bytes)}${progressText(action)}`,
    `    decided by ${ruleAtPlace(action.rule)}${commit}, cycle ${action.cycle}: ${printable(action.reason)}`,
  ];
  if (action.held !== null)
    lines.push(`    ${style.yellow(`held [${printable(action.held.code)}]`)}: ${printable(action.held.message)}`);
  if (action.cancelReason !== null) lines.push(`    called off: ${printable(action.cancelReason)}`);
  if (action.error !== null) lines.push(`    ${style.red('error')}: ${printable(action.error)}`);
  return lines;
}

function sentence(action: ActionRecord): string {
  const { dataset, site } = action;
  const done = action.state === 'done';
  if (action.type === 'delete') return `${done ? 'deleted' : 'delete'} ${dataset} at ${site}`;
  if (action.type === 'reassign') return `${done ? 'gave' : 'give'} ${dataset} at ${site} to ${action.owner}`;
  const from = action.sources.length === 0 ? '' : ` from ${action.sources.join(', ')}`;
  return `${done ? 'copied' : 'copy'} ${dataset} to ${site}${from}`;
}

/** `, 3 of 12 files` while there is something left to do. */
function progressText(action: ActionRecord): string {
  const total = Object.values(action.tasks).reduce((sum, number) => sum + number, 0);
  const done = action.tasks.done ?? 0;
  return total === 0 ? '' : done === total ? `, ${count(total, 'file')}` : `, ${done} of ${count(total, 'file')}`;
}

/** Tasks that are not simply done; all of them when asked for. */
function taskLines(tasks: readonly TaskRecord[], limit: number, all: boolean, style: Style): string[] {
  const telling = all ? tasks : tasks.filter((task) => task.state !== 'done' || task.errors.length > 0);
  const lines = telling
    .slice(0, limit)
    .flatMap((task) => [
      `      ${task.state}  ${printable(task.file)}, ${formatBytes(task.size)}${task.sourceSite === null ? '' : ` from ${printable(task.sourceSite)}`}, ${count(task.attempts, 'attempt')}${task.state === 'retrying' ? `, again at ${formatTime(task.notBefore)}` : ''}`,
      ...task.errors.map(
        (error) =>
          `        ${formatTime(error.at)} ${style.red(`${error.class}/${error.code}`)}${error.source === null ? '' : ` (source ${printable(error.source)})`}: ${printable(error.message)}`,
      ),
    ]);
  if (telling.length > limit)
    lines.push(`      ${style.dim(`and ${count(telling.length - limit, 'more task')} (-v shows all)`)}`);
  return lines;
}

const time = (seconds: number | null): string | null => (seconds === null ? null : formatTime(seconds));

/** An action as JSON: the record, with times as RFC 3339 and the counts of its tasks as `taskCounts`. */
export function actionDocument(action: ActionRecord) {
  return {
    id: action.id,
    type: action.type,
    state: action.state,
    dataset: action.dataset,
    blocks: action.blocks,
    site: action.site,
    sources: action.sources,
    owner: action.owner,
    bytes: action.bytes,
    files: action.files,
    cause: action.cause,
    rule: action.rule,
    reason: action.reason,
    commit: action.commit,
    author: action.author,
    cycle: action.cycle,
    planDigest: action.planDigest,
    held: action.held,
    cancelReason: action.cancelReason,
    error: action.error,
    notBefore: action.notBefore === 0 ? null : formatTime(action.notBefore),
    created: formatTime(action.created),
    started: time(action.started),
    finished: time(action.finished),
    taskCounts: action.tasks,
  };
}

function taskDocument(task: TaskRecord) {
  return {
    id: task.id,
    state: task.state,
    block: task.block,
    file: task.file,
    size: task.size,
    source: task.sourceSite,
    attempts: task.attempts,
    notBefore: task.notBefore === 0 ? null : formatTime(task.notBefore),
    finished: time(task.finished),
    errors: task.errors.map((error) => ({ ...error, at: formatTime(error.at) })),
  };
}
