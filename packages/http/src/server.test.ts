import { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Application } from 'express';
import { closeAll, start } from '../test/start.ts';
import { closeServer } from './server.ts';

const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await closeAll();
});

/** A connection that is spoken to byte by byte; `text()` is everything heard, `closed` resolves when the server closes. */
function raw(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(heard));
  });
  const until = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(heard)) resolve(heard);
      };
      socket.on('data', look);
      socket.on('close', () => (pattern.test(heard) ? resolve(heard) : reject(new Error(`closed after: ${heard}`))));
      look();
    });
  return { socket, errors, closed, until, send: (text: string | Buffer) => socket.write(text) };
}

const post = (length: number | string, extra = ''): string =>
  `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${extra}\r\n`;

describe('closing', () => {
  test('does not wait for a connection that has asked for nothing yet', async () => {
    const { server, url } = await start();
    const accepted = new Promise((resolve) => server.once('connection', resolve));
    const { closed } = raw(url);
    await accepted;
    await closeServer(server, 60_000);
    expect(await closed).toBe('');
  });
});

describe('prototypes', () => {
  test('are the app’s from the start, so that express changes none', async () => {
    const seen: [object, object][] = [];
    const { url, app } = await start(
      {},
      {
        fast: (req, res) => {
          seen.push([Object.getPrototypeOf(req), Object.getPrototypeOf(res)]);
          return false;
        },
      },
    );
    const own = app as Application & { request: object; response: object };
    let changes = 0;
    const original = Object.setPrototypeOf;
    Object.setPrototypeOf = (object: object, prototype: object | null) => {
      if (
        (object instanceof IncomingMessage || object instanceof ServerResponse) &&
        Object.getPrototypeOf(object) !== prototype
      ) {
        changes += 1;
      }
      return original(object, prototype);
    };
    try {
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await fetch(`${url}/v1/models`)).status).toBe(200);
      expect((await fetch(`${url}/admin/v1/stats`)).status).toBe(401);
    } finally {
      Object.setPrototypeOf = original;
    }
    expect(seen).toHaveLength(3);
    for (const [request, response] of seen) {
      expect(request).toBe(own.request);
      expect(response).toBe(own.response);
    }
    expect(changes).toBe(0);
  });

  test('still carry what express and node give them', async () => {
    const { app } = await start();
    const own = app as Application & { request: object; response: object };
    expect(own.request).toBeInstanceOf(IncomingMessage);
    expect(own.response).toBeInstanceOf(ServerResponse);
    expect((own.request as { app?: unknown }).app).toBe(app);
    expect(typeof (own.request as { get?: unknown }).get).toBe('function');
    expect(typeof (own.response as { json?: unknown }).json).toBe('function');
  });
});

test('the fast handler answers ahead of the app, and passes on what it does not take', async () => {
  const { url } = await start(
    {},
    {
      fast: (req, res) => {
        if (req.url !== '/fast') return false;
        res.end('fast');
        return true;
      },
    },
  );
  expect(await (await fetch(`${url}/fast`)).text()).toBe('fast');
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
});

describe('a body over the limit', () => {
  test('that is announced is refused before it is sent, and the answer can be read', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send(post(50_000_000));
    const answer = await client.until(/body_too_large/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/connection: close/i);
  });

  test('does not cost the answer a client that reads only when it has sent everything', async () => {
    const { url } = await start();
    const client = raw(url);
    client.socket.pause();
    client.send(post(20_000_000));
    for (let sent = 0; sent < 20_000_000; sent += 100_000) client.send(Buffer.alloc(100_000, 0x20));
    client.socket.write('', () => client.socket.resume());
    const answer = await client.closed;
    expect(client.errors).toEqual([]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).error.code).toBe('body_too_large');
  });

  test('that is chunked is refused at the limit', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    client.send(`320\r\n${'x'.repeat(800)}\r\n`);
    client.send(`320\r\n${'x'.repeat(800)}\r\n`);
    expect(await client.until(/body_too_large/)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('is told to fetch too', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: Buffer.alloc(5_000_000) });
    expect(response.status).toBe(413);
    expect((await response.json()) as object).toMatchObject({
      error: { code: 'body_too_large', type: 'invalid_request_error' },
    });
  });

  test('is never asked for with 100-continue', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send(post(50_000_000, 'expect: 100-continue\r\n'));
    expect(await client.until(/body_too_large/)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('is never read when the caller is refused for another reason', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send('PUT /admin/v1/policies/default HTTP/1.1\r\nhost: x\r\ncontent-length: 50000000\r\n\r\n');
    expect(await client.until(/invalid_api_key/)).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('bodies within the limit', () => {
  test('are asked for with 100-continue', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send(post(5, 'expect: 100-continue\r\n'));
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    client.send('12345');
    expect(await client.until(/"bytes":5/)).toMatch(/HTTP\/1\.1 200 /);
  });

  test('may come in any pieces, the limit itself included', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send(post(1000));
    for (let i = 0; i < 10; i += 1) client.send('x'.repeat(100));
    await client.until(/"bytes":1000/);
  });
});

describe('broken clients', () => {
  test('a body that stalls is given up with 408', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send(`${post(100)}{"a":`);
    const answer = await client.until(/request_timeout/);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toMatch(/connection: close/i);
  });

  test('a request that trickles in is cut off by the whole request’s timeout', async () => {
    const { url } = await start({}, { requestTimeoutMs: 300 });
    const client = raw(url);
    client.send('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n');
    const drip = setInterval(() => client.send('x'), 50);
    try {
      expect(await client.closed).toMatch(/^HTTP\/1\.1 408 [\s\S]*request_timeout/);
    } finally {
      clearInterval(drip);
    }
  });

  test('headers that never end are given up with 408', async () => {
    const { url } = await start({}, { requestTimeoutMs: 300 });
    const client = raw(url);
    client.send('GET /healthz HTTP/1.1\r\nhost: x\r\n');
    expect(await client.closed).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('what is no HTTP gets JSON with 400', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send('hello, is this a printer?\r\n\r\n');
    const answer = await client.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).error.message).toMatch(/not valid HTTP/);
  });

  test('endless headers get 431', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send(`GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(40_000)}\r\n\r\n`);
    expect(await client.closed).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('a client that leaves in the middle of its body harms nobody', async () => {
    const { url, lines } = await start();
    const client = raw(url);
    client.send(`${post(100)}{"a":`);
    client.socket.destroy();
    await client.closed;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(lines).toEqual([]);
  });

  test('a body shorter than announced, then the end, is a bad request', async () => {
    const { url } = await start();
    const client = raw(url);
    client.send(`${post(100)}{"a":`);
    client.socket.end();
    expect(await client.closed).toMatch(/^(HTTP\/1\.1 400 |$)/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('closeServer', () => {
  test('lets a request in flight finish, then ends its connection', async () => {
    const { url, server } = await start();
    const client = raw(url);
    client.send(post(5));
    client.send('12');
    const arrived = new Promise((resolve) => server.once('request', resolve));
    await arrived;
    const closed = closeServer(server, 10_000);
    client.send('345');
    await client.until(/"bytes":5/);
    await closed;
    await client.closed;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test('says in the replies that are left that they are the last ones of their connections', async () => {
    const { url, server } = await start();
    const busy = raw(url);
    busy.send(post(5));
    await new Promise((resolve) => server.once('request', resolve));
    const closed = closeServer(server, 10_000);
    busy.send('12345');
    expect(await busy.until(/"bytes":5/)).toMatch(/^connection: close\r$/im);
    await closed;
  });

  test('cuts what does not finish within the grace', async () => {
    const { url, server } = await start();
    const client = raw(url);
    client.send('POST /admin/v1/explain HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n');
    client.send('authorization: Bearer the-admin-token\r\ncontent-length: 100\r\n\r\n{');
    await new Promise((resolve) => server.once('request', resolve));
    await closeServer(server, 50);
    await client.closed;
  });
});
