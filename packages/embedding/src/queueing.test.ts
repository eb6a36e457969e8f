import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Embedder } from '@nearhit/core';
import { openEmbedder } from './open-embedder.ts';
import { embeds, openTripwire, outcome, until } from './tripwire.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
async function tripwire(options: Parameters<typeof openTripwire>[0] = {}) {
  const opened = await openTripwire(options);
  closers.push(opened.close);
  return opened;
}

const inSeconds = (seconds: number) => ({ deadlineMs: Date.now() + seconds * 1000 });
const questions = (count: number) => Array.from({ length: count }, (_, i) => `What is the capital of country ${i}?`);
const LONG = 'word '.repeat(250);

describe('one worker for several callers', () => {
  let opened: Awaited<ReturnType<typeof openTripwire>>;
  let embedder: Embedder;
  beforeAll(async () => {
    opened = await openTripwire();
    embedder = opened.embedder;
  });
  afterAll(() => opened.close());

  test('a look-up is answered while a big batch is under way, and both come to their end', async () => {
    let batchDone = false;
    const batch = embedder.embed(questions(300)).then((results) => {
      batchDone = true;
      return results;
    });
    for (let i = 0; i < 5; i++) await embedder.embed([`look-up ${i}`], inSeconds(60));
    expect(batchDone).toBe(false);
    expect(await batch).toHaveLength(300);
  });

  test('look-ups that never cease do not starve a batch', async () => {
    let batchDone = false;
    const batch = embedder.embed(questions(5)).finally(() => {
      batchDone = true;
    });
    const lookUps = async (name: string) => {
      for (let i = 0; !batchDone; i++) {
        await embedder.embed([`${name} ${i}`], inSeconds(0.1)).catch(() => undefined);
        await new Promise(setImmediate);
      }
    };
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(lookUps));
    expect(await batch).toHaveLength(5);
  });

  test('no work is done for a text whose deadline passed in the queue', async () => {
    const { times } = opened;
    const sleeper = embedder.embed(['sleep 400']);
    await until(() => times('sleep 400') === 1);
    expect(await outcome(embedder.embed(['dropped'], inSeconds(0.1)))).toBe('EMBEDDER_BUSY');
    await sleeper;
    await embedder.embed(['afterwards']);
    await until(() => times('afterwards') === 1);
    expect(times('dropped')).toBe(0);
  });

  test('a deadline that is no number is refused', async () => {
    expect(await outcome(embedder.embed(['x'], { deadlineMs: Number.NaN }))).toBe('EMBEDDER_BUSY');
    expect(await outcome(embedder.embed(['x'], { deadlineMs: Number.MAX_VALUE }))).toBe('answered');
  });
});

test('what can not be done by the deadline is refused at once, what can is answered', async () => {
  const embedder = await openEmbedder();
  closers.push(() => embedder.close());
  const deadlineMs = Date.now() + 1000;
  const refusals: string[] = [];
  const calls = Array.from({ length: 1000 }, (_, i) =>
    embedder.embed([`${i} ${LONG}`], { deadlineMs }).then(
      () => 'answered',
      (error: Error) => {
        refusals.push(error.message);
        return (error as { kind?: string }).kind;
      },
    ),
  );
  // Refusals need nothing but this turn of the event loop; no answer can have come yet.
  await new Promise(setImmediate);
  expect(refusals.length).toBeGreaterThan(500);
  const outcomes = await Promise.all(calls);
  expect(outcomes.filter((kind) => kind === 'answered').length).toBeGreaterThan(0);
  expect(new Set(outcomes)).toEqual(new Set(['answered', 'EMBEDDER_BUSY']));
});

test('a batch too big for its deadline is refused though the queue is empty', async () => {
  const { embedder, seen } = await tripwire();
  expect(await outcome(embedder.embed(questions(2000), inSeconds(0.05)))).toBe('EMBEDDER_BUSY');
  expect(await outcome(embedder.embed(['next']))).toBe('answered');
  await until(() => seen.includes('next'));
  expect(seen).toEqual(['next']);
});

test('a deadline that passes while the worker is at it is kept, and later calls are answered', async () => {
  const { embedder, times } = await tripwire();
  expect(await outcome(embedder.embed(['sleep 300'], inSeconds(0.1)))).toBe('EMBEDDER_BUSY');
  await until(() => times('sleep 300') === 1);
  // One slow run must not make the estimate refuse everything from then on.
  await until(() => embeds(embedder, 'recovers', Date.now() + 200));
});

test('the queue is bounded', async () => {
  const { embedder } = await tripwire({ queueMax: 10 });
  const sleeper = embedder.embed(['sleep 100']);
  const waiting = embedder.embed(questions(10));
  expect(await outcome(embedder.embed(['one more']))).toBe('EMBEDDER_BUSY');
  expect(await outcome(embedder.embed(questions(11)))).toBe('EMBEDDER_BUSY');
  expect(await Promise.all([sleeper, waiting])).toHaveLength(2);
  expect(await outcome(embedder.embed(['one more']))).toBe('answered');
});
