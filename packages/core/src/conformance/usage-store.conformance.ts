import { describe, expect, test } from '@jest/globals';
import type { UsageFilter, UsageRecord, UsageStore } from '../ports/usage-store.ts';
import { groupUsage } from '../usage/rollup.ts';
import { type OpenStores, type StoreTraits, storesPerTest } from './storage.samples.ts';

const DAY_MS = 86_400_000;
const NOON_MS = Date.UTC(2026, 10, 30, 12);

/** A miss of one customer, named by a number; later ones ended later. */
export function sampleUsage(n: number, changes: Partial<UsageRecord> = {}): UsageRecord {
  return {
    id: `call-${String(n).padStart(6, '0')}`,
    requestId: `request-${n}`,
    atMs: NOON_MS + n,
    tenant: 'acme',
    keyId: 'key-1',
    namespace: 'default',
    endpoint: 'chat',
    model: 'gpt-4o',
    provider: 'main',
    upstreamModel: 'gpt-4o-2024-08-06',
    attempts: 1,
    outcome: 'miss',
    reason: 'no-candidate',
    status: 200,
    promptTokens: 11,
    cachedPromptTokens: 3,
    completionTokens: 7,
    costUsd: 0.000000097,
    savedUsd: 0,
    savedTokens: 0,
    latencyMs: 250.125,
    firstByteMs: 90,
    overheadMs: 0.4,
    ...changes,
  };
}

const hit: Partial<UsageRecord> = {
  ...({ outcome: 'hit', layer: 'l1', reason: undefined, attempts: 0, promptTokens: 0, cachedPromptTokens: 0 } as const),
  ...{ completionTokens: 0, costUsd: 0, savedUsd: 0.1, savedTokens: 18 },
};

/** Absent and undefined are the same. */
const plain = (records: readonly UsageRecord[]): unknown => JSON.parse(JSON.stringify(records));

async function total(usage: UsageStore, filter: UsageFilter = {}) {
  return groupUsage(await usage.rollups(filter), [])[0]?.totals;
}

/** Every page to the last one. */
export async function allUsage(usage: UsageStore, filter: UsageFilter = {}, limit = 100): Promise<UsageRecord[]> {
  const found: UsageRecord[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await usage.records(filter, { cursor, limit });
    expect(page.records.length).toBeLessThanOrEqual(limit);
    found.push(...page.records);
    cursor = page.cursor;
  }
  return found;
}

export function usageStoreConformance(name: string, open: OpenStores, traits: StoreTraits = {}): void {
  describe(`UsageStore: ${name}`, () => {
    const { start, reopen } = storesPerTest(open);
    counting(async () => (await start()).usage);
    paging(async () => (await start()).usage);
    forgetting(async () => (await start()).usage);

    if (traits.shared) {
      test('several that send the same records at once count each once', async () => {
        const writers = await Promise.all([start(), start(), start()]);
        const records = Array.from({ length: 300 }, (_, n) => sampleUsage(n));
        const halves = writers.flatMap(({ usage }) => [
          usage.append(records.slice(0, 200)),
          usage.append(records.slice(100)),
        ]);
        await Promise.all(halves);
        const { usage } = await start();
        expect(await total(usage)).toMatchObject({ requests: 300, promptTokens: 3300, costUsd: 0.0000291 });
        expect(await allUsage(usage)).toHaveLength(300);
      });
    }

    if (!traits.persistent) return;
    test('all is there after a restart, what is known too', async () => {
      const records = [sampleUsage(1), sampleUsage(2, hit)];
      await (await start()).usage.append(records);
      const { usage } = await reopen();
      await usage.append(records);
      expect(plain(await allUsage(usage))).toEqual(plain([...records].reverse()));
      expect(await total(usage)).toMatchObject({ requests: 2, misses: 1, hits: 1, savedUsd: 0.1 });
      await usage.trim({ recordsBeforeMs: NOON_MS + 2, rollupsBeforeDay: '2026-11-30' });
      const again = (await reopen()).usage;
      await again.append(records);
      expect((await total(again))?.requests).toBe(2);
    });
  });
}

function counting(start: () => Promise<UsageStore>): void {
  test('adds up to the token and to the nano-USD', async () => {
    const usage = await start();
    // A tenth of a cent can't be written in binary: its sum as a float drifts.
    const records = Array.from({ length: 1000 }, (_, n) => sampleUsage(n, { costUsd: 0.001, promptTokens: n }));
    for (let at = 0; at < 1000; at += 250) await usage.append(records.slice(at, at + 250));
    await usage.append([sampleUsage(2000, { costUsd: 0.000000001 })]);
    expect(await usage.rollups({})).toEqual([
      {
        ...{ day: '2026-11-30', tenant: 'acme', keyId: 'key-1', namespace: 'default', model: 'gpt-4o' },
        ...{ provider: 'main', upstreamModel: 'gpt-4o-2024-08-06' },
        totals: {
          ...{ requests: 1001, hits: 0, misses: 1001, bypasses: 0, errors: 0 },
          ...{ promptTokens: 499_511, cachedPromptTokens: 3003, completionTokens: 7007, estimatedTokens: 0 },
          ...{ costUsd: 1.000000001, savedUsd: 0, savedTokens: 0 },
        },
      },
    ]);
  });

  test('large amounts are as exact as small ones', async () => {
    const usage = await start();
    const costs = [12_345.678901234, 987_654.000000001, 0.000000765, 5];
    await usage.append(costs.map((costUsd, n) => sampleUsage(n, { costUsd, promptTokens: 6_000_000_000 })));
    expect(await total(usage)).toMatchObject({ costUsd: 1_000_004.678902, promptTokens: 24_000_000_000 });
  });

  test('counts every outcome where it belongs', async () => {
    const usage = await start();
    await usage.append([
      sampleUsage(1, hit),
      sampleUsage(2, { ...hit, outcome: 'stale' }),
      sampleUsage(3),
      sampleUsage(4, { outcome: 'bypass' }),
      sampleUsage(5, { outcome: 'error', status: 502 }),
      sampleUsage(6, { outcome: 'interrupted', status: 0, estimated: true, promptTokens: 100, completionTokens: 20 }),
    ]);
    expect(await total(usage)).toMatchObject({
      ...{ requests: 6, hits: 2, misses: 1, bypasses: 1, errors: 2, estimatedTokens: 120 },
      ...{ savedUsd: 0.2, savedTokens: 36 },
    });
  });

  test('a record whose id is known changes nothing: again, in the same batch, or with other content', async () => {
    const usage = await start();
    await usage.append([sampleUsage(1), sampleUsage(1), sampleUsage(2)]);
    await usage.append([sampleUsage(1), sampleUsage(2, { promptTokens: 9999, atMs: NOON_MS + DAY_MS, model: 'b' })]);
    await Promise.all([usage.append([sampleUsage(3)]), usage.append([sampleUsage(3), sampleUsage(1)])]);
    expect(await total(usage)).toMatchObject({ requests: 3, promptTokens: 33 });
    expect((await allUsage(usage)).map(({ promptTokens }) => promptTokens)).toEqual([11, 11, 11]);
    await usage.append([]);
  });

  test('sums are kept apart by day, UTC, tenant, key, namespace, model, provider and its model', async () => {
    const usage = await start();
    const midnightMs = Date.UTC(2026, 11, 1);
    await usage.append([
      sampleUsage(1, { atMs: midnightMs - 1 }),
      sampleUsage(2, { atMs: midnightMs }),
      // A clock that was set back: each record belongs to the day that it says.
      sampleUsage(3, { atMs: midnightMs - DAY_MS - 1 }),
      ...(['tenant', 'keyId', 'namespace', 'model', 'provider', 'upstreamModel'] as const).map((field, n) =>
        sampleUsage(10 + n, { atMs: midnightMs, [field]: 'other "1", \u00fc\n' }),
      ),
    ]);
    const rollups = await usage.rollups({});
    expect(rollups).toHaveLength(9);
    expect(new Set(rollups.map(({ totals }) => totals.requests))).toEqual(new Set([1]));
    expect(groupUsage(rollups, ['day']).map(({ day, totals }) => [day, totals.requests])).toEqual([
      ['2026-11-29', 1],
      ['2026-11-30', 1],
      ['2026-12-01', 7],
    ]);
    expect(groupUsage(rollups, ['tenant']).map(({ tenant }) => tenant)).toEqual(['acme', 'other "1", \u00fc\n']);
  });

  test('filters sums and records alike', async () => {
    const usage = await start();
    await usage.append([
      sampleUsage(1),
      sampleUsage(2, { tenant: 'other', keyId: 'key-2' }),
      sampleUsage(3, { model: 'b', atMs: NOON_MS + DAY_MS }),
      sampleUsage(4, { namespace: 'n', provider: 'p', atMs: NOON_MS - DAY_MS }),
    ]);
    const found = async (filter: UsageFilter) => {
      const ids = (await allUsage(usage, filter, 2)).map(({ id }) => Number(id.slice(-1)));
      expect((await total(usage, filter))?.requests).toBe(ids.length);
      return ids;
    };
    expect(await found({})).toEqual([3, 2, 1, 4]);
    expect(await found({ tenant: 'other' })).toEqual([2]);
    expect(await found({ tenant: 'acme', keyId: 'key-2' })).toEqual([]);
    expect(await found({ keyId: 'key-1' })).toEqual([3, 1, 4]);
    expect(await found({ model: 'b' })).toEqual([3]);
    expect(await found({ namespace: 'n' })).toEqual([4]);
    expect(await found({ provider: 'p' })).toEqual([4]);
    expect(await found({ fromDay: '2026-11-30' })).toEqual([3, 2, 1]);
    expect(await found({ toDay: '2026-11-30' })).toEqual([2, 1, 4]);
    expect(await found({ fromDay: '2026-11-30', toDay: '2026-11-30', tenant: 'acme' })).toEqual([1]);
    expect(await found({ fromDay: '2026-12-02', toDay: '2026-11-01' })).toEqual([]);
  });
}

function paging(start: () => Promise<UsageStore>): void {
  test('records come back whole, absent fields absent', async () => {
    const usage = await start();
    const records = [
      sampleUsage(1),
      sampleUsage(2, { ...hit, query: 'why is the sky blue? \u{1f600}', endpoint: 'responses' }),
      sampleUsage(3, { estimated: true, keyId: '', outcome: 'interrupted' }),
    ];
    await usage.append(records);
    expect(plain((await usage.records({}, { limit: 3 })).records)).toEqual(plain([...records].reverse()));
  });

  test('pages newest first, each once, while new ones arrive; equals by id', async () => {
    const usage = await start();
    await usage.append(Array.from({ length: 9 }, (_, n) => sampleUsage(n, { atMs: NOON_MS + Math.floor(n / 3) })));
    const ids = (page: { records: readonly UsageRecord[] }) => page.records.map(({ id }) => Number(id.slice(-2)));
    const first = await usage.records({}, { limit: 4 });
    expect(ids(first)).toEqual([8, 7, 6, 5]);
    await usage.append([sampleUsage(20)]);
    const second = await usage.records({}, { cursor: first.cursor, limit: 5 });
    expect(ids(second)).toEqual([4, 3, 2, 1, 0]);
    expect(second.cursor).toBeUndefined();
    expect(ids(await usage.records({}, { limit: 1 }))).toEqual([20]);
  });

  test('finds rare ones among many, of several tenants', async () => {
    const usage = await start();
    const some = Array.from({ length: 3000 }, (_, n) =>
      sampleUsage(n, { tenant: `tenant-${n % 20}`, keyId: n % 1000 === 7 ? 'rare' : 'key-1' }),
    );
    for (let at = 0; at < some.length; at += 500) await usage.append(some.slice(at, at + 500));
    expect((await allUsage(usage, { keyId: 'rare' }, 2)).map(({ id }) => id)).toEqual([
      'call-002007',
      'call-001007',
      'call-000007',
    ]);
    expect((await allUsage(usage, {}, 700)).map(({ id }) => id)).toEqual(some.map(({ id }) => id).reverse());
    expect(await allUsage(usage, { tenant: 'tenant-3' }, 40)).toHaveLength(150);
  });

  test.each(['', '-1', '1 2', 'x'.repeat(400), '%', '+', 'AAAA'])('refuses the cursor %j', async (cursor) => {
    const usage = await start();
    await expect(usage.records({}, { cursor, limit: 1 })).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
  });
}

function forgetting(start: () => Promise<UsageStore>): void {
  test('trims records and sums by their own bounds; what is forgotten is not counted again', async () => {
    const usage = await start();
    const old = Array.from({ length: 1500 }, (_, n) => sampleUsage(n, { atMs: NOON_MS - DAY_MS, tenant: `t${n % 7}` }));
    for (let at = 0; at < old.length; at += 500) await usage.append(old.slice(at, at + 500));
    await usage.append([sampleUsage(5000)]);
    await usage.trim({ recordsBeforeMs: NOON_MS, rollupsBeforeDay: '2026-11-29' });
    expect((await allUsage(usage)).map(({ id }) => id)).toEqual(['call-005000']);
    expect((await total(usage))?.requests).toBe(1501);
    await usage.append(old.slice(0, 10));
    expect((await total(usage))?.requests).toBe(1501);
    await usage.trim({ recordsBeforeMs: NOON_MS, rollupsBeforeDay: '2026-11-30' });
    expect((await total(usage))?.requests).toBe(1);
    // Bounds of a clock that was set back forget nothing more, and let nothing in again.
    await usage.trim({ recordsBeforeMs: 0, rollupsBeforeDay: '1970-01-01' });
    await usage.append([sampleUsage(5001, { atMs: NOON_MS - 1 })]);
    expect((await total(usage))?.requests).toBe(1);
  });
}
