/** What execution tells those who watch. */
import type { ActionRow, ActionState } from '../database/index.js';

export interface Progress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export type ExecutionEvent =
  | {
      readonly type: 'action';
      readonly action: ActionRow;
      readonly state: ActionState;
      /** Why it is held, failed or cancelled; null otherwise. */
      readonly message: string | null;
    }
  /** An attempt failed. */
  | {
      readonly type: 'task-error';
      readonly action: string;
      readonly file: string;
      readonly source: string | null;
      readonly class: string;
      readonly message: string;
      /** Whether it will be tried again. */
      readonly again: boolean;
    }
  /** Of all that this run has begun; copies and deletions together. */
  | ({ readonly type: 'progress' } & Progress);
