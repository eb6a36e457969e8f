import { afterEach, describe, expect, test } from '@jest/globals';
import { gateway, RETRY, TIMEOUTS } from '../conformance/config.ts';
import { answering, failing, silent } from '../conformance/openai-origin.ts';
import { until } from '../conformance/recorder.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

describe('waiting', () => {
  const lone = { origins: 1, config: { retry: { ...RETRY, attemptsMax: 2, backoffMs: 0 } } };

  test.each([
    ['retry-after-ms', { 'retry-after-ms': '300', 'retry-after': '9999' }, 290],
    ['retry-after in seconds', { 'retry-after': '1' }, 990],
    ['an HTTP date', { 'retry-after': new Date(1_700_000_000_000 + 1_000).toUTCString() }, 990],
  ])('%s is honoured', async (_name, headers, atLeastMs) => {
    await open({ ...lone, options: { now: () => 1_700_000_000_000 } });
    room.script('a', (call, response, index) =>
      (index === 0 ? failing(429, headers) : answering)(call, response, index),
    );
    const startedAt = performance.now();
    expect((await room.ask()).head).toMatchObject({ status: 200, attempts: 2 });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(atLeastMs);
  });

  test.each([
    ['beyond the deadline', { 'retry-after': '16' }],
    ['far beyond it', { 'retry-after': '86400' }],
  ])('%s nobody waits: the reply goes to the client as it is', async (_name, headers) => {
    await open(lone);
    room.script('a', failing(429, headers));
    const heard = await room.ask();
    expect(heard.head).toMatchObject({ status: 429, headers, attempts: 1 });
    expect(heard.text()).toContain('status 429');
  });

  test('whoever may be asked sooner goes first, the other when its time has come', async () => {
    await open({ origins: 2, config: { retry: { ...RETRY, attemptsMax: 2, backoffMs: 1 } } });
    room.script('a', failing(503, { 'retry-after-ms': '200' }));
    room.script('b', failing(503));
    await room.ask();
    expect(room.takeAsked()).toBe('abb');
  });

  test('the total timeout is for all attempts together', async () => {
    await open({ origins: 2, provider: { timeoutsMs: { ...TIMEOUTS, firstByte: 200, total: 500 } } });
    for (const name of 'ab') room.script(name, silent);
    const startedAt = performance.now();
    const heard = await room.ask();
    expect(heard.error?.kind).toBe('UPSTREAM_TIMEOUT');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(room.origins.reduce((sum, { calls }) => sum + calls.length, 0)).toBeLessThanOrEqual(3);
  });
});

describe('a new configuration', () => {
  test('a call that waits for another try finds its provider, though it is gone from the configuration', async () => {
    await open({ origins: 2, config: { retry: { ...RETRY, backoffMs: 100 } }, options: { random: () => 0.99 } });
    for (const name of 'ab') room.script(name, failing(500));
    const heard = room.start();
    await until(() => room.asked.length === 2, 'both have failed');
    room.upstream.reconfigure(gateway([]));
    room.script('a', answering);
    expect((await heard.done).head).toMatchObject({ status: 200, provider: 'a', attempts: 3 });
  });
});
