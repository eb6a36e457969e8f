import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { gateway, ONCE, openAi, RETRY } from '../conformance/config.ts';
import { answering, COMPLETION } from '../conformance/openai-origin.ts';
import { type Origin, raw, startOrigin } from '../conformance/origin.ts';
import { type ProviderUnderTest, providerConformance } from '../conformance/provider.conformance.ts';
import { chatCall, record, until } from '../conformance/recorder.ts';
import { createUpstream, type Gateway } from '../upstream.ts';

providerConformance('openai', async (): Promise<ProviderUnderTest> => {
  const origin = await startOrigin(answering);
  const upstream = createUpstream(gateway([openAi(origin.url)]));
  const close = async () => {
    await upstream.close();
    await origin.close();
  };
  return { upstream, model: 'gpt-4o', close };
});

describe('openai provider', () => {
  let origin: Origin;
  let upstream: Gateway;
  const call = (overrides: Parameters<typeof chatCall>[0] = {}) => chatCall({ model: 'gpt-4o', ...overrides });
  const use = (overrides: Parameters<typeof openAi>[1], baseUrl = origin.url) => {
    upstream.reconfigure(gateway([openAi(baseUrl, overrides)]));
  };

  beforeEach(async () => {
    origin = await startOrigin(answering);
    upstream = createUpstream(gateway([openAi(origin.url)]));
  });
  afterEach(async () => {
    await origin.close();
    await upstream.close();
  });

  describe('what goes out', () => {
    test('the body byte for byte, at the path under the base URL, with or without a slash at its end', async () => {
      const body = Buffer.from('{ "model":"gpt-4o",\n "x": 1.0, "y": 12345678901234567890, "é": "\\u00e9" }');
      for (const baseUrl of [origin.url, `${origin.url}/`, `${origin.url}/deep/`, new URL(origin.url).origin]) {
        use({}, baseUrl);
        await record(upstream, call({ body })).done;
      }
      expect(origin.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /v1/chat/completions',
        'POST /v1/chat/completions',
        'POST /v1/deep/chat/completions',
        'POST /chat/completions',
      ]);
      for (const { body: received } of origin.calls) expect(received.equals(body)).toBe(true);
    });

    test('only the model is rewritten, and only when the route renames it', async () => {
      const model = { id: 'big', aliases: ['large'], targets: [{ provider: 'main', model: 'gpt-4o-2024-08-06' }] };
      upstream.reconfigure(gateway([openAi(origin.url)], [model]));
      const body = Buffer.from('{"messages":[{"model":"big"}], "model" : "large", "n": 1.0}');
      const heard = await record(upstream, call({ model: 'large', body })).done;
      expect(origin.calls[0]?.body.toString()).toBe(
        '{"messages":[{"model":"big"}], "model" : "gpt-4o-2024-08-06", "n": 1.0}',
      );
      expect(origin.calls[0]?.headers['content-length']).toBe(String(origin.calls[0]?.body.length));
      expect(heard.head?.model).toBe('gpt-4o-2024-08-06');
    });

    test('headers of the house, allowed client headers, none that are about the connection', async () => {
      const headers = {
        'openai-project': 'proj_1',
        'x-request-id': 'r-1',
        cookie: 'a=b',
        'x-nearhit-cache': 'off',
        'accept-encoding': 'gzip',
        'Transfer-Encoding': 'chunked',
        'x-odd': 'line\nbreak',
        'x bad': 'name',
      };
      await record(upstream, call({ headers, stream: true })).done;
      await record(upstream, call()).done;
      const sent = origin.calls[0]?.headers ?? {};
      expect(sent).toMatchObject({
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'accept-encoding': 'identity',
        'openai-project': 'proj_1',
        'x-request-id': 'r-1',
      });
      expect(sent['user-agent']).toMatch(/^nearhit\/\d/);
      for (const name of ['cookie', 'x-nearhit-cache', 'transfer-encoding', 'x-odd', 'authorization']) {
        expect(sent).not.toHaveProperty([name]);
      }
      expect(origin.calls[1]?.headers.accept).toBe('application/json');
    });

    test('keys of the house in turn; else the credential of the client, but never a nearhit key', async () => {
      use({ apiKeys: ['k1', 'k2', 'k3'] });
      expect(upstream.usesClientCredential('gpt-4o')).toBe(false);
      for (let i = 0; i < 6; i++) await record(upstream, call({ credential: 'sk-client' })).done;
      expect(origin.calls.map(({ headers }) => headers.authorization).sort()).toEqual(
        ['k1', 'k1', 'k2', 'k2', 'k3', 'k3'].map((key) => `Bearer ${key}`),
      );
      use({});
      expect(upstream.usesClientCredential('gpt-4o')).toBe(true);
      await record(upstream, call({ credential: 'sk-client' })).done;
      await record(upstream, call({ credential: 'nh_secret' })).done;
      await record(upstream, call({ credential: 'sk\nx' })).done;
      const last = origin.calls.slice(-3).map(({ headers }) => headers.authorization);
      expect(last).toEqual(['Bearer sk-client', undefined, undefined]);
    });
  });

  describe('what comes back', () => {
    test('statuses, bodies and harmless headers as they are; hop-by-hop headers and cookies are gone', async () => {
      origin.script((_call, response) => {
        response.writeHead(429, {
          'content-type': 'application/json',
          'retry-after': '7',
          'x-ratelimit-remaining-requests': '0',
          'openai-processing-ms': '12',
          'set-cookie': ['a=1', 'b=2'],
          'strict-transport-security': 'max-age=1',
          'x-nearhit-cache': 'hit',
          'x-hop': '1',
          connection: 'keep-alive, x-hop',
          'x-many': ['a', 'b'],
        });
        response.end('{"error":{"message":"slow down"}}');
      });
      upstream.reconfigure(gateway([openAi(origin.url)], [], ONCE));
      const heard = await record(upstream, call()).done;
      expect(heard.events).toEqual(['head', 'data', 'end']);
      expect(heard.head?.status).toBe(429);
      const { date, ...headers } = heard.head?.headers ?? {};
      expect(date).toBeDefined();
      expect(headers).toEqual({
        'content-type': 'application/json',
        'retry-after': '7',
        'x-ratelimit-remaining-requests': '0',
        'openai-processing-ms': '12',
        'x-many': 'a, b',
      });
      expect(origin.calls).toHaveLength(1);
    });

    test('an HTML page with status 200 is no answer', async () => {
      origin.script((_call, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>hi</h1>'));
      for (const stream of [false, true]) {
        const heard = await record(upstream, call({ stream })).done;
        expect(heard.events).toEqual(['error']);
        expect(heard.error?.kind).toBe('UPSTREAM_INVALID');
      }
      expect(origin.calls).toHaveLength(2 * RETRY.attemptsMax);
    });

    test('an encoded body that nobody asked for passes with its header', async () => {
      origin.script((_call, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not really'));
      const heard = await record(upstream, call()).done;
      expect(heard.head?.headers['content-encoding']).toBe('gzip');
      expect(heard.text()).toBe('not really');
    });

    test('an empty body, an interim 103 and 1 MB each way', async () => {
      origin.script((_call, response) => response.writeHead(204).end());
      expect((await record(upstream, call()).done).events).toEqual(['head', 'end']);
      origin.script(
        raw('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}', 'keep'),
      );
      expect(await record(upstream, call()).done).toMatchObject({ head: { status: 200 } });
      const big = Buffer.from(JSON.stringify({ x: 'x'.repeat(1024 * 1024) }));
      origin.script(({ body }, response) => response.end(body));
      const heard = await record(upstream, call({ body: big })).done;
      expect(Buffer.concat(heard.chunks).equals(big)).toBe(true);
      expect(heard.head?.headers['content-length']).toBe(String(big.length));
    });

    test('a sink that throws ends the call and hears INTERNAL', async () => {
      const heard = await record(upstream, call({ stream: true }), {
        on: (event) => {
          if (event === 'data') throw new Error('disk full');
        },
      }).done;
      expect(heard.error?.kind).toBe('INTERNAL');
      await until(() => origin.cut() === 1, 'the origin sees the connection close');
    });
  });

  describe('upstreams that lie or die', () => {
    const early: [string, string, 'end' | 'reset'][] = [
      ['shorter than its content-length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a', 'end'],
      ['cut within a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a', 'end'],
      ['cut between chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n', 'end'],
      ['reset in its body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a', 'reset'],
      ['with a chunk size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{"a":\r\n', 'end'],
    ];
    test.each(early)('%s: UPSTREAM_ENDED_EARLY, nothing of it passed on', async (_name, text, then) => {
      origin.script(raw(text, then));
      const heard = await record(upstream, call()).done;
      expect(heard.events).toEqual(['error']);
      expect(heard.error?.kind).toBe('UPSTREAM_ENDED_EARLY');
      expect(origin.calls).toHaveLength(RETRY.attemptsMax);
      expect(upstream.providers()).toMatchObject([{ requests: 3, errors: 3, inFlight: 0 }]);
    });

    test.each(early.slice(0, -1))(
      '%s, as a stream: UPSTREAM_ENDED_EARLY after the head, not tried again',
      async (_name, text, then) => {
        origin.script(raw(text.replace('OK\r\n', 'OK\r\ncontent-type: text/event-stream\r\n'), then));
        const heard = await record(upstream, call({ stream: true })).done;
        expect(heard.events).toEqual(['head', 'data', 'error']);
        expect(heard.error?.kind).toBe('UPSTREAM_ENDED_EARLY');
        expect(origin.calls).toHaveLength(1);
        expect(upstream.providers()).toMatchObject([{ requests: 1, errors: 1, inFlight: 0 }]);
      },
    );

    test('more bytes than its content-length: the surplus is nobody answer', async () => {
      origin.script(
        raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad', 'keep'),
      );
      const heard = await record(upstream, call()).done;
      expect(heard.text()).toBe('{}');
      origin.script(answering);
      expect(JSON.parse((await record(upstream, call()).done).text())).toEqual(COMPLETION);
    });

    const invalid: [string, string][] = [
      ['not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
      ['both lengths at once', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc'],
      ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
      ['cut in its headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ];
    test.each(invalid)('%s: UPSTREAM_INVALID', async (_name, text) => {
      origin.script(raw(text));
      const heard = await record(upstream, call()).done;
      expect(heard.events).toEqual(['error']);
      expect(heard.error?.kind).toBe('UPSTREAM_INVALID');
      expect(origin.calls).toHaveLength(RETRY.attemptsMax);
    });

    test('messages name the provider and no host; the detail has it', async () => {
      origin.script(raw('nonsense'));
      const { error } = await record(upstream, call()).done;
      expect(error?.message).toContain('main');
      expect(error?.message).not.toContain('127.0.0.1');
      expect(error?.detail).toContain('127.0.0.1');
    });
  });
});
