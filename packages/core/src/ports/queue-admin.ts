import type { EntryId } from '../ids.ts';

export interface QueueCounts {
  /** Taken in and not yet begun, in this process and in the shared queue. */
  readonly waiting: number;
  readonly active: number;
  /** Failed and waiting for their next try. */
  readonly delayed: number;
  /** Given up: see `deadLetters`. */
  readonly dead: number;
}

/** A write that was given up. Its entry stays with it until it is driven again or discarded. */
export interface DeadLetter {
  readonly id: string;
  /** Absent when the job could not even be read. */
  readonly entryId?: EntryId | undefined;
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
  readonly attempts: number;
  readonly failedAtMs: number;
  /** One line; never a prompt or an answer. */
  readonly reason: string;
}

/** What an operator does with the queue of writes. */
export interface QueueAdmin {
  counts(): Promise<QueueCounts>;
  /** When the oldest answer that waits, or waits for its next try, was finished. Undefined: none waits. */
  oldestAtMs(): Promise<number | undefined>;
  /** Newest first. */
  deadLetters(page: { readonly offset: number; readonly limit: number }): Promise<DeadLetter[]>;
  /** Back into the queue; all when no ids are given. Answers how many. */
  redrive(ids?: readonly string[]): Promise<number>;
  /** Gone for good; all when no ids are given. Answers how many. */
  discard(ids?: readonly string[]): Promise<number>;
}
