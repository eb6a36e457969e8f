import type { BatchRecord, BatchStore } from '@nearhit/core';

export type Change = (record: BatchRecord) => Partial<BatchRecord> | undefined;

/**
 * Changes a batch as it is now, whoever else changes it meanwhile. `change` may be asked several times; undefined: leave
 * it. Answers the batch as it is then; undefined when there is none.
 */
export async function changeBatch(store: BatchStore, id: string, change: Change): Promise<BatchRecord | undefined> {
  for (;;) {
    const record = await store.get(id);
    if (record === undefined) return undefined;
    const changes = change(record);
    if (changes === undefined) return record;
    const next = { ...record, ...changes, version: record.version + 1 };
    if (await store.replace(next)) return next;
  }
}
