import { afterEach, describe, expect, test } from '@jest/globals';
import { ONCE } from '../conformance/config.ts';
import { failing } from '../conformance/openai-origin.ts';
import { choosing, order, price, slow, target } from '../conformance/policy-room.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

const estimate = () => ({ promptTokens: 1_000, completionTokens: 1_000 });

describe('what the request says', () => {
  test('its own policy wins', async () => {
    const targets = [target('a', { price: price(2) }), target('b', { price: price(1) })];
    await open(choosing('priority', targets));
    expect(await order(room, { routing: { policy: 'cost' } })).toBe('ba');
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
    await open({ ...choosing('priority', [target('a'), target('b')]), origins: 2 });
    room.script('a', slow(room, 900));
    const within = (maxLatencyMs: number) => room.ask({ routing: { maxLatencyMs } });
    for (let i = 0; i < 5; i++) await within(500);
    expect(room.takeAsked()).toBe('aaaab');
    room.script('b', slow(room, 600));
    for (let i = 0; i < 6; i++) await within(800);
    room.takeAsked();
    const heard = await within(100);
    expect(heard.error).toMatchObject({ kind: 'LATENCY_LIMIT', status: 503 });
    expect(room.takeAsked()).toBe('');
    room.skip(3_600_000);
    expect((await within(100)).head?.provider).toBe('a');
  });

  test('one provider: any model name, its key, no other; unknown: NOT_FOUND with those there are', async () => {
    await open(choosing('priority', [target('a'), target('b')]));
    const heard = await room.ask({ provider: 'c', model: 'whatever' });
    expect(heard.head).toMatchObject({ provider: 'c', model: 'whatever' });
    expect(room.origin('c').calls[0]?.headers.authorization).toBe('Bearer key-of-c');
    // A name that the configuration has for it stands for the provider's own.
    expect((await room.ask({ provider: 'b' })).head).toMatchObject({ provider: 'b', model: 'm-b' });
    room.takeAsked();
    room.script('a', failing(500));
    await room.ask({ provider: 'a' });
    expect(room.takeAsked()).toBe('a');
    const unknown = await room.ask({ provider: 'nobody' });
    expect(unknown.error).toMatchObject({ kind: 'NOT_FOUND', status: 404 });
    expect(unknown.error?.message).toContain('`a`, `b`, `c`, `d`');
  });
});
