import { findAction, type TaskRow } from '../database/index.js';
import type { Execution } from './execution.js';

/** A task was handed to a plugin that is not there any more: nobody else knows what became of it. */
export async function holdForPlugin(
  execution: Execution,
  task: TaskRow,
  code: 'no-mover' | 'no-deleter',
): Promise<void> {
  const action = await findAction(execution.database.kysely, task.action);
  if (action === undefined || action.state === 'held') return;
  const message = `${task.file} was handed to the plugin ${task.plugin ?? ''}, which is not configured any more: configure it again under \`plugins\``;
  await execution.hold(action, code, message);
}
