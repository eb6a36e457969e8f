import {
  assertEntryId,
  type Entry,
  type EntryFilter,
  type EntryId,
  type EntryPage,
  entryMatches,
  type IdentityKey,
  type ResponseStore,
} from '@nearhit/core';
import { decodePosition, isEntryId, SHARDS } from './keys.ts';
import { candidates, cursorAt, isExact } from './listing.ts';
import type { PlacedEntry, Shards } from './shards.ts';
import type { Touches } from './touches.ts';

const PAGE_MAX = 512;
/** Answers are fetched a few at a time, so that one page of long ones does not fill the memory. */
const ANSWERS_AT_ONCE = 64;

export class RedisResponses implements ResponseStore {
  readonly #shards: Shards;
  readonly #touches: Touches;
  readonly #rowKey: string;
  readonly #close: () => Promise<void>;

  constructor(deps: { shards: Shards; touches: Touches; rowKey: string; close: () => Promise<void> }) {
    this.#shards = deps.shards;
    this.#touches = deps.touches;
    this.#rowKey = deps.rowKey;
    this.#close = deps.close;
  }

  async get(id: EntryId): Promise<Entry | undefined> {
    this.#shards.commands.assertOpen();
    return isEntryId(id) ? this.#shards.read(id) : undefined;
  }

  async identify(identity: IdentityKey): Promise<EntryId | undefined> {
    return this.#shards.identities.read(identity);
  }

  async getMany(ids: readonly EntryId[]): Promise<(Entry | undefined)[]> {
    this.#shards.commands.assertOpen();
    const entries = await Promise.all(ids.map((id) => (isEntryId(id) ? this.#shards.readWhole(id) : undefined)));
    this.#suspect(ids.filter((_, at) => entries[at] === undefined));
    return entries;
  }

  async put(entries: readonly Entry[]): Promise<void> {
    await this.#write('put', entries);
  }

  update(entries: readonly Entry[]): Promise<EntryId[]> {
    return this.#write('update', entries);
  }

  async delete(ids: readonly EntryId[]): Promise<EntryId[]> {
    this.#shards.commands.assertOpen();
    const unique = [...new Set(ids)].filter(isEntryId);
    const gone = new Set(await this.#shards.remove(unique.map((id) => ({ id }))));
    return unique.filter((id) => gone.has(id));
  }

  async list(filter: EntryFilter, page: { cursor?: string | undefined; limit: number }): Promise<EntryPage> {
    this.#shards.commands.assertOpen();
    const limit = Math.max(page.limit, 1);
    const places = await candidates(this.#shards, filter, page.cursor);
    const found: { entry: Entry; position: Buffer }[] = [];
    // One more than asked for tells whether there is a next page.
    for (let size = limit + 1; found.length <= limit; size = Math.max(2 * size, 64)) {
      const positions = await places.take(Math.min(size, PAGE_MAX));
      if (positions.length === 0) break;
      const likely = isExact(filter) ? positions : await this.#matching(positions, filter);
      while (likely.length > 0 && found.length <= limit) {
        const some = likely.splice(0, Math.min(ANSWERS_AT_ONCE, limit + 1 - found.length));
        found.push(...(await this.#entries(some, filter)));
      }
    }
    const entries = found.slice(0, limit).map(({ entry }) => entry);
    const last = found.length > limit ? found[limit - 1] : undefined;
    return { entries, ...(last && { cursor: cursorAt(last.position) }) };
  }

  async unlogged(): Promise<EntryId[]> {
    const { commands } = this.#shards;
    const marked = await Promise.all(
      SHARDS.map((shard) => commands.run((client) => client.hkeys(this.#shards.key(shard, 'unlogged')))),
    );
    return marked.flat() as EntryId[];
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #write(mode: 'put' | 'update', entries: readonly Entry[]): Promise<EntryId[]> {
    this.#shards.commands.assertOpen();
    if (mode === 'put') for (const { id } of entries) assertEntryId(id);
    const unique = [...new Map(entries.map((entry) => [entry.id, entry])).values()].filter(({ id }) => isEntryId(id));
    if (unique.length === 0) return [];
    // An entry that is written again keeps its last use.
    if (this.#touches.has(unique.map(({ id }) => id))) await this.#touches.flush();
    const lastRow = await this.#shards.commands.run((client) => client.incrby(this.#rowKey, unique.length));
    const placed = unique.map((entry, at): PlacedEntry => ({ entry, row: lastRow - unique.length + 1 + at }));
    const written = new Set(await this.#shards.write(mode, placed));
    return unique.map(({ id }) => id).filter((id) => written.has(id));
  }

  async #matching(positions: readonly Buffer[], filter: EntryFilter): Promise<Buffer[]> {
    const ids = positions.map((position) => decodePosition(position).id);
    const heads = await this.#shards.readHeads(ids);
    this.#suspect(ids.filter((id) => !heads.has(id)));
    return positions.filter((_, at) => {
      const head = heads.get(ids[at] as EntryId);
      return head !== undefined && entryMatches(head, filter);
    });
  }

  async #entries(positions: readonly Buffer[], filter: EntryFilter): Promise<{ entry: Entry; position: Buffer }[]> {
    const ids = positions.map((position) => decodePosition(position).id);
    const entries = await Promise.all(ids.map((id) => this.#shards.read(id)));
    this.#suspect(ids.filter((_, at) => entries[at] === undefined));
    return positions.flatMap((position, at) => {
      const entry = entries[at];
      return entry !== undefined && entryMatches(entry, filter) ? [{ entry, position }] : [];
    });
  }

  /** Redis may have dropped them behind the index's back. Not awaited: the next sweep looks at them. */
  #suspect(ids: readonly EntryId[]): void {
    if (ids.length > 0) this.#shards.missing(ids).catch(() => undefined);
  }
}
