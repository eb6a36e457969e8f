import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { gateway, ONCE, RETRY, TIMEOUTS } from '../conformance/config.ts';
import { answering, CHUNK } from '../conformance/openai-origin.ts';
import type { OriginScript } from '../conformance/origin.ts';
import { until } from '../conformance/recorder.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

const failing = (status: number, headers: Record<string, string> = {}): OriginScript => {
  return (_call, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(`{"error":{"message":"status ${status}"}}`);
  };
};
const silent: OriginScript = () => {};
/** Answers when it is told to. */
function held(): { script: OriginScript; release: () => void } {
  const waiting: (() => void)[] = [];
  return {
    script: (call, response, index) => waiting.push(() => answering(call, response, index)),
    release: () => {
      for (const answer of waiting.splice(0)) answer();
    },
  };
}
const times = async (count: number, work: () => Promise<unknown>) => {
  for (let i = 0; i < count; i++) await work();
};
const targetOf = (name: string) =>
  room.upstream
    .providers()
    .find(({ id }) => id === name)
    ?.targets?.find(({ model }) => model === `m-${name}`);

describe('circuit breakers', () => {
  const breaker = { failures: 3, openMs: 10_000 };

  test('a dead target: once its breaker is open not one request in a hundred pays for it', async () => {
    await open({ origins: 2, config: { breaker, retry: RETRY } });
    room.script('a', ({ socket }) => socket.resetAndDestroy());
    await times(3, () => room.ask());
    expect(room.takeAsked()).toBe('ababab');
    expect(targetOf('a')).toMatchObject({ breaker: 'open', errorRate: 1, inFlight: 0 });
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
    await times(3, () => room.ask());
    room.skip(10_001);
    expect(targetOf('a')?.breaker).toBe('half-open');
    const gate = held();
    room.script('a', gate.script);
    room.takeAsked();
    const probe = room.start();
    await until(() => room.asked.length === 1, 'the probe is asked');
    await times(3, () => room.ask());
    expect(room.takeAsked()).toBe('abbb');
    gate.release();
    expect((await probe.done).head?.provider).toBe('a');
    expect(targetOf('a')?.breaker).toBe('closed');
    room.script('a', answering);
    await room.ask();
    expect(room.takeAsked()).toBe('a');
  });

  test('a probe that fails opens it anew; one that is aborted leaves the next request to find out', async () => {
    await open({ origins: 2, config: { breaker } });
    room.script('a', failing(500));
    await times(3, () => room.ask());
    room.skip(10_001);
    await room.ask();
    expect(targetOf('a')?.breaker).toBe('open');
    room.skip(10_001);
    room.script('a', silent);
    const aborted = room.start();
    await until(() => room.origin('a').calls.length === 5, 'the probe is asked');
    aborted.flow.abort();
    room.script('a', answering);
    expect((await room.ask()).head?.provider).toBe('a');
    expect(targetOf('a')?.breaker).toBe('closed');
  });

  test('what the request did wrong, and limits, open nothing; failures count only in a row', async () => {
    await open({ origins: 1, config: { breaker, retry: ONCE } });
    for (const status of [400, 404, 413, 422, 429, 401]) {
      room.script('a', failing(status));
      await times(4, () => room.ask());
      expect(targetOf('a')?.breaker).toBe('closed');
    }
    for (let i = 0; i < 4; i++) {
      room.script('a', failing(500));
      await times(2, () => room.ask());
      room.script('a', answering);
      await room.ask();
    }
    expect(targetOf('a')?.breaker).toBe('closed');
  });

  test('where nobody is well, they are asked all the same, and the first to answer is well again', async () => {
    await open({ origins: 2, config: { breaker, retry: { ...RETRY, attemptsMax: 3 } } });
    for (const name of 'ab') room.script(name, failing(500));
    await times(2, () => room.ask());
    expect(targetOf('a')?.breaker).toBe('open');
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
    expect([targetOf('a')?.breaker, targetOf('b')?.breaker]).toEqual(['open', 'closed']);
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
    await times(4, () => room.ask());
    room.takeAsked();
    await room.ask();
    await room.ask({ model: 'n', body: Buffer.from('{"model":"n"}') });
    expect(room.takeAsked()).toBe('ba');
  });
});

describe('keys', () => {
  const keys = { apiKeys: ['key-number-1', 'key-number-2', 'key-number-3'] };
  const keysAsked = () =>
    room
      .origin('a')
      .calls.splice(0)
      .map(({ headers }) => headers.authorization?.slice(-1))
      .join('');
  const limiting = (limited: string, headers: Record<string, string>, status = 429): OriginScript => {
    return (call, response, index) =>
      (limited.includes(call.headers.authorization?.slice(-1) ?? '') ? failing(status, headers) : answering)(
        call,
        response,
        index,
      );
  };

  test('a limited one: another at once, and it stays out until its time has come', async () => {
    await open({ origins: 2, provider: keys, config: { retry: RETRY } });
    room.script('a', limiting('2', { 'retry-after': '20' }));
    await times(6, async () => expect((await room.ask()).head?.provider).toBe('a'));
    expect(keysAsked()).toBe('2313131');
    room.skip(20_001);
    room.script('a', answering);
    await times(3, () => room.ask());
    expect(keysAsked()).toContain('2');
  });

  test('all limited: the next target, and this one again when the first comes free', async () => {
    await open({ origins: 2, provider: keys, config: { retry: RETRY } });
    room.script('a', limiting('123', { 'retry-after': '20' }));
    expect((await room.ask()).head?.provider).toBe('b');
    expect(room.takeAsked()).toBe('aaab');
    expect((await room.ask()).head?.provider).toBe('b');
    expect(room.takeAsked()).toBe('b');
    expect(room.route?.ranked.at(-1)?.why).toBe('its keys are limited');
    room.skip(20_001);
    room.script('a', answering);
    expect((await room.ask()).head?.provider).toBe('a');
  });

  test('all limited and nobody else: it is asked, and says itself when to come again', async () => {
    await open({ origins: 1, provider: keys, config: { retry: ONCE } });
    room.script('a', limiting('123', { 'retry-after': '20' }));
    await times(3, () => room.ask());
    const heard = await room.ask();
    expect(heard.head).toMatchObject({ status: 429, headers: { 'retry-after': '20' } });
  });

  test('a refused one is out, with an alarm, and back after a while or when it works', async () => {
    await open({ origins: 2, provider: keys, config: { retry: RETRY } });
    room.script('a', limiting('2', {}, 401));
    await times(6, async () => expect((await room.ask()).head?.provider).toBe('a'));
    expect(keysAsked()).toBe('2313131');
    expect(room.alarms).toEqual(['Provider a: key ...-2 was refused (401); others are asked while there are any.']);
    expect(room.upstream.providers()[0]?.alarms).toEqual(['key ...-2 was refused (401)']);
    room.skip(30_001);
    room.script('a', answering);
    await times(3, () => room.ask());
    expect(keysAsked()).toContain('2');
    expect(room.upstream.providers()[0]?.alarms).toEqual([]);
  });

  test('all refused: the next target, one alarm each, and nothing of it reaches a client', async () => {
    await open({ origins: 2, provider: keys, config: { retry: { ...RETRY, attemptsMax: 5 } } });
    room.script('a', failing(401));
    await times(5, async () => expect((await room.ask()).head).toMatchObject({ status: 200, provider: 'b' }));
    expect(room.takeAsked()).toBe('aaabbbbb');
    expect(room.alarms).toHaveLength(3);
    expect(room.alarms.join()).not.toContain('key-number');
    room.upstream.reconfigure(room.config);
    room.script('a', answering);
    expect((await room.ask()).head?.provider).toBe('a');
  });

  test('403 is about the model: the key is good for others', async () => {
    const models = ['m', 'n'].map((id) => ({
      ...{ id, aliases: [] },
      targets: [
        { provider: 'a', model: `${id}-a` },
        { provider: 'b', model: `${id}-b` },
      ],
    }));
    await open({ origins: 2, models });
    room.script('a', failing(403));
    await times(2, async () => expect((await room.ask()).head?.provider).toBe('b'));
    expect(room.takeAsked()).toBe('abb');
    expect(room.alarms).toEqual([
      'Provider a: model m-a was refused to key ...-a (403); others are asked while there are any.',
    ]);
    expect(room.upstream.providers()[0]?.alarms).toEqual(['model m-a was refused to key ...-a (403)']);
    room.script('a', answering);
    expect((await room.ask({ model: 'n' })).head?.provider).toBe('a');
    expect((await room.ask()).head?.provider).toBe('b');
    room.skip(30_001);
    expect((await room.ask()).head?.provider).toBe('a');
    expect(room.upstream.providers()[0]?.alarms).toEqual([]);
  });

  test.each([
    [401, 'Incorrect API key provided: key-of-*****of-a. Find yours ...'],
    [402, 'The key key-of-a has no credit'],
    [403, 'Your api key: ****of-a may not use this'],
  ])('%i and nobody else to ask: the client hears it, but nothing of the key', async (status, message) => {
    await open({ origins: 1 });
    room.script('a', (_call, response) => {
      const body = JSON.stringify({ error: { message, code: 'theirs' } });
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
      response.write(body.slice(0, 30), () => setImmediate(() => response.end(body.slice(30))));
    });
    for (let n = 0; n < 2; n++) {
      const heard = await room.ask();
      expect(heard.head).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
      expect(heard.head?.headers).not.toHaveProperty('content-length');
      expect(heard.text()).toContain('"code":"theirs"');
      expect(heard.text()).not.toMatch(/key-of|of-a/);
    }
    expect(room.alarms).toHaveLength(1);
  });

  test('what can not be read of it is told in our own words', async () => {
    await open({ origins: 1 });
    room.script('a', (_call, response) => {
      response.writeHead(401, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
      response.end(gzipSync('key-of-a is wrong'));
    });
    const heard = await room.ask();
    expect(heard.head?.headers).not.toHaveProperty('content-encoding');
    expect(JSON.parse(heard.text())).toMatchObject({ error: { code: 'upstream_refused' } });
  });
});

describe('hedging', () => {
  const hedged = { origins: 2, model: { hedgeAfterMs: 50 } };

  test('no first byte in time: the second target is asked, the first head wins, the loser is aborted', async () => {
    await open(hedged);
    room.script('a', silent);
    const heard = await room.ask();
    expect(heard.events).toEqual(['head', 'data', 'end']);
    expect(heard.head).toMatchObject({ provider: 'b', attempts: 2 });
    await until(() => room.origin('a').cut() === 1, 'the loser is aborted');
    expect(room.route?.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
      ['a', 'hedged'],
      ['b', 'ok'],
    ]);
    expect(room.upstream.providers()).toMatchObject([
      { requests: 1, errors: 0, inFlight: 0 },
      { requests: 1, errors: 0, inFlight: 0 },
    ]);
  });

  test('the first may still win', async () => {
    await open(hedged);
    const gate = held();
    room.script('a', gate.script);
    room.script('b', silent);
    const heard = room.start();
    await until(() => room.origin('b').calls.length === 1, 'the second is asked');
    gate.release();
    await heard.done;
    expect(heard.head).toMatchObject({ provider: 'a', attempts: 2 });
    await until(() => room.origin('b').cut() === 1, 'the loser is aborted');
  });

  test('one of the two fails: the other is waited for; both fail: the next', async () => {
    await open({ ...hedged, origins: 3 });
    const gates = { a: held(), b: held() };
    room.script('a', gates.a.script);
    room.script('b', failing(500));
    const heard = room.start();
    await until(() => room.upstream.providers()[1]?.errors === 1, 'the second has failed');
    gates.a.release();
    await heard.done;
    expect(heard.head?.provider).toBe('a');
    expect(room.takeAsked()).toBe('ab');
    room.script('a', (call) => setTimeout(() => call.socket.destroy(), 150));
    expect((await room.ask()).head?.provider).toBe('c');
    expect(room.takeAsked()).toBe('abc');
  });

  test('quick enough, or with nobody else: one call', async () => {
    await open({ origins: 2, model: { hedgeAfterMs: 5_000 } });
    await room.ask();
    expect(room.takeAsked()).toBe('a');
    await room.close();
    await open({ ...hedged, origins: 1 });
    const gate = held();
    room.script('a', gate.script);
    const heard = room.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    gate.release();
    expect((await heard.done).head?.attempts).toBe(1);
  });

  test('aborted: both are', async () => {
    await open(hedged);
    for (const name of 'ab') room.script(name, silent);
    const heard = room.start();
    await until(() => room.asked.length === 2, 'both are asked');
    heard.flow.abort();
    await until(() => room.origin('a').cut() + room.origin('b').cut() === 2, 'both are aborted');
    expect(heard.events).toEqual([]);
  });
});

describe('places', () => {
  test('first come, first served; batches behind all others and on half of the places', async () => {
    await open({ origins: 1, provider: { concurrencyMax: 2 } });
    const gate = held();
    room.script('a', gate.script);
    const order: string[] = [];
    const ask = (name: string, priority: 'live' | 'batch') => {
      const heard = room.start({ body: Buffer.from(JSON.stringify({ name })), priority });
      return heard.done.then(() => order.push(name));
    };
    const batches = [ask('b1', 'batch'), ask('b2', 'batch'), ask('b3', 'batch')];
    await until(() => room.asked.length === 1, 'one batch call is asked');
    const live = ['l1', 'l2', 'l3', 'l4'].map((name) => ask(name, 'live'));
    await until(() => room.asked.length === 2, 'one live call beside it');
    const running = new Set([gate]);
    while (order.length < 7) {
      for (const each of running) each.release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([...batches, ...live]);
    const names = room.origin('a').calls.map(({ body }) => JSON.parse(body.toString()).name);
    expect(names.slice(0, 2)).toEqual(['b1', 'l1']);
    expect(names.filter((name) => name.startsWith('l'))).toEqual(['l1', 'l2', 'l3', 'l4']);
    expect(names.filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    expect(names.indexOf('b2')).toBeGreaterThan(names.indexOf('l3'));
  });

  test('who waits too long goes elsewhere; with nobody else it is told so', async () => {
    const timeoutsMs = { ...TIMEOUTS, connect: 50, firstByte: 100 };
    await open({ origins: 2, provider: { concurrencyMax: 1, timeoutsMs }, config: { retry: ONCE } });
    const streaming: OriginScript = (_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(CHUNK);
    };
    room.script('a', streaming);
    const first = room.start({ stream: true });
    await until(() => first.events.length === 2, 'the place is taken');
    const second = await room.ask();
    expect(second.head).toMatchObject({ provider: 'b', attempts: 1 });
    expect(room.route?.attempts.map(({ outcome }) => outcome)).toEqual(['busy', 'ok']);
    room.script('b', streaming);
    const third = room.start({ stream: true });
    await until(() => third.events.length === 2, 'the other place is taken');
    expect((await room.ask()).error).toMatchObject({ kind: 'UPSTREAM_BUSY' });
    expect(targetOf('a')).toMatchObject({ breaker: 'closed' });
    first.flow.abort();
    third.flow.abort();
  });

  test('aborted while it waits: its turn passes to the next', async () => {
    await open({ origins: 1, provider: { concurrencyMax: 1 } });
    const gate = held();
    room.script('a', gate.script);
    const first = room.start();
    const [second, third] = [room.start(), room.start()];
    await until(() => room.asked.length === 1, 'the first is asked');
    second.flow.abort();
    gate.release();
    await first.done;
    await until(() => room.asked.length === 2, 'the third is asked');
    gate.release();
    await third.done;
    expect(second.events).toEqual([]);
    expect(room.asked).toHaveLength(2);
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
