import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { request } from 'undici';
import { assembleStream } from '../../packages/core/src/reply/assemble.ts';
import { ChildGateway } from '../support/child-gateway.ts';
import {
  answerPlainly,
  chunk,
  completion,
  FakeUpstream,
  lastUserText,
  type Script,
  sendJson,
  sseHead,
} from '../support/fake-upstream.ts';
import { randomFrom } from '../support/random.ts';
import { until } from '../support/until.ts';

const REQUESTS = Number(process.env.NEARHIT_CHAOS_REQUESTS ?? 600);
const SEED = Number(process.env.NEARHIT_CHAOS_SEED ?? Date.now() % 1_000_000);
const CLIENTS = 24;
/** Few enough that the same one is often asked by several at once, and again after it has been stored. */
const QUESTIONS = 40;

let folder: string;
let upstream: FakeUpstream;
let gateway: ChildGateway;
let random: () => number;

beforeEach(async () => {
  random = randomFrom(SEED);
  folder = mkdtempSync(join(tmpdir(), 'nearhit-chaos-'));
  upstream = await FakeUpstream.start();
  gateway = await ChildGateway.start({ cwd: folder, embedding: 'shared', env: { OPENAI_BASE_URL: upstream.url } });
});
afterEach(async () => {
  await gateway.kill();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const cut = (res: ServerResponse) => void setTimeout(() => res.destroy(), 2);

/** What providers do on bad days; the first one, on good ones. Whatever is whole in it answers the question asked. */
const MOODS: readonly Script[] = [
  answerPlainly,
  async (call, res, turn) => {
    await pause(random() * 40);
    answerPlainly(call, res, turn);
  },
  async (call, res) => {
    sseHead(res);
    for (const letter of `answer to: ${lastUserText(call.body)}`) {
      res.write(chunk(call, { content: letter }));
      if (random() < 0.1) await pause(1);
    }
    res.end(`${chunk(call, {}, 'stop')}data: [DONE]\n\n`);
  },
  (call, res) => {
    sseHead(res);
    res.write(chunk(call, { role: 'assistant', content: 'answer to: some' }));
    cut(res);
  },
  (call, res) => {
    const whole = JSON.stringify(completion(call, `answer to: ${lastUserText(call.body)}`));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length + 9 });
    res.write(whole.slice(0, -20));
    cut(res);
  },
  (_call, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sorry</html>'),
  (_call, res) => sendJson(res, { error: { message: 'busy', type: 'server_error', param: null, code: null } }, 503),
  (_call, res) => sendJson(res, { error: { message: 'slow', type: 'rate_limit_error', param: null, code: null } }, 429),
  (_call, res) => sendJson(res, { error: { message: 'late', type: 'server_error', param: null, code: null } }),
  (_call, res) => cut(res),
  (call, res) => {
    sseHead(res);
    res.end(chunk(call, { role: 'assistant', content: `answer to: ${lastUserText(call.body)}` }, 'stop'));
  },
];

/** The whole answer in a reply, or undefined when the reply says that there is none. */
function answerIn(text: string, contentType: string): string | undefined {
  if (!contentType.startsWith('text/event-stream')) return JSON.parse(text).choices?.[0].message.content;
  const read = assembleStream(Buffer.from(text));
  return read.kind === 'complete' ? (read.answer.choices[0]?.message.content as string) : undefined;
}

const tally = { whole: 0, failed: 0, left: 0 };

async function one(turn: number): Promise<void> {
  const question = `What does the sign with number ${Math.floor(random() * QUESTIONS)} say?`;
  const stream = random() < 0.5;
  const abort = new AbortController();
  const leaving = random() < 0.3 ? setTimeout(() => abort.abort(), random() * 30) : undefined;
  try {
    const response = await request(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        // A new one every hundred requests: the mood of the provider must go on to matter.
        'x-nearhit-namespace': `epoch-${Math.floor(turn / 100)}`,
        ...(random() < 0.1 && { 'x-nearhit-cache': 'refresh' }),
      },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: question }], stream }),
      signal: abort.signal,
    });
    const text = await response.body.text();
    const answer = answerIn(text, String(response.headers['content-type']));
    if (response.statusCode === 200 && answer !== undefined) {
      tally.whole += 1;
      expect(answer).toBe(`answer to: ${question}`);
    } else {
      tally.failed += 1;
      expect(response.headers['x-nearhit-cache']).toBe('miss');
      if (response.statusCode !== 200) expect(JSON.parse(text).error.message).toMatch(/./);
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
    tally.left += 1;
  } finally {
    clearTimeout(leaving);
  }
}

test(`${REQUESTS} requests, impatient clients and providers in every mood: no wrong answer, nothing left behind (seed ${SEED})`, async () => {
  upstream.script = (call, res, turn) => (MOODS[Math.floor(random() ** 2 * MOODS.length)] as Script)(call, res, turn);
  let left = REQUESTS;
  const client = async () => {
    while (left-- > 0) await one(left);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(REQUESTS / 20);

  await until(
    'no call is in flight',
    async () => (await gateway.admin('GET', '/providers')).json.providers[0].inFlight === 0,
  );
  await gateway.flush();
  for (const { id, query } of await gateway.entries()) {
    const { json } = await gateway.admin('GET', `/entries/${id}`);
    expect(json.answer.choices[0].message.content).toBe(`answer to: ${query}`);
  }
  upstream.script = answerPlainly;
  expect((await gateway.ask('Is all quiet now?')).status).toBe(200);
  expect(gateway.stderr).not.toMatch(/uncaught|unhandled|internal/i);
}, 60_000);
