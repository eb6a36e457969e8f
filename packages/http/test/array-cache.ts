import {
  type Entry,
  type EntryFilter,
  type EntryId,
  type EntryLine,
  type EntryPage,
  NearhitError,
  type PolicyRecord,
  type PolicyService,
  type PolicyStore,
  readEntry,
} from '@nearhit/core';
import type { CacheAdmin } from '../src/admin/ports.ts';
import { NOW_MS } from './entry.ts';

/** Filters by namespace, model, tags and text; cursors are positions. */
export class ArrayStore {
  entries: Entry[] = [];

  async get(id: EntryId): Promise<Entry | undefined> {
    return this.entries.find((one) => one.id === id);
  }

  async getMany(ids: readonly EntryId[]): Promise<(Entry | undefined)[]> {
    return Promise.all(ids.map((id) => this.get(id)));
  }

  async list(filter: EntryFilter, page: { cursor?: string | undefined; limit: number }): Promise<EntryPage> {
    const from = page.cursor === undefined ? 0 : Number(page.cursor);
    if (!Number.isInteger(from))
      throw new NearhitError('INVALID_REQUEST', 'cursor: not one of ours', { param: 'cursor' });
    const matched = this.entries.filter((one) => this.matches(one, filter));
    const entries = matched.slice(from, from + page.limit);
    const end = from + page.limit;
    return end < matched.length ? { entries, cursor: String(end) } : { entries };
  }

  matches(one: Entry, filter: EntryFilter): boolean {
    if (filter.namespace !== undefined && filter.namespace !== one.scope.namespace) return false;
    if (filter.model !== undefined && filter.model !== one.scope.model) return false;
    if (filter.createdBeforeMs !== undefined && one.createdAtMs >= filter.createdBeforeMs) return false;
    if (filter.text !== undefined && !one.query.toLowerCase().includes(filter.text.toLowerCase())) return false;
    return (
      filter.tags === undefined || filter.tags.some((tag) => one.tags.some((t) => t === tag || t.startsWith(`${tag}@`)))
    );
  }

  async usage() {
    return [
      { tenant: 'default', namespace: 'default', entries: 3, bytes: 300 },
      { tenant: 'default', namespace: 'support', entries: 2, bytes: 200 },
    ];
  }
}

export class ArrayCache implements CacheAdmin {
  /** When it reads a line. */
  readonly #policies: PolicyService;
  /** How many entries came at once. */
  readonly takenIn: number[] = [];
  flushes = 0;
  /** How long a flush is said to take. */
  flushMs = 20_000;
  readonly filters: EntryFilter[] = [];
  readonly #store: ArrayStore;

  constructor(store: ArrayStore, policies: PolicyService) {
    this.#store = store;
    this.#policies = policies;
  }

  readEntry(line: EntryLine, ttlSeconds: number | undefined): Entry {
    const model = { id: 'tiny-embedder', version: 'tiny-1', dimensions: 8, tokensMax: 50 };
    return readEntry(line, { policies: this.#policies, model, nowMs: NOW_MS, ttlSeconds });
  }

  async takeIn(entries: readonly Entry[]): Promise<void> {
    this.takenIn.push(entries.length);
    const ids = new Set(entries.map(({ id }) => id));
    this.#store.entries = [...this.#store.entries.filter(({ id }) => !ids.has(id)), ...entries];
  }

  async explain(body: Buffer, headers: Readonly<Record<string, unknown>>): Promise<object> {
    const { messages } = JSON.parse(body.toString());
    if (!Array.isArray(messages)) throw new NearhitError('INVALID_REQUEST', "'messages': expected an array");
    return { decision: { kind: 'miss' }, threshold: headers['x-nearhit-threshold'] ?? null };
  }

  async invalidate(filter: EntryFilter, dryRun: boolean) {
    this.filters.push(filter);
    const matched = this.#store.entries.filter((one) => this.#store.matches(one, filter));
    if (!dryRun) this.#store.entries = this.#store.entries.filter((one) => !matched.includes(one));
    return { matched: matched.length, deleted: dryRun ? 0 : matched.length, ids: matched.map(({ id }) => id) };
  }

  /** As similar as their questions are long. */
  async search(text: string, filter: EntryFilter, limit: number) {
    this.filters.push({ text, ...filter });
    const matched = this.#store.entries.filter((one) => this.#store.matches(one, filter));
    const found = matched.map((one) => ({ entry: one, similarity: text.length / one.query.length / 2 }));
    return { found: found.slice(0, limit), complete: true };
  }

  async deleteEntry(id: EntryId): Promise<boolean> {
    const before = this.#store.entries.length;
    this.#store.entries = this.#store.entries.filter((one) => one.id !== id);
    return this.#store.entries.length < before;
  }

  async flush({ timeoutMs = Number.POSITIVE_INFINITY }: { timeoutMs?: number | undefined } = {}): Promise<void> {
    this.flushes += 1;
    if (timeoutMs < this.flushMs)
      throw new NearhitError('FLUSH_TIMEOUT', `Not all was written within ${timeoutMs} ms.`);
  }
}

export class ArrayPolicies implements PolicyStore {
  records: PolicyRecord[] = [];

  async all(): Promise<PolicyRecord[]> {
    return this.records;
  }
  async put(record: PolicyRecord): Promise<void> {
    await this.delete(record.namespace, record.model);
    this.records.push(record);
  }
  async delete(namespace: string, model?: string): Promise<boolean> {
    const kept = this.records.filter((one) => one.namespace !== namespace || one.model !== model);
    const found = kept.length < this.records.length;
    this.records = kept;
    return found;
  }
  onChange(): () => void {
    return () => {};
  }
}
