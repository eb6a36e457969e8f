import { afterEach, expect, test } from '@jest/globals';
import { memoizeEmbedder } from './memo.ts';
import { openTripwire, outcome, until } from './tripwire.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
async function memo(entriesMax: number) {
  const opened = await openTripwire();
  closers.push(opened.close);
  const embedder = memoizeEmbedder(opened.embedder, { entriesMax });
  const runs = async (text: string) => {
    await opened.embedder.embed(['flush']);
    await until(() => opened.seen.at(-1) === 'flush');
    return opened.times(text);
  };
  return { ...opened, embedder, runs };
}

test('many callers of one text share one run, whether at once or later', async () => {
  const { embedder, runs } = await memo(10);
  const results = await Promise.all(Array.from({ length: 50 }, () => embedder.embed(['same', 'other'])));
  await embedder.embed(['same', 'same']);
  expect(await runs('same')).toBe(1);
  expect(await runs('other')).toBe(1);
  expect(new Set(results.map(([same]) => same?.vector.buffer)).size).toBe(50);
  expect(results.every(([same]) => same?.vector[0] === results[0]?.[0]?.vector[0])).toBe(true);
});

test('the least recently used text is forgotten first', async () => {
  const { embedder, runs } = await memo(2);
  await embedder.embed(['a']);
  await embedder.embed(['b']);
  await embedder.embed(['a']);
  await embedder.embed(['c']);
  await embedder.embed(['a']);
  await embedder.embed(['b']);
  expect([await runs('a'), await runs('b'), await runs('c')]).toEqual([1, 2, 1]);
});

test('a hurried caller does not wait for a patient one, nor suffer from its failure', async () => {
  const { embedder, times } = await memo(10);
  const sleeper = embedder.embed(['sleep 300']);
  await until(() => times('sleep 300') === 1);
  const hurried = outcome(embedder.embed(['text'], { deadlineMs: Date.now() + 100 }));
  const patient = outcome(embedder.embed(['text'], { deadlineMs: Date.now() + 60_000 }));
  const unhurried = outcome(embedder.embed(['text']));
  expect(await Promise.all([hurried, patient, unhurried])).toEqual(['EMBEDDER_BUSY', 'answered', 'answered']);
  await sleeper;
});

test('a failure is not remembered', async () => {
  const { embedder } = await memo(10);
  expect(await outcome(embedder.embed(['late'], { deadlineMs: Date.now() - 1 }))).toBe('EMBEDDER_BUSY');
  expect(await outcome(embedder.embed(['late']))).toBe('answered');
});
