import { afterEach, describe, expect, test } from '@jest/globals';
import { ONCE, openAi, RETRY, TIMEOUTS } from '../conformance/config.ts';
import { answering, CHUNK, COMPLETION } from '../conformance/openai-origin.ts';
import { json, type OriginScript, raw } from '../conformance/origin.ts';
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
const stream = (text: string): OriginScript => raw(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${text}`);
const reply = (body: string): OriginScript => raw(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${body}`);

describe('the order of attempts', () => {
  test('each target once, at once, in the configured order; then another round, until each had attemptsMax', async () => {
    await open();
    for (const name of 'abc') room.script(name, failing(500));
    const heard = await room.ask();
    expect(room.takeAsked()).toBe('abcabcabc');
    expect(heard.events).toEqual(['head', 'data', 'end']);
    expect(heard.head).toMatchObject({ status: 500, provider: 'c', model: 'm-c', attempts: 9 });
    expect(room.route?.attempts.map(({ provider, outcome, status }) => [provider, outcome, status])).toEqual(
      Array.from({ length: 9 }, (_, i) => ['abc'[i % 3], 'status-500', 500]),
    );
  });

  test('the first that answers is taken, and nobody after it is asked', async () => {
    await open();
    room.script('a', failing(503));
    const heard = await room.ask();
    expect(room.takeAsked()).toBe('ab');
    expect(JSON.parse(heard.text())).toEqual(COMPLETION);
    expect(heard.head).toMatchObject({ provider: 'b', model: 'm-b', attempts: 2 });
    expect(room.origin('b').calls[0]?.headers.authorization).toBe('Bearer key-of-b');
    expect(JSON.parse(room.origin('b').calls[0]?.body.toString() ?? '').model).toBe('m-b');
    expect(room.route).toMatchObject({
      policy: 'priority',
      ranked: [{ provider: 'a' }, { provider: 'b' }, { provider: 'c' }],
      attempts: [
        { provider: 'a', model: 'm-a', outcome: 'status-503', status: 503 },
        { provider: 'b', outcome: 'ok', status: 200 },
      ],
    });
  });

  test('the targets of fallbacks after all of its own, theirs in turn behind them, nobody twice in a round', async () => {
    const target = (provider: string) => ({ provider, model: `m-${provider}` });
    await open({
      origins: 4,
      models: [
        { id: 'm', aliases: [], targets: [target('b'), target('a')], fallbacks: ['n', 'o'] },
        { id: 'n', aliases: ['en'], targets: [target('c'), target('b')], fallbacks: ['o'] },
        { id: 'o', aliases: [], targets: [target('d')] },
      ],
      config: { retry: ONCE },
    });
    for (const name of 'abcd') room.script(name, failing(500));
    await room.ask();
    expect(room.takeAsked()).toBe('bacd');
    expect(room.route?.ranked[2]?.why).toBe('fallback n');
  });

  test('streams and embeddings fail over as well', async () => {
    await open();
    room.script('a', failing(500));
    const streamed = await room.ask({ stream: true });
    expect(streamed.text()).toMatch(/\[DONE\]\n\n$/);
    expect((await room.ask({ path: '/embeddings' })).head?.provider).toBe('b');
    expect(room.takeAsked()).toBe('abab');
  });
});

describe('what is tried elsewhere, and what is not', () => {
  const elsewhere: [string, OriginScript, outcome: string][] = [
    ...[408, 409, 425, 429, 500, 502, 503, 504, 529].map((status): [string, OriginScript, string] => [
      `status ${status}`,
      failing(status),
      `status-${status}`,
    ]),
    ['x-should-retry: true', failing(418, { 'x-should-retry': 'true' }), 'status-418'],
    ['a reset connection', ({ socket }) => socket.resetAndDestroy(), 'connection'],
    ['a closed connection', ({ socket }) => socket.end(), 'connection'],
    ['silence', silent, 'timeout'],
    ['not HTTP', raw('hello\r\n'), 'invalid'],
    ['an empty body', reply(''), 'invalid'],
    ['blank', reply(' \r\n'), 'invalid'],
    ['text', reply('Service temporarily away'), 'invalid'],
    ['a page', raw('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html></html>'), 'invalid'],
    ['broken JSON', reply('{"choices": oops}'), 'invalid'],
    ['an error as success', json({ error: { message: 'no', code: 500 } }), 'invalid'],
    ['JSON that ends early', reply('{"choices":[{"message":{"content":"half'), 'invalid'],
    ['JSON that ends early at a brace', reply('{"choices":[{"message":{"content":"x"}'), 'invalid'],
    ['a body shorter than said', raw('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"a":1}'), 'cut'],
  ];
  test.each(elsewhere)('%s: the next target', async (_name, script, outcome) => {
    await open({ origins: 2, provider: { timeoutsMs: { ...TIMEOUTS, firstByte: 300 } } });
    room.script('a', script);
    const heard = await room.ask();
    expect(heard.events).toEqual(['head', 'data', 'end']);
    expect(heard.head).toMatchObject({ status: 200, provider: 'b' });
    expect(room.takeAsked()).toBe('ab');
    expect(room.route?.attempts[0]?.outcome).toBe(outcome);
  });

  const streams: [string, OriginScript][] = [
    ['an empty stream', stream('')],
    ['a page', stream('<html>')],
    ['a refusal as its first event', stream('data: {"error":{"message":"overloaded"}}\n\n')],
    ['a named refusal', stream('event: error\ndata: {"type":"error"}\n\n')],
    [
      'a stream cut before its first byte',
      raw('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n', 'reset'),
    ],
  ];
  test.each(streams)('%s: the next target', async (_name, script) => {
    await open({ origins: 2 });
    room.script('a', script);
    const heard = await room.ask({ stream: true });
    expect(heard.events).toEqual(['head', 'data', 'end']);
    expect(heard.head?.provider).toBe('b');
    expect(room.takeAsked()).toBe('ab');
  });

  test.each([
    ': comment\r\n\r\ndata:{"choices":[]}\r\n\r\n',
    '\n\ndata: [DONE]\n\n',
    '\uFEFFdata: {"x":{"error":1}}\n\n',
  ])('an odd stream passes as it is: %j', async (text) => {
    await open({ origins: 2 });
    room.script('a', stream(text));
    expect((await room.ask({ stream: true })).text()).toBe(text);
  });

  test.each([400, 404, 413, 422, 301, 418])('%i is the answer', async (status) => {
    await open();
    room.script('a', failing(status, { 'x-should-retry': 'false' }));
    const heard = await room.ask();
    expect(heard.head).toMatchObject({ status, provider: 'a', attempts: 1 });
    expect(heard.text()).toContain(`status ${status}`);
    expect(room.takeAsked()).toBe('a');
  });

  test.each([400, 404, 413, 422])('%i is the answer even when the provider asks to try again', async (status) => {
    await open();
    room.script('a', failing(status, { 'x-should-retry': 'true' }));
    expect((await room.ask()).head?.status).toBe(status);
    expect(room.takeAsked()).toBe('a');
  });

  test.each([401, 403])("%i of the caller's own credential is the answer", async (status) => {
    await open({ origins: 2 });
    room.script('a', failing(status));
    const heard = await room.ask({ upstreamKeys: { a: 'sk-tenant' } });
    expect(heard.head?.status).toBe(status);
    expect(room.origin('a').calls[0]?.headers.authorization).toBe('Bearer sk-tenant');
    expect(room.takeAsked()).toBe('a');
    expect(room.alarms).toEqual([]);
    await room.close();
    await open({ origins: 2, provider: { apiKeys: [] } });
    room.script('a', failing(status));
    expect((await room.ask({ credential: 'sk-client' })).head?.status).toBe(status);
    expect(room.takeAsked()).toBe('a');
  });

  describe("a client's own credential", () => {
    const sentTo = (name: string) => room.origin(name).calls.map(({ headers }) => headers.authorization);

    test('goes to no other provider, whoever is asked in the place of the one it is for', async () => {
      await open({ origins: 2, provider: { apiKeys: [] } });
      room.script('a', failing(500));
      expect((await room.ask({ credential: 'sk-client' })).head?.provider).toBe('b');
      expect([sentTo('a'), sentTo('b')]).toEqual([['Bearer sk-client'], [undefined]]);
      room.script('b', failing(401));
      const heard = await room.ask({ credential: 'sk-client' });
      expect(heard.head).toMatchObject({ status: 500, provider: 'a' });
      expect(new Set(sentTo('b'))).toEqual(new Set([undefined]));
    });

    test('goes nowhere when the house has a key for the first', async () => {
      await open({ origins: 2 });
      room.upstream.reconfigure({
        ...room.config,
        providers: room.config.providers.map((one) => (one.id === 'b' ? { ...one, apiKeys: [] } : one)),
      });
      room.script('a', failing(500));
      expect((await room.ask({ credential: 'sk-client' })).head?.provider).toBe('b');
      expect([sentTo('a'), sentTo('b')]).toEqual([['Bearer key-of-a'], [undefined]]);
    });

    test('is good for another name of the same address, a hedge too', async () => {
      await open({ origins: 1 });
      const providers = ['x', 'y'].map((id) => openAi(room.origin('a').url, { id }));
      room.upstream.reconfigure({
        ...room.config,
        providers,
        models: [{ id: 'm', aliases: [], targets: providers.map(({ id }) => ({ provider: id, model: id })) }],
      });
      room.script('a', failing(500));
      await room.ask({ credential: 'sk-client' });
      expect(sentTo('a').length).toBeGreaterThan(1);
      expect(new Set(sentTo('a'))).toEqual(new Set(['Bearer sk-client']));
    });
  });

  test('x-should-retry: false: this target no more, others all the same', async () => {
    await open({ origins: 2 });
    room.script('a', failing(500, { 'x-should-retry': 'false' }));
    room.script('b', failing(500));
    await room.ask();
    expect(room.takeAsked()).toBe('abbb');
  });

  test('cut after its first bytes have gone to the client: an error, and nobody else is asked', async () => {
    await open();
    room.script('a', (_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(CHUNK, () => response.destroy());
    });
    const heard = await room.ask({ stream: true });
    expect(heard.events).toEqual(['head', 'data', 'error']);
    expect(heard.error?.kind).toBe('UPSTREAM_ENDED_EARLY');
    expect(room.takeAsked()).toBe('a');
  });

  test('longer than 1 MiB it is passed on while it comes; cut after that it is an error', async () => {
    await open();
    room.script('a', (_call, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"x":"${'x'.repeat(1_500_000)}`, () => response.destroy());
    });
    const heard = await room.ask();
    expect(heard.events).toEqual(['head', 'data', 'error']);
    expect(room.takeAsked()).toBe('a');
  });

  test('a JSON reply that is cut is kept back as a whole, whatever its pieces', async () => {
    await open();
    room.script('a', (_call, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"choices":[', () => setImmediate(() => response.destroy()));
    });
    room.script('b', (_call, response) => {
      const text = JSON.stringify(COMPLETION);
      response.writeHead(200, { 'content-type': 'application/json' }).write(text.slice(0, 20));
      setImmediate(() => response.end(text.slice(20)));
    });
    const heard = await room.ask();
    expect(JSON.parse(heard.text())).toEqual(COMPLETION);
    expect(room.takeAsked()).toBe('ab');
  });

  test('what was parsed to judge it comes parsed with its end; what was not, does not', async () => {
    await open({ origins: 1 });
    expect((await room.ask()).json).toEqual(COMPLETION);
    expect((await room.ask({ stream: true })).json).toBeUndefined();
    room.script('a', json({ ...COMPLETION, vendor: 'x'.repeat(100_000) }));
    const long = await room.ask();
    expect([long.json, JSON.parse(long.text()).id]).toEqual([undefined, COMPLETION.id]);
    room.script('a', failing(400));
    expect((await room.ask()).json).toBeUndefined();
  });
});

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

describe('aborting', () => {
  const phases: [string, Partial<Record<'a' | 'b', OriginScript>>, (room: Room) => boolean][] = [
    ['before an answer', { a: silent }, () => room.origin('a').calls.length === 1],
    ['while the second target is asked', { a: failing(500), b: silent }, () => room.origin('b').calls.length === 1],
    [
      'while a JSON reply is held back',
      { a: (_call, response) => void response.writeHead(200).write('{"choices":') },
      () => room.origin('a').calls.length === 1,
    ],
  ];
  test.each(phases)('%s: silence, and the origin sees it', async (_name, scripts, ready) => {
    await open({ origins: 2 });
    for (const [name, script] of Object.entries(scripts)) room.script(name, script);
    const heard = room.start();
    await until(() => ready(room), 'the phase');
    const cut = room.origins.reduce((sum, origin) => sum + origin.cut(), 0);
    heard.flow.abort();
    await until(() => room.origins.reduce((sum, origin) => sum + origin.cut(), 0) === cut + 1, 'the origin sees it');
    expect(heard.events).toEqual([]);
    expect(room.upstream.providers().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  test('while it waits for the next round: silence, and nobody is asked any more', async () => {
    await open({ origins: 1, config: { retry: { ...RETRY, backoffMs: 50 } }, options: { random: () => 0.99 } });
    room.script('a', failing(500));
    const heard = room.start();
    await until(() => room.upstream.providers()[0]?.errors === 1, 'the first failure');
    heard.flow.abort();
    await room.upstream.close();
    expect(heard.events).toEqual([]);
    expect(room.takeAsked()).toBe('a');
  });

  test('paused before anything came, a whole JSON reply waits for resume, piece by piece', async () => {
    await open({ origins: 1 });
    const text = JSON.stringify(COMPLETION);
    room.script('a', (_call, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write(text.slice(0, 20));
      setTimeout(() => response.end(text.slice(20)), 20);
    });
    const heard = room.start({}, { on: (event, flow) => (event === 'head' || event === 'data') && flow.pause() });
    await until(() => heard.events.length === 1, 'the head');
    await until(() => room.upstream.providers()[0]?.inFlight === 0, 'the reply is whole');
    expect(heard.events).toEqual(['head']);
    heard.flow.resume();
    expect(heard.chunks).toHaveLength(1);
    heard.flow.resume();
    expect(heard.events).toEqual(['head', 'data', 'end']);
    expect(heard.text()).toBe(text);
  });
});
