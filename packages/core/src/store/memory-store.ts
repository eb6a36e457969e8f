import { randomUUID } from 'node:crypto';
import type { EntryId } from '../ids.ts';
import { EmbeddedLimits } from '../limits/embedded-limits.ts';
import type { ChangeLog, EntryChange, LoggedChange } from '../ports/change-log.ts';
import type { PolicyRecord, PolicyStore } from '../ports/policy-store.ts';
import type { StatsBucket, StatsStore } from '../ports/stats-store.ts';
import { MemoryKeys } from './memory-keys.ts';
import { memoryPairs } from './memory-pairs.ts';
import { assertEntryId, MemoryResponses } from './memory-responses.ts';
import { memorySamples } from './memory-samples.ts';
import { memoryUsage } from './memory-usage.ts';
import type { Stores } from './stores.ts';

/** Storage that ends with the process: the test double of every durable store, held to the same conformance suites. */
export function createMemoryStore(): Stores {
  let closed = false;
  const unlogged = new Set<EntryId>();
  const assertOpen = (): void => {
    if (closed) throw new Error('the store is closed');
  };
  const close = async (): Promise<void> => {
    closed = true;
  };
  const responses = new MemoryResponses({ unlogged, assertOpen, close });
  return {
    responses,
    upkeep: responses,
    log: memoryLog(unlogged, assertOpen),
    policies: memoryPolicies(assertOpen),
    stats: memoryStats(assertOpen),
    usage: memoryUsage(assertOpen),
    keys: new MemoryKeys(assertOpen),
    limits: new EmbeddedLimits(),
    pairs: memoryPairs(assertOpen),
    samples: memorySamples(assertOpen),
    close,
  };
}

function memoryLog(unlogged: Set<EntryId>, assertOpen: () => void): ChangeLog {
  let records: LoggedChange[] = [];
  let lastSeq = 0;
  const epoch = randomUUID();
  return {
    async append(changes: readonly EntryChange[]) {
      assertOpen();
      for (const { id } of changes) assertEntryId(id);
      for (const change of changes) {
        records.push({ seq: ++lastSeq, change });
        unlogged.delete(change.id);
      }
      return lastSeq;
    },
    async read(afterSeq, limit) {
      assertOpen();
      return records.filter(({ seq }) => seq > afterSeq).slice(0, limit);
    },
    async bounds() {
      assertOpen();
      return { epoch, firstSeq: records[0]?.seq ?? lastSeq + 1, lastSeq };
    },
    async trim(uptoSeq) {
      assertOpen();
      records = records.filter(({ seq }) => seq > uptoSeq);
    },
  };
}

function memoryPolicies(assertOpen: () => void): PolicyStore {
  const records = new Map<string, PolicyRecord>();
  const listeners = new Set<() => void>();
  const keyOf = (namespace: string, model?: string): string => JSON.stringify([namespace, model ?? null]);
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  return {
    async all() {
      assertOpen();
      return [...records.values()].map((record) => structuredClone(record));
    },
    async put(record) {
      assertOpen();
      records.set(keyOf(record.namespace, record.model), structuredClone(record));
      changed();
    },
    async delete(namespace, model) {
      assertOpen();
      const had = records.delete(keyOf(namespace, model));
      if (had) changed();
      return had;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function memoryStats(assertOpen: () => void): StatsStore {
  const buckets = new Map<string, StatsBucket>();
  return {
    async save(saved) {
      assertOpen();
      for (const bucket of saved) {
        buckets.set(JSON.stringify([bucket.minute, bucket.namespace, bucket.model]), structuredClone(bucket));
      }
    },
    async load(sinceMinute) {
      assertOpen();
      return [...buckets.values()]
        .filter(({ minute }) => minute >= sinceMinute)
        .sort((a, b) => a.minute - b.minute)
        .map((bucket) => structuredClone(bucket));
    },
    async trim(beforeMinute) {
      assertOpen();
      for (const [key, { minute }] of buckets) if (minute < beforeMinute) buckets.delete(key);
    },
  };
}
