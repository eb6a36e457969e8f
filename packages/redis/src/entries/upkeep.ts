import {
  chooseVictims,
  clockKey,
  type Entry,
  type EntryId,
  type EvictionBound,
  type NamespaceUsage,
  type StoreUpkeep,
  VICTIMS_MAX,
} from '@nearhit/core';
import { decodeRowBytes, decodeRowWorth } from './entry-codec.ts';
import { idOfMember, modelTerm, namespaceTerm, perShard, SHARDS, shardOf, splitRow } from './keys.ts';
import { Merged } from './merged.ts';
import type { Shards } from './shards.ts';
import type { Touches } from './touches.ts';
import { readUsage, readUsageOf } from './usage.ts';

const SWEEP_CHUNK = 256;
/** Entries of each shard that a sweep looks at, to find those that Redis has dropped by itself. */
const CHECKED_PER_SHARD = 128;

interface Scored {
  readonly score: number;
  /** Row and id. */
  readonly member: Buffer;
}

const lowestFirst = (a: Scored, b: Scored): number => a.score - b.score || Buffer.compare(a.member, b.member);

export class RedisUpkeep implements StoreUpkeep {
  readonly #shards: Shards;
  readonly #touches: Touches;
  /** Where the next sweep goes on looking for dropped entries, per shard. */
  readonly #checked = new Map<string, Buffer>();

  constructor(deps: { shards: Shards; touches: Touches }) {
    this.#shards = deps.shards;
    this.#touches = deps.touches;
  }

  touch(ids: readonly EntryId[]): void {
    this.#touches.add(ids);
  }

  async sweep(nowMs: number, limit: number): Promise<EntryId[]> {
    this.#shards.commands.assertOpen();
    const swept: EntryId[] = [];
    while (swept.length < limit) {
      const chunk = Math.min(SWEEP_CHUNK, limit - swept.length);
      const due = await this.#byScore('expiry', clockKey(nowMs)).take(chunk);
      const gone = await this.#removeMembers(due);
      swept.push(...gone);
      if (due.length < chunk || gone.length === 0) break;
    }
    if (swept.length < limit) swept.push(...(await this.#sweepDropped(limit - swept.length)));
    return swept;
  }

  usage(): Promise<NamespaceUsage[]> {
    return readUsage(this.#shards);
  }

  async evict(bound: EvictionBound): Promise<EntryId[]> {
    await this.#touches.flush();
    const term = namespaceTerm(bound.tenant, bound.namespace);
    const evicted: EntryId[] = [];
    for (;;) {
      const used = await readUsageOf(this.#shards, term);
      const excess = { entries: used.entries - bound.maxEntries, bytes: used.bytes - bound.maxBytes };
      if (used.entries <= 0 || (excess.entries <= 0 && excess.bytes <= 0)) return evicted;
      const unranked = await this.#byScore(`lru:${term}`).take(VICTIMS_MAX);
      const ranked = unranked.length > 0 ? [] : await this.#byScore(`rank:${term}`).take(VICTIMS_MAX);
      const gone = await this.#evictFrom(unranked.length > 0 ? unranked : ranked, excess);
      const last = ranked.find(({ member }) => idOfMember(member) === gone.at(-1));
      if (last !== undefined) await this.#shards.moveClock(term, last.score);
      if (gone.length === 0) return evicted;
      evicted.push(...gone);
    }
  }

  async lowest(of: { readonly tenant: string; readonly namespace: string }): Promise<number | undefined> {
    this.#shards.commands.assertOpen();
    const [next] = await this.#byScore(`rank:${namespaceTerm(of.tenant, of.namespace)}`).take(1);
    if (next === undefined) return undefined;
    const id = idOfMember(next.member);
    const [row] = await this.#shards.readRows(shardOf(id), [id]);
    return row == null ? undefined : decodeRowWorth(splitRow(row).rest);
  }

  async unembedded(embeddingModel: string, limit: number): Promise<Entry[]> {
    this.#shards.commands.assertOpen();
    const lacking = this.#otherModels(modelTerm(embeddingModel));
    const found: Entry[] = [];
    while (found.length < limit) {
      const members = await lacking.take(limit - found.length);
      if (members.length === 0) break;
      const ids = members.map(idOfMember);
      const entries = await Promise.all(ids.map((id) => this.#shards.read(id)));
      found.push(...entries.filter((entry) => entry !== undefined));
    }
    return found;
  }

  /** What Redis has dropped costs nothing to let go; only then is chosen among the rest. */
  async #evictFrom(
    lowestFirst: readonly Scored[],
    excess: { readonly entries: number; readonly bytes: number },
  ): Promise<EntryId[]> {
    const dropped = await this.#removeDropped(lowestFirst.map(({ member }) => idOfMember(member)));
    if (dropped.length > 0) return dropped;
    const bytes = await this.#bytesOf(lowestFirst);
    const weighed = lowestFirst.map((one) => ({ ...one, bytes: bytes.get(idOfMember(one.member)) ?? 0 }));
    return this.#removeMembers(chooseVictims(weighed, excess));
  }

  async #bytesOf(some: readonly Scored[]): Promise<Map<EntryId, number>> {
    const bytes = new Map<EntryId, number>();
    await perShard(
      some.map(({ member }) => idOfMember(member)),
      (id) => id,
      async (shard, ids) => {
        const rows = await this.#shards.readRows(shard, ids);
        rows.forEach((row, at) => {
          const counted = row === null ? undefined : decodeRowBytes(splitRow(row).rest);
          if (counted !== undefined) bytes.set(ids[at] as EntryId, counted);
        });
      },
    );
    return bytes;
  }

  /** In the order given. */
  async #removeMembers(scored: readonly Scored[]): Promise<EntryId[]> {
    const ids = scored.map(({ member }) => ({ id: idOfMember(member), member }));
    const gone = new Set(await this.#shards.remove(ids));
    return ids.map(({ id }) => id).filter((id) => gone.has(id));
  }

  async #removeDropped(ids: readonly EntryId[]): Promise<EntryId[]> {
    const missing = await this.#shards.missing(ids);
    return this.#shards.remove(missing.map((id) => ({ id, member: '?' as const })));
  }

  /** Those that somebody missed, and a share of the rest, so that all are looked at in turn. */
  async #sweepDropped(limit: number): Promise<EntryId[]> {
    const missed = await Promise.all(
      SHARDS.map((shard) => {
        const key = this.#shards.key(shard, 'missing');
        return this.#shards.commands.run((client) => client.srandmember(key, SWEEP_CHUNK));
      }),
    );
    const checked = await Promise.all(SHARDS.map((shard) => this.#nextToCheck(shard)));
    const dropped = new Set([...(missed.flat() as EntryId[]), ...(await this.#shards.missing(checked.flat()))]);
    return this.#shards.remove([...dropped].slice(0, limit).map((id) => ({ id, member: '?' as const })));
  }

  async #nextToCheck(shard: string): Promise<EntryId[]> {
    const from = this.#checked.get(shard);
    const min = from === undefined ? '-' : Buffer.concat([Buffer.from('('), from]);
    const key = this.#shards.key(shard, 'l:all');
    const positions = await this.#shards.commands.run((client) =>
      client.zrangebylexBuffer(key, min, '+', 'LIMIT', 0, CHECKED_PER_SHARD),
    );
    const last = positions.at(-1);
    if (last === undefined || positions.length < CHECKED_PER_SHARD) this.#checked.delete(shard);
    else this.#checked.set(shard, last);
    return positions.map(idOfMember);
  }

  /** Members of a set that is ordered by a score, over all shards, lowest first. */
  #byScore(name: string, max: number | '+inf' = '+inf'): Merged<Scored> {
    const lists = SHARDS.map((shard) => {
      const key = this.#shards.key(shard, name);
      let at = 0;
      return async (_: Scored | undefined, count: number): Promise<Scored[]> => {
        const flat = await this.#shards.commands.run((client) =>
          client.zrangebyscoreBuffer(key, '-inf', max, 'WITHSCORES', 'LIMIT', at, count),
        );
        at += count;
        return Array.from({ length: flat.length / 2 }, (_, n) => ({
          member: flat[2 * n] as Buffer,
          score: Number(flat[2 * n + 1]),
        }));
      };
    });
    return new Merged(lists, lowestFirst);
  }

  /** Members under every other embedding model, or under none. */
  #otherModels(term: string): Merged<Buffer> {
    const lists = SHARDS.flatMap((shard) => {
      const key = this.#shards.key(shard, 'embedded');
      const range = (first: string, end: string) => (after: Buffer | undefined, count: number) =>
        this.#shards.commands.run((client) =>
          client.zrangebylexBuffer(
            key,
            after === undefined ? first : Buffer.concat([Buffer.from('('), after]),
            end,
            'LIMIT',
            0,
            count,
          ),
        );
      return [range('-', `(${term}`), range(`(${nextTerm(term)}`, '+')];
    });
    return new Merged(lists, Buffer.compare);
  }
}

/** The least text above everything that begins with `term`. */
function nextTerm(term: string): string {
  return term.slice(0, -1) + String.fromCharCode(term.charCodeAt(term.length - 1) + 1);
}
