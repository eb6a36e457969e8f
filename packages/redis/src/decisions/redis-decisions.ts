import { randomBytes } from 'node:crypto';
import {
  type DecisionFilter,
  type DecisionLog,
  type DecisionPage,
  type DecisionRecord,
  DecisionRing,
  isAskedFor,
  matchesDecision,
  type Observer,
} from '@nearhit/core';
import { Commands } from '../commands.ts';
import type { RedisConnection } from '../connection.ts';
import { decodeDecision } from './decision-codec.ts';
import { type DecisionPlace, decodePlace, encodePlace } from './decision-cursor.ts';
import { DecisionOutbox } from './decision-outbox.ts';

export interface RedisDecisionsOptions {
  readonly connection: RedisConnection;
  /** Hears of what could not be written: `write-decisions-failed`, `decisions-dropped`. */
  readonly observer: Pick<Observer, 'incident'>;
  /** About how many are kept, those of all processes together. Default 10,000. */
  readonly max?: number | undefined;
  /** Bound on their bytes in Redis, roughly. Default 32 MiB. */
  readonly bytesMax?: number | undefined;
  /** Gathered this long before they are written. Default 500. */
  readonly flushMs?: number | undefined;
  /** Kept in memory while Redis is away; beyond, the oldest are dropped. Default 5000. */
  readonly pendingMax?: number | undefined;
}

export interface RedisDecisions extends DecisionLog {
  /** Writes what was pushed before the call. Rejects with STORE_UNAVAILABLE; what was not written is tried again. */
  flush(): Promise<void>;
  /** Writes what is pending, if Redis takes it. The connection stays open. */
  close(): Promise<void>;
}

const RING_BYTES_MAX = 16_777_216;
const READ_MAX = 250;
/** Of one page, however rare what it looks for. */
const SCANNED_MAX = 4000;
/** A record is in the stream at most this long after its decision, as a rule. */
const WRITTEN_WITHIN_MS = 2000;
/** How often a request is looked for that another process may be just about to write down, and how long between. */
const FIND_TRIES = 3;
const FIND_PAUSE_MS = 400;

/** The recent decisions of all processes in one stream; of this process alone while Redis is away. */
export function createRedisDecisions(options: RedisDecisionsOptions): RedisDecisions {
  return new StreamDecisions(options);
}

class StreamDecisions implements RedisDecisions {
  readonly #process = randomBytes(8).toString('hex');
  readonly #commands: Commands;
  readonly #key: string;
  readonly #ring: DecisionRing;
  readonly #outbox: DecisionOutbox;

  constructor({ connection, observer, ...bounds }: RedisDecisionsOptions) {
    const { max = 10_000, bytesMax = 33_554_432, flushMs = 500, pendingMax = 5000 } = bounds;
    this.#commands = new Commands(connection);
    this.#key = connection.key('decisions', 'recent');
    this.#ring = new DecisionRing(max, RING_BYTES_MAX);
    this.#outbox = new DecisionOutbox({
      commands: this.#commands,
      observer,
      key: this.#key,
      writer: this.#process,
      max,
      bytesMax,
      flushMs,
      pendingMax,
    });
  }

  push(decisions: readonly DecisionRecord[]): void {
    for (const decision of decisions) this.#outbox.push(this.#ring.push(decision));
  }

  async page(filter: DecisionFilter, page: { cursor?: string | undefined; limit: number }): Promise<DecisionPage> {
    const place = page.cursor === undefined ? undefined : decodePlace(page.cursor);
    if (place?.kind === 'ring' && place.process === this.#process) return this.#inRing(filter, place, page.limit);
    try {
      await this.#outbox.flush();
      return await this.#inStream(filter, place, page.limit);
    } catch {
      return this.#inRing(filter, place, page.limit);
    }
  }

  async find(requestId: string, tenants?: readonly string[]): Promise<DecisionRecord | undefined> {
    const own = this.#ring.find(requestId, tenants);
    if (own !== undefined) return own;
    let newest = '0-0';
    for (let attempt = 1; ; attempt += 1) {
      const seen = await this.#findSince(newest, requestId, tenants).catch(() => undefined);
      // While Redis is away what this process has decided is all there is.
      if (seen === undefined || seen.decision !== undefined || attempt === FIND_TRIES) return seen?.decision;
      newest = seen.newest;
      await new Promise((resolve) => setTimeout(resolve, FIND_PAUSE_MS));
    }
  }

  flush(): Promise<void> {
    return this.#outbox.flush();
  }

  close(): Promise<void> {
    return this.#outbox.close();
  }

  #inRing(filter: DecisionFilter, place: DecisionPlace | undefined, limit: number): DecisionPage {
    const own = place?.kind === 'ring' && place.process === this.#process;
    const from = own ? { cursor: place.position } : { beforeMs: place?.atMs };
    const { decisions, cursor } = this.#ring.page(filter, { ...from, limit });
    const atMs = decisions.at(-1)?.atMs ?? 0;
    if (cursor === undefined) return { decisions };
    return { decisions, cursor: encodePlace({ kind: 'ring', atMs, process: this.#process, position: cursor }) };
  }

  async #inStream(filter: DecisionFilter, place: DecisionPlace | undefined, limit: number): Promise<DecisionPage> {
    const beforeMs = place?.kind === 'ring' ? place.atMs : Number.POSITIVE_INFINITY;
    const plain = filter.outcome === undefined && filter.namespace === undefined;
    const count = plain ? Math.min(limit + 1, READ_MAX) : READ_MAX;
    const found: DecisionRecord[] = [];
    let end = place === undefined ? '+' : endOf(place);
    let last = { atMs: place?.atMs ?? 0, id: '' };
    for (let scanned = 0; scanned < SCANNED_MAX; scanned += count) {
      const rows = await this.#read(end, count);
      for (const { id, decision } of rows) {
        if (decision !== undefined && decision.atMs < beforeMs && matchesDecision(decision, filter)) {
          if (found.length === limit) return pageOf(found, last);
          found.push(decision);
        }
        last = { id, atMs: decision?.atMs ?? last.atMs };
      }
      if (rows.length < count) return pageOf(found);
      end = `(${last.id}`;
    }
    return pageOf(found, last);
  }

  /** Newest first, down to what was seen before. Only what names the request is decoded. */
  async #findSince(seenUntil: string, requestId: string, tenants: readonly string[] | undefined) {
    const named = Buffer.from(requestId);
    let newest = seenUntil;
    for (let end = '+'; ; ) {
      const rows = await this.#commands.run((client) =>
        client.xrevrangeBuffer(this.#key, end, `(${seenUntil}`, 'COUNT', READ_MAX),
      );
      for (const [id, fields] of rows) {
        if (newest === seenUntil) newest = id.toString();
        const decision = fields[1]?.includes(named) ? decisionIn(fields) : undefined;
        if (decision !== undefined && isAskedFor(decision, requestId, tenants)) return { decision, newest };
      }
      if (rows.length < READ_MAX) return { decision: undefined, newest };
      end = `(${rows.at(-1)?.[0].toString()}`;
    }
  }

  async #read(end: string, count: number): Promise<{ id: string; decision: DecisionRecord | undefined }[]> {
    const rows = await this.#commands.run((client) => client.xrevrangeBuffer(this.#key, end, '-', 'COUNT', count));
    return rows.map(([id, fields]) => ({ id: id.toString(), decision: decisionIn(fields) }));
  }
}

function endOf(place: DecisionPlace): string {
  return place.kind === 'stream' ? `(${place.id}` : `${place.atMs + WRITTEN_WITHIN_MS}`;
}

function decisionIn([name, value]: readonly Buffer[]): DecisionRecord | undefined {
  return name?.toString() === 'd' && value !== undefined ? decodeDecision(value) : undefined;
}

/** Processes write in batches of their own: what is read side by side is put in order. */
function pageOf(found: DecisionRecord[], last?: { atMs: number; id: string }): DecisionPage {
  const decisions = found.sort((a, b) => b.atMs - a.atMs);
  return last === undefined ? { decisions } : { decisions, cursor: encodePlace({ kind: 'stream', ...last }) };
}
