import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NearhitError } from '../errors.ts';
import type { UnitVector } from '../ids.ts';
import type { Embedder, Embedding } from '../ports/embedder.ts';

const cosine = (a: UnitVector, b: UnitVector) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

/** What an English sentence embedder owes its callers, whatever is in between. `open`: a fresh one each time; it is closed here. */
export function embedderConformance(name: string, open: () => Promise<Embedder>): void {
  describe(`Embedder: ${name}`, () => {
    let embedder: Embedder;
    beforeAll(async () => {
      embedder = await open();
    });
    afterAll(() => embedder.close());

    const one = async (text: string) => (await embedder.embed([text]))[0] as Embedding;
    const refusal = (promise: Promise<unknown>) =>
      promise.then(
        () => 'answered',
        (error: unknown) => (error instanceof NearhitError ? error.kind : String(error)),
      );

    test('says what it is', () => {
      const { id, version, dimensions, tokensMax } = embedder.model;
      expect(id).toMatch(/^\S+$/);
      expect(version).toMatch(/^[A-Za-z0-9._-]+$/);
      expect(dimensions).toBeGreaterThan(0);
      expect(tokensMax).toBeGreaterThan(2);
    });

    test('one unit vector per text, in order, none for none', async () => {
      expect(await embedder.embed([])).toEqual([]);
      const texts = ['a cat', 'the stock market fell', 'a cat'];
      const results = await embedder.embed(texts);
      expect(results).toHaveLength(3);
      for (const { vector, tokens, truncated } of results) {
        expect(vector).toHaveLength(embedder.model.dimensions);
        expect(cosine(vector, vector)).toBeCloseTo(1, 5);
        expect(tokens).toBeGreaterThan(2);
        expect(truncated).toBe(false);
      }
      expect(results[0]?.vector).toEqual(results[2]?.vector);
      expect(results[1]?.vector).toEqual((await one('the stock market fell')).vector);
    });

    test('a text has the same vector, bit for bit, alone, among neighbours, and beside other calls', async () => {
      const texts = Array.from(
        { length: 12 },
        (_, i) => `How many ${'very '.repeat(i * 3)}large boxes fit into lorry ${i}?`,
      );
      const [together, reversed, ...alone] = await Promise.all([
        embedder.embed(texts),
        embedder.embed([...texts].reverse()),
        ...texts.map((text) => embedder.embed([`${text} `.trim()])),
      ]);
      together?.forEach(({ vector }, i) => {
        expect(vector).toEqual(alone[i]?.[0]?.vector);
        expect(vector).toEqual(reversed?.[texts.length - 1 - i]?.vector);
      });
    });

    test('a paraphrase is nearer than a change of subject', async () => {
      const [question, paraphrase, other] = await embedder.embed([
        'How do I reset my password?',
        'What is the way to reset my password?',
        'Which river flows through Vienna?',
      ]);
      if (!question || !paraphrase || !other) throw new Error('three embeddings expected');
      expect(cosine(question.vector, paraphrase.vector)).toBeGreaterThan(0.9);
      expect(cosine(question.vector, other.vector)).toBeLessThan(0.3);
    });

    test.each([
      ['empty', ''],
      ['blank', ' \t\n\u00a0'],
      ['NUL', 'a\0b\0'],
      ['only NUL', '\0'],
      ['lone high surrogate', 'why \ud83d?'],
      ['lone low surrogate', '\ude00'],
      ['only emoji', '😀👩‍👩‍👧‍👦🇻🇳'],
      ['no letter known', '\u{10ffff}\ufffe\u200b'],
      ['special tokens', '[CLS] [SEP] [PAD] [MASK]'],
      ['right to left', 'كيف حالك؟'],
      ['a line separator', 'one\u2028two'],
      ['the name of a property', '__proto__'],
    ])('odd text: %s', async (_, text) => {
      const { vector, truncated } = await one(text);
      expect(cosine(vector, vector)).toBeCloseTo(1, 5);
      expect(truncated).toBe(false);
      expect((await one(text)).vector).toEqual(vector);
    });

    test('what does not fit is cut, said so, and only the beginning counts', async () => {
      const { tokensMax } = embedder.model;
      const fits = await one('word '.repeat(tokensMax - 2));
      expect(fits).toMatchObject({ tokens: tokensMax, truncated: false });
      const longer = await one(`${'word '.repeat(tokensMax - 2)}river`);
      expect(longer).toMatchObject({ tokens: tokensMax, truncated: true, vector: fits.vector });
    });

    test.each([
      ['100,000 characters', 'lorem ipsum, '.repeat(8000)],
      ['10 MB of one word', 'x'.repeat(10 * 2 ** 20)],
      ['10 MB of blanks', ' '.repeat(10 * 2 ** 20)],
      ['surrogate pairs across every bound', `x${'😀'.repeat(100_000)}`],
      ['a million ideographs', '水'.repeat(1_000_000)],
    ])('very long: %s', async (_, text) => {
      const { vector, truncated, tokens } = await one(text);
      expect(cosine(vector, vector)).toBeCloseTo(1, 5);
      expect(truncated).toBe(true);
      expect(tokens).toBeLessThanOrEqual(embedder.model.tokensMax);
    });

    test('a deadline gone by is refused, and harms nobody else', async () => {
      expect(await refusal(embedder.embed(['too late'], { deadlineMs: Date.now() - 1 }))).toBe('EMBEDDER_BUSY');
      expect(await refusal(embedder.embed(['in time'], { deadlineMs: Date.now() + 60_000 }))).toBe('answered');
    });

    test('a vector may be handed over to another thread without harm to later callers', async () => {
      const before = await one('hand me over');
      const expected = before.vector.slice();
      structuredClone(before.vector, { transfer: [before.vector.buffer as ArrayBuffer] });
      expect((await one('hand me over')).vector).toEqual(expected);
    });

    test('closing answers what waits, refuses what comes, and may be repeated', async () => {
      const closing = await open();
      const waiting = Promise.allSettled(Array.from({ length: 50 }, (_, i) => closing.embed([`waiting ${i}`])));
      await closing.close();
      expect(await refusal(closing.embed(['after']))).toBe('SHUTTING_DOWN');
      for (const outcome of await waiting)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'SHUTTING_DOWN' });
      await closing.close();
    });
  });
}
