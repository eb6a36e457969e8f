import { hash } from 'node:crypto';
import {
  idOfPosition,
  matchesUsage,
  readUsagePage,
  totalsOf,
  USAGE_COUNTERS,
  type UsageFilter,
  type UsagePage,
  type UsageRecord,
  type UsageRollup,
  type UsageStore,
  usageKeyFrom,
  usagePosition,
  usageRecordFrom,
} from '@nearhit/core';
import type { Commands } from '../commands.ts';
import type { RedisConnection } from '../connection.ts';
import { APPEND_USAGE, FORGET_USAGE, FORGET_USAGE_DAYS, USAGE_SCRIPTS } from './scripts.ts';
import { appendArguments, dayNumber, unpackTuple } from './usage-codec.ts';

/** A tenant's accounts are in one shard, whose name is the hash tag of all its keys. */
const SHARDS = Array.from({ length: 16 }, (_, n) => `usage-${n.toString(16)}`);
/** One script call takes at most so many: Redis does nothing else meanwhile. */
const RECORDS_PER_CALL = 256;
const FORGET_PER_CALL = 1000;
const SCANNED_MAX = 10_000;
const DAYS_AT_ONCE = 64;

/**
 * Accounts that any number of processes write to: whether a record is new, its record and its sums are one step of one
 * script. A record takes about 500 bytes of Redis memory, a line of sums about 600 a day.
 */
export class RedisUsage implements UsageStore {
  readonly #connection: Pick<RedisConnection, 'key'>;
  readonly #commands: Commands;

  constructor(connection: Pick<RedisConnection, 'key'>, commands: Commands) {
    this.#connection = connection;
    this.#commands = commands;
    for (const script of USAGE_SCRIPTS) commands.define(script);
  }

  async append(records: readonly UsageRecord[]): Promise<void> {
    this.#commands.assertOpen();
    const shards = new Map<string, UsageRecord[]>();
    const shardFor = new Map<string, string>();
    for (const record of records) {
      const shard = shardFor.get(record.tenant) ?? shardOf(record.tenant);
      shardFor.set(record.tenant, shard);
      const some = shards.get(shard);
      if (some === undefined) shards.set(shard, [record]);
      else some.push(record);
    }
    await Promise.all([...shards].map(([shard, some]) => this.#appendTo(shard, some)));
  }

  async rollups(filter: UsageFilter): Promise<UsageRollup[]> {
    this.#commands.assertOpen();
    const parts = await Promise.all(shardsFor(filter).map((shard) => this.#rollupsOf(shard, filter)));
    return parts.flat();
  }

  async records(filter: UsageFilter, page: { cursor?: string | undefined; limit: number }): Promise<UsagePage> {
    this.#commands.assertOpen();
    const shards = shardsFor(filter);
    const read = async (below: string | undefined, from: string | undefined, count: number) => {
      const parts = await Promise.all(shards.map((shard) => this.#positions(shard, below, from, count)));
      const nearest = parts
        .flat()
        .sort((a, b) => (a.position < b.position ? 1 : -1))
        .slice(0, count);
      return this.#withRecords(nearest);
    };
    return readUsagePage(filter, page, { read, scannedMax: SCANNED_MAX });
  }

  async trim({ recordsBeforeMs, rollupsBeforeDay }: Parameters<UsageStore['trim']>[0]): Promise<void> {
    this.#commands.assertOpen();
    const bound = Math.max(0, Math.floor(recordsBeforeMs));
    for (const shard of SHARDS) {
      for (let gone = FORGET_PER_CALL; gone === FORGET_PER_CALL; )
        gone = await this.#commands.script<number>(
          FORGET_USAGE,
          this.#base(shard),
          bound,
          usagePosition(bound, ''),
          FORGET_PER_CALL,
        );
      await this.#commands.script(FORGET_USAGE_DAYS, this.#base(shard), dayNumber(rollupsBeforeDay));
    }
  }

  async #appendTo(shard: string, records: readonly UsageRecord[]): Promise<void> {
    for (let at = 0; at < records.length; at += RECORDS_PER_CALL) {
      const some = records.slice(at, at + RECORDS_PER_CALL);
      await this.#commands.script(APPEND_USAGE, this.#base(shard), ...appendArguments(some));
    }
  }

  async #rollupsOf(shard: string, filter: UsageFilter): Promise<UsageRollup[]> {
    const from = filter.fromDay === undefined ? '-inf' : dayNumber(filter.fromDay);
    const to = filter.toDay === undefined ? '+inf' : dayNumber(filter.toDay);
    const base = this.#base(shard);
    const days = await this.#commands.run((client) => client.zrangebyscore(`${base}days`, from, to));
    const rollups: UsageRollup[] = [];
    for (let at = 0; at < days.length; at += DAYS_AT_ONCE) {
      const some = days.slice(at, at + DAYS_AT_ONCE);
      const hashes = await Promise.all(
        some.map((day) => this.#commands.run((client) => client.hgetall(`${base}d:${day}`))),
      );
      for (const fields of hashes) rollups.push(...sumsIn(fields));
    }
    return rollups.filter((rollup) => matchesUsage(rollup, filter));
  }

  async #positions(shard: string, below: string | undefined, from: string | undefined, count: number) {
    const max = below === undefined ? '+' : `(${below}`;
    const min = from === undefined ? '-' : `[${from}`;
    const key = `${this.#base(shard)}order`;
    const found = await this.#commands.run((client) => client.zrevrangebylex(key, max, min, 'LIMIT', 0, count));
    return found.map((position) => ({ position, shard }));
  }

  async #withRecords(places: readonly { position: string; shard: string }[]) {
    const byShard = new Map<string, string[]>();
    for (const { position, shard } of places)
      byShard.set(shard, [...(byShard.get(shard) ?? []), idOfPosition(position)]);
    const found = new Map<string, UsageRecord | undefined>();
    await Promise.all(
      [...byShard].map(async ([shard, ids]) => {
        const values = await this.#commands.run((client) => client.hmgetBuffer(`${this.#base(shard)}records`, ...ids));
        for (const [at, id] of ids.entries()) found.set(id, usageRecordFrom(unpackTuple(values[at])));
      }),
    );
    return places.map(({ position }) => ({ position, record: found.get(idOfPosition(position)) }));
  }

  #base(shard: string): string {
    return this.#connection.key(shard, '');
  }
}

function shardOf(tenant: string): string {
  return SHARDS[hash('sha256', tenant, 'buffer').readUInt8(0) % SHARDS.length] as string;
}

const shardsFor = ({ tenant }: UsageFilter): readonly string[] => (tenant === undefined ? SHARDS : [shardOf(tenant)]);

/** Terms have 22 characters; a number behind one belongs to it. */
function sumsIn(fields: Readonly<Record<string, string>>): UsageRollup[] {
  return Object.entries(fields)
    .filter(([field]) => !field.includes(':'))
    .map(([term, key]) => {
      const counters = Array.from({ length: USAGE_COUNTERS }, (_, n) => Number(fields[`${term}:${n + 1}`] ?? 0));
      return { ...usageKeyFrom(key), totals: totalsOf(counters) };
    });
}
