import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createMemoryStore,
  type DecisionRecord,
  groupUsage,
  type Upstream,
  type UpstreamCall,
  type UsageRecord,
  type UsageStore,
} from '@nearhit/core';
import { Chores } from '../chores.ts';
import { accounted } from './accounted.ts';
import { type Accounts, type AccountsOptions, openAccounts } from './accounts.ts';
import { recordLine } from './line.ts';

const WRITER = fileURLToPath(new URL('../../fixtures/accounts-writer.mjs', import.meta.url));
const NOON_MS = Date.UTC(2026, 10, 30, 12);

let dir: string;
let child: ChildProcess | undefined;
const opened: { close(): Promise<void> }[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-accounts-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  for (const one of opened.splice(0).reverse()) await one.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A store that can be away, and counts what it is sent. */
class FlakyStore {
  readonly real = createMemoryStore().usage;
  away = false;
  sent = 0;

  readonly port: UsageStore = {
    append: async (records) => {
      await new Promise(setImmediate);
      if (this.away) throw new Error('the store is away');
      this.sent += records.length;
      await this.real.append(records);
    },
    rollups: (filter) => this.real.rollups(filter),
    records: (filter, page) => this.real.records(filter, page),
    trim: (bounds) => this.real.trim(bounds),
  };

  async totals() {
    return groupUsage(await this.real.rollups({}), [])[0]?.totals;
  }

  async all(): Promise<UsageRecord[]> {
    return (await this.real.records({}, { limit: 1e6 })).records;
  }
}

function start(store: UsageStore, more: Partial<AccountsOptions> = {}) {
  const incidents: string[] = [];
  const observer = { incident: (name: string) => void incidents.push(name) };
  const accounts = openAccounts({ dir, store, observer, now: Date.now, prompts: () => false, ...more });
  opened.push(accounts);
  return { accounts, incidents, observer };
}

/** Lets it hand on what others have left. */
async function replay(accounts: Accounts, observer: { incident: (name: string) => void }): Promise<void> {
  const chores = new Chores(observer);
  accounts.start(chores);
  await chores.close();
}

function decision(n: number, changes: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    ...{ id: `d-${n}`, requestId: `r-${n}`, atMs: NOON_MS + n, tenant: 'acme', namespace: 'default', model: 'gpt-4o' },
    ...{ outcome: 'miss', threshold: 0.9, query: 'a secret question', stream: false, status: 200, provider: 'main' },
    ...{ usage: { promptTokens: n, completionTokens: 2 }, costUsd: 0.001, savedUsd: 0 },
    ...{ latencyMs: 10.123456, firstByteMs: 5, overheadMs: 0.5 },
    ...changes,
  } as DecisionRecord;
}

const journals = (): string[] => readdirSync(dir).filter((name) => name.endsWith('.journal'));

describe('accounts', () => {
  test('every request is one record, its sums exact, without its question', async () => {
    const store = new FlakyStore();
    const { accounts } = start(store.port);
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
    const { accounts } = start(store.port, { prompts: () => true });
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
    const { accounts } = start(store.port, { segmentBytes: 5000, heldMax: 7 });
    store.away = true;
    for (let n = 0; n < 200; n++) accounts.record(decision(n));
    await expect(accounts.flush()).rejects.toThrow('away');
    for (let n = 200; n < 400; n++) {
      accounts.record(decision(n));
      if (n % 20 === 0) await new Promise(setImmediate);
    }
    expect(journals().length).toBeGreaterThan(3);
    store.away = false;
    await accounts.flush();
    // In memory and, beyond what is held there, read from the files: each is sent once.
    expect(store.sent).toBe(400);
    accounts.record(decision(400));
    await accounts.flush();
    expect(store.sent).toBe(401);
    expect((await store.totals())?.requests).toBe(401);
    expect(journals()).toHaveLength(1);
    await accounts.close();
    expect(readdirSync(dir)).toEqual([]);
  });

  test('what could not be handed on before the end, the next process hands on', async () => {
    const store = new FlakyStore();
    store.away = true;
    const first = start(store.port);
    for (let n = 0; n < 50; n++) first.accounts.record(decision(n));
    first.accounts.begin({ ...beginOf('open'), atMs: NOON_MS });
    await first.accounts.close();
    expect(first.incidents).toContain('usage-ship-failed');
    store.away = false;
    // The owner is this very process, which runs: as left behind by one that does not.
    for (const name of readdirSync(dir).filter((one) => one.endsWith('.owner'))) rmSync(join(dir, name));
    const second = start(store.port);
    await replay(second.accounts, second.observer);
    expect(await store.totals()).toMatchObject({ requests: 51, misses: 50, errors: 1 });
    expect(journals()).toEqual([]);
  });

  test('a clock that jumps over midnight and back: each record on the day it says', async () => {
    const store = new FlakyStore();
    const { accounts } = start(store.port);
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
    const { accounts } = start(store.port);
    accounts.record(decision(1));
    rmSync(dir, { recursive: true });
    accounts.record(decision(2));
    await new Promise(setImmediate);
    await accounts.flush();
    accounts.record(decision(3));
    await accounts.flush();
    expect((await store.totals())?.requests).toBe(3);
  });

  test('a folder that can not be made: records wait in memory, and are handed on from there', async () => {
    const store = new FlakyStore();
    writeFileSync(join(dir, 'file'), '');
    const { accounts, incidents } = start(store.port, { dir: join(dir, 'file', 'below'), heldMax: 100 });
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

const beginOf = (id: string): UsageRecord => ({
  ...{ id, requestId: id, atMs: NOON_MS, tenant: 'acme', keyId: '', namespace: 'n', endpoint: 'chat', model: 'm' },
  ...{ provider: '', upstreamModel: '', attempts: 1, outcome: 'interrupted', status: 0, estimated: true },
  ...{ promptTokens: 10, cachedPromptTokens: 0, completionTokens: 256, costUsd: 0.5, savedUsd: 0, savedTokens: 0 },
  ...{ latencyMs: 0, firstByteMs: 0, overheadMs: 0 },
});

describe('what a process that is gone has left', () => {
  const leave = (id: string, texts: readonly string[]) => {
    for (const [at, text] of texts.entries())
      writeFileSync(join(dir, `${id}.${String(at + 1).padStart(9, '0')}.journal`), text);
  };
  const end = (n: number) => recordLine('end', { ...beginOf(`e-${n}`), outcome: 'miss' });

  test('is handed on once, by however many; torn lines are passed over', async () => {
    const torn = end(9).slice(0, 40);
    leave('gone', [`${end(1)}${recordLine('begin', beginOf('cut'))}garbage\n${end(2)}`, `${end(3)}\n${torn}`]);
    const store = new FlakyStore();
    const starters = [start(store.port), start(store.port), start(store.port)];
    await Promise.all(starters.map(({ accounts, observer }) => replay(accounts, observer)));
    expect((await store.all()).map(({ id, outcome }) => `${id} ${outcome}`).sort()).toEqual([
      ...['cut interrupted', 'e-1 miss', 'e-2 miss', 'e-3 miss'],
    ]);
    expect(await store.totals()).toMatchObject({ requests: 4, costUsd: 2, misses: 3, errors: 1 });
    expect(journals()).toEqual([]);
    expect(starters.some(({ incidents }) => incidents.includes('usage-lines-unreadable'))).toBe(true);
  });

  test('a changed byte makes a line unreadable, not another amount', async () => {
    const line = end(1);
    leave('gone', [line.replace('"acme"', '"acne"') + end(2)]);
    const store = new FlakyStore();
    const { accounts, observer } = start(store.port);
    await replay(accounts, observer);
    expect((await store.all()).map(({ id }) => id)).toEqual(['e-2']);
  });

  test('stays while the store is away', async () => {
    leave('gone', [end(1)]);
    const store = new FlakyStore();
    store.away = true;
    const { accounts, incidents, observer } = start(store.port);
    await replay(accounts, observer);
    expect(incidents).toContain('usage-replay-failed');
    expect(journals()).toHaveLength(1);
    store.away = false;
    await replay(accounts, observer);
    expect((await store.totals())?.requests).toBe(1);
  });

  test('files of others are left alone, and so are those of processes that run', async () => {
    leave('other', [end(1)]);
    appendFileSync(join(dir, 'notes.txt'), 'mine');
    const store = new FlakyStore();
    const running = start(store.port);
    running.accounts.record(decision(1));
    writeFileSync(join(dir, 'other.owner'), readFileSync(join(dir, ownerIn(dir)), 'utf8'));
    const { accounts, observer } = start(store.port);
    await replay(accounts, observer);
    expect(store.sent).toBe(0);
    expect(readdirSync(dir)).toEqual(expect.arrayContaining(['notes.txt', 'other.000000001.journal']));
  });
});

const ownerIn = (folder: string): string => readdirSync(folder).find((name) => name.endsWith('.owner')) as string;

describe('kill -9', () => {
  async function writeAndKill(seed: string, ends: number): Promise<string[]> {
    const writer = spawn(process.execPath, [WRITER, dir, seed], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    child = writer;
    const exited = once(writer, 'exit');
    const said: string[] = [];
    let ended = 0;
    for await (const line of createInterface({ input: writer.stdout })) {
      said.push(line);
      if (line.startsWith('end') && ++ended === ends) writer.kill('SIGKILL');
    }
    expect((await exited)[1]).toBe('SIGKILL');
    return said;
  }

  test('loses nothing that was taken, wherever it strikes; calls that were cut off are accounted as such', async () => {
    const store = new FlakyStore();
    const expected = new Map<string, number | 'open'>();
    for (let round = 0; round < 8; round++) {
      const said = await writeAndKill(`p${round}`, 1 + round * 97);
      for (const line of said) {
        const [kind, id, n] = line.split(' ') as [string, string, string];
        expected.set(id, kind === 'end' ? Number(n) : 'open');
      }
      const { accounts, observer } = start(store.port);
      await replay(accounts, observer);
    }
    const found = new Map((await store.all()).map((record) => [record.id, record]));
    for (const [id, n] of expected) {
      const record = found.get(id);
      if (n === 'open') expect([id, record?.estimated ?? record?.outcome]).toEqual([id, expect.anything()]);
      else expect([id, record?.outcome, record?.promptTokens]).toEqual([id, 'miss', n]);
    }
    // Beside what was said there is at most the one step under way when it was killed.
    expect(found.size - expected.size).toBeLessThanOrEqual(8);
    const totals = await store.totals();
    expect(totals?.requests).toBe(found.size);
    const tokens = [...found.values()].reduce((sum, { promptTokens }) => sum + promptTokens, 0);
    expect(totals?.promptTokens).toBe(tokens);
  }, 120_000);

  test('a full disk: what can not be written is handed on from memory', async () => {
    const script = `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`;
    const writer = spawn('sh', ['-c', script, process.execPath, WRITER, dir, 'f', 'full-disk'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    child = writer;
    let said = '';
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    expect((await once(writer, 'close'))[0]).toBe(0);
    const { records, totals, incidents } = JSON.parse(said);
    expect(records).toBe(3000);
    expect(totals).toMatchObject({ requests: 3000, promptTokens: (2999 * 3000) / 2, costUsd: (2999 * 3000) / 2 / 1e9 });
    expect(incidents['usage-journal-failed']).toBeGreaterThan(0);
    expect(incidents['usage-dropped']).toBeUndefined();
  });
});

describe('accounted', () => {
  test('writes a call down in the turn in which it is sent, with the price of its model', async () => {
    const store = new FlakyStore();
    const { accounts } = start(store.port);
    const sent: UpstreamCall[] = [];
    const upstream = {
      send: (call: UpstreamCall) => {
        sent.push(call);
        return { pause() {}, resume() {}, abort() {} };
      },
      price: () => ({ inputUsdPerMTok: 10, outputUsdPerMTok: 100 }),
    } as unknown as Upstream;
    const sink = { onHead() {}, onData() {}, onEnd() {}, onError() {} };
    const call: UpstreamCall = {
      ...({ path: '/chat/completions', model: 'm', body: Buffer.alloc(1000), stream: false, headers: {} } as const),
      callId: 'c1',
      account: { requestId: 'r1', tenant: 'acme', keyId: 'k', namespace: 'n', endpoint: 'messages' },
    };
    const wrapped = accounted(upstream, accounts, () => NOON_MS);
    wrapped.send(call, sink);
    wrapped.send({ ...call, callId: 'c2' }, sink);
    wrapped.send({ ...call, callId: undefined }, sink);
    await new Promise((resolve) => setImmediate(resolve));
    const lines = readFileSync(join(dir, journals()[0] as string), 'utf8').split('\n');
    expect(lines.filter((line) => line.includes('"begin"'))).toHaveLength(2);
    accounts.record(decision(7, { id: 'c2' }));
    expect(sent).toHaveLength(3);
    await accounts.close();
    const all = await store.all();
    expect(all.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['c2', 'miss'],
      ['c1', 'interrupted'],
    ]);
    expect(all[1]).toMatchObject({
      ...{ requestId: 'r1', tenant: 'acme', keyId: 'k', namespace: 'n', endpoint: 'messages', estimated: true },
      ...{ promptTokens: 220, completionTokens: 256, costUsd: 0.0278 },
    });
  });
});
