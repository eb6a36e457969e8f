import { afterEach, describe, expect, test } from '@jest/globals';
import type { RoutingPolicy } from '@nearhit/core';
import type { ModelConfig, TargetConfig } from '../config.ts';
import { ONCE } from '../conformance/config.ts';
import { answering } from '../conformance/openai-origin.ts';
import type { OriginScript } from '../conformance/origin.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

const failing: OriginScript = (_call, response) => response.writeHead(500).end();
const price = (usd: number) => ({ inputUsdPerMTok: usd, outputUsdPerMTok: usd });
const target = (provider: string, more: Partial<TargetConfig> = {}): TargetConfig => ({
  ...{ provider, model: `m-${provider}` },
  ...more,
});
const model = (routing: RoutingPolicy, targets: TargetConfig[], more: Partial<ModelConfig> = {}): RoomOptions => ({
  origins: 4,
  models: [{ id: 'm', aliases: [], routing, targets, ...more }],
  config: { retry: ONCE },
});
const estimate = () => ({ promptTokens: 1_000, completionTokens: 1_000 });
/** Numbers in turn, then always the last one. */
const drawn = (...numbers: number[]) => {
  return { random: () => (numbers.length > 1 ? (numbers.shift() as number) : (numbers[0] as number)) };
};
/** Who is asked, in which order, when all fail. */
const order = async (call = {}) => {
  for (const name of 'abcd') room.script(name, failing);
  await room.ask(call);
  for (const name of 'abcd') room.script(name, answering);
  return room.takeAsked();
};
/** An origin that takes its time by the gateway's clock. */
const slow = (ms: number): OriginScript => {
  return (call, response, index) => {
    room.skip(ms);
    answering(call, response, index);
  };
};
const times = async (count: number, work: () => Promise<unknown>) => {
  for (let i = 0; i < count; i++) await work();
};
const only = (name: string) => room.ask({ provider: name });

describe('weighted', () => {
  const targets = [target('a', { weight: 0 }), target('b', { weight: 1 }), target('c', { weight: 3 })];

  test.each([
    [[0, 0], 'bca'],
    [[0.24, 0], 'bca'],
    [[0.26, 0], 'cba'],
    [[0.999, 0.999], 'cba'],
  ])('drawn %j: %s', async (numbers, expected) => {
    await open({ ...model('weighted', targets), options: drawn(...numbers, 0.5) });
    expect(await order()).toBe(expected);
  });

  test('over many calls each has its share', async () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    await open({ ...model('weighted', targets), options: { random } });
    await times(400, () => room.ask());
    const asked = room.takeAsked();
    const shareOfC = asked.split('c').length / asked.length;
    expect(asked).not.toContain('a');
    expect(Math.abs(shareOfC - 0.75)).toBeLessThan(0.07);
  });
});

describe('cost', () => {
  test('the cheapest for what the call needs; an unknown price last; equal ones as configured', async () => {
    const input = { inputUsdPerMTok: 9, outputUsdPerMTok: 1 };
    const output = { inputUsdPerMTok: 1, outputUsdPerMTok: 9 };
    const targets = [target('a'), target('b', { price: input }), target('c', { price: output }), target('d')];
    await open(model('cost', targets));
    expect(await order({ estimate: () => ({ promptTokens: 900, completionTokens: 100 }) })).toBe('cbad');
    expect(room.route?.ranked[0]).toMatchObject({ score: 0.0018, why: '0.00180 USD' });
    expect(await order({ estimate: () => ({ promptTokens: 100, completionTokens: 900 }) })).toBe('bcad');
    expect(await order({ estimate: () => ({ promptTokens: 500, completionTokens: 500 }) })).toBe('bcad');
  });

  test("without an estimate, the usual mix; a target's price, else its model's, else the catalogue's", async () => {
    const catalogue = { model: (_: unknown, name: string) => (name === 'm-c' ? { price: price(1) } : undefined) };
    const targets = [target('a'), target('b', { price: price(7) }), target('c')];
    await open({
      ...model('cost', targets),
      options: { catalogue: { ...catalogue, models: () => [] } },
    });
    expect(await order()).toBe('cba');
    expect((await room.ask()).head?.price).toEqual(price(1));
    room.upstream.reconfigure({
      ...room.config,
      models: room.config.models.map((each) => ({ ...each, price: price(3) })),
    });
    expect((await room.ask()).head?.price).toEqual(price(3));
    expect(room.upstream.price('m')).toEqual(price(3));
    expect(room.upstream.price('m-c', 'c')).toEqual(price(1));
  });
});

describe('latency and balanced', () => {
  const three = [target('a'), target('b'), target('c')];
  const learn = async () => {
    room.script('a', slow(900));
    room.script('b', slow(100));
    room.script('c', slow(400));
    for (const name of 'abc') await times(20, () => room.ask({ provider: name, model: `m-${name}` }));
    room.takeAsked();
  };

  test('latency: the fastest first, of streams by their first token', async () => {
    await open({ ...model('latency', three), options: drawn(0.5) });
    await learn();
    expect(await order()).toBe('bca');
    room.script('c', answering);
    await times(20, () => room.ask({ provider: 'c', model: 'm-c', stream: true }));
    room.script('a', slow(900));
    await times(20, () => room.ask({ provider: 'a', model: 'm-a', stream: true }));
    room.takeAsked();
    expect(await order({ stream: true })).toBe('cba');
  });

  test('latency: failures cost time too', async () => {
    await open({ ...model('latency', [target('a'), target('b')]), options: drawn(0.5) });
    room.script('a', slow(400));
    room.script('b', slow(300));
    for (const name of 'ab') await times(20, () => room.ask({ provider: name, model: `m-${name}` }));
    for (let i = 0; i < 12; i++) {
      room.script('b', i % 2 === 0 ? failing : slow(300));
      await room.ask({ provider: 'b', model: 'm-b' });
    }
    room.takeAsked();
    expect(await order()).toBe('ba');
    for (let i = 0; i < 40; i++) {
      room.script('b', i % 2 === 0 ? failing : slow(300));
      await room.ask({ provider: 'b', model: 'm-b' });
    }
    room.takeAsked();
    expect(await order()).toBe('ab');
  });

  test('balanced: cost, latency and reliability by their weights', async () => {
    const priced = [
      target('a', { price: price(1) }),
      target('b', { price: price(8) }),
      target('c', { price: price(4) }),
    ];
    const weights = { cost: 1, latency: 0, reliability: 0 };
    await open({ ...model('balanced', priced), options: drawn(0.5) });
    await room.ask({ estimate });
    // Nobody is known to be faster or safer: 0.4 of the share in the dearest price, and all of 0.3.
    expect(room.route?.ranked.map(({ provider, score }) => [provider, score?.toFixed(3)])).toEqual([
      ['a', '0.350'],
      ['c', '0.500'],
      ['b', '0.700'],
    ]);
    await room.close();
    await open({ ...model('balanced', priced, { weights }), options: drawn(0.5) });
    await learn();
    expect(await order({ estimate })).toBe('acb');
    room.upstream.reconfigure({
      ...room.config,
      models: room.config.models.map((each) => ({ ...each, weights: { cost: 0, latency: 7, reliability: 0 } })),
    });
    expect(await order({ estimate })).toBe('bca');
    room.upstream.reconfigure({
      ...room.config,
      models: room.config.models.map((each) => ({ ...each, weights: { cost: 0, latency: 0, reliability: 1 } })),
    });
    for (let i = 0; i < 40; i++) {
      room.script('b', i % 4 === 0 ? failing : answering);
      await room.ask({ provider: 'b', model: 'm-b' });
    }
    room.takeAsked();
    expect((await order({ estimate })).at(-1)).toBe('b');
    expect(room.route?.ranked.at(-1)?.why).toMatch(/USD, \d+ ms expected, \d+\.\d % errors/);
  });

  test.each(['latency', 'balanced'] as const)(
    '%s: a cold target is explored with 3 %% of the calls',
    async (policy) => {
      let seed = 7;
      const random = () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      await open({ ...model(policy, [target('a'), target('b')]), options: { random } });
      await times(20, () => room.ask({ provider: 'a', model: 'm-a' }));
      room.takeAsked();
      // It stays cold: what is learnt of it is forgotten at once.
      room.script('b', (call, response, index) => {
        answering(call, response, index);
      });
      let explored = 0;
      for (let i = 0; i < 600; i++) {
        await room.ask();
        if (room.takeAsked() !== 'b') continue;
        explored++;
        expect(room.route?.ranked[0]?.why).toMatch(/^to learn of it/);
        room.skip(3_600_000);
        await times(6, () => room.ask({ provider: 'a', model: 'm-a' }));
        room.takeAsked();
      }
      expect(explored).toBeGreaterThan(5);
      expect(explored / 600).toBeLessThan(0.05);
    },
  );

  test('priority explores nothing', async () => {
    await open({ ...model('priority', [target('a'), target('b')]), options: drawn(0) });
    await times(30, () => room.ask());
    expect(room.takeAsked()).not.toContain('b');
  });
});

describe('what the request says', () => {
  test('its own policy wins', async () => {
    const targets = [target('a', { price: price(2) }), target('b', { price: price(1) })];
    await open(model('priority', targets));
    expect(await order({ routing: { policy: 'cost' } })).toBe('ba');
    expect(room.route?.policy).toBe('cost');
  });

  test('maxCostUsd: down the chain to what fits, else 402', async () => {
    await open({
      origins: 3,
      models: [
        {
          id: 'm',
          aliases: [],
          targets: [target('a', { price: price(10) }), target('b', { price: price(5) })],
          fallbacks: ['n'],
        },
        { id: 'n', aliases: [], targets: [target('c', { price: price(1) })] },
      ],
      config: { retry: ONCE },
    });
    const within = (maxCostUsd: number) => room.ask({ estimate, routing: { maxCostUsd } });
    expect((await within(0.02)).head?.provider).toBe('a');
    expect((await within(0.01)).head?.provider).toBe('b');
    expect((await within(0.002)).head?.provider).toBe('c');
    expect(room.route?.ranked.slice(1).map(({ provider, why }) => [provider, why])).toEqual([
      ['a', 'would cost too much'],
      ['b', 'would cost too much'],
    ]);
    room.takeAsked();
    const heard = await within(0.0019);
    expect(heard.error).toMatchObject({ kind: 'COST_LIMIT', status: 402 });
    expect(heard.error?.message).toContain('0.0019 USD');
    expect(room.route?.ranked.map(({ why }) => why)).toEqual(Array(3).fill('would cost too much'));
    expect(room.takeAsked()).toBe('');
  });

  test('maxLatencyMs: past what is known to be slow, else 503; what is forgotten gets its chance', async () => {
    await open({ ...model('priority', [target('a'), target('b')]), origins: 2 });
    room.script('a', slow(900));
    const within = (maxLatencyMs: number) => room.ask({ routing: { maxLatencyMs } });
    await times(5, () => within(500));
    expect(room.takeAsked()).toBe('aaaab');
    room.script('b', slow(600));
    await times(6, () => within(800));
    room.takeAsked();
    const heard = await within(100);
    expect(heard.error).toMatchObject({ kind: 'LATENCY_LIMIT', status: 503 });
    expect(room.takeAsked()).toBe('');
    room.skip(3_600_000);
    expect((await within(100)).head?.provider).toBe('a');
  });

  test('one provider: any model name, its key, no other; unknown: NOT_FOUND with those there are', async () => {
    await open(model('priority', [target('a'), target('b')]));
    const heard = await room.ask({ provider: 'c', model: 'whatever' });
    expect(heard.head).toMatchObject({ provider: 'c', model: 'whatever' });
    expect(room.origin('c').calls[0]?.headers.authorization).toBe('Bearer key-of-c');
    // A name that the configuration has for it stands for the provider's own.
    expect((await room.ask({ provider: 'b' })).head).toMatchObject({ provider: 'b', model: 'm-b' });
    room.takeAsked();
    room.script('a', failing);
    await only('a');
    expect(room.takeAsked()).toBe('a');
    const unknown = await room.ask({ provider: 'nobody' });
    expect(unknown.error).toMatchObject({ kind: 'NOT_FOUND', status: 404 });
    expect(unknown.error?.message).toContain('`a`, `b`, `c`, `d`');
  });
});

describe('sticky', () => {
  const keys = Array.from({ length: 60 }, (_, i) => `prompt ${i}`);
  const homes = async () => {
    const found = new Map<string, string>();
    for (const stickyKey of keys) found.set(stickyKey, (await room.ask({ stickyKey })).head?.provider ?? '');
    return found;
  };

  test('equal keys go to one target, different ones are spread; when it is away only its own move', async () => {
    const targets = ['a', 'b', 'c'].map((name) => target(name));
    await open({
      ...model('weighted', targets, { sticky: true }),
      config: { breaker: { failures: 3, openMs: 60_000 }, retry: ONCE },
    });
    const before = await homes();
    expect(await homes()).toEqual(before);
    expect(new Set(before.values()).size).toBe(3);
    room.script('b', failing);
    for (const stickyKey of keys.filter((key) => before.get(key) === 'b').slice(0, 3)) await room.ask({ stickyKey });
    const without = await homes();
    for (const [key, home] of before) {
      if (home === 'b') expect(without.get(key)).not.toBe('b');
      else expect(without.get(key)).toBe(home);
    }
    room.script('b', answering);
    room.skip(60_001);
    await homes();
    expect(await homes()).toEqual(before);
  });

  test('by weight where the policy is; not at all for priority', async () => {
    const targets = [target('a', { weight: 9 }), target('b', { weight: 1 })];
    await open(model('weighted', targets, { sticky: true }));
    const atB = [...(await homes()).values()].filter((home) => home === 'b').length;
    expect(atB).toBeGreaterThan(0);
    expect(atB).toBeLessThan(18);
    await room.close();
    await open(model('priority', targets, { sticky: true }));
    expect(new Set((await homes()).values())).toEqual(new Set(['a']));
  });
});
