import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process as others can tell it from later ones. What the platform does not tell is empty. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks since boot at which the process began: tells it from a later one with the same number. */
  readonly startedAt: string;
  /** Changes with every boot of the machine. */
  readonly boot: string;
  /** Process ids mean something only inside one of these (a container has its own), or else on one host. */
  readonly pidSpace: string;
}

export function thisProcess(): ProcessMark {
  return {
    pid: process.pid,
    startedAt: startOf(process.pid),
    boot: readText('/proc/sys/kernel/random/boot_id').trim(),
    pidSpace: linkText('/proc/self/ns/pid') || hostname(),
  };
}

/** Undefined: it can't be looked at from here (another container, another host, or a boot ago). */
export function isRunning({ pid, startedAt, boot, pidSpace }: ProcessMark): boolean | undefined {
  const here = thisProcess();
  if (boot !== here.boot || pidSpace !== here.pidSpace) return undefined;
  return runs(pid) && startOf(pid) === startedAt;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/pid/stat; the name in field 2 may hold spaces and brackets. */
function startOf(pid: number): string {
  return readText(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? '';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkText(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
