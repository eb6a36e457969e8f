import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { closeAll, temporaryFolder } from '../../test/cli.ts';
import { readPrompts } from './prompts.ts';
import { QUESTIONS_MAX, questions } from './questions.ts';
import { BodyWatch, faultOf, outcomeOf } from './reply.ts';
import { Results } from './results.ts';

afterEach(closeAll);

describe('made-up questions', () => {
  const take = (count: number, distinct: number, seed: number): string[] => {
    const next = questions(distinct, seed);
    return Array.from({ length: count }, next);
  };

  test('are the same for the same seed, and others for another', () => {
    expect(take(50, 200, 7)).toEqual(take(50, 200, 7));
    expect(take(50, 200, 7)).not.toEqual(take(50, 200, 8));
  });

  test('are as many as asked for, in four wordings, the first the most frequent', () => {
    const asked = take(20_000, 10, 1);
    expect(new Set(asked).size).toBe(40);
    const share = (action: string) => asked.filter((text) => text.includes(action)).length / asked.length;
    // Zipf: 1 / (1 + 1/2 + ... + 1/10) = 0.341.
    expect(share('reset my password')).toBeCloseTo(0.341, 1);
    expect(share('reset my password')).toBeGreaterThan(1.5 * share('cancel my subscription'));
  });

  test('can be drawn for every number of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: QUESTIONS_MAX }), fc.nat(), (distinct, seed) => {
        for (const question of take(20, distinct, seed)) expect(question).not.toMatch(/undefined/);
      }),
    );
  });
});

describe('prompts of a file', () => {
  const read = (name: string, text: string) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, name), text);
    return readPrompts(name, cwd);
  };

  test('are lines of text', async () => {
    expect(await read('p.txt', 'one\r\n\n {"prompt":"two"} \n')).toEqual(['one', '{"prompt":"two"}']);
  });

  test('or JSONL', async () => {
    const messages = [{ role: 'user', content: 'three' }];
    const lines = ['"one"', '{"prompt":"two","group":"g"}', JSON.stringify({ messages })];
    expect(await read('p.jsonl', `${lines.join('\n')}\n`)).toEqual(['one', 'two', messages]);
  });

  test.each([
    ['p.jsonl', '"one"\ntwo\n', 'p.jsonl:2: expected JSON'],
    ['p.jsonl', '{"messages":[]}', 'p.jsonl:1: expected JSON'],
    ['p.jsonl', 'null', 'p.jsonl:1: expected JSON'],
    ['p.txt', '\n\n', 'p.txt holds no prompts'],
  ])('are refused with the line: %s %j', async (name, text, why) => {
    await expect(read(name, text)).rejects.toThrow(why);
  });

  test('that is not there', async () => {
    await expect(readPrompts('absent.txt', temporaryFolder())).rejects.toThrow("absent.txt can't be read: ENOENT");
  });
});

describe('an answer', () => {
  const sse = { 'content-type': 'text/event-stream; charset=utf-8' };

  test.each([
    ['JSON', 200, {}, '{}', undefined],
    ['a refusal', 404, {}, '{"error":{"message":"m","code":"model_not_found"}}', 'HTTP 404 model_not_found'],
    ['a refusal without a code', 500, {}, '<html>', 'HTTP 500'],
    ['a whole stream', 200, sse, 'data: {}\n\ndata: [DONE]\n\n', undefined],
    ['a cut stream', 200, sse, 'data: {"x":"data: [DONE]"}\n\n', 'stream ended without [DONE]'],
    ['a broken stream', 200, sse, 'data: {}\n\nevent: error\ndata: {}\n\n', 'stream ended with an error event'],
    ['an error in the data', 200, sse, 'data: {"error":{"message":"m"}}\n\n', 'stream ended with an error event'],
  ])('%s', (_, status, headers, tail, fault) => {
    expect(faultOf(status, headers, tail)).toBe(fault);
  });

  test('keeps its end, however it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3000 }), { maxLength: 5 }), (pieces) => {
        const watch = new BodyWatch();
        for (const piece of pieces) watch.add(Buffer.from(piece, 'latin1'));
        watch.add(Buffer.from('data: [DONE]\n\n'));
        expect(watch.tail.endsWith('data: [DONE]\n\n')).toBe(true);
      }),
    );
  });

  test('says what became of it', () => {
    const headers = { 'x-nearhit-cache': 'hit', 'x-nearhit-layer': 'semantic', 'x-nearhit-overhead-ms': '1.5' };
    expect(outcomeOf(headers)).toEqual({ outcome: 'hit:semantic', reason: undefined, overheadMs: 1.5 });
    expect(outcomeOf({ 'x-nearhit-cache': 'miss', 'x-nearhit-reason': 'no-candidate' })).toMatchObject({
      ...{ outcome: 'miss', reason: 'no-candidate', overheadMs: undefined },
    });
    expect(outcomeOf({}).outcome).toBe('uncached');
  });
});

describe('results', () => {
  test('count answers and errors apart', () => {
    const results = new Results();
    for (let ms = 1; ms <= 100; ms += 1)
      results.add({ outcome: 'hit:l1', latencyMs: ms, firstByteMs: 1, overheadMs: 0.1 });
    for (let i = 0; i < 50; i += 1)
      results.add({ outcome: 'miss', reason: 'no-candidate', latencyMs: 500, firstByteMs: 9 });
    for (let i = 0; i < 10; i += 1)
      results.add({ outcome: 'error', error: 'HTTP 500', latencyMs: 1e6, firstByteMs: 1e6 });
    const summary = results.summary(10_000);
    expect(summary).toMatchObject({ requests: 160, errors: 10, requestsPerSecond: 15, elapsedSeconds: 10 });
    expect(summary.hitRate).toBeCloseTo(100 / 150);
    expect(summary.reasons).toEqual({ 'no-candidate': 50 });
    expect(summary.errorsByKind).toEqual({ 'HTTP 500': 10 });
    expect(summary.outcomes.map(({ outcome, count }) => [outcome, count])).toEqual([
      ['hit:l1', 100],
      ['miss', 50],
    ]);
    const [hit] = summary.outcomes;
    expect(hit?.latencyMs.p50).toBeCloseTo(50, 0);
    expect(hit?.latencyMs.p99).toBeCloseTo(99, 0);
    expect(hit?.latencyMs.max).toBeCloseTo(100, 0);
    expect(hit?.overheadMs.p50).toBeCloseTo(0.1, 2);
    expect(summary.all.latencyMs.max).toBeCloseTo(500, -1);
    expect(summary.outcomes[1]?.overheadMs).toEqual({ p50: null, p95: null, p99: null, max: null });
  });

  test('of nothing are nothing', () => {
    expect(new Results().summary(0)).toMatchObject({ requests: 0, requestsPerSecond: 0, hitRate: null, outcomes: [] });
  });

  test('do not grow with what strangers say', () => {
    const results = new Results();
    for (let i = 0; i < 1000; i += 1) results.add({ outcome: 'error', error: `e${i}`, latencyMs: 1, firstByteMs: 1 });
    const kinds = results.summary(1).errorsByKind;
    expect(Object.keys(kinds)).toHaveLength(101);
    expect(kinds.other).toBe(900);
  });
});
