import type { DeadLetter, EntryId, QueueAdmin, QueueCounts, ServiceStatus } from '@nearhit/core';
import { NOW_MS } from './entry.ts';

/** Other processes and the queue between them, small and real. */

export const service = (changes: Partial<ServiceStatus> = {}): ServiceStatus => ({
  kind: 'ingress',
  id: 'i-1',
  host: 'h',
  version: '0.1.0',
  startedAtMs: NOW_MS - 60_000,
  seenAtMs: NOW_MS - 500,
  detail: {},
  ...changes,
});

export const deadLetter = (n: number, changes: Partial<DeadLetter> = {}): DeadLetter => ({
  id: `job-${n}`,
  entryId: `${n}`.padStart(64, '0') as EntryId,
  namespace: 'default',
  model: 'm',
  attempts: 8,
  failedAtMs: NOW_MS - n * 1000,
  reason: 'STORE_UNAVAILABLE',
  ...changes,
});

/** Newest first. */
export class ArrayQueue implements QueueAdmin {
  waiting = 0;
  dead: DeadLetter[] = [];

  async counts(): Promise<QueueCounts> {
    return { waiting: this.waiting, active: 0, delayed: 0, dead: this.dead.length };
  }

  async oldestAtMs(): Promise<number | undefined> {
    return undefined;
  }

  async deadLetters({ offset, limit }: { offset: number; limit: number }): Promise<DeadLetter[]> {
    return this.dead.slice(offset, offset + limit);
  }

  async redrive(ids?: readonly string[]): Promise<number> {
    const count = await this.discard(ids);
    this.waiting += count;
    return count;
  }

  async discard(ids?: readonly string[]): Promise<number> {
    const before = this.dead.length;
    this.dead = ids === undefined ? [] : this.dead.filter(({ id }) => !ids.includes(id));
    return before - this.dead.length;
  }
}
