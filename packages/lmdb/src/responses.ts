import type { Entry, EntryFilter, EntryId, EntryPage, IdentityKey, ResponseStore } from '@nearhit/core';
import { assertEntryId, entryMatches } from '@nearhit/core';
import { decodeVector, type Head, toEntry } from './entry-codec.ts';
import { int48 } from './keys.ts';
import { decodeCursor, encodeCursor, newestFirst, newestOf, termsOf } from './listing.ts';
import { readUses } from './order.ts';
import { RowChanges, readBody, readHead, readIdentity, readRow } from './rows.ts';
import type { Tables } from './tables.ts';
import type { Touches } from './touches.ts';
import type { Writer } from './writer.ts';

const END_OF_TIME = { createdAtMs: Number.POSITIVE_INFINITY, row: 2 ** 48 - 1 };

export class LmdbResponses implements ResponseStore {
  readonly #tables: Tables;
  readonly #writer: Writer;
  readonly #touches: Touches;
  readonly #close: () => Promise<void>;

  constructor(deps: { tables: Tables; writer: Writer; touches: Touches; close: () => Promise<void> }) {
    this.#tables = deps.tables;
    this.#writer = deps.writer;
    this.#touches = deps.touches;
    this.#close = deps.close;
  }

  async get(id: EntryId): Promise<Entry | undefined> {
    this.#writer.assertOpen();
    return this.#read(id, false);
  }

  async identify(identity: IdentityKey): Promise<EntryId | undefined> {
    this.#writer.assertOpen();
    return readIdentity(this.#tables, identity);
  }

  async getMany(ids: readonly EntryId[]): Promise<(Entry | undefined)[]> {
    this.#writer.assertOpen();
    return ids.map((id) => this.#read(id, true));
  }

  async put(entries: readonly Entry[]): Promise<void> {
    for (const { id } of entries) assertEntryId(id);
    await this.#write(entries, (stored, { createdAtMs }) => stored === undefined || stored.createdAtMs <= createdAtMs);
  }

  async update(entries: readonly Entry[]): Promise<EntryId[]> {
    return this.#write(entries, (stored, { createdAtMs }) => stored?.createdAtMs === createdAtMs);
  }

  delete(ids: readonly EntryId[]): Promise<EntryId[]> {
    return this.#writer.run((plan) => {
      const changes = new RowChanges(this.#tables, plan);
      const gone = [...new Set(ids)].filter((id) => this.#remove(id, changes) !== undefined);
      changes.finish();
      return gone;
    });
  }

  async list(filter: EntryFilter, page: { cursor?: string | undefined; limit: number }): Promise<EntryPage> {
    this.#writer.assertOpen();
    const from =
      page.cursor === undefined
        ? { ...END_OF_TIME, createdAtMs: filter.createdBeforeMs ?? END_OF_TIME.createdAtMs }
        : decodeCursor(page.cursor);
    const limit = Math.max(page.limit, 1);
    const entries: Entry[] = [];
    let last = 0;
    const tables = this.#tables;
    const rows =
      filter.ids === undefined
        ? newestFirst(tables, termsOf(filter, tables), from)
        : newestOf(tables, filter.ids, from);
    for await (const row of rows) {
      this.#writer.assertOpen();
      const rowKey = int48(row);
      const head = readHead(this.#tables, rowKey);
      const entry = head && entryMatches(head, filter) ? this.#withAnswer(head, rowKey) : undefined;
      if (entry === undefined) continue;
      if (entries.length === limit) {
        return { entries, cursor: encodeCursor((entries.at(-1) as Entry).createdAtMs, last) };
      }
      entries.push(entry);
      last = row;
    }
    return { entries };
  }

  async unlogged(): Promise<EntryId[]> {
    this.#writer.assertOpen();
    return [...this.#tables.unlogged.getKeys({})].map((key) => key.toString('hex') as EntryId);
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** All reads of one entry happen in one turn, hence in one snapshot. */
  #read(id: EntryId, withVector: boolean): Entry | undefined {
    const row = readRow(this.#tables, id);
    if (row === undefined) return undefined;
    const rowKey = int48(row);
    const head = readHead(this.#tables, rowKey);
    return head && this.#withAnswer(head, rowKey, withVector);
  }

  #withAnswer(head: Head, rowKey: Buffer, withVector = false): Entry | undefined {
    const vector = withVector && head.hasVector ? this.#tables.vectors.getBinaryFast(rowKey) : undefined;
    // lmdb's shared read buffer is longer than what was read into it.
    const decoded = vector && decodeVector(vector.subarray(0, vector.length));
    return toEntry(head, readBody(this.#tables, rowKey), decoded);
  }

  /** Those that `may` be written; answers their ids. */
  #write(entries: readonly Entry[], may: (stored: Head | undefined, entry: Entry) => boolean): Promise<EntryId[]> {
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    return this.#writer.run((plan) => {
      const changes = new RowChanges(this.#tables, plan);
      const written: EntryId[] = [];
      for (const entry of byId.values()) {
        const row = readRow(this.#tables, entry.id);
        if (!may(row === undefined ? undefined : readHead(this.#tables, int48(row)), entry)) continue;
        changes.insert(entry, this.#remove(entry.id, changes) ?? 1);
        written.push(entry.id);
      }
      changes.finish();
      return written;
    });
  }

  /** Answers how often the entry was used; undefined when there is none. */
  #remove(id: EntryId, changes: RowChanges): number | undefined {
    const uses = this.#touches.forget(id);
    const row = readRow(this.#tables, id);
    const head = row === undefined ? undefined : readHead(this.#tables, int48(row));
    if (row === undefined || head === undefined) return undefined;
    changes.remove(row, head);
    return uses + readUses(this.#tables, row);
  }
}
