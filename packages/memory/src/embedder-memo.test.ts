import { expect, test } from '@jest/globals';
import { type Embedder, type Embedding, NearhitError, type UnitVector } from '@nearhit/core';
import { memoizeEmbedder } from './embedder-memo.ts';

/** An embedder that answers when it is told to, and what it was asked for. */
class Gated implements Embedder {
  model = { id: 'gated', version: 'v1', dimensions: 1, tokensMax: 10 };
  readonly seen: string[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = true;

  hold(): void {
    this.#open = false;
  }

  release(): void {
    this.#open = true;
    for (const pass of this.#waiting.splice(0)) pass();
  }

  async embed(texts: readonly string[], { deadlineMs = Number.POSITIVE_INFINITY } = {}): Promise<Embedding[]> {
    this.seen.push(...texts);
    if (deadlineMs < Date.now()) throw new NearhitError('EMBEDDER_BUSY', 'too late');
    if (!this.#open) await new Promise<void>((pass) => this.#waiting.push(pass));
    return texts.map(() => ({ vector: Float32Array.of(1) as UnitVector, tokens: 1, truncated: false }));
  }

  async close(): Promise<void> {}

  times(text: string): number {
    return this.seen.filter((other) => other === text).length;
  }
}

function memo(entriesMax: number) {
  const gated = new Gated();
  return { gated, embedder: memoizeEmbedder(gated, { entriesMax }) };
}

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: NearhitError) => error.kind,
  );

test('many callers of one text share one run, whether at once or later; each has a vector of its own', async () => {
  const { embedder, gated } = memo(10);
  const results = await Promise.all(Array.from({ length: 50 }, () => embedder.embed(['same', 'other'])));
  await embedder.embed(['same', 'same']);
  expect([gated.times('same'), gated.times('other')]).toEqual([1, 1]);
  expect(new Set(results.map(([same]) => same?.vector.buffer)).size).toBe(50);
});

test('the least recently used text is forgotten first', async () => {
  const { embedder, gated } = memo(2);
  for (const text of ['a', 'b', 'a', 'c', 'a', 'b']) await embedder.embed([text]);
  expect([gated.times('a'), gated.times('b'), gated.times('c')]).toEqual([1, 2, 1]);
});

test('what another model made is made again', async () => {
  const { embedder, gated } = memo(10);
  await embedder.embed(['text']);
  gated.model = { ...gated.model, version: 'v2' };
  await embedder.embed(['text']);
  await embedder.embed(['text']);
  expect(gated.times('text')).toBe(2);
});

test('a hurried caller does not wait for a patient one', async () => {
  const { embedder, gated } = memo(10);
  gated.hold();
  const patient = outcome(embedder.embed(['text']));
  const hurried = outcome(embedder.embed(['text'], { deadlineMs: Date.now() + 60_000 }));
  expect(gated.times('text')).toBe(2);
  const joining = outcome(embedder.embed(['text']));
  expect(gated.times('text')).toBe(2);
  gated.release();
  expect(await Promise.all([patient, hurried, joining])).toEqual(['answered', 'answered', 'answered']);
});

test('a failure is not remembered, and does not spread to a patient caller', async () => {
  const { embedder } = memo(10);
  const late = outcome(embedder.embed(['late'], { deadlineMs: Date.now() - 1 }));
  const patient = outcome(embedder.embed(['late'], { deadlineMs: Date.now() + 60_000 }));
  expect(await Promise.all([late, patient])).toEqual(['EMBEDDER_BUSY', 'answered']);
  expect(await outcome(embedder.embed(['late']))).toBe('answered');
});
