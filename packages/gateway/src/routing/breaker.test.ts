import { afterEach, describe, expect, test } from '@jest/globals';
import { ONCE, RETRY } from '../conformance/config.ts';
import { answering, failing, held, silent } from '../conformance/openai-origin.ts';
import { until } from '../conformance/recorder.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

describe('circuit breakers', () => {
  const breaker = { failures: 3, openMs: 10_000 };

  test('a dead target: once its breaker is open not one request in a hundred pays for it', async () => {
    await open({ origins: 2, config: { breaker, retry: RETRY } });
    room.script('a', ({ socket }) => socket.resetAndDestroy());
    await room.askTimes(3);
    expect(room.takeAsked()).toBe('ababab');
    expect(room.target('a')).toMatchObject({ breaker: 'open', errorRate: 1, inFlight: 0 });
    for (let i = 0; i < 300; i++) {
      // A request every 100 ms: one in a hundred meets the half-open breaker.
      room.skip(100);
      const heard = await room.ask();
      expect(heard.head).toMatchObject({ status: 200, provider: 'b' });
    }
    const paid = [...room.takeAsked()].filter((name) => name === 'a').length;
    expect(paid).toBeGreaterThan(0);
    expect(paid).toBeLessThanOrEqual(3);
    expect(room.route?.ranked.at(-1)).toMatchObject({ provider: 'a', why: 'its breaker is open' });
  });

  test('half-open, one call finds out, all others go elsewhere; when it is back, so are they', async () => {
    await open({ origins: 2, config: { breaker } });
    room.script('a', failing(500));
    await room.askTimes(3);
    room.skip(10_001);
    expect(room.target('a')?.breaker).toBe('half-open');
    const gate = held();
    room.script('a', gate.script);
    room.takeAsked();
    const probe = room.start();
    await until(() => room.asked.length === 1, 'the probe is asked');
    await room.askTimes(3);
    expect(room.takeAsked()).toBe('abbb');
    gate.release();
    expect((await probe.done).head?.provider).toBe('a');
    expect(room.target('a')?.breaker).toBe('closed');
    room.script('a', answering);
    await room.ask();
    expect(room.takeAsked()).toBe('a');
  });

  test('a probe that fails opens it anew; one that is aborted leaves the next request to find out', async () => {
    await open({ origins: 2, config: { breaker } });
    room.script('a', failing(500));
    await room.askTimes(3);
    room.skip(10_001);
    await room.ask();
    expect(room.target('a')?.breaker).toBe('open');
    room.skip(10_001);
    room.script('a', silent);
    const aborted = room.start();
    await until(() => room.origin('a').calls.length === 5, 'the probe is asked');
    aborted.flow.abort();
    room.script('a', answering);
    expect((await room.ask()).head?.provider).toBe('a');
    expect(room.target('a')?.breaker).toBe('closed');
  });

  test('what the request did wrong, and limits, open nothing; failures count only in a row', async () => {
    await open({ origins: 1, config: { breaker, retry: ONCE } });
    for (const status of [400, 404, 413, 422, 429, 401]) {
      room.script('a', failing(status));
      await room.askTimes(4);
      expect(room.target('a')?.breaker).toBe('closed');
    }
    for (let i = 0; i < 4; i++) {
      room.script('a', failing(500));
      await room.askTimes(2);
      room.script('a', answering);
      await room.ask();
    }
    expect(room.target('a')?.breaker).toBe('closed');
  });

  test('where nobody is well, they are asked all the same, and the first to answer is well again', async () => {
    await open({ origins: 2, config: { breaker, retry: { ...RETRY, attemptsMax: 3 } } });
    for (const name of 'ab') room.script(name, failing(500));
    await room.askTimes(2);
    expect(room.target('a')?.breaker).toBe('open');
    room.takeAsked();
    // Not long ago they may have been well: moody rather than dead.
    expect((await room.ask()).head?.status).toBe(500);
    expect(room.takeAsked()).toBe('ababab');
    room.skip(9_000);
    await room.ask();
    room.skip(2_000);
    room.takeAsked();
    expect((await room.ask()).head?.status).toBe(500);
    expect(room.takeAsked()).toBe('ab');
    room.script('b', answering);
    expect((await room.ask()).head).toMatchObject({ status: 200, provider: 'b' });
    expect([room.target('a')?.breaker, room.target('b')?.breaker]).toEqual(['open', 'closed']);
    room.takeAsked();
    await room.ask();
    expect(room.takeAsked()).toBe('b');
  });

  test('of one provider one model is out, another is not', async () => {
    const models = ['m', 'n'].map((id) => ({
      ...{ id, aliases: [] },
      targets: [
        { provider: 'a', model: `${id}-a` },
        { provider: 'b', model: `${id}-b` },
      ],
    }));
    await open({ origins: 2, models, config: { breaker } });
    room.script('a', (call, response, index) =>
      (call.body.includes('"m-a"') ? failing(500) : answering)(call, response, index),
    );
    await room.askTimes(4);
    room.takeAsked();
    await room.ask();
    await room.ask({ model: 'n', body: Buffer.from('{"model":"n"}') });
    expect(room.takeAsked()).toBe('ba');
  });
});
