/** The state of the loop and its past cycles, for people and for programs. */
import type { CycleRecord, CycleTally } from '../audit/records.js';
import type { LoopStatus } from '../audit/status.js';
import { formatBytes, formatDuration, formatTime } from '../policy/units.js';
import { plain, type Style } from './style.js';
import { table } from './table.js';
import { count, percent, printable, shortCommit } from './wording.js';

/** `now`, seconds, is what ages are counted from. */
export function statusText(status: LoopStatus, now: number, style: Style = plain): string {
  const { lastCycle, lastGoodCycle, failing, actions, inventory, watermarks } = status;
  const ago = (seconds: number): string =>
    `${formatTime(seconds)} (${formatDuration(Math.max(0, Math.round(now - seconds)))} ago)`;
  const lines = [
    `last cycle   ${lastCycle === null ? 'none has run yet' : `#${lastCycle.id}, ${lastCycle.outcome}, ${ago(lastCycle.started)}`}`,
    `commit       ${lastGoodCycle === null ? 'none was applied yet' : commitText(lastGoodCycle)}`,
    `error        ${failing === null ? 'none' : style.red(`${printable(failing.error)}, since ${ago(failing.since)}, ${count(failing.cycles, 'cycle')}`)}`,
    `actions      ${count(actions.open, 'open action')} (${actions.running} running, ${actions.retrying} retrying, ${actions.held} held), ${actions.failed} failed, ${actions.done} done, ${actions.cancelled} cancelled`,
    `inventory    generation ${inventory.generation}, ${printable(inventory.completeness)}, changed ${ago(inventory.updatedAt)}: ${count(inventory.blockReplicas, 'block replica')}, ${formatBytes(inventory.bytes)}`,
    `watermarks   ${watermarks.length === 0 ? 'no site is over its watermark' : `${count(watermarks.length, 'site')} over`}`,
    ...watermarks.map(({ site, partition, quota, used }) => {
      const share =
        quota === null || quota === 0 ? formatBytes(used) : `${percent(used / quota)} of ${formatBytes(quota)}`;
      return `             ${printable(site)}, ${printable(partition)}: ${style.yellow(share)}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function commitText(cycle: CycleRecord): string {
  if (cycle.commit === null) return 'a directory without history';
  const parts = [cycle.ref, cycle.author, cycle.committedAt].filter((part) => part !== null);
  return printable(`${shortCommit(cycle.commit)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`);
}

export function statusJson(status: LoopStatus): string {
  const { lastCycle, lastGoodCycle, failing, actions, inventory, watermarks } = status;
  const document = {
    lastCycle: lastCycle === null ? null : cycleDocument(lastCycle),
    lastGoodCycle: lastGoodCycle === null ? null : cycleDocument(lastGoodCycle),
    failing: failing === null ? null : { ...failing, since: formatTime(failing.since) },
    actions,
    inventory: { ...inventory, updatedAt: formatTime(inventory.updatedAt) },
    watermarks,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

export function historyText(cycles: readonly CycleRecord[], style: Style = plain): string {
  if (cycles.length === 0) return 'No cycle has run yet.\n';
  const tally = (value: CycleTally | undefined): string =>
    value === undefined ? '' : value.actions === 0 ? '0' : `${value.actions} (${formatBytes(value.bytes)})`;
  const rows = cycles.map((cycle) => [
    String(cycle.id),
    formatTime(cycle.started),
    cycle.outcome,
    cycle.commit === null ? '-' : shortCommit(cycle.commit),
    printable(cycle.author ?? '-'),
    cycle.digest === null ? '-' : cycle.digest.slice(0, 19),
    tally(cycle.summary?.copy),
    tally(cycle.summary?.delete),
    tally(cycle.summary?.reassign),
    tally(cycle.summary?.held),
    printable(cycle.error ?? ''),
  ]);
  const right = 'right' as const;
  const columns = [
    { title: 'cycle', align: right },
    { title: 'started' },
    { title: 'outcome' },
    { title: 'commit' },
    { title: 'author' },
    { title: 'plan' },
    { title: 'copied', align: right },
    { title: 'deleted', align: right },
    { title: 're-owned', align: right },
    { title: 'held', align: right },
    { title: 'error' },
  ];
  return `${table(columns, rows, style).join('\n')}\n`;
}

export function historyJson(cycles: readonly CycleRecord[]): string {
  return `${JSON.stringify({ cycles: cycles.map(cycleDocument) }, null, 2)}\n`;
}

function cycleDocument(cycle: CycleRecord) {
  const time = (seconds: number | null): string | null => (seconds === null ? null : formatTime(seconds));
  return {
    id: cycle.id,
    outcome: cycle.outcome,
    started: formatTime(cycle.started),
    finished: time(cycle.finished),
    clock: formatTime(cycle.clock),
    commit: cycle.commit,
    ref: cycle.ref,
    author: cycle.author,
    committedAt: cycle.committedAt,
    digest: cycle.digest,
    generation: cycle.generation,
    summary: cycle.summary,
    error: cycle.error,
  };
}
