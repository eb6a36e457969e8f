import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Allowance, ANYONE, type Caller, type Spent, UNLIMITED } from '../caller.ts';
import { sharedUpstream, type TestUpstream, until } from '../conformance/scripted-upstream.samples.ts';
import { memoryCache, TestClient } from '../conformance/shared-answers.samples.ts';
import { similarityBar } from '../decide/bar.ts';
import type { Entry } from '../entry.ts';
import { NearhitError } from '../errors.ts';
import { PolicyService } from '../policy/service.ts';
import type { DecisionRecord } from '../ports/observer.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { createAnswer } from './answer.ts';
import type { Exchange } from './outcome.ts';
import { PendingAnswers } from './pending-answers.ts';

/** A dollar a token; of one provider nobody knows its price. */
const PRICE = { inputUsdPerMTok: 1_000_000, outputUsdPerMTok: 1_000_000 };
const HOUR_MS = 3_600_000;

/** What was asked of it, and what it was told in the end. */
class CountingAllowance implements Allowance {
  reserved: { tokens: object; costUsd: number }[] = [];
  settled: Spent[] = [];
  refusal: NearhitError | undefined;

  headers = () => ['x-ratelimit-remaining-requests', '7'];

  async reserve(...[estimate, costUsd]: Parameters<Allowance['reserve']>): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal;
    const tokens = await estimate();
    this.reserved.push({ tokens, costUsd: costUsd(tokens) });
  }

  settle(spent: Spent): void {
    this.settled.push(spent);
  }
}

interface AskedMore {
  readonly allowance?: Allowance;
  readonly caller?: Caller;
  readonly body?: object;
  readonly provider?: string;
  readonly headers?: Record<string, string>;
}

class House {
  readonly upstream: TestUpstream = sharedUpstream();
  readonly records: DecisionRecord[] = [];
  readonly incidents: string[] = [];
  readonly stores = createMemoryStore();
  readonly policies = new PolicyService(this.stores.policies);
  nowMs = 1_700_000_000_000;
  readonly #answer;

  constructor() {
    const { stores } = this;
    const write = (entry: Entry) => void stores.responses.put([entry]);
    this.#answer = createAnswer({
      upstream: { ...this.upstream, price: (_model, provider) => (provider === 'free' ? undefined : PRICE) },
      queue: {
        enqueue: (entry) => write(entry) === undefined,
        flush: async () => {},
        depth: () => 0,
        close: async () => {},
      },
      embedder: {
        model: { id: 'none', version: 'v1', dimensions: 4, tokensMax: 1 },
        embed: async () => [],
        close: async () => {},
      },
      ...{ memory: expiring(this), store: stores.responses, upkeep: stores.upkeep },
      index: new MemoryNearestIndex({ dimensions: 4 }),
      observer: { record: (one) => this.records.push(one), incident: (name) => this.incidents.push(name) },
      ...{ policies: this.policies, pending: new PendingAnswers(), prepared: new Map() as never },
      ...{ now: () => this.nowMs, lookupTimeoutMs: () => 5000 },
    });
  }

  async ask(question: string, more: AskedMore = {}): Promise<Exchange> {
    const content = { model: 'm', messages: [{ role: 'user', content: question }], ...more.body };
    return this.#answer({
      ...{ requestId: 'r', callId: `call ${question}`, body: Buffer.from(JSON.stringify(content)) },
      headers: more.headers ?? {},
      ...{ forward: {}, startedAtMs: performance.now(), client: new TestClient(), endpoint: 'chat' },
      ...{ caller: more.caller ?? ANYONE, allowance: more.allowance ?? UNLIMITED, provider: more.provider },
    });
  }

  /** Asked, and delivered to its end. */
  async asked(...args: Parameters<House['ask']>): Promise<Exchange> {
    const exchange = await this.ask(...args);
    const { outcome } = exchange;
    if (outcome.kind === 'upstream') {
      await outcome.settled;
      outcome.release();
    }
    const known = this.records.length;
    exchange.finish({ status: 200, firstByteAtMs: performance.now(), endAtMs: performance.now() });
    // At once: the last byte goes out right after.
    expect(this.records.length).toBe(known + 1);
    return exchange;
  }
}

/** As the real one: gives nothing past its life. */
function expiring(house: House) {
  const cache = memoryCache();
  const get: typeof cache.get = (id, nowMs) => {
    const cached = cache.get(id, nowMs);
    return cached !== undefined && cached.entry.expiresAtMs > house.nowMs ? cached : undefined;
  };
  return { ...cache, get };
}

let house: House;
beforeEach(() => {
  house = new House();
});

describe('limits', () => {
  test('a miss is reserved before its call and settled with what it used; a hit reserves nothing', async () => {
    house.upstream.answerAll((question) => `to ${question}`);
    const miss = new CountingAllowance();
    const exchange = await house.asked('a', { allowance: miss, body: { max_tokens: 7 } });
    expect(exchange.headers()).toEqual(['x-ratelimit-remaining-requests', '7']);
    expect(miss.reserved).toMatchObject([{ tokens: { completionTokens: 7 } }]);
    expect(miss.reserved[0]?.costUsd).toBeGreaterThan(7);
    expect(miss.settled).toMatchObject([{ hit: false, costUsd: expect.any(Number) }]);
    const hit = new CountingAllowance();
    await house.asked('a', { allowance: hit, body: { max_tokens: 7 } });
    expect(hit.reserved).toEqual([]);
    expect(hit.settled).toMatchObject([{ hit: true, costUsd: 0 }]);
  });

  test('a provider that the request names is reserved and charged at its own price', async () => {
    house.upstream.answerAll((question) => `to ${question}`);
    const allowance = new CountingAllowance();
    await house.asked('a', { allowance, provider: 'free' });
    expect(allowance.reserved).toMatchObject([{ costUsd: 0 }]);
    expect(allowance.settled).toMatchObject([{ hit: false, costUsd: 0 }]);
  });

  test('what is refused makes no call and is settled once', async () => {
    const allowance = new CountingAllowance();
    allowance.refusal = new NearhitError('RATE_LIMITED', 'Too many tokens.');
    for (const cache of ['on', 'off']) {
      const asking = house.ask('a', { allowance, body: { nearhit: { cache } } });
      await expect(asking).rejects.toMatchObject({ kind: 'RATE_LIMITED' });
    }
    expect(house.upstream.calls).toHaveLength(0);
    expect(allowance.settled).toHaveLength(2);
  });

  test('a request that is wrong in itself gives its place back', async () => {
    const allowance = new CountingAllowance();
    await expect(house.ask('a', { allowance, body: { messages: 7 } })).rejects.toMatchObject({ status: 400 });
    expect(allowance.settled).toHaveLength(1);
  });
});

describe('grants', () => {
  test.each([
    [{ models: ['other'] }, /model 'm'/],
    [{ namespaces: ['other'] }, /namespace 'default'/],
    [{ features: ['embeddings' as const] }, /may not use 'chat'/],
  ])('%j', async (grants, message) => {
    const asking = house.ask('a', { caller: { ...ANYONE, grants } });
    await expect(asking).rejects.toMatchObject({ kind: 'FORBIDDEN', message: expect.stringMatching(message) });
    expect(house.upstream.calls).toHaveLength(0);
  });

  test("a threshold does not go below the key's floor, whoever sets it", async () => {
    house.upstream.answerAll(() => 'x');
    const caller = { ...ANYONE, thresholdFloor: 0.95 };
    const barOf = async (question: string, nearhit?: object) => {
      const { request } = await house.asked(question, { caller, body: { ...(nearhit && { nearhit }) } });
      return similarityBar(request, true);
    };
    expect(await barOf('a', { threshold: 0.5 })).toEqual({ similarityMin: 0.95, similarityOrigin: 'key' });
    expect(await barOf('b')).toEqual({ similarityMin: 0.95, similarityOrigin: 'key' });
    expect(await barOf('c', { threshold: 0.99 })).toEqual({ similarityMin: 0.99, similarityOrigin: 'request' });
  });
});

test('what a request asks an API to try is another question', async () => {
  house.upstream.answerAll((question) => `to ${question}`);
  const ask = async (beta?: string) => {
    const headers: Record<string, string> = beta === undefined ? {} : { 'anthropic-beta': beta };
    return (await house.asked('a', { headers })).outcome.kind;
  };
  expect([await ask(), await ask('context-1m'), await ask('other')]).toEqual(['upstream', 'upstream', 'upstream']);
  expect([await ask(), await ask('context-1m')]).toEqual(['hit', 'hit']);
});

describe('stale answers', () => {
  const expire = () => {
    house.nowMs += 2 * HOUR_MS;
  };
  const policy = (patch: object) => house.policies.put('default', undefined, { ttlSeconds: 3600, ...patch });
  const fill = async () => {
    house.upstream.answerAll((question) => `first to ${question}`);
    await house.asked('a');
  };

  test('when every target has failed the expired answer is served, and says so', async () => {
    await policy({ staleSeconds: 10 * 3600 });
    await fill();
    expire();
    house.upstream.answerAll(undefined);
    for (const down of ['fail', 503, 429] as const) {
      const asking = house.ask('a');
      await house.upstream.called(house.upstream.calls.length + 1);
      const call = house.upstream.calls.at(-1);
      if (down === 'fail') call?.fail();
      else call?.refuse(down);
      const { outcome } = await asking;
      expect(outcome).toMatchObject({ kind: 'hit', layer: 'l2', stale: 'upstream-failed', ageSeconds: 7200 });
    }
  });

  test('an upstream that answers is preferred, and a refusal of the request is passed on', async () => {
    await policy({ staleSeconds: 10 * 3600 });
    await fill();
    expire();
    house.upstream.answerAll(undefined);
    const asking = house.ask('a');
    await house.upstream.called(2);
    house.upstream.calls.at(-1)?.refuse(400);
    expect((await asking).outcome).toMatchObject({ kind: 'upstream', reason: 'expired' });
    house.upstream.answerAll(() => 'second');
    expect((await house.asked('a')).outcome.kind).toBe('upstream');
    expect((await house.asked('a')).outcome).toMatchObject({ kind: 'hit', layer: 'l1' });
  });

  test('not beyond staleSeconds, and not for whoever bounds the age', async () => {
    await policy({ staleSeconds: 3599 });
    await fill();
    expire();
    house.upstream.answerAll(undefined);
    const asking = house.ask('a');
    await house.upstream.called(2);
    house.upstream.calls.at(-1)?.fail();
    expect((await asking).outcome.kind).toBe('upstream');
  });

  test('while-revalidate: served at once, one call behind, and the next gets the new answer', async () => {
    await policy({ staleSeconds: 10 * 3600, staleMode: 'while-revalidate' });
    await fill();
    expire();
    house.upstream.answerAll(undefined);
    const allowance = new CountingAllowance();
    const exchange = await house.ask('a', { allowance });
    expect(exchange.outcome).toMatchObject({ kind: 'hit', stale: 'revalidating' });
    await house.upstream.called(2);
    expect(allowance.settled).toEqual([]);
    house.upstream.calls.at(-1)?.answer('second');
    await until(() => allowance.settled.length === 1);
    expect(allowance.settled).toMatchObject([{ hit: false }]);
    expect(house.records.at(-1)).toMatchObject({ outcome: 'miss', reason: 'revalidate' });
    expect((await house.asked('a')).outcome).toMatchObject({ kind: 'hit', layer: 'l1' });
    expect(house.upstream.calls).toHaveLength(2);
  });
});
