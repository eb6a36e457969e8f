import { randomUUID } from 'node:crypto';
import { assertEntryId, type ChangeLog, type EntryChange, type LogBounds, type LoggedChange } from '@nearhit/core';
import type { Commands } from '../commands.ts';
import { chunks, perShard } from '../entries/keys.ts';
import { LOGGED } from '../entries/scripts.ts';
import type { Shards } from '../entries/shards.ts';
import { decodeChange, encodeChange } from './records.ts';
import { APPEND, BOUNDS } from './scripts.ts';

/** Records that one script call appends: Redis does nothing else meanwhile. */
const APPEND_CHUNK = 1000;
const IDS_PER_CALL = 512;

export class RedisChangeLog implements ChangeLog {
  readonly #commands: Commands;
  readonly #shards: Shards;
  readonly #base: string;

  /** `base`: what the names of the log's keys begin with. */
  constructor(shards: Shards, base: string) {
    this.#commands = shards.commands;
    this.#shards = shards;
    this.#base = base;
  }

  async append(changes: readonly EntryChange[]): Promise<number> {
    this.#commands.assertOpen();
    for (const { id } of changes) assertEntryId(id);
    if (changes.length === 0) return (await this.bounds()).lastSeq;
    const marks = await this.#marks(changes);
    let seq = 0;
    for (const chunk of chunks(changes, APPEND_CHUNK))
      seq = await this.#commands.script<number>(APPEND, this.#base, randomUUID(), ...chunk.map(encodeChange));
    await this.#unmark(marks);
    return seq;
  }

  async read(afterSeq: number, limit: number): Promise<LoggedChange[]> {
    this.#commands.assertOpen();
    if (limit <= 0) return [];
    const records = await this.#commands.run((client) =>
      client.xrange(`${this.#base}changes`, `${Math.max(afterSeq, 0) + 1}-0`, '+', 'COUNT', limit),
    );
    return records.map(([id, fields]) => ({ seq: Number.parseInt(id, 10), change: decodeChange(fields[1] ?? '') }));
  }

  async bounds(): Promise<LogBounds> {
    const [epoch, last, first] = await this.#commands.script<[Buffer, Buffer, Buffer | null]>(
      BOUNDS,
      this.#base,
      randomUUID(),
    );
    const lastSeq = Number(last);
    return {
      epoch: String(epoch),
      firstSeq: first === null ? lastSeq + 1 : Number.parseInt(String(first), 10),
      lastSeq,
    };
  }

  async trim(uptoSeq: number): Promise<void> {
    await this.#commands.run((client) =>
      client.xtrim(`${this.#base}changes`, 'MINID', `${Math.max(uptoSeq, 0) + 1}-0`),
    );
  }

  /** Read before the records are there: what is changed again meanwhile has another mark and keeps it. */
  async #marks(changes: readonly EntryChange[]): Promise<(string | Buffer)[][]> {
    const ids = new Set(changes.map(({ id }) => id));
    const marks = await perShard(
      ids,
      (id) => id,
      async (shard, some) => {
        const key = this.#shards.key(shard, 'unlogged');
        const tokens = await Promise.all(
          chunks(some, IDS_PER_CALL).map((piece) => this.#commands.run((client) => client.hmgetBuffer(key, ...piece))),
        );
        return tokens.flat().flatMap((token, at) => (token === null ? [] : [[some[at] as string, token]]));
      },
    );
    return marks.flat();
  }

  async #unmark(marks: readonly (string | Buffer)[][]): Promise<void> {
    await perShard(
      marks,
      ([id]) => id as EntryChange['id'],
      async (shard, some) => {
        for (const piece of chunks(some, IDS_PER_CALL))
          await this.#commands.script(LOGGED, this.#shards.key(shard, ''), ...piece.flat());
      },
    );
  }
}
