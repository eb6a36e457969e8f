import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { groupUsage } from '@nearhit/core';
import { beginOf, decision, FlakyStore, Ledgers, NOON_MS, replay } from './accounts.samples.ts';

let ledgers: Ledgers;
beforeEach(() => {
  ledgers = new Ledgers();
});
afterEach(() => ledgers.close());

describe('accounts', () => {
  test('every request is one record, its sums exact, without its question', async () => {
    const store = new FlakyStore();
    const { accounts } = ledgers.open(store.port);
    for (let n = 0; n < 1234; n++) accounts.record(decision(n, { keyId: 'k', cachedPromptTokens: 1 }));
    await accounts.flush();
    expect(await store.totals()).toMatchObject({
      ...{ requests: 1234, misses: 1234, promptTokens: (1233 * 1234) / 2, completionTokens: 2468, costUsd: 1.234 },
    });
    expect(JSON.stringify(await store.all())).not.toContain('secret');
    expect((await store.all())[0]).toMatchObject({ keyId: 'k', endpoint: 'chat', latencyMs: 10.123, attempts: 1 });
  });

  test('what the cache served is saved, not spent; a shared call is paid by who made it', async () => {
    const store = new FlakyStore();
    const { accounts } = ledgers.open(store.port, { prompts: () => true });
    const usage = { promptTokens: 10, completionTokens: 5 };
    accounts.record(decision(1, { outcome: 'hit', layer: 'l1', usage, costUsd: 0, savedUsd: 0.5 }));
    accounts.record(decision(2, { shared: true, usage, costUsd: 0, savedUsd: 0 }));
    accounts.record(decision(3, { outcome: 'stale', usage, costUsd: 0, savedUsd: 0.25 }));
    accounts.record(decision(4, { usage: { ...usage, estimated: true } }));
    await accounts.flush();
    expect(await store.totals()).toMatchObject({
      ...{ requests: 4, hits: 2, promptTokens: 10, completionTokens: 5, estimatedTokens: 15 },
      ...{ savedTokens: 45, savedUsd: 0.75, costUsd: 0.001 },
    });
    expect((await store.all())[0]?.query).toBe('a secret question');
  });

  test('a store that is away for a while loses nothing, and is not sent again what it has', async () => {
    const store = new FlakyStore();
    const { accounts } = ledgers.open(store.port, { segmentBytes: 5000, heldMax: 7 });
    store.away = true;
    for (let n = 0; n < 200; n++) accounts.record(decision(n));
    await expect(accounts.flush()).rejects.toThrow('away');
    for (let n = 200; n < 400; n++) {
      accounts.record(decision(n));
      if (n % 20 === 0) await new Promise(setImmediate);
    }
    expect(ledgers.journals().length).toBeGreaterThan(3);
    store.away = false;
    await accounts.flush();
    // In memory and, beyond what is held there, read from the files: each is sent once.
    expect(store.sent).toBe(400);
    accounts.record(decision(400));
    await accounts.flush();
    expect(store.sent).toBe(401);
    expect((await store.totals())?.requests).toBe(401);
    expect(ledgers.journals()).toHaveLength(1);
    await accounts.close();
    expect(readdirSync(ledgers.dir)).toEqual([]);
  });

  test('what could not be handed on before the end, the next process hands on', async () => {
    const store = new FlakyStore();
    store.away = true;
    const first = ledgers.open(store.port);
    for (let n = 0; n < 50; n++) first.accounts.record(decision(n));
    first.accounts.begin({ ...beginOf('open'), atMs: NOON_MS });
    await first.accounts.close();
    expect(first.incidents).toContain('usage-ship-failed');
    store.away = false;
    // The owner is this very process, which runs: as left behind by one that does not.
    for (const name of readdirSync(ledgers.dir).filter((one) => one.endsWith('.owner')))
      rmSync(join(ledgers.dir, name));
    const second = ledgers.open(store.port);
    await replay(second.accounts, second.observer);
    expect(await store.totals()).toMatchObject({ requests: 51, misses: 50, errors: 1 });
    expect(ledgers.journals()).toEqual([]);
  });

  test('a clock that jumps over midnight and back: each record on the day it says', async () => {
    const store = new FlakyStore();
    const { accounts } = ledgers.open(store.port);
    const midnightMs = Date.UTC(2026, 11, 1);
    for (const [n, atMs] of [midnightMs - 1, midnightMs, midnightMs + 90_000_000, midnightMs - 2].entries())
      accounts.record(decision(n, { atMs }));
    await accounts.flush();
    const days = groupUsage(await store.real.rollups({}), ['day']);
    expect(days.map(({ day, totals }) => [day, totals.requests])).toEqual([
      ['2026-11-30', 2],
      ['2026-12-01', 1],
      ['2026-12-02', 1],
    ]);
  });

  test('a folder that was removed while it runs: nothing is lost', async () => {
    const store = new FlakyStore();
    const { accounts } = ledgers.open(store.port);
    accounts.record(decision(1));
    rmSync(ledgers.dir, { recursive: true });
    accounts.record(decision(2));
    await new Promise(setImmediate);
    await accounts.flush();
    accounts.record(decision(3));
    await accounts.flush();
    expect((await store.totals())?.requests).toBe(3);
  });

  test('a folder that can not be made: records wait in memory, and are handed on from there', async () => {
    const store = new FlakyStore();
    writeFileSync(join(ledgers.dir, 'file'), '');
    const { accounts, incidents } = ledgers.open(store.port, { dir: join(ledgers.dir, 'file', 'below'), heldMax: 100 });
    for (let n = 0; n < 60; n++) accounts.record(decision(n));
    expect(incidents).toContain('usage-journal-failed');
    await accounts.flush();
    expect((await store.totals())?.requests).toBe(60);
    store.away = true;
    for (let n = 100; n < 250; n++) accounts.record(decision(n));
    store.away = false;
    await accounts.flush();
    expect((await store.totals())?.requests).toBe(160);
    expect(incidents.filter((name) => name === 'usage-dropped')).toHaveLength(50);
  });
});
