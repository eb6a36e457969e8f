import { expect, test } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { LiveReply } from './live-reply.ts';
import { settle } from './settle.ts';

const PRICE = { inputUsdPerMTok: 1_000_000, outputUsdPerMTok: 1_000_000 };
const stored: Entry[] = [];
const deps = {
  memory: { put: () => {} },
  queue: { enqueue: (entry: Entry) => stored.push(entry) > 0 },
  observer: { record() {}, incident: (name: string) => expect(name).toBe('') },
  price: () => PRICE,
  now: Date.now,
} as unknown as Parameters<typeof settle>[2];
const request = { model: 'm', promptChars: 100, stream: true } as PreparedRequest;

function reply(stream: boolean, recordBytesMax = 1_000_000) {
  const settled: ReturnType<typeof settle>[] = [];
  const live = new LiveReply(recordBytesMax, (done) => settled.push(settle(done, { bypass: request }, deps)));
  const type = stream ? 'text/event-stream' : 'application/json';
  live.onHead({ status: 200, headers: { 'content-type': type }, provider: 'p', model: 'm', attempts: 1 });
  return { live, settled };
}

const chunk = (content: string, more: object = {}) =>
  Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }], ...more })}\n\n`);
const USAGE = {
  prompt_tokens: 11,
  completion_tokens: 13,
  total_tokens: 24,
  prompt_tokens_details: { cached_tokens: 4 },
};

test('a stream that its client left is charged by what came of it, marked as a guess', () => {
  const { live, settled } = reply(true);
  const release = live.hold();
  for (let i = 0; i < 50; i++) live.onData(chunk(' word'));
  release();
  expect(settled).toMatchObject([{ notStored: 'client-gone', usage: { promptTokens: 22, estimated: true } }]);
  expect(settled[0]?.usage?.completionTokens).toBeGreaterThan(40);
  expect(settled[0]?.costUsd).toBe(22 + (settled[0]?.usage?.completionTokens ?? 0));
});

test('a reply too long to be kept is charged as its provider counted it, stream or JSON', () => {
  const streamed = reply(true, 1000);
  for (let i = 0; i < 100; i++) streamed.live.onData(chunk('x'.repeat(100)));
  streamed.live.onData(chunk('', { usage: USAGE }));
  streamed.live.onData(Buffer.from('data: [DONE]\n\n'));
  streamed.live.onEnd();
  const whole = reply(false, 1000);
  whole.live.onData(
    Buffer.from(`{"choices":[{"message":{"content":"${'"usage" {}'.replaceAll('"', '\\"').repeat(1000)}"}}],`),
  );
  whole.live.onData(Buffer.from(`"usage": ${JSON.stringify(USAGE)}, "system_fingerprint": "fp" }`));
  whole.live.onEnd();
  for (const { settled } of [streamed, whole])
    expect(settled).toMatchObject([
      { notStored: 'too-large', usage: { promptTokens: 11, completionTokens: 13 }, cachedPromptTokens: 4, costUsd: 24 },
    ]);
});

test('without usage in sight a long reply is charged by its length; one that never began costs nothing', () => {
  const { live, settled } = reply(true, 1000);
  for (let i = 0; i < 100; i++) live.onData(chunk('abc '));
  live.onEnd();
  expect(settled[0]?.usage).toMatchObject({ estimated: true });
  expect(settled[0]?.usage?.completionTokens).toBeGreaterThan(20);
  const silent = reply(true);
  silent.live.hold()();
  expect(silent.settled).toEqual([{ costUsd: 0, notStored: 'client-gone', fault: undefined }]);
});

test('what its sender parsed is not parsed again, and not kept', () => {
  const { live, settled } = reply(false);
  const choices = [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }];
  live.onData(Buffer.from(JSON.stringify({ choices, usage: USAGE })));
  live.onEnd({ choices, usage: { prompt_tokens: 1, completion_tokens: 2 } });
  expect(settled).toMatchObject([{ notStored: 'bypass', usage: { promptTokens: 1, completionTokens: 2 } }]);
  expect(live.json).toBeUndefined();
});
