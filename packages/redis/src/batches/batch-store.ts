import { type BatchRecord, type BatchStore, hasEnded, type LineResult } from '@nearhit/core';
import type { Commands } from '../commands.ts';
import type { RedisConnection } from '../connection.ts';
import { deflated, inflated } from '../gzip.ts';
import { HOLD_LEASE, RELEASE_LEASE } from '../lease-scripts.ts';
import { BATCH_SCRIPTS, CREATE_BATCH, FORGET_BATCH, PUT_RESULTS, REPLACE_BATCH } from './scripts.ts';

const RESULTS_PER_CALL = 100;
const LINES_PER_READ = 1000;
const FORGET_CHUNK = 500;
/** A shorter result gains nothing by compression. */
const GZIP_CHARS_MIN = 512;
const [FAILED, OK, GZIP] = [0, 1, 2] as const;

/** Batches of all tenants in one slot, and each one's results and lease in another: no step needs more than one. */
export class RedisBatches implements BatchStore {
  readonly #commands: Commands;
  readonly #connection: RedisConnection;
  readonly #base: string;

  constructor(commands: Commands, connection: RedisConnection) {
    this.#commands = commands;
    this.#connection = connection;
    this.#base = connection.key('batches', '');
    for (const script of BATCH_SCRIPTS) commands.define(script);
  }

  async create(record: BatchRecord): Promise<void> {
    const { id, tenant, createdAtMs, version } = record;
    const made = await this.#commands.script<number>(
      ...([CREATE_BATCH, this.#base, id, tenant, JSON.stringify(record), createdAtMs, version, flag(record)] as const),
    );
    if (made === 0) throw new TypeError(`there is a batch ${id} already`);
  }

  async get(id: string): Promise<BatchRecord | undefined> {
    return (await this.#records([id]))[0];
  }

  async replace(record: BatchRecord): Promise<boolean> {
    const { id, createdAtMs, version } = record;
    const replaced = await this.#commands.script<number>(
      ...([REPLACE_BATCH, this.#base, id, JSON.stringify(record), version, createdAtMs, flag(record)] as const),
    );
    return replaced === 1;
  }

  async list(tenant: string, { after, limit }: { after?: string | undefined; limit: number }): Promise<BatchRecord[]> {
    const key = `${this.#base}of:${tenant}`;
    const rank = after === undefined ? null : await this.#commands.run((client) => client.zrevrank(key, after));
    const from = rank === null ? 0 : rank + 1;
    return this.#records(await this.#commands.run((client) => client.zrevrange(key, from, from + limit - 1)));
  }

  async unfinished(): Promise<BatchRecord[]> {
    const records = await this.#records(await this.#commands.run((client) => client.smembers(`${this.#base}open`)));
    return records.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
  }

  async claim(id: string, holder: string, leaseMs: number): Promise<boolean> {
    return (await this.#commands.script<number>(HOLD_LEASE, this.#lease(id), holder, leaseMs)) === 1;
  }

  async release(id: string, holder: string): Promise<void> {
    await this.#commands.script(RELEASE_LEASE, this.#lease(id), holder);
  }

  async putResults(id: string, results: readonly LineResult[]): Promise<void> {
    for (let from = 0; from < results.length; from += RESULTS_PER_CALL) {
      const some = results.slice(from, from + RESULTS_PER_CALL);
      const rows = await Promise.all(some.map(async (result) => [result.line, await encoded(result)] as const));
      await this.#commands.script(PUT_RESULTS, this.#results(id), ...rows.flat());
    }
  }

  async results(id: string, fromLine: number, toLine: number): Promise<LineResult[]> {
    const found: LineResult[] = [];
    for (let from = fromLine; from <= toLine; from += LINES_PER_READ) {
      const lines = Array.from({ length: Math.min(LINES_PER_READ, toLine - from + 1) }, (_, n) => from + n);
      const rows = await this.#commands.run((client) => client.hmgetBuffer(this.#results(id), ...lines.map(String)));
      for (const [at, row] of rows.entries()) if (row !== null) found.push(await decoded(lines[at] as number, row));
    }
    return found;
  }

  async dropResults(id: string): Promise<void> {
    await this.#commands.run((client) => client.unlink(this.#results(id)));
  }

  async sweep(beforeMs: number): Promise<number> {
    const ids = await this.#commands.run((client) =>
      client.zrangebyscore(`${this.#base}ended`, '-inf', `(${beforeMs}`, 'LIMIT', 0, FORGET_CHUNK),
    );
    const old = await this.#records(ids);
    for (const { id, tenant } of old) {
      await this.dropResults(id);
      await this.#commands.script(FORGET_BATCH, this.#base, id, tenant);
    }
    return old.length;
  }

  async #records(ids: readonly string[]): Promise<BatchRecord[]> {
    if (ids.length === 0) return [];
    const texts = await this.#commands.run((client) => client.hmget(`${this.#base}records`, ...ids));
    return texts.flatMap((text) => (text === null ? [] : (JSON.parse(text) as BatchRecord)));
  }

  #results(id: string): string {
    return this.#connection.key(`batch:${id}`, 'results');
  }

  #lease(id: string): string {
    return this.#connection.key(`batch:${id}`, 'lease');
  }
}

const flag = (record: BatchRecord): string => (hasEnded(record) ? '1' : '0');

/** One byte that says what it is, then the text, compressed where that pays. */
async function encoded({ ok, text }: LineResult): Promise<Buffer> {
  const kind = ok ? OK : FAILED;
  if (text.length < GZIP_CHARS_MIN) return Buffer.concat([Buffer.from([kind]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([kind | GZIP]), await deflated(Buffer.from(text))]);
}

async function decoded(line: number, row: Buffer): Promise<LineResult> {
  const kind = row[0] ?? FAILED;
  const rest = row.subarray(1);
  const text = (kind & GZIP) === 0 ? rest : await inflated(rest);
  return { line, ok: (kind & OK) !== 0, text: text.toString() };
}
