import {
  chooseVictims,
  type Entry,
  type EntryId,
  type EvictionBound,
  type NamespaceUsage,
  type StoreUpkeep,
  VICTIMS_MAX,
  worthOf,
} from '@nearhit/core';
import { toEntry, unpack } from './entry-codec.ts';
import {
  CLOCK_BYTES,
  clockKey,
  int48,
  modelTerm,
  namespaceTerm,
  orderedKey,
  prefixRange,
  RANK_BYTES,
  ROW_BYTES,
  rankIn,
  rowOf,
} from './keys.ts';
import { clockValue, readClock, readUses } from './order.ts';
import { RowChanges, readBody, readHead, readUsage, type UsageRow } from './rows.ts';
import type { Tables } from './tables.ts';
import type { Touches } from './touches.ts';
import type { Plan, Writer } from './writer.ts';

/** Rows removed in one transaction, so that one never holds the event loop for long. */
const SWEEP_CHUNK = 256;

export class LmdbUpkeep implements StoreUpkeep {
  readonly #tables: Tables;
  readonly #writer: Writer;
  readonly #touches: Touches;

  constructor(deps: { tables: Tables; writer: Writer; touches: Touches }) {
    this.#tables = deps.tables;
    this.#writer = deps.writer;
    this.#touches = deps.touches;
  }

  touch(ids: readonly EntryId[]): void {
    this.#touches.add(ids);
  }

  async sweep(nowMs: number, limit: number): Promise<EntryId[]> {
    const swept: EntryId[] = [];
    while (swept.length < limit) {
      const chunk = Math.min(SWEEP_CHUNK, limit - swept.length);
      const gone = await this.#writer.run((plan) => this.#removeRows(this.#expired(nowMs, chunk), plan));
      swept.push(...gone);
      if (gone.length < chunk) break;
    }
    return swept;
  }

  async usage(): Promise<NamespaceUsage[]> {
    this.#writer.assertOpen();
    return [...this.#tables.usage.getRange({})].map(({ value }) => {
      const [tenant, namespace, entries, bytes] = unpack<UsageRow>(value);
      return { tenant, namespace, entries, bytes };
    });
  }

  async evict(bound: EvictionBound): Promise<EntryId[]> {
    await this.#touches.flush();
    const evicted: EntryId[] = [];
    for (;;) {
      const gone = await this.#writer.run((plan) => this.#removeRows(this.#victims(bound, plan), plan));
      if (gone.length === 0) return evicted;
      evicted.push(...gone);
    }
  }

  async lowest(of: { readonly tenant: string; readonly namespace: string }): Promise<number | undefined> {
    this.#writer.assertOpen();
    const range = { ...prefixRange(namespaceTerm(of.tenant, of.namespace), RANK_BYTES + ROW_BYTES), limit: 1 };
    const [key] = this.#tables.ranks.getKeys(range);
    const head = key && readHead(this.#tables, int48(rowOf(key)));
    return head && readUses(this.#tables, rowOf(key)) * worthOf(head, head.bytes);
  }

  async unembedded(embeddingModel: string, limit: number): Promise<Entry[]> {
    this.#writer.assertOpen();
    const present = modelTerm(embeddingModel);
    const { start, end } = prefixRange(present, ROW_BYTES);
    const before = [...this.#tables.embedded.getKeys({ end: start, limit })];
    const after = [...this.#tables.embedded.getKeys({ start: end, limit: Math.max(limit - before.length, 0) })];
    return [...before, ...after].flatMap((key) => {
      const rowKey = int48(rowOf(key));
      const head = readHead(this.#tables, rowKey);
      const entry = head && toEntry(head, readBody(this.#tables, rowKey));
      return entry === undefined ? [] : [entry];
    });
  }

  #expired(nowMs: number, limit: number): number[] {
    const end = orderedKey(undefined, clockKey(nowMs) + 1, 0);
    return [...this.#tables.expiry.getKeys({ end, limit })].map(rowOf);
  }

  #victims(bound: EvictionBound, plan: Plan): number[] {
    const { ranks, clocks, lru } = this.#tables;
    const prefix = namespaceTerm(bound.tenant, bound.namespace);
    const usage = readUsage(this.#tables, prefix);
    if (usage === undefined) return [];
    const excess = { entries: usage[2] - bound.maxEntries, bytes: usage[3] - bound.maxBytes };
    if (excess.entries <= 0 && excess.bytes <= 0) return [];
    const unranked = { ...prefixRange(prefix, CLOCK_BYTES + ROW_BYTES), limit: VICTIMS_MAX };
    const before = [...lru.getRange(unranked)].map(({ key, value }) => ({
      ...{ row: rowOf(key), bytes: value.readUIntBE(8, 6) },
    }));
    if (before.length > 0) return chooseVictims(before, excess).map(({ row }) => row);
    const range = { ...prefixRange(prefix, RANK_BYTES + ROW_BYTES), limit: VICTIMS_MAX };
    const lowestFirst = [...ranks.getRange(range)].map(({ key, value }) => ({
      ...{ row: rowOf(key), rank: rankIn(key), bytes: value.readUIntBE(0, 6) },
    }));
    const victims = chooseVictims(lowestFirst, excess);
    const highest = victims.at(-1)?.rank ?? 0;
    if (highest > readClock(this.#tables, prefix)) plan.put(clocks, prefix, clockValue(highest));
    return victims.map(({ row }) => row);
  }

  #removeRows(rows: readonly number[], plan: Plan): EntryId[] {
    const changes = new RowChanges(this.#tables, plan);
    const gone: EntryId[] = [];
    for (const row of rows) {
      const head = readHead(this.#tables, int48(row));
      if (head === undefined) continue;
      this.#touches.forget(head.id);
      changes.remove(row, head);
      gone.push(head.id);
    }
    changes.finish();
    return gone;
  }
}
