import { randomBytes } from 'node:crypto';
import { clockKey, type Entry, type EntryHead, type EntryId, entryBytes, worthOf } from '@nearhit/core';
import type { Commands, ScriptArgument } from '../commands.ts';
import type { RedisConnection } from '../connection.ts';
import { decodeEntry, decodeHead, encodeHead, encodeVector } from './entry-codec.ts';
import { Identities } from './identities.ts';
import {
  chunks,
  encodePosition,
  identityName,
  isEntryId,
  listTerms,
  modelTerm,
  namespaceTerm,
  perShard,
  SHARDS,
  shardOf,
} from './keys.ts';
import { CLOCK, HEADS, MISSING, REMOVE, WRITE } from './scripts.ts';

/** Redis drops an entry by itself this long after its end, should nobody sweep. */
const GRACE_MS = 600_000;
const TTL_MS_MAX = 10 * 365 * 86_400_000;
/** One script call writes at most so much: Redis does nothing else meanwhile. */
const WRITE_ENTRIES_MAX = 64;
const WRITE_BYTES_MAX = 4_194_304;
const IDS_PER_CALL = 512;

export interface PlacedEntry {
  readonly entry: Entry;
  /** Order of arrival. */
  readonly row: number;
}

/** The entries' keys, spread over the shards. */
export class Shards {
  readonly #connection: RedisConnection;
  readonly commands: Commands;
  readonly identities: Identities;

  constructor(connection: RedisConnection, commands: Commands) {
    this.#connection = connection;
    this.commands = commands;
    this.identities = new Identities(commands, (shard, name) => this.key(shard, name));
  }

  key(shard: string, name: string): string {
    return this.#connection.key(shard, name);
  }

  /** One round trip. */
  async read(id: EntryId): Promise<Entry | undefined> {
    const [head, answer] = await this.commands.run((client) => client.hmgetBuffer(this.#entryKey(id), 'h', 'a'));
    return decodeEntry(head, answer);
  }

  async readWhole(id: EntryId): Promise<Entry | undefined> {
    const key = this.#entryKey(id);
    const [head, answer, vector] = await this.commands.run((client) => client.hmgetBuffer(key, 'h', 'a', 'v'));
    return decodeEntry(head, answer, vector);
  }

  /** Of those that are there. */
  async readHeads(ids: readonly EntryId[]): Promise<Map<EntryId, EntryHead>> {
    const heads = new Map<EntryId, EntryHead>();
    await perShard(
      ids,
      (id) => id,
      async (shard, some) => {
        const found = await this.commands.script<(Buffer | null)[]>(HEADS, this.key(shard, ''), ...some);
        some.forEach((id, at) => {
          const head = decodeHead(found[at]);
          if (head !== undefined) heads.set(id, head);
        });
      },
    );
    return heads;
  }

  /** Index rows of entries of one shard, in order (keys.ts takes them apart). */
  readRows(shard: string, ids: readonly EntryId[]): Promise<(Buffer | null)[]> {
    return this.commands.run((client) => client.hmgetBuffer(this.key(shard, 'rows'), ...ids));
  }

  /** Answers the ids that were written. */
  async write(mode: 'put' | 'update', placed: readonly PlacedEntry[]): Promise<EntryId[]> {
    const nowMs = Date.now();
    const written = await perShard(
      placed,
      ({ entry }) => entry.id,
      async (shard, some) => {
        const calls = inPieces(some).map((piece) =>
          this.commands.script<Buffer[]>(
            WRITE,
            this.key(shard, ''),
            newToken(),
            mode,
            ...piece.flatMap((one) => writeArguments(one, nowMs)),
          ),
        );
        return (await Promise.all(calls)).flat();
      },
    );
    const ids = written.flat().map(String) as EntryId[];
    const kept = new Set(ids);
    await this.identities.write(
      placed.flatMap(({ entry }) => (kept.has(entry.id) ? [entry] : [])),
      (entry) => ttlMs(entry, nowMs),
    );
    return ids;
  }

  /**
   * `member`: only when the entry has not been written again since it had this one; `'?'`: only when Redis has dropped
   * it. Answers the ids that were removed.
   */
  async remove(ids: readonly { readonly id: EntryId; readonly member?: Buffer | '?' }[]): Promise<EntryId[]> {
    const removed = await perShard(
      ids,
      ({ id }) => id,
      async (shard, some) => {
        const calls = chunks(some, IDS_PER_CALL).map((piece) =>
          this.commands.script<Buffer[]>(
            REMOVE,
            this.key(shard, ''),
            newToken(),
            ...piece.flatMap(({ id, member }) => [id, member ?? '']),
          ),
        );
        return (await Promise.all(calls)).flat();
      },
    );
    const gone = chunks(removed.flat().map(String), 2).map(([id, name = '']) => ({ id: id as EntryId, name }));
    await this.identities.remove(gone);
    return gone.map(({ id }) => id);
  }

  /** Moves the clock by which a namespace is evicted up to a rank. */
  async moveClock(namespace: string, rank: number): Promise<void> {
    await Promise.all(SHARDS.map((shard) => this.commands.script(CLOCK, this.key(shard, ''), namespace, rank)));
  }

  /** Those that are in the index, but not there any more; the next sweep takes them out. */
  async missing(ids: readonly EntryId[]): Promise<EntryId[]> {
    const missing = await perShard(
      ids.filter(isEntryId),
      (id) => id,
      async (shard, some) => {
        const calls = chunks(some, IDS_PER_CALL).map((piece) =>
          this.commands.script<Buffer[]>(MISSING, this.key(shard, ''), ...piece),
        );
        return (await Promise.all(calls)).flat();
      },
    );
    return missing.flat().map(String) as EntryId[];
  }

  #entryKey(id: EntryId): string {
    return this.key(shardOf(id), `e:${id}`);
  }
}

const newToken = (): Buffer => randomBytes(9);

function inPieces(placed: readonly PlacedEntry[]): PlacedEntry[][] {
  const pieces: PlacedEntry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of placed) {
    const piece = pieces.at(-1);
    const size = entryBytes(one.entry);
    if (piece === undefined || piece.length >= WRITE_ENTRIES_MAX || bytes + size > WRITE_BYTES_MAX) {
      pieces.push([one]);
      bytes = size;
    } else {
      piece.push(one);
      bytes += size;
    }
  }
  return pieces;
}

/** As WRITE in scripts.ts takes them. */
function writeArguments({ entry, row }: PlacedEntry, nowMs: number): ScriptArgument[] {
  const { id, scope, vector } = entry;
  const terms = listTerms(entry);
  const bytes = entryBytes(entry);
  return [
    id,
    encodePosition(entry.createdAtMs, row, id),
    finite(entry.createdAtMs),
    clockKey(entry.staleUntilMs),
    namespaceTerm(scope.tenant, scope.namespace),
    JSON.stringify([scope.tenant, scope.namespace]),
    bytes,
    worthOf(entry, bytes),
    entry.semantic ? modelTerm(vector === undefined ? undefined : entry.embeddingModel) : '',
    ttlMs(entry, nowMs),
    encodeHead(entry),
    entry.answer,
    vector === undefined ? '' : encodeVector(vector),
    entry.identity === undefined ? '' : identityName(entry.identity),
    terms.length,
    ...terms,
  ];
}

/** Milliseconds until Redis may let it go. */
function ttlMs({ staleUntilMs }: Entry, nowMs: number): number {
  return Math.min(Math.max(clockKey(staleUntilMs) - nowMs, 0) + GRACE_MS, TTL_MS_MAX);
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);
