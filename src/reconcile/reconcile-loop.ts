/** The loop: one cycle after the other, until it is told to stop. */
import { LeaseLostError, type LeaseState } from '../database/index.js';
import { StatorError } from '../error.js';
import { PlanMemory } from '../planning/index.js';
import type { CycleContext, CycleOutcome } from './cycle.js';
import { type Lead, type LeaseTerms, takeLead } from './lead.js';
import { thisProcess } from './process-identity.js';
import { CompiledRules } from './read-source.js';
import { runCycle } from './run-cycle.js';

export interface LoopOptions
  extends Omit<CycleContext, 'dryRun' | 'atMost' | 'signal' | 'lead' | 'rules' | 'planMemory'> {
  /** Seconds from the beginning of one cycle to that of the next. */
  readonly poll: number;
  readonly signal: AbortSignal;
  readonly onCycle?: ((outcome: CycleOutcome) => void) | undefined;
  /** Told once of each process that leads and is waited for. */
  readonly onWaiting?: ((state: LeaseState) => void) | undefined;
  readonly terms?: LeaseTerms | undefined;
  /** A cycle that failed as a whole (the database, a lead that was lost); the loop goes on. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Runs cycles until the signal is aborted. While another process leads, this one stands by. Transfers that take longer than a cycle go on during the next one; on the way
 * out they get their grace, and what is not finished then is found again by the next process.
 */
export async function reconcileLoop(options: LoopOptions): Promise<void> {
  const { poll, signal, onCycle, onError, onWaiting, terms, ...context } = options;
  const { database } = context;
  const holder = thisProcess();
  const rules = new CompiledRules();
  const planMemory = new PlanMemory();
  let lead: Lead | null = null;
  try {
    while (!signal.aborted) {
      const began = performance.now();
      try {
        lead ??= await takeLead({ database, holder, terms, standby: true, signal, waiting: onWaiting });
        const outcome = await runCycle({ ...context, lead, rules, planMemory, signal, atMost: poll });
        onCycle?.(outcome);
      } catch (error) {
        if (signal.aborted && isStop(error)) break;
        if (onError === undefined) throw error;
        onError(error);
        if (lead?.isLost === true || error instanceof LeaseLostError) lead = null;
      }
      await pause(Math.max(0, poll * 1000 - (performance.now() - began)), signal);
    }
  } finally {
    await lead?.release();
  }
}

function isStop(error: unknown): boolean {
  return error instanceof StatorError && error.code === 'stopped';
}

/** A signal that is aborted when the process is asked to end (SIGTERM, SIGINT). A second request ends it at once. */
export function stopSignal(): { readonly signal: AbortSignal; dispose(): void } {
  const abort = new AbortController();
  const stop = (): void => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return {
    signal: abort.signal,
    dispose: () => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
    },
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || milliseconds === 0) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
