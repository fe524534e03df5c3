/** Figures of the inventory, for people and for programs. */
import type { InventoryStats } from '../audit/inventory.js';
import { formatBytes, formatTime } from '../policy/units.js';
import { plain, type Style } from './style.js';
import { table } from './table.js';
import { count, printable, thousands } from './wording.js';

export function inventoryStatsText(stats: InventoryStats, style: Style = plain): string {
  const completeness =
    stats.completeness.state === 'complete'
      ? 'complete'
      : style.red(`partial: ${printable(stats.completeness.reason)}`);
  const changed = stats.updatedAt === 0 ? 'never changed' : `changed ${formatTime(stats.updatedAt)}`;
  const right = 'right' as const;
  const lines = [
    `generation ${stats.generation}, ${completeness}, ${changed}`,
    [
      count(stats.datasets, 'dataset'),
      count(stats.blocks, 'block'),
      count(stats.files, 'known file'),
      count(stats.replicas, 'replica'),
      count(stats.blockReplicas, 'block replica'),
      count(stats.subscriptions, 'subscription'),
      formatBytes(stats.bytes),
    ].join(', '),
    '',
    ...table(
      [
        { title: 'site' },
        { title: 'datasets', align: right },
        { title: 'blocks', align: right },
        { title: 'incomplete', align: right },
        { title: 'bytes', align: right },
      ],
      stats.sites.map((row) => [
        printable(row.site),
        thousands(row.replicas),
        thousands(row.blocks),
        thousands(row.incomplete),
        formatBytes(row.bytes),
      ]),
      style,
    ),
    '',
    ...table(
      [{ title: 'owner' }, { title: 'blocks', align: right }, { title: 'bytes', align: right }],
      stats.owners.map((row) => [
        row.owner === '' ? '(nobody)' : printable(row.owner),
        thousands(row.blocks),
        formatBytes(row.bytes),
      ]),
      style,
    ),
    '',
    ...table(
      [
        { title: 'status' },
        { title: 'datasets', align: right },
        { title: 'blocks', align: right },
        { title: 'bytes', align: right },
      ],
      stats.statuses.map((row) => [
        printable(row.status),
        thousands(row.datasets),
        thousands(row.blocks),
        formatBytes(row.bytes),
      ]),
      style,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

export function inventoryStatsJson(stats: InventoryStats): string {
  const { completeness, updatedAt, ...rest } = stats;
  const document = {
    ...rest,
    completeness: completeness.state,
    reason: completeness.state === 'partial' ? completeness.reason : null,
    updatedAt: updatedAt === 0 ? null : formatTime(updatedAt),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
