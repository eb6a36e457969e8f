import {
  addCounters,
  countersOf,
  dayStartMs,
  matchesUsage,
  noCounters,
  readUsagePage,
  totalsOf,
  type UsageCounters,
  type UsageFilter,
  type UsageKey,
  type UsagePage,
  type UsageRecord,
  type UsageRollup,
  type UsageStore,
  usageKeyFrom,
  usageKeyOf,
  usageKeyText,
  usagePosition,
  usageRecordFrom,
  usageTuple,
} from '@nearhit/core';
import { pack, unpack } from './entry-codec.ts';
import { int48, term } from './keys.ts';
import { readNumber } from './rows.ts';
import type { Tables } from './tables.ts';
import type { Plan, Writer } from './writer.ts';

const FORGOTTEN_BEFORE = Buffer.from('usage-forgotten');
const CHUNK = 512;
const ID_CHARS_MAX = 512;
const SCANNED_MAX = 20_000;
const DAY_MS = 86_400_000;
const ABOVE_ALL = Buffer.from('~');

type SumRow = [key: string, counters: UsageCounters];

/** Records by position (end, id), their ids, and the sums by day: one transaction for a batch. */
export class LmdbUsage implements UsageStore {
  readonly #tables: Tables;
  readonly #writer: Writer;

  constructor(tables: Tables, writer: Writer) {
    this.#tables = tables;
    this.#writer = writer;
  }

  async append(records: readonly UsageRecord[]): Promise<void> {
    this.#writer.assertOpen();
    for (let at = 0; at < records.length; at += CHUNK) {
      const some = records.slice(at, at + CHUNK);
      await this.#writer.run((plan) => this.#planAppend(some, plan));
    }
  }

  async rollups(filter: UsageFilter): Promise<UsageRollup[]> {
    this.#writer.assertOpen();
    const start = filter.fromDay === undefined ? undefined : dayKey(filter.fromDay);
    const end = filter.toDay === undefined ? undefined : int48(dayNumber(filter.toDay) + 1);
    const rollups: UsageRollup[] = [];
    for (const { value } of this.#tables.usageSums.getRange({ ...(start && { start }), ...(end && { end }) })) {
      const [text, counters] = unpack<SumRow>(value);
      const key = usageKeyFrom(text);
      if (matchesUsage(key, filter)) rollups.push({ ...key, totals: totalsOf(counters) });
    }
    return rollups;
  }

  async records(filter: UsageFilter, page: { cursor?: string | undefined; limit: number }): Promise<UsagePage> {
    this.#writer.assertOpen();
    return readUsagePage(filter, page, {
      read: async (below, from, count) => this.#read(below, from, count),
      scannedMax: SCANNED_MAX,
    });
  }

  async trim({ recordsBeforeMs, rollupsBeforeDay }: Parameters<UsageStore['trim']>[0]): Promise<void> {
    const { meta, usageRecords, usageIds, usageSums } = this.#tables;
    const bound = Math.max(0, Math.floor(recordsBeforeMs));
    await this.#writer.run((plan) => {
      if (bound > readNumber(meta, FORGOTTEN_BEFORE)) plan.put(meta, FORGOTTEN_BEFORE, int48(bound));
    });
    const end = positionKey(usagePosition(bound, ''));
    await this.#inChunks((plan) => {
      const keys = [...usageRecords.getKeys({ end, limit: CHUNK })];
      for (const key of keys) {
        plan.remove(usageRecords, key);
        plan.remove(usageIds, key.subarray(POSITION_CLOCK_CHARS));
      }
      return keys.length === CHUNK;
    });
    await this.#inChunks((plan) => {
      const keys = [...usageSums.getKeys({ end: dayKey(rollupsBeforeDay), limit: CHUNK })];
      for (const key of keys) plan.remove(usageSums, key);
      return keys.length === CHUNK;
    });
  }

  #planAppend(records: readonly UsageRecord[], plan: Plan): void {
    const { meta, usageIds, usageRecords } = this.#tables;
    const forgottenBeforeMs = readNumber(meta, FORGOTTEN_BEFORE);
    const seen = new Set<string>();
    const sums = new Map<string, { place: Buffer; counters: UsageCounters }>();
    for (const record of records) {
      if (record.atMs < forgottenBeforeMs || seen.has(record.id)) continue;
      const id = idKey(record.id);
      if (usageIds.doesExist(id)) continue;
      seen.add(record.id);
      plan.put(usageIds, id, NOTHING);
      plan.put(usageRecords, positionKey(usagePosition(record.atMs, record.id)), pack(usageTuple(record)));
      addCounters(this.#sumOf(usageKeyOf(record), sums), countersOf(record));
    }
    for (const [text, { place, counters }] of sums)
      plan.put(this.#tables.usageSums, place, pack([text, counters] satisfies SumRow));
  }

  #sumOf(key: UsageKey, sums: Map<string, { place: Buffer; counters: UsageCounters }>): UsageCounters {
    const text = usageKeyText(key);
    const known = sums.get(text);
    if (known !== undefined) return known.counters;
    const place = Buffer.concat([dayKey(key.day), term('usage', text)]);
    const stored = this.#tables.usageSums.getBinary(place);
    const counters = stored === undefined ? noCounters() : unpack<SumRow>(stored)[1];
    sums.set(text, { place, counters });
    return counters;
  }

  #read(below: string | undefined, from: string | undefined, count: number) {
    // A range that is read backwards begins with its upper end, and leaves out what it ends with.
    const range = this.#tables.usageRecords.getRange({
      reverse: true,
      start: below === undefined ? ABOVE_ALL : positionKey(below),
      exclusiveStart: true,
      limit: count,
    });
    const placed: { position: string; record: UsageRecord | undefined }[] = [];
    for (const { key, value } of range) {
      const position = key.toString();
      if (from !== undefined && position < from) break;
      placed.push({ position, record: usageRecordFrom(unpack(value)) });
    }
    return placed;
  }

  async #inChunks(step: (plan: Plan) => boolean): Promise<void> {
    for (let left = true; left; ) left = await this.#writer.run(step);
  }
}

const NOTHING = Buffer.alloc(0);
const POSITION_CLOCK_CHARS = 12;

const positionKey = (position: string): Buffer => Buffer.from(position);

function idKey(id: string): Buffer {
  if (id === '' || id.length > ID_CHARS_MAX)
    throw new TypeError(`the id of a usage record has 1 to ${ID_CHARS_MAX} characters`);
  return Buffer.from(id);
}

const dayNumber = (day: string): number => Math.max(0, Math.floor(dayStartMs(day) / DAY_MS));
const dayKey = (day: string): Buffer => int48(dayNumber(day));
