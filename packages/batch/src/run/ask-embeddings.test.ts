import { expect, test } from '@jest/globals';
import {
  type Allowance,
  type Caller,
  type DecisionRecord,
  NearhitError,
  type Spent,
  type TokenEstimate,
  type UpstreamCall,
  type UpstreamSink,
} from '@nearhit/core';
import { callerOf } from '../../test/house.ts';
import { createAskEmbeddings } from './ask-embeddings.ts';

const PRICE = { inputUsdPerMTok: 2, outputUsdPerMTok: 0 };
const ANSWER = '{"object":"list","data":[],"usage":{"prompt_tokens":1000,"total_tokens":1000}}';

/** An upstream that answers by script, an allowance that remembers, and what was told of both. */
function desk(reserve: (estimate: TokenEstimate, costUsd: number) => void = () => {}) {
  const calls: UpstreamCall[] = [];
  const records: DecisionRecord[] = [];
  const settled: Spent[] = [];
  let statuses = [200];
  const allowance: Allowance = {
    headers: () => [],
    reserve: async (estimate, costUsd) => {
      const tokens = await estimate();
      reserve(tokens, costUsd(tokens));
    },
    settle: (spent) => void settled.push(spent),
  };
  const send = (call: UpstreamCall, sink: UpstreamSink) => {
    calls.push(call);
    queueMicrotask(() => {
      const status = statuses.shift() ?? 200;
      sink.onHead({ status, headers: {}, provider: 'second', model: 'e-2', attempts: 2, price: PRICE });
      sink.onData(Buffer.from(status === 200 ? ANSWER : '{"error":{}}'));
      sink.onEnd();
    });
    return { pause() {}, resume() {}, abort() {} };
  };
  const ask = createAskEmbeddings({
    upstream: { send, price: () => ({ inputUsdPerMTok: 1, outputUsdPerMTok: 0 }) },
    enter: () => allowance,
    countTokens: async () => 500,
    observer: { record: (record) => void records.push(record) },
  });
  const line = (caller: Caller = callerOf('a')) =>
    ask({
      ...{ callId: 'batch_1-1', body: Buffer.from('{"model":"e","input":"x"}'), model: 'e', caller, headers: {} },
      signal: new AbortController().signal,
    });
  const answering = (...next: number[]) => {
    statuses = next;
  };
  return { calls, records, settled, line, answering };
}

test('a model that the key may not use is refused, and nobody is asked', async () => {
  const { calls, records, line } = desk();
  const reply = await line({ ...callerOf('a'), grants: { models: ['gpt-4o'] } });
  expect([reply.status, reply.retry]).toEqual([403, undefined]);
  expect([calls.length, records.length]).toEqual([0, 0]);
});

test('tokens and money are set aside before: over the budget nobody is asked', async () => {
  const asked: unknown[] = [];
  const { calls, records, line } = desk((estimate, costUsd) => {
    asked.push([estimate.promptTokens, costUsd]);
    throw new NearhitError('BUDGET_EXCEEDED', 'The daily budget is used up.');
  });
  expect((await line()).status).toBe(429);
  expect(asked).toEqual([[500, 0.0005]]);
  expect([calls.length, records.length]).toEqual([0, 0]);
});

test('each try is accounted, under an id of its own, at the price of who answered', async () => {
  const { calls, records, settled, line, answering } = desk();
  answering(503, 200);
  expect((await line()).retry).toBeDefined();
  expect((await line()).status).toBe(200);
  expect(records.map(({ costUsd, provider }) => [costUsd, provider])).toEqual([
    [0, 'second'],
    [0.002, 'second'],
  ]);
  expect(records.map(({ id }) => id)).toEqual(calls.map(({ callId }) => callId));
  expect(new Set(records.map(({ id }) => id)).size).toBe(2);
  expect(records.map(({ requestId }) => requestId)).toEqual(['batch_1-1', 'batch_1-1']);
  expect(settled.map(({ costUsd }) => costUsd)).toEqual([0, 0.002]);
});
