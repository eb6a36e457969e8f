import { afterEach, describe, expect, test } from '@jest/globals';
import { openAi, TIMEOUTS } from '../conformance/config.ts';
import { CHUNK, COMPLETION, failing, silent } from '../conformance/openai-origin.ts';
import { json, type OriginScript, raw } from '../conformance/origin.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

const stream = (text: string): OriginScript => raw(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${text}`);
const reply = (body: string): OriginScript => raw(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${body}`);

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
