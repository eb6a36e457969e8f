import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ChildGateway } from '../support/child-gateway.ts';
import { cacheOf } from '../support/client.ts';
import { answerPlainly, chunk, FakeUpstream, sseHead } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';

const MB = 1_048_576;
const STREAM_BYTES = 20 * MB;

let folder: string;
let upstream: FakeUpstream;
let gateway: ChildGateway;
const sockets: Socket[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nearhit-sockets-'));
  upstream = await FakeUpstream.start();
  gateway = await ChildGateway.start({ cwd: folder, embedding: 'shared', env: { OPENAI_BASE_URL: upstream.url } });
});
afterAll(async () => {
  await gateway.kill();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  upstream.calls.length = 0;
  upstream.script = answerPlainly;
});

const residentBytes = () => gateway.metric('process_resident_memory_bytes');
const handles = () => gateway.metric('nodejs_active_resources_total');

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket;
}

function chatRequest(question: string, more: object = {}): string {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: question }], ...more });
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** What comes until the other side ends. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const piece of socket) text += piece;
  return text;
}

const answers = async (question: string) => expect((await gateway.ask(question)).status).toBe(200);

describe('clients that stop reading', () => {
  /** A long stream, written as fast as the gateway takes it; counts what it took. */
  function longStream(): { taken: () => number } {
    let taken = 0;
    upstream.script = async (call, res) => {
      sseHead(res);
      const piece = chunk(call, { content: 'x'.repeat(64 * 1024) });
      for (let sent = 0; sent < STREAM_BYTES && !res.destroyed; sent += piece.length) {
        if (!res.write(piece)) await Promise.race([once(res, 'drain'), call.closed]);
        taken += piece.length;
      }
      res.end(`${chunk(call, {}, 'stop')}data: [DONE]\n\n`);
    };
    return { taken: () => taken };
  }

  test('ten of them, 20 MB each: the providers are slowed down, and memory stays bounded', async () => {
    const { taken } = longStream();
    const before = await residentBytes();
    const slow = await Promise.all(Array.from({ length: 10 }, open));
    for (const [at, socket] of slow.entries()) {
      socket.pause();
      socket.write(chatRequest(`Slow reader ${at}?`, { stream: true }));
    }
    await upstream.called(10);
    let last = -1;
    await until('nothing more is taken from the providers', async () => {
      const now = taken();
      const still = now === last && now > 0;
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return still;
    });
    expect(taken()).toBeLessThan(10 * STREAM_BYTES * 0.8);
    expect((await residentBytes()) - before).toBeLessThan(200 * MB);
    await answers('Who else is there while they sleep?');
    for (const socket of slow) socket.destroy();
    await Promise.all(upstream.calls.slice(0, 10).map(({ closed }) => closed));
    await answers('And when they have gone?');
  });

  test('one that reads slowly gets every byte', async () => {
    longStream();
    const reply = await new Promise<number>((resolve, reject) => {
      const body = JSON.stringify({
        model: 'm',
        messages: [{ role: 'user', content: 'A sip at a time?' }],
        stream: true,
      });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const asked = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers }, async (response) => {
        let bytes = 0;
        let tail = '';
        for await (const piece of response) {
          bytes += piece.length;
          tail = (tail + piece.toString('latin1')).slice(-20);
          if (bytes % 7 === 0) await new Promise((next) => setImmediate(next));
        }
        if (tail.endsWith('data: [DONE]\n\n')) resolve(bytes);
        else reject(new Error(`it ends with ${tail}`));
      });
      asked.on('error', reject);
      asked.end(body);
    });
    expect(reply).toBeGreaterThan(STREAM_BYTES);
    // Too long to be kept: asked again, it is a miss.
    upstream.script = answerPlainly;
    expect(cacheOf(await gateway.ask('A sip at a time?'))).toMatchObject({ cache: 'miss' });
  });
});

describe('half-closed sockets', () => {
  test('a client that ends its side counts as gone: its call is cancelled', async () => {
    upstream.script = () => {};
    const socket = await open();
    socket.write(chatRequest('Half open?'));
    await upstream.called(1);
    socket.end();
    expect(await upstream.calls[0]?.closed).toBe(true);
    expect(await readAll(socket)).toBe('');
    upstream.script = answerPlainly;
    await answers('And the others?');
  });

  test('a client that ends its side in the middle of a body harms nobody, and nothing goes upstream', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const socket = await open();
      socket.end(chatRequest('Never whole?').slice(0, -10));
      expect(await readAll(socket)).not.toContain('HTTP/1.1 200');
    }
    expect(upstream.calls).toHaveLength(0);
    await answers('Still there?');
  });

  test('requests sent in a row on one connection, without waiting, are answered in order', async () => {
    const socket = await open();
    const questions = ['First in a row?', 'Second in a row?', 'First in a row?'];
    socket.write(questions.map((question) => chatRequest(question)).join(''));
    let text = '';
    for await (const piece of socket) {
      text += piece;
      if ((text.match(/in a row\?/g) ?? []).length === questions.length) break;
    }
    expect(text.match(/answer to: \w+ in a row\?/g)).toEqual(questions.map((question) => `answer to: ${question}`));
  });
});

test('a thousand connections, used, kept and dropped, several times over: memory and handles stay bounded', async () => {
  const round = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1000 });
    const ask = () =>
      new Promise<number | undefined>((resolve, reject) => {
        request(`${gateway.url}/healthz`, { agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        })
          .on('error', reject)
          .end();
      });
    expect(new Set(await Promise.all(Array.from({ length: 1000 }, ask)))).toEqual(new Set([200]));
    agent.destroy();
    const idle = await Promise.all(Array.from({ length: 100 }, open));
    for (const socket of idle) socket.destroy();
  };
  const handlesBefore = await handles();
  await round();
  const before = await residentBytes();
  for (let turn = 0; turn < 3; turn++) await round();
  expect((await residentBytes()) - before).toBeLessThan(100 * MB);
  await until('the handles of dropped connections are gone', async () => (await handles()) < handlesBefore + 50);
  await answers('A thousand later?');
});
