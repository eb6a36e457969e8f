import { type Entry, entryBytes } from '../entry.ts';
import type { EntryId, IdentityKey } from '../ids.ts';
import type {
  EntryFilter,
  EntryPage,
  EvictionBound,
  NamespaceUsage,
  ResponseStore,
  StoreUpkeep,
} from '../ports/response-store.ts';
import { clockKey, comparePositions, decodeCursor, encodeCursor } from './entry-cursor.ts';
import { entryMatches } from './entry-filter.ts';
import { chooseVictims, rankOf, worthOf } from './eviction.ts';

interface Row {
  readonly entry: Entry;
  readonly row: number;
  readonly createdAtMs: number;
  readonly bytes: number;
  readonly worth: number;
  uses: number;
  rank: number;
}

const ENTRY_ID = /^[0-9a-f]{64}$/;

/** Throws a TypeError on an id that no key function makes. */
export function assertEntryId(id: string): void {
  if (!ENTRY_ID.test(id)) throw new TypeError(`entry id must be 64 lower-case hex digits, got '${id.slice(0, 80)}'`);
}

/** Answers in a Map. `unlogged` is shared with the change log. */
export class MemoryResponses implements ResponseStore, StoreUpkeep {
  readonly #rows = new Map<EntryId, Row>();
  /** Of each namespace: the highest rank that was evicted. */
  readonly #clocks = new Map<string, number>();
  readonly #byIdentity = new Map<IdentityKey, EntryId>();
  readonly #unlogged: Set<EntryId>;
  readonly #assertOpen: () => void;
  readonly #close: () => Promise<void>;
  #lastRow = 0;

  constructor(shared: { unlogged: Set<EntryId>; assertOpen: () => void; close: () => Promise<void> }) {
    this.#unlogged = shared.unlogged;
    this.#assertOpen = shared.assertOpen;
    this.#close = shared.close;
  }

  async get(id: EntryId): Promise<Entry | undefined> {
    this.#assertOpen();
    const row = this.#rows.get(id);
    return row && withoutVector(row.entry);
  }

  async identify(identity: IdentityKey): Promise<EntryId | undefined> {
    this.#assertOpen();
    return this.#byIdentity.get(identity);
  }

  async getMany(ids: readonly EntryId[]): Promise<(Entry | undefined)[]> {
    this.#assertOpen();
    return ids.map((id) => this.#rows.get(id)?.entry);
  }

  async put(entries: readonly Entry[]): Promise<void> {
    this.#assertOpen();
    for (const entry of entries) assertEntryId(entry.id);
    for (const entry of new Map(entries.map((one) => [one.id, one])).values()) {
      const before = this.#rows.get(entry.id);
      if (before === undefined || before.createdAtMs <= entry.createdAtMs) this.#write(entry, before);
    }
  }

  async update(entries: readonly Entry[]): Promise<EntryId[]> {
    this.#assertOpen();
    const updated: EntryId[] = [];
    for (const entry of new Map(entries.map((one) => [one.id, one])).values()) {
      const before = this.#rows.get(entry.id);
      if (before?.createdAtMs !== entry.createdAtMs) continue;
      this.#write(entry, before);
      updated.push(entry.id);
    }
    return updated;
  }

  async delete(ids: readonly EntryId[]): Promise<EntryId[]> {
    this.#assertOpen();
    const gone: EntryId[] = [];
    for (const id of ids) {
      if (!this.#rows.has(id)) continue;
      this.#remove(id);
      gone.push(id);
      this.#unlogged.add(id);
    }
    return gone;
  }

  async list(filter: EntryFilter, page: { cursor?: string | undefined; limit: number }): Promise<EntryPage> {
    this.#assertOpen();
    const after = page.cursor === undefined ? undefined : decodeCursor(page.cursor);
    const limit = Math.max(page.limit, 1);
    const rows = [...this.#rows.values()]
      .filter((row) => (after === undefined || comparePositions(row, after) > 0) && entryMatches(row.entry, filter))
      .sort(comparePositions);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      entries: rows.slice(0, limit).map((row) => withoutVector(row.entry)),
      ...(last && { cursor: encodeCursor(last) }),
    };
  }

  async unlogged(): Promise<EntryId[]> {
    this.#assertOpen();
    return [...this.#unlogged];
  }

  close(): Promise<void> {
    return this.#close();
  }

  touch(ids: readonly EntryId[]): void {
    for (const id of ids) {
      const row = this.#rows.get(id);
      if (row === undefined) continue;
      row.uses += 1;
      row.rank = rankOf(this.#clock(row.entry.scope), row.uses, row.worth);
    }
  }

  async sweep(nowMs: number, limit: number): Promise<EntryId[]> {
    const due = [...this.#rows.values()]
      .map((row) => ({ id: row.entry.id, row: row.row, at: clockKey(row.entry.staleUntilMs) }))
      .filter(({ at }) => at <= clockKey(nowMs))
      .sort((a, b) => a.at - b.at || a.row - b.row);
    return this.delete(due.slice(0, limit).map(({ id }) => id));
  }

  async usage(): Promise<NamespaceUsage[]> {
    this.#assertOpen();
    const usage = new Map<string, { tenant: string; namespace: string; entries: number; bytes: number }>();
    for (const { entry, bytes } of this.#rows.values()) {
      const { tenant, namespace } = entry.scope;
      const key = JSON.stringify([tenant, namespace]);
      const held = usage.get(key) ?? { tenant, namespace, entries: 0, bytes: 0 };
      usage.set(key, { ...held, entries: held.entries + 1, bytes: held.bytes + bytes });
    }
    return [...usage.values()];
  }

  async evict(bound: EvictionBound): Promise<EntryId[]> {
    this.#assertOpen();
    const evicted: EntryId[] = [];
    for (;;) {
      const rows = this.#lowestFirst(bound);
      const excess = {
        entries: rows.length - bound.maxEntries,
        bytes: rows.reduce((sum, row) => sum + row.bytes, 0) - bound.maxBytes,
      };
      if (rows.length === 0 || (excess.entries <= 0 && excess.bytes <= 0)) return evicted;
      const victims = chooseVictims(rows, excess);
      this.#clocks.set(namespaceKey(bound), Math.max(this.#clock(bound), victims.at(-1)?.rank ?? 0));
      evicted.push(...(await this.delete(victims.map(({ entry }) => entry.id))));
    }
  }

  async lowest(of: { readonly tenant: string; readonly namespace: string }): Promise<number | undefined> {
    this.#assertOpen();
    const [next] = this.#lowestFirst(of);
    return next && next.uses * next.worth;
  }

  async unembedded(embeddingModel: string, limit: number): Promise<Entry[]> {
    this.#assertOpen();
    return [...this.#rows.values()]
      .filter(({ entry }) => entry.semantic && !(entry.vector && entry.embeddingModel === embeddingModel))
      .slice(0, limit)
      .map(({ entry }) => withoutVector(entry));
  }

  #alias({ id, identity, createdAtMs }: Entry): void {
    if (identity === undefined) return;
    const other = this.#rows.get(this.#byIdentity.get(identity) ?? id);
    if (other === undefined || other.createdAtMs <= createdAtMs) this.#byIdentity.set(identity, id);
  }

  #remove(id: EntryId): void {
    const identity = this.#rows.get(id)?.entry.identity;
    if (identity !== undefined && this.#byIdentity.get(identity) === id) this.#byIdentity.delete(identity);
    this.#rows.delete(id);
  }

  #lowestFirst(of: { readonly tenant: string; readonly namespace: string }): Row[] {
    return [...this.#rows.values()]
      .filter(({ entry: { scope } }) => scope.tenant === of.tenant && scope.namespace === of.namespace)
      .sort((a, b) => a.rank - b.rank || a.row - b.row);
  }

  #write(entry: Entry, before: Row | undefined): void {
    const bytes = entryBytes(entry);
    const worth = worthOf(entry, bytes);
    const uses = before?.uses ?? 1;
    const rank = rankOf(this.#clock(entry.scope), uses, worth);
    this.#remove(entry.id);
    this.#alias(entry);
    this.#rows.set(entry.id, {
      ...{ entry, row: ++this.#lastRow, createdAtMs: entry.createdAtMs, bytes },
      ...{ worth, uses, rank },
    });
    this.#unlogged.add(entry.id);
  }

  #clock(of: { readonly tenant: string; readonly namespace: string }): number {
    return this.#clocks.get(namespaceKey(of)) ?? 0;
  }
}

const namespaceKey = ({ tenant, namespace }: { readonly tenant: string; readonly namespace: string }): string =>
  JSON.stringify([tenant, namespace]);

function withoutVector(entry: Entry): Entry {
  const { vector: _, ...rest } = entry;
  return rest;
}
