import type { UsageRecord, UsageStore } from '@nearhit/core';
import type { Journal } from './journal.ts';
import { shippedLine } from './line.ts';
import type { Segment } from './segment.ts';

/** Smaller files are kept: a new one for a handful of records would cost more than it tells. */
const KEPT_BYTES = 65_536;
const BATCH = 500;

/**
 * Hands everything that was written so far on to the store, in order, and forgets the files of which nothing is left.
 * Rejects as the store does; what was handed on by then is not handed on again by this process.
 */
export async function ship(journal: Journal, store: Pick<UsageStore, 'append'>): Promise<void> {
  journal.flush();
  journal.retry();
  const held = journal.held();
  await appendAll(held, store);
  journal.handedOn(held);
  const segments = [...journal.segments()];
  for (const [at, segment] of segments.entries()) {
    await shipSegment(segment, store);
    const isCurrent = at === segments.length - 1 && journal.segments().at(-1) === segment;
    if (!isCurrent) journal.drop(segment);
    else if (segment.bytes >= KEPT_BYTES || !segment.isThere) replace(journal, segment);
  }
}

export async function appendAll(records: readonly UsageRecord[], store: Pick<UsageStore, 'append'>): Promise<void> {
  for (let at = 0; at < records.length; at += BATCH) await store.append(records.slice(at, at + BATCH));
}

function replace(journal: Journal, segment: Segment): void {
  journal.rotate();
  if (journal.segments().includes(segment) && segment.allShipped && !journal.isCurrent(segment)) journal.drop(segment);
}

async function shipSegment(segment: Segment, store: Pick<UsageStore, 'append'>): Promise<void> {
  let any = false;
  for (let part = segment.next(); part !== undefined; part = segment.next()) {
    await appendAll(part.records, store);
    segment.shipped(part);
    any ||= part.records.length > 0;
  }
  if (any) segment.mark(shippedLine);
}
