import { afterEach, describe, expect, test } from '@jest/globals';
import { answering, failing } from '../conformance/openai-origin.ts';
import { choosing, drawn, order, price, seeded, slow, target } from '../conformance/policy-room.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

const estimate = () => ({ promptTokens: 1_000, completionTokens: 1_000 });

describe('weighted', () => {
  const targets = [target('a', { weight: 0 }), target('b', { weight: 1 }), target('c', { weight: 3 })];

  test.each([
    [[0, 0], 'bca'],
    [[0.24, 0], 'bca'],
    [[0.26, 0], 'cba'],
    [[0.999, 0.999], 'cba'],
  ])('drawn %j: %s', async (numbers, expected) => {
    await open({ ...choosing('weighted', targets), options: drawn(...numbers, 0.5) });
    expect(await order(room)).toBe(expected);
  });

  test('over many calls each has its share', async () => {
    await open({ ...choosing('weighted', targets), options: seeded(1) });
    await room.askTimes(400);
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
    await open(choosing('cost', targets));
    expect(await order(room, { estimate: () => ({ promptTokens: 900, completionTokens: 100 }) })).toBe('cbad');
    expect(room.route?.ranked[0]).toMatchObject({ score: 0.0018, why: '0.00180 USD' });
    expect(await order(room, { estimate: () => ({ promptTokens: 100, completionTokens: 900 }) })).toBe('bcad');
    expect(await order(room, { estimate: () => ({ promptTokens: 500, completionTokens: 500 }) })).toBe('bcad');
  });

  test("without an estimate, the usual mix; a target's price, else its model's, else the catalogue's", async () => {
    const catalogue = { model: (_: unknown, name: string) => (name === 'm-c' ? { price: price(1) } : undefined) };
    const targets = [target('a'), target('b', { price: price(7) }), target('c')];
    await open({
      ...choosing('cost', targets),
      options: { catalogue: { ...catalogue, models: () => [] } },
    });
    expect(await order(room)).toBe('cba');
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
    room.script('a', slow(room, 900));
    room.script('b', slow(room, 100));
    room.script('c', slow(room, 400));
    for (const name of 'abc') await room.askTimes(20, { provider: name, model: `m-${name}` });
    room.takeAsked();
  };

  test('latency: the fastest first, of streams by their first token', async () => {
    await open({ ...choosing('latency', three), options: drawn(0.5) });
    await learn();
    expect(await order(room)).toBe('bca');
    room.script('c', answering);
    await room.askTimes(20, { provider: 'c', model: 'm-c', stream: true });
    room.script('a', slow(room, 900));
    await room.askTimes(20, { provider: 'a', model: 'm-a', stream: true });
    room.takeAsked();
    expect(await order(room, { stream: true })).toBe('cba');
  });

  test('latency: failures cost time too', async () => {
    await open({ ...choosing('latency', [target('a'), target('b')]), options: drawn(0.5) });
    room.script('a', slow(room, 400));
    room.script('b', slow(room, 300));
    for (const name of 'ab') await room.askTimes(20, { provider: name, model: `m-${name}` });
    for (let i = 0; i < 12; i++) {
      room.script('b', i % 2 === 0 ? failing(500) : slow(room, 300));
      await room.ask({ provider: 'b', model: 'm-b' });
    }
    room.takeAsked();
    expect(await order(room)).toBe('ba');
    for (let i = 0; i < 40; i++) {
      room.script('b', i % 2 === 0 ? failing(500) : slow(room, 300));
      await room.ask({ provider: 'b', model: 'm-b' });
    }
    room.takeAsked();
    expect(await order(room)).toBe('ab');
  });

  test('balanced: cost, latency and reliability by their weights', async () => {
    const priced = [
      target('a', { price: price(1) }),
      target('b', { price: price(8) }),
      target('c', { price: price(4) }),
    ];
    const weights = { cost: 1, latency: 0, reliability: 0 };
    await open({ ...choosing('balanced', priced), options: drawn(0.5) });
    await room.ask({ estimate });
    // Nobody is known to be faster or safer: 0.4 of the share in the dearest price, and all of 0.3.
    expect(room.route?.ranked.map(({ provider, score }) => [provider, score?.toFixed(3)])).toEqual([
      ['a', '0.350'],
      ['c', '0.500'],
      ['b', '0.700'],
    ]);
    await room.close();
    await open({ ...choosing('balanced', priced, { weights }), options: drawn(0.5) });
    await learn();
    expect(await order(room, { estimate })).toBe('acb');
    room.upstream.reconfigure({
      ...room.config,
      models: room.config.models.map((each) => ({ ...each, weights: { cost: 0, latency: 7, reliability: 0 } })),
    });
    expect(await order(room, { estimate })).toBe('bca');
    room.upstream.reconfigure({
      ...room.config,
      models: room.config.models.map((each) => ({ ...each, weights: { cost: 0, latency: 0, reliability: 1 } })),
    });
    for (let i = 0; i < 40; i++) {
      room.script('b', i % 4 === 0 ? failing(500) : answering);
      await room.ask({ provider: 'b', model: 'm-b' });
    }
    room.takeAsked();
    expect((await order(room, { estimate })).at(-1)).toBe('b');
    expect(room.route?.ranked.at(-1)?.why).toMatch(/USD, \d+ ms expected, \d+\.\d % errors/);
  });

  test.each(['latency', 'balanced'] as const)(
    '%s: a cold target is explored with 3 %% of the calls',
    async (policy) => {
      await open({ ...choosing(policy, [target('a'), target('b')]), options: seeded(7) });
      await room.askTimes(20, { provider: 'a', model: 'm-a' });
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
        await room.askTimes(6, { provider: 'a', model: 'm-a' });
        room.takeAsked();
      }
      expect(explored).toBeGreaterThan(5);
      expect(explored / 600).toBeLessThan(0.05);
    },
  );

  test('priority explores nothing', async () => {
    await open({ ...choosing('priority', [target('a'), target('b')]), options: drawn(0) });
    await room.askTimes(30);
    expect(room.takeAsked()).not.toContain('b');
  });
});
