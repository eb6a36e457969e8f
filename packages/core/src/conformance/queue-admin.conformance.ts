import { describe, expect, test } from '@jest/globals';
import { ASKED_AT_MS, type OpenQueue, queuePerTest, type StartedQueue, until } from './queue.samples.ts';
import { entryId, inScope, sampleEntry } from './storage.samples.ts';

const PAGE = { offset: 0, limit: 100 };

async function failing(started: StartedQueue, ns: readonly number[]): Promise<void> {
  const { queue, target } = started;
  for (const n of ns) target.poison.add(entryId(n));
  for (const n of ns) {
    queue.enqueue(inScope(sampleEntry(n), { namespace: 'n', model: 'm' }), ASKED_AT_MS);
    // One after the other, so that their order is known.
    await queue.flush();
  }
}

export function queueAdminConformance(name: string, open: OpenQueue): void {
  describe(`QueueAdmin: ${name}`, () => {
    const { start } = queuePerTest(open);

    test('is empty at first', async () => {
      const { admin } = await start();
      expect(await admin.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, dead: 0 });
      expect(await admin.deadLetters(PAGE)).toEqual([]);
      expect([await admin.redrive(), await admin.discard()]).toEqual([0, 0]);
      expect([await admin.redrive(['nothing-1']), await admin.discard(['nothing-1'])]).toEqual([0, 0]);
    });

    test('counts every entry once, wherever it is', async () => {
      const { queue, admin, target } = await start();
      target.block();
      for (let n = 0; n < 7; n++) queue.enqueue(sampleEntry(n), ASKED_AT_MS);
      await until(
        () => admin.counts(),
        ({ active }) => active > 0,
      );
      const { waiting, active, delayed, dead } = await admin.counts();
      expect(waiting + active + delayed + dead).toBe(7);
      target.unblock();
      await queue.flush();
      expect(await admin.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, dead: 0 });
    });

    test('says since when the oldest one waits', async () => {
      const { queue, admin, target } = await start();
      expect(await admin.oldestAtMs()).toBeUndefined();
      target.block();
      queue.enqueue(sampleEntry(0), ASKED_AT_MS);
      await until(
        () => admin.counts(),
        ({ active }) => active > 0,
      );
      expect(await admin.oldestAtMs()).toBeUndefined();
      // More than any adapter takes in hand at once.
      const count = 300;
      for (let n = 1; n <= count; n++) queue.enqueue(sampleEntry(n, { createdAtMs: 5_000 + n }), ASKED_AT_MS);
      const oldest = await until(
        () => admin.oldestAtMs(),
        (atMs) => atMs !== undefined,
      );
      expect(oldest).toBeGreaterThan(5_000);
      expect(oldest).toBeLessThanOrEqual(5_000 + count);
      target.unblock();
      await queue.flush();
      expect(await admin.oldestAtMs()).toBeUndefined();
    });

    test('shows what was given up, newest first, in pages, without a word of the prompt', async () => {
      const started = await start();
      await failing(started, [1, 2, 3]);
      const { admin } = started;
      const letters = await admin.deadLetters(PAGE);
      expect(letters.map(({ entryId }) => entryId)).toEqual([3, 2, 1].map(entryId));
      const [letter] = letters;
      expect(letter).toMatchObject({ namespace: 'n', model: 'm' });
      expect(letter?.attempts).toBeGreaterThan(1);
      expect(Math.abs((letter?.failedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(letter?.reason).toMatch(/^[^\n]+$/);
      expect(JSON.stringify(letters)).not.toMatch(/Question number|Answer \d|\.ts:\d/);
      expect((await admin.deadLetters({ offset: 1, limit: 1 })).map(({ entryId }) => entryId)).toEqual([entryId(2)]);
      expect((await admin.counts()).dead).toBe(3);
    });

    test('drives some or all again', async () => {
      const started = await start();
      const { queue, admin, target } = started;
      await failing(started, [1, 2, 3]);
      const [newest] = await admin.deadLetters(PAGE);
      target.poison.clear();
      expect(await admin.redrive([newest?.id ?? '', 'unknown-1'])).toBe(1);
      await queue.flush();
      expect([...target.entries.keys()]).toEqual([entryId(3)]);
      expect((await admin.counts()).dead).toBe(2);
      expect(await admin.redrive()).toBe(2);
      await queue.flush();
      expect(target.entries.size).toBe(3);
      expect(await admin.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, dead: 0 });
    });

    test('what is driven again and fails again has all its tries, and comes back', async () => {
      const started = await start();
      const { queue, admin, target } = started;
      await failing(started, [1]);
      const [before] = await admin.deadLetters(PAGE);
      const calls = target.calls.length;
      expect(await admin.redrive()).toBe(1);
      await queue.flush();
      expect(target.calls.length - calls).toBeGreaterThan(1);
      const [after] = await admin.deadLetters(PAGE);
      expect(after).toEqual({ ...before, failedAtMs: after?.failedAtMs });
    });

    test('discards some or all', async () => {
      const started = await start();
      const { queue, admin, target } = started;
      await failing(started, [1, 2, 3]);
      const [newest] = await admin.deadLetters(PAGE);
      expect(await admin.discard([newest?.id ?? '', 'unknown-1'])).toBe(1);
      expect((await admin.deadLetters(PAGE)).map(({ entryId }) => entryId)).toEqual([2, 1].map(entryId));
      expect(await admin.discard()).toBe(2);
      expect(await admin.deadLetters(PAGE)).toEqual([]);
      target.poison.clear();
      expect(await admin.redrive()).toBe(0);
      await queue.flush();
      expect(target.entries.size).toBe(0);
    });
  });
}
