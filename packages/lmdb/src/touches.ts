import type { EntryId } from '@nearhit/core';
import { int48 } from './keys.ts';
import { putInOrder, readUses, takeFromOrder } from './order.ts';
import { readHead, readRow } from './rows.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

const CHUNK = 512;
/** Held in memory at most; a fuller map is flushed at once. */
const PENDING_MAX = 16_384;

/** Uses, counted in memory and written in batches: losing some of them in a crash costs nothing but order. */
export class Touches {
  readonly #tables: Tables;
  readonly #writer: Writer;
  readonly #timer: NodeJS.Timeout;
  readonly #pending = new Map<EntryId, number>();
  #flushing: Promise<void> | undefined;

  constructor(tables: Tables, writer: Writer, flushMs: number) {
    this.#tables = tables;
    this.#writer = writer;
    // What a failed flush leaves behind is only the order of use; the next write reports the fault itself.
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), flushMs).unref();
  }

  add(ids: readonly EntryId[]): void {
    for (const id of ids) this.#pending.set(id, (this.#pending.get(id) ?? 0) + 1);
    if (this.#pending.size >= PENDING_MAX && this.#flushing === undefined) void this.flush().catch(() => undefined);
  }

  /** For an entry that is being replaced or removed: answers the uses that were not written yet. */
  forget(id: EntryId): number {
    const uses = this.#pending.get(id) ?? 0;
    this.#pending.delete(id);
    return uses;
  }

  /** Resolves when every use noted before the call is written. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    this.#flushing = this.#drain().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #drain(): Promise<void> {
    for (let left = this.#pending.size; left > 0; left -= CHUNK) {
      await this.#writer.run((plan) => {
        let moved = 0;
        for (const [id, uses] of this.#pending) {
          if (moved++ === CHUNK) break;
          this.#pending.delete(id);
          const row = readRow(this.#tables, id);
          const head = row === undefined ? undefined : readHead(this.#tables, int48(row));
          if (row === undefined || head === undefined) continue;
          takeFromOrder(this.#tables, plan, row, head);
          putInOrder(this.#tables, plan, row, head, readUses(this.#tables, row) + uses);
        }
      });
    }
  }
}
