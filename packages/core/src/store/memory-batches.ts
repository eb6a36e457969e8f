import { type BatchRecord, type BatchStore, hasEnded, type LineResult } from '../ports/batch-store.ts';

/** Leases of one process: they end with it, so that the next one need not wait. */
export class Leases {
  readonly #held = new Map<string, { holder: string; untilMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  claim(id: string, holder: string, leaseMs: number): boolean {
    const held = this.#held.get(id);
    if (held !== undefined && held.holder !== holder && held.untilMs > this.#now()) return false;
    this.#held.set(id, { holder, untilMs: this.#now() + leaseMs });
    return true;
  }

  release(id: string, holder: string): void {
    if (this.#held.get(id)?.holder === holder) this.#held.delete(id);
  }
}

/** Newest first, by id among those of one millisecond. */
export function pageOfBatches(
  records: Iterable<BatchRecord>,
  { after, limit }: { after?: string | undefined; limit: number },
): BatchRecord[] {
  const sorted = [...records].sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1));
  const from = after === undefined ? 0 : sorted.findIndex(({ id }) => id === after) + 1;
  return sorted.slice(from, from + limit);
}

/** Batches that end with the process: the test double of every durable store. */
export function createMemoryBatches(now: () => number = Date.now): BatchStore {
  const records = new Map<string, BatchRecord>();
  const answered = new Map<string, Map<number, LineResult>>();
  const leases = new Leases(now);
  return {
    async create(record) {
      if (records.has(record.id)) throw new TypeError(`there is a batch ${record.id} already`);
      records.set(record.id, structuredClone(record));
    },
    get: async (id) => structuredClone(records.get(id)),
    async replace(record) {
      if (records.get(record.id)?.version !== record.version - 1) return false;
      records.set(record.id, structuredClone(record));
      return true;
    },
    async list(tenant, page) {
      const own = [...records.values()].filter((record) => record.tenant === tenant);
      return structuredClone(pageOfBatches(own, page));
    },
    async unfinished() {
      const open = [...records.values()].filter((record) => !hasEnded(record));
      return structuredClone(open.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1)));
    },
    claim: async (id, holder, leaseMs) => leases.claim(id, holder, leaseMs),
    release: async (id, holder) => leases.release(id, holder),
    async putResults(id, results) {
      const known = answered.get(id) ?? new Map<number, LineResult>();
      answered.set(id, known);
      for (const result of results) if (!known.has(result.line)) known.set(result.line, { ...result });
    },
    async results(id, fromLine, toLine) {
      const some = [...(answered.get(id)?.values() ?? [])].filter(({ line }) => line >= fromLine && line <= toLine);
      return some.sort((a, b) => a.line - b.line).map((result) => ({ ...result }));
    },
    async dropResults(id) {
      answered.delete(id);
    },
    async sweep(beforeMs) {
      const old = [...records.values()].filter((record) => hasEnded(record) && record.createdAtMs < beforeMs);
      for (const { id } of old) {
        records.delete(id);
        answered.delete(id);
      }
      return old.length;
    },
  };
}
