import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PendingWrite } from '@nearhit/core';
import { decodeJob, encodeJob } from './job-codec.ts';

/** Keeps, in a file readable by its owner only, what a process could not hand on before its end. */
export function keepLeftovers(file: string, pending: readonly PendingWrite[]): void {
  if (pending.length === 0) return;
  mkdirSync(dirname(file), { recursive: true });
  // One at a time: together they may be as long as the queue's bound.
  for (const one of pending) appendFileSync(file, `${encodeJob(one).toString('latin1')}\n`, { mode: 0o600 });
}

/** What an earlier process kept; the file is gone afterwards. Of several processes one gets it. Lines that can't be read are left out. */
export function takeLeftovers(file: string): PendingWrite[] {
  const own = `${file}.${process.pid}`;
  try {
    renameSync(file, own);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const lines = readFileSync(own, 'latin1').split('\n');
  rmSync(own);
  return lines.flatMap((line) => {
    try {
      return line === '' ? [] : [decodeJob(JSON.parse(line))];
    } catch {
      // Cut short by the end of the process: the others are whole.
      return [];
    }
  });
}
