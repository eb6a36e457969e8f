import type { EntryId } from '@nearhit/core';
import { chunks, isEntryId, perShard } from './keys.ts';
import { TOUCH } from './scripts.ts';
import type { Shards } from './shards.ts';

/** Held in memory at most; what comes on top is not noted. */
const PENDING_MAX = 16_384;
const IDS_PER_CALL = 512;

/** Uses, counted in memory and written now and then: losing some of them costs nothing but order. */
export class Touches {
  readonly #shards: Shards;
  readonly #timer: NodeJS.Timeout;
  #pending = new Map<EntryId, number>();

  constructor(shards: Shards, flushMs: number) {
    this.#shards = shards;
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), flushMs).unref();
  }

  add(ids: readonly EntryId[]): void {
    for (const id of ids) {
      const uses = this.#pending.get(id) ?? 0;
      if (this.#pending.size < PENDING_MAX || uses > 0) this.#pending.set(id, uses + 1);
    }
  }

  has(ids: readonly EntryId[]): boolean {
    return this.#pending.size > 0 && ids.some((id) => this.#pending.has(id));
  }

  /** Resolves when every use noted before the call is written; what could not be written is forgotten. */
  async flush(): Promise<void> {
    if (this.#pending.size === 0) return;
    const taken = this.#pending;
    this.#pending = new Map();
    await perShard(
      [...taken].filter(([id]) => isEntryId(id)),
      ([id]) => id,
      async (shard, some) => {
        for (const piece of chunks(some, IDS_PER_CALL)) {
          await this.#shards.commands.script(TOUCH, this.#shards.key(shard, ''), ...piece.flat());
        }
      },
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
