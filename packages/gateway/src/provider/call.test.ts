import { createServer as createNetServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { gateway, ONCE, openAi, RETRY, TIMEOUTS } from '../conformance/config.ts';
import { answering, CHUNK } from '../conformance/openai-origin.ts';
import { type Origin, startOrigin } from '../conformance/origin.ts';
import { chatCall, record, until } from '../conformance/recorder.ts';
import { createUpstream, type Gateway } from '../upstream.ts';

describe('a call to an openai provider', () => {
  let origin: Origin;
  let upstream: Gateway;
  const call = (overrides: Parameters<typeof chatCall>[0] = {}) => chatCall({ model: 'gpt-4o', ...overrides });
  const use = (overrides: Parameters<typeof openAi>[1], baseUrl = origin.url) => {
    upstream.reconfigure(gateway([openAi(baseUrl, overrides)]));
  };
  const patient = (overrides: Partial<typeof TIMEOUTS>) => {
    upstream.reconfigure(gateway([openAi(origin.url, { timeoutsMs: { ...TIMEOUTS, ...overrides } })], [], ONCE));
  };

  beforeEach(async () => {
    origin = await startOrigin(answering);
    upstream = createUpstream(gateway([openAi(origin.url)]));
  });
  afterEach(async () => {
    await origin.close();
    await upstream.close();
  });

  describe('timeouts', () => {
    test('firstByte', async () => {
      origin.script(() => {});
      patient({ firstByte: 100 });
      const { error } = await record(upstream, call()).done;
      expect(error).toMatchObject({ kind: 'UPSTREAM_TIMEOUT', message: expect.stringContaining('firstByte') });
      expect(origin.calls).toHaveLength(1);
    });

    test('idle, in mid-stream', async () => {
      origin.script((_call, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(CHUNK);
      });
      patient({ idle: 100 });
      const heard = await record(upstream, call({ stream: true })).done;
      expect(heard.events).toEqual(['head', 'data', 'error']);
      expect(heard.error).toMatchObject({ kind: 'UPSTREAM_TIMEOUT', message: expect.stringContaining('idle') });
    });

    test('total, although bytes keep coming', async () => {
      origin.script((_call, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const timer = setInterval(() => response.write(CHUNK), 10);
        response.on('close', () => clearInterval(timer));
      });
      patient({ total: 150 });
      const heard = await record(upstream, call({ stream: true })).done;
      expect(heard.events).toEqual(['head', 'data', 'error']);
      expect(heard.error).toMatchObject({ kind: 'UPSTREAM_TIMEOUT', message: expect.stringContaining('total') });
      await until(() => origin.cut() === 1, 'the origin sees the connection close');
    });

    test('connect', async () => {
      // Reserved for documentation (RFC 5737): nobody answers there, or the network says so at once.
      use({ timeoutsMs: { ...TIMEOUTS, connect: 100 } }, 'http://192.0.2.1:9/v1');
      const { error } = await record(upstream, call()).done;
      expect(['UPSTREAM_TIMEOUT', 'UPSTREAM_UNREACHABLE']).toContain(error?.kind);
      if (error?.kind === 'UPSTREAM_TIMEOUT') expect(error.message).toContain('connect');
    });

    test('a body that nobody reads does not count as idle', async () => {
      patient({ idle: 50 });
      const heard = record(upstream, call({ stream: true }), { on: (event, flow) => event === 'head' && flow.pause() });
      await until(() => heard.events.length === 1, 'the head');
      await new Promise((resolve) => setTimeout(resolve, 150));
      heard.flow.resume();
      await heard.done;
      expect(heard.events).toEqual(['head', 'data', 'end']);
    });
  });

  describe('retries', () => {
    test('a kept-alive connection closed under the call: a fresh one, unseen by the client', async () => {
      await record(upstream, call()).done;
      // undici takes a connection back one turn of the event loop after its last call.
      await new Promise((resolve) => setImmediate(resolve));
      origin.script((incoming, response, index) => {
        if (incoming.ofConnection > 1) incoming.socket.destroy();
        else answering(incoming, response, index);
      });
      const heard = await record(upstream, call()).done;
      expect(heard.events).toEqual(['head', 'data', 'end']);
      // The provider never saw the first: that is no attempt.
      expect(heard.head?.attempts).toBe(1);
      expect(upstream.providers()).toMatchObject([{ requests: 2, errors: 0 }]);
    });

    test('every idle connection closed by the server in the same moment as new calls go out', async () => {
      const burst = () => Promise.all(Array.from({ length: 20 }, () => record(upstream, call()).done));
      await burst();
      expect(origin.connections()).toBeGreaterThan(1);
      await new Promise((resolve) => setImmediate(resolve));
      origin.closeConnections();
      const heard = await burst();
      expect(heard.map((one) => one.events.at(-1))).toEqual(heard.map(() => 'end'));
    });

    test('closed in good order in the same moment: a fresh one too', async () => {
      await record(upstream, call()).done;
      await new Promise((resolve) => setImmediate(resolve));
      origin.script((incoming, response, index) => {
        if (incoming.ofConnection > 1) incoming.socket.end();
        else answering(incoming, response, index);
      });
      const heard = await record(upstream, call()).done;
      expect(heard.head).toMatchObject({ status: 200, attempts: 1 });
    });

    test('an old connection that is reset over and over: sent again once, then it has failed', async () => {
      upstream.reconfigure(gateway([openAi(origin.url)], [], ONCE));
      await Promise.all([record(upstream, call()).done, record(upstream, call()).done]);
      await new Promise((resolve) => setImmediate(resolve));
      origin.script(({ socket }) => socket.resetAndDestroy());
      const heard = await record(upstream, call()).done;
      expect(heard.error?.kind).toBe('UPSTREAM_UNREACHABLE');
      expect(origin.calls).toHaveLength(4);
    });

    test('reset before the first byte of a fresh connection: an attempt that failed', async () => {
      origin.script(({ socket }) => socket.resetAndDestroy());
      const heard = await record(upstream, call()).done;
      expect(heard.events).toEqual(['error']);
      expect(heard.error?.kind).toBe('UPSTREAM_UNREACHABLE');
      expect(origin.calls).toHaveLength(RETRY.attemptsMax);
    });

    test('attemptsMax 1: no second attempt', async () => {
      upstream.reconfigure(gateway([openAi(origin.url)], [], ONCE));
      origin.script(({ socket }) => socket.resetAndDestroy());
      await record(upstream, call()).done;
      expect(origin.calls).toHaveLength(1);
    });

    test('refused, then there: the second attempt answers', async () => {
      const { port } = origin;
      await origin.close();
      upstream.reconfigure({
        ...gateway([openAi(origin.url)]),
        retry: { ...RETRY, backoffMs: 1_000, backoffMsMax: 1_000 },
      });
      const heard = record(upstream, call());
      await until(() => upstream.providers()[0]?.errors === 1, 'the first attempt was refused');
      origin = await startOrigin(answering, port);
      await heard.done;
      expect(heard.head).toMatchObject({ status: 200, attempts: 2 });
    });

    test('refused, and aborted while it waits to try again: silence', async () => {
      await origin.close();
      await upstream.close();
      const retry = { ...RETRY, backoffMs: 10_000, backoffMsMax: 10_000 };
      upstream = createUpstream(gateway([openAi(origin.url)], [], retry), { random: () => 0.9 });
      const heard = record(upstream, call());
      await until(() => upstream.providers()[0]?.errors === 1, 'the first attempt was refused');
      heard.flow.abort();
      await upstream.close();
      expect(heard.events).toEqual([]);
      expect(upstream.providers()).toMatchObject([{ requests: 1, inFlight: 0, errors: 1 }]);
    });

    test('a host that is not known', async () => {
      use({}, 'http://no-such-host.invalid/v1');
      const { error } = await record(upstream, call()).done;
      expect(error?.kind).toBe('UPSTREAM_UNREACHABLE');
    });
  });

  describe('abort, back-pressure, many at once', () => {
    test('aborted before the head: the origin sees it', async () => {
      origin.script(() => {});
      const heard = record(upstream, call());
      await until(() => origin.calls.length === 1, 'the call arrives');
      heard.flow.abort();
      await until(() => origin.cut() === 1, 'the origin sees the connection close');
      expect(heard.events).toEqual([]);
    });

    test('aborted in mid-stream: the origin sees it, and the next call works', async () => {
      origin.script((_call, response) => {
        response.writeHead(200).write(CHUNK);
      });
      const heard = record(upstream, call({ stream: true }), { on: (event, flow) => event === 'data' && flow.abort() });
      await until(() => origin.cut() === 1, 'the origin sees the connection close');
      expect(heard.events).toEqual(['head', 'data']);
      origin.script(answering);
      expect((await record(upstream, call()).done).head?.status).toBe(200);
    });

    test('pausing reaches the origin: it can not write everything', async () => {
      const body = Buffer.concat([Buffer.from('{"x":"'), Buffer.alloc(64 * 1024 * 1024, 'x'), Buffer.from('"}')]);
      let flushed = false;
      origin.script((_call, response) => {
        response.writeHead(200, { 'content-length': body.length });
        response.end(body, () => {
          flushed = true;
        });
      });
      const heard = record(upstream, call(), { on: (event, flow) => event === 'head' && flow.pause() });
      await until(() => heard.events.length === 1, 'the head');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(flushed).toBe(false);
      expect(heard.chunks.length).toBe(0);
      heard.flow.resume();
      await heard.done;
      expect(heard.chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(body.length);
    });

    test('100 at once over kept-alive connections, each with its own answer', async () => {
      use({ concurrencyMax: 100 });
      origin.script(({ body }, response) => {
        setImmediate(() => response.end(body));
      });
      const calls = Array.from({ length: 100 }, (_, i) => call({ body: Buffer.from(`{"model":"gpt-4o","i":${i}}`) }));
      for (let round = 0; round < 2; round++) {
        const heard = await Promise.all(calls.map((one) => record(upstream, one).done));
        expect(heard.map((one) => one.text())).toEqual(calls.map(({ body }) => body.toString()));
      }
      expect(origin.connections()).toBeLessThanOrEqual(100);
      expect(origin.calls.some(({ ofConnection }) => ofConnection > 1)).toBe(true);
    });

    test('never more at once than concurrencyMax; what can not wait is told so', async () => {
      use({ concurrencyMax: 2 });
      origin.script(() => {});
      const heard = Array.from({ length: 23 }, () => record(upstream, call()));
      await until(() => origin.calls.length === 2, 'two calls arrive');
      expect((await heard[22]?.done)?.error?.kind).toBe('UPSTREAM_BUSY');
      for (const one of heard) one.flow.abort();
      origin.script(answering);
      expect((await record(upstream, call()).done).head?.status).toBe(200);
      expect(origin.calls).toHaveLength(3);
    });

    test('no connection free within connect and firstByte: UPSTREAM_BUSY', async () => {
      upstream.reconfigure(gateway([openAi(origin.url, { concurrencyMax: 1 })], [], ONCE));
      origin.script((_call, response) => {
        response.writeHead(200).write(CHUNK);
      });
      const first = record(upstream, call({ stream: true }));
      await until(() => first.events.length === 2, 'the stream runs');
      const timeoutsMs = { ...TIMEOUTS, connect: 50, firstByte: 100 };
      upstream.reconfigure(gateway([openAi(origin.url, { concurrencyMax: 1, timeoutsMs })], [], ONCE));
      const other = record(upstream, call({ stream: true }));
      await until(() => other.events.length === 2, 'the other stream runs');
      const waiting = await record(upstream, call()).done;
      expect(waiting.error?.kind).toBe('UPSTREAM_BUSY');
      first.flow.abort();
      other.flow.abort();
    });

    test('a server that takes connections and never answers does not keep close() waiting after an abort', async () => {
      const mute = createNetServer((socket) => socket.resume()).listen(0, '127.0.0.1');
      await until(() => mute.address() !== null, 'listening');
      use({}, `http://127.0.0.1:${(mute.address() as { port: number }).port}`);
      const heard = record(upstream, call());
      await new Promise((resolve) => setTimeout(resolve, 20));
      heard.flow.abort();
      await upstream.close();
      await new Promise((resolve) => mute.close(resolve));
    });
  });
});
