import { randomUUID } from 'node:crypto';
import type { StatsBucket, StatsStore } from '@nearhit/core';
import type { Commands } from './commands.ts';

const TTL_MS = 8 * 86_400_000;
const MINUTES = 5;
const SPANS_AT_ONCE = 144;

type StoredBucket = Pick<StatsBucket, 'counts' | 'latency'>;
type Field = [minute: number, writer: string, namespace: string, model: string];

/**
 * A hash per five minutes, in it a field per minute, writer, namespace and model. `load` leaves out what this very store has
 * saved: its owner knows that already.
 */
export class RedisStats implements StatsStore {
  readonly #commands: Commands;
  readonly #base: string;
  readonly #writer: string;

  /** `writer`: a name for people; every start writes under its own. */
  constructor(commands: Commands, base: string, writer = 'process') {
    this.#commands = commands;
    this.#base = base;
    this.#writer = `${writer}~${randomUUID().slice(0, 13)}`;
  }

  async save(buckets: readonly StatsBucket[]): Promise<void> {
    this.#commands.assertOpen();
    const spans = new Map<number, string[]>();
    for (const { minute, namespace, model, counts, latency } of buckets) {
      const span = Math.floor(minute / MINUTES);
      const fields = spans.get(span) ?? [];
      spans.set(span, fields);
      const field: Field = [minute, this.#writer, namespace, model];
      fields.push(JSON.stringify(field), JSON.stringify({ counts, latency } satisfies StoredBucket));
    }
    await Promise.all(
      [...spans].map(([span, fields]) =>
        this.#commands.run((client) =>
          Promise.all([
            client.hset(this.#spanKey(span), ...fields),
            client.pexpire(this.#spanKey(span), TTL_MS),
            client.zadd(`${this.#base}spans`, span, span),
          ]),
        ),
      ),
    );
  }

  async load(sinceMinute: number): Promise<StatsBucket[]> {
    const spans = await this.#spans(Math.floor(sinceMinute / MINUTES), '+inf');
    const buckets: StatsBucket[] = [];
    for (let at = 0; at < spans.length; at += SPANS_AT_ONCE) {
      const some = spans.slice(at, at + SPANS_AT_ONCE);
      const hashes = await Promise.all(
        some.map((span) => this.#commands.run((client) => client.hgetall(this.#spanKey(span)))),
      );
      for (const [field, value] of hashes.flatMap((hash) => Object.entries(hash))) {
        const [minute, writer, namespace, model] = JSON.parse(field) as Field;
        if (minute < sinceMinute || writer === this.#writer) continue;
        buckets.push({ minute, namespace, model, ...(JSON.parse(value) as StoredBucket), writer });
      }
    }
    return buckets.sort((a, b) => a.minute - b.minute);
  }

  async trim(beforeMinute: number): Promise<void> {
    const last = Math.floor(beforeMinute / MINUTES);
    for (const span of await this.#spans('-inf', last)) {
      if (span < last) await this.#drop(span);
      else await this.#dropMinutes(span, beforeMinute);
    }
  }

  async #drop(span: number): Promise<void> {
    await this.#commands.run((client) =>
      Promise.all([client.unlink(this.#spanKey(span)), client.zrem(`${this.#base}spans`, span)]),
    );
  }

  async #dropMinutes(span: number, beforeMinute: number): Promise<void> {
    const fields = await this.#commands.run((client) => client.hkeys(this.#spanKey(span)));
    const old = fields.filter((field) => (JSON.parse(field) as Field)[0] < beforeMinute);
    if (old.length > 0) await this.#commands.run((client) => client.hdel(this.#spanKey(span), ...old));
  }

  async #spans(min: number | '-inf', max: number | '+inf'): Promise<number[]> {
    const spans = await this.#commands.run((client) => client.zrangebyscore(`${this.#base}spans`, min, max));
    return spans.map(Number);
  }

  #spanKey(span: number): string {
    return `${this.#base}span:${span}`;
  }
}
