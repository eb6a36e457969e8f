import { describe, expect, test } from '@jest/globals';
import type { Entry } from '../entry.ts';
import { ASKED_AT_MS, type OpenQueue, queuePerTest, until } from './queue.samples.ts';
import { entryId, inScope, sampleEntry, T0 } from './storage.samples.ts';

/** For tests of adapters beyond the suites. */
export { ASKED_AT_MS, KnownInvalidations, type OpenQueue, until, WriteTarget } from './queue.samples.ts';

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);

export function writeQueueConformance(name: string, open: OpenQueue): void {
  describe(`WriteQueue: ${name}`, () => {
    const { start } = queuePerTest(open);

    test('flush resolves when all that was accepted is written, whole', async () => {
      const { queue, target } = await start();
      await queue.flush();
      const odd: Partial<Entry> = {
        query: 'Why "quoted"\n\u0000 naïve 🦊?',
        answer: Buffer.from([0, 255, 10, 34, 128]),
        tags: ['doc:42@v3', ''],
        context: [{ id: 'a' }, { id: 'b', version: 3 }, { id: 'c', version: 'v3' }],
        vector: undefined,
        embeddingModel: undefined,
        semantic: false,
        usage: { promptTokens: 1, completionTokens: 2, estimated: true },
        costUsd: 1e-7,
      };
      const entries = [...range(0, 250).map((n) => sampleEntry(n)), sampleEntry(250, odd)];
      for (const entry of entries) expect(queue.enqueue(entry, ASKED_AT_MS)).toBe(true);
      expect(queue.depth()).toBeGreaterThan(0);
      await queue.flush();
      expect(queue.depth()).toBe(0);
      expect(target.entries.size).toBe(251);
      for (const entry of entries) expect(target.entries.get(entry.id)).toEqual(entry);
      expect(target.calls.length).toBeLessThan(100);
    });

    test('of two answers under one id the newer one stays', async () => {
      const { queue, target } = await start();
      const newer = sampleEntry(1, { createdAtMs: T0 + 50, provider: 'newer' });
      queue.enqueue(sampleEntry(1, { createdAtMs: T0 + 10 }), ASKED_AT_MS);
      queue.enqueue(newer, ASKED_AT_MS);
      queue.enqueue(newer, ASKED_AT_MS);
      await queue.flush();
      expect([...target.entries.values()]).toEqual([newer]);
    });

    test('is bounded by entries and by bytes', async () => {
      const { queue, target } = await start({ entriesMax: 2, bytesMax: 5000 });
      const large = sampleEntry(9, { answer: Buffer.alloc(6000) });
      expect(queue.enqueue(large, ASKED_AT_MS)).toBe(false);
      expect([1, 2, 3].map((n) => queue.enqueue(sampleEntry(n), ASKED_AT_MS))).toEqual([true, true, false]);
      await queue.flush();
      expect(queue.enqueue(sampleEntry(4), ASKED_AT_MS)).toBe(true);
      await queue.flush();
      expect([...target.entries.keys()].sort()).toEqual([1, 2, 4].map(entryId).sort());
    });

    test('flush waits no longer than it is told, and the writes go on', async () => {
      const { queue, target } = await start();
      target.block();
      queue.enqueue(sampleEntry(1), ASKED_AT_MS);
      await expect(queue.flush({ timeoutMs: 100 })).rejects.toMatchObject({ kind: 'FLUSH_TIMEOUT' });
      target.unblock();
      await queue.flush({ timeoutMs: 15_000 });
      expect([...target.entries.keys()]).toEqual([entryId(1)]);
    });

    test('flush waits for what was accepted before it only', async () => {
      const { queue, target } = await start();
      queue.enqueue(sampleEntry(1), ASKED_AT_MS);
      await queue.flush();
      target.block();
      queue.enqueue(sampleEntry(2), ASKED_AT_MS);
      const flushed = queue.flush();
      await until(
        () => target.calls.length,
        (calls) => calls > 1,
      );
      queue.enqueue(sampleEntry(3), ASKED_AT_MS);
      target.unblock();
      await flushed;
      expect(target.entries.has(entryId(2))).toBe(true);
    });

    test('tries again, and an entry that cannot be written takes no other with it', async () => {
      const { queue, target } = await start();
      target.poison.add(entryId(3));
      for (const n of range(0, 10)) queue.enqueue(sampleEntry(n), ASKED_AT_MS);
      await queue.flush();
      expect(target.entries.size).toBe(9);
      expect(target.calls.filter((call) => call.some(({ id }) => id === entryId(3))).length).toBeGreaterThan(1);
      expect(target.entries.has(entryId(3))).toBe(false);
    });

    test('what was invalidated since it was asked for is not written', async () => {
      const { queue, target, invalidations } = await start();
      const atMs = T0 + 500;
      await invalidations.add({ filter: { tags: ['doc:1'] }, atMs });
      const tagged = (n: number, tags: string[]): Entry => sampleEntry(n, { tags, createdAtMs: T0 + 900 });
      queue.enqueue(tagged(1, ['doc:1@v2']), atMs - 1);
      queue.enqueue(tagged(2, ['doc:1']), atMs);
      queue.enqueue(tagged(3, ['doc:1']), atMs + 1);
      queue.enqueue(tagged(4, ['doc:2']), atMs - 1);
      queue.enqueue(inScope(tagged(5, []), { namespace: 'other' }), atMs - 1);
      await queue.flush();
      expect([...target.entries.keys()].sort()).toEqual([3, 4, 5].map(entryId).sort());
    });

    test('close hands everything on, then takes no more', async () => {
      const { queue, target } = await start();
      for (const n of range(0, 30)) queue.enqueue(sampleEntry(n), ASKED_AT_MS);
      await queue.close();
      expect(queue.depth()).toBe(0);
      expect(queue.enqueue(sampleEntry(99), ASKED_AT_MS)).toBe(false);
      await until(
        () => target.entries.size,
        (size) => size === 30,
      );
    });
  });
}
