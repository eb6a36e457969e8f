import { afterEach, expect, test } from '@jest/globals';
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

test.each(['exit', 'throw'])('a worker that dies (%s) fails what waits, and is replaced', async (wire) => {
  const { embedder } = await tripwire();
  const before = (await embedder.embed(['the same before and after']))[0];
  const calls = [embedder.embed([wire]), embedder.embed(['waiting']), embedder.embed(['waiting too'])];
  expect(await Promise.all(calls.map(outcome))).toEqual(['EMBEDDER_BUSY', 'EMBEDDER_BUSY', 'EMBEDDER_BUSY']);
  expect(await outcome(embedder.embed(['while it is down']))).toBe('EMBEDDER_BUSY');
  await until(() => embeds(embedder, 'back'));
  expect((await embedder.embed(['the same before and after']))[0]).toEqual(before);
  expect(await outcome(embedder.embed([wire]))).toBe('EMBEDDER_BUSY');
  await until(() => embeds(embedder, 'back again'));
});

test('with two workers the other one goes on', async () => {
  const { embedder } = await tripwire({ threads: 2 });
  const dying = outcome(embedder.embed(['exit']));
  const waiting = Array.from({ length: 20 }, (_, i) => outcome(embedder.embed([`goes on ${i}`])));
  expect(await dying).toBe('EMBEDDER_BUSY');
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['answered']));
});

test('closing does not wait for a replacement', async () => {
  const { embedder } = await tripwire();
  expect(await outcome(embedder.embed(['exit']))).toBe('EMBEDDER_BUSY');
  await embedder.close();
  expect(await outcome(embedder.embed(['x']))).toBe('SHUTTING_DOWN');
});
