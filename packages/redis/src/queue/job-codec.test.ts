import { describe, expect, test } from '@jest/globals';
import type { Entry, EntryId, Fingerprint, PendingWrite, TenantId, UnitVector } from '@nearhit/core';
import { sampleEntry } from '@nearhit/core/conformance/storage-samples';
import fc from 'fast-check';
import { decodeJob, encodeJob, summarizeJob } from './job-codec.ts';

const hex64 = fc.stringMatching(/^[0-9a-f]{64}$/);
const text = fc.string({ unit: 'grapheme' });
const vector = fc
  .array(fc.float({ noNaN: true, min: -1, max: 1 }), { maxLength: 16 })
  .map((values) => Float32Array.from(values) as UnitVector);

const entries: fc.Arbitrary<Entry> = fc.record({
  id: hex64.map((id) => id as EntryId),
  scope: fc.record({ tenant: text.map((tenant) => tenant as TenantId), namespace: text, model: text }),
  fingerprint: fc.oneof(hex64, text).map((fingerprint) => fingerprint as Fingerprint),
  query: text,
  semantic: fc.boolean(),
  answer: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  vector: fc.option(vector, { nil: undefined }),
  embeddingModel: fc.option(text, { nil: undefined }),
  tags: fc.array(text),
  context: fc.array(fc.oneof(fc.record({ id: text }), fc.record({ id: text, version: fc.oneof(text, fc.integer()) }))),
  provider: text,
  upstreamModel: text,
  attempts: fc.nat(),
  costUsd: fc.double({ min: 0, max: 1000, noNaN: true }),
  usage: fc.oneof(
    fc.record({ promptTokens: fc.nat(), completionTokens: fc.nat() }),
    fc.record({ promptTokens: fc.nat(), completionTokens: fc.nat(), estimated: fc.boolean() }),
  ),
  createdAtMs: fc.nat(2 ** 42),
  expiresAtMs: fc.nat(2 ** 42),
  staleUntilMs: fc.nat(2 ** 42),
});

/** What BullMQ gives a consumer. */
const asRead = (pending: PendingWrite): string => JSON.parse(encodeJob(pending).toString());

describe('job codec', () => {
  test('gives back what went in', () => {
    fc.assert(
      fc.property(entries, fc.double({ min: 0, max: 2 ** 42, noNaN: true }), (entry, askedAtMs) => {
        const data: unknown = asRead({ entry, askedAtMs });
        expect(decodeJob(data)).toEqual({ entry, askedAtMs });
      }),
    );
  });

  test('a trace context goes along where there is one', () => {
    const pending = { entry: sampleEntry(1), askedAtMs: 5 };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(decodeJob(asRead({ ...pending, traceparent }))).toEqual({ ...pending, traceparent });
    expect(Object.keys(decodeJob(asRead(pending)))).not.toContain('traceparent');
  });

  test('the vector is float32 as it was, an answer holds on to no more than itself', () => {
    const entry = sampleEntry(1);
    const { entry: again } = decodeJob(asRead({ entry, askedAtMs: 1 }));
    expect(again.vector).toBeInstanceOf(Float32Array);
    expect(encodeJob({ entry: again, askedAtMs: 1 })).toEqual(encodeJob({ entry, askedAtMs: 1 }));
    expect(
      encodeJob({ entry: sampleEntry(1, { vector: new Float32Array(384) as UnitVector }), askedAtMs: 1 }).length,
    ).toBeLessThan(3000);
  });

  test('refuses what it did not make', () => {
    const good = asRead({ entry: sampleEntry(1), askedAtMs: 1 });
    const damaged = Buffer.from(good, 'base64');
    damaged.write('chut', damaged.indexOf('chat.completion'));
    const others = [undefined, null, 1, {}, '', 'text', '%%%', good.slice(0, 40), damaged.toString('base64'), 'kgEB'];
    for (const data of others) expect(() => decodeJob(data)).toThrow();
    expect(summarizeJob('text')).toBeUndefined();
  });

  test('a summary has no word of question or answer', () => {
    const entry = sampleEntry(7);
    const summary = summarizeJob(asRead({ entry, askedAtMs: 5 }));
    expect(summary).toEqual({
      entryId: entry.id,
      namespace: 'default',
      model: 'gpt-4o',
      queryChars: entry.query.length,
      answerBytes: entry.answer.length,
      dimensions: 8,
      askedAtMs: 5,
    });
  });
});
