/**
 * Who this process is, and whether another one of the same machine is dead: so that the lease of a process that was
 * killed need not run out before the next one begins.
 *
 * A number alone does not identify a process: numbers are used again, and those of a container mean nothing outside of
 * it. So an identity is the boot of the machine, the namespace of process numbers, the number, and when the process
 * began, all as Linux tells them. Elsewhere there is none, and nobody is ever said to be dead.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { LeaseHolder } from '../database/index.js';

/** A holder of leases that stands for this process. */
export function thisProcess(): LeaseHolder {
  const began = stateOf(process.pid)?.began;
  const machine = thisMachine();
  return {
    id: randomUUID(),
    host: hostname(),
    pid: process.pid,
    process: machine === null || began === undefined ? null : `${machine} ${process.pid} ${began}`,
  };
}

/** `dead` and `alive` are certain; `unknown` is whatever runs elsewhere or cannot be seen. */
export function fateOf(holder: LeaseHolder): 'dead' | 'alive' | 'unknown' {
  const machine = thisMachine();
  const [boot, namespace, pid, began] = holder.process?.split(' ') ?? [];
  if (machine === null || `${boot} ${namespace}` !== machine) return 'unknown';
  const state = stateOf(Number(pid));
  if (state !== null) return state.began === began && !state.ended ? 'alive' : 'dead';
  // Not to be seen may mean that it is somebody else's (mounts of /proc can hide those); not to be found means gone.
  try {
    process.kill(Number(pid), 0);
    return 'unknown';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH' ? 'dead' : 'unknown';
  }
}

/** The boot of this machine and our namespace of process numbers; null where they cannot be known. */
function thisMachine(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** When a process began (clock ticks since the boot), and whether only its entry is left; null: not to be seen. */
function stateOf(pid: number): { readonly began: string; readonly ended: boolean } | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The second field is the program's name in parentheses, which may hold anything; the third is the state, the 22nd
  // the time it began (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  const began = fields[19];
  return began === undefined ? null : { began, ended: state === 'Z' || state === 'X' };
}
