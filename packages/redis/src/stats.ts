import { randomUUID } from 'node:crypto';
import type { StatsBucket, StatsStore } from '@nearhit/core';
import type { Commands } from './commands.ts';

const TTL_MS = 8 * 86_400_000;
const MINUTES = 60;
const HOURS_AT_ONCE = 12;

type StoredBucket = Pick<StatsBucket, 'counts' | 'latency'>;
type Field = [minute: number, writer: string, namespace: string, model: string];

/**
 * A hash per hour, in it a field per minute, writer, namespace and model. `load` leaves out what this very store has
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
    const hours = new Map<number, string[]>();
    for (const { minute, namespace, model, counts, latency } of buckets) {
      const hour = Math.floor(minute / MINUTES);
      const fields = hours.get(hour) ?? [];
      hours.set(hour, fields);
      const field: Field = [minute, this.#writer, namespace, model];
      fields.push(JSON.stringify(field), JSON.stringify({ counts, latency } satisfies StoredBucket));
    }
    await Promise.all(
      [...hours].map(([hour, fields]) =>
        this.#commands.run((client) =>
          Promise.all([
            client.hset(this.#hourKey(hour), ...fields),
            client.pexpire(this.#hourKey(hour), TTL_MS),
            client.zadd(`${this.#base}hours`, hour, hour),
          ]),
        ),
      ),
    );
  }

  async load(sinceMinute: number): Promise<StatsBucket[]> {
    const hours = await this.#hours(Math.floor(sinceMinute / MINUTES), '+inf');
    const buckets: StatsBucket[] = [];
    for (let at = 0; at < hours.length; at += HOURS_AT_ONCE) {
      const some = hours.slice(at, at + HOURS_AT_ONCE);
      const hashes = await Promise.all(
        some.map((hour) => this.#commands.run((client) => client.hgetall(this.#hourKey(hour)))),
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
    for (const hour of await this.#hours('-inf', last)) {
      if (hour < last) await this.#drop(hour);
      else await this.#dropMinutes(hour, beforeMinute);
    }
  }

  async #drop(hour: number): Promise<void> {
    await this.#commands.run((client) =>
      Promise.all([client.unlink(this.#hourKey(hour)), client.zrem(`${this.#base}hours`, hour)]),
    );
  }

  async #dropMinutes(hour: number, beforeMinute: number): Promise<void> {
    const fields = await this.#commands.run((client) => client.hkeys(this.#hourKey(hour)));
    const old = fields.filter((field) => (JSON.parse(field) as Field)[0] < beforeMinute);
    if (old.length > 0) await this.#commands.run((client) => client.hdel(this.#hourKey(hour), ...old));
  }

  async #hours(min: number | '-inf', max: number | '+inf'): Promise<number[]> {
    const hours = await this.#commands.run((client) => client.zrangebyscore(`${this.#base}hours`, min, max));
    return hours.map(Number);
  }

  #hourKey(hour: number): string {
    return `${this.#base}hour:${hour}`;
  }
}
