import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BatchRecord, BatchStore, LineResult } from '../ports/batch-store.ts';
import { createMemoryBatches } from '../store/memory-batches.ts';

/** `dir`: an empty folder of its own, the same one when a test opens again. */
export type OpenBatches = (options: { dir: string }) => Promise<{ batches: BatchStore; close(): Promise<unknown> }>;

const T0 = 1_700_000_000_000;

export function sampleBatch(id: string, more: Partial<BatchRecord> = {}): BatchRecord {
  return {
    ...{ id, tenant: 'a', endpoint: '/v1/chat/completions', inputFileId: 'file-1', completionWindow: '24h' },
    ...{ status: 'validating' as const, counts: { total: 0, completed: 0, failed: 0 }, headers: {}, caller: 'sealed' },
    ...{ createdAtMs: T0, expiresAtMs: T0 + 86_400_000, version: 1 },
    ...more,
  };
}

const result = (line: number, ok = true): LineResult => ({ line, ok, text: `{"custom_id":"q${line}","ü":"😀"}` });
const memory: OpenBatches = async () => ({ batches: createMemoryBatches(), close: async () => {} });

export function batchStoreConformance(
  name: string,
  open: OpenBatches = memory,
  traits: { readonly persistent?: boolean } = {},
): void {
  describe(`BatchStore: ${name}`, () => {
    let dir: string;
    let opened: Awaited<ReturnType<OpenBatches>>;
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), 'nearhit-batches-'));
      opened = await open({ dir });
    });
    afterEach(async () => {
      await opened.close();
      rmSync(dir, { recursive: true, force: true });
    });

    test('keeps a batch as it is, once', async () => {
      const { batches } = opened;
      const record = sampleBatch('batch_1', {
        metadata: { job: 'nightly' },
        faults: [{ code: 'invalid_json_line', message: 'no JSON', line: 3 }],
        usage: { promptTokens: 1, cachedPromptTokens: 2, completionTokens: 3, reasoningTokens: 4 },
      });
      expect(await batches.get('batch_1')).toBeUndefined();
      await batches.create(record);
      expect(await batches.get('batch_1')).toEqual(record);
      await expect(batches.create(record)).rejects.toThrow(TypeError);
    });

    test('of two changes to one version the first is made and the second refused', async () => {
      const { batches } = opened;
      await batches.create(sampleBatch('batch_1'));
      const changes = await Promise.all(
        (['in_progress', 'cancelling', 'failed'] as const).map((status) =>
          batches.replace(sampleBatch('batch_1', { status, version: 2 })),
        ),
      );
      expect(changes.filter((made) => made)).toHaveLength(1);
      expect((await batches.get('batch_1'))?.version).toBe(2);
      expect(await batches.replace(sampleBatch('batch_1', { version: 4 }))).toBe(false);
      expect(await batches.replace(sampleBatch('batch_2', { version: 2 }))).toBe(false);
      expect(await batches.get('batch_2')).toBeUndefined();
    });

    test('lists a tenant and no other, newest first, in pages', async () => {
      const { batches } = opened;
      for (const n of [2, 1, 3]) await batches.create(sampleBatch(`batch_${n}`, { createdAtMs: T0 + n }));
      await batches.create(sampleBatch('batch_b', { tenant: 'b' }));
      const ids = async (page: { after?: string; limit: number }) =>
        (await batches.list('a', page)).map(({ id }) => id);
      expect(await ids({ limit: 10 })).toEqual(['batch_3', 'batch_2', 'batch_1']);
      expect(await ids({ limit: 1, after: 'batch_3' })).toEqual(['batch_2']);
      expect(await ids({ limit: 5, after: 'batch_1' })).toEqual([]);
      expect(await batches.list('c', { limit: 10 })).toEqual([]);
    });

    test('knows which have not ended, of all tenants, oldest first', async () => {
      const { batches } = opened;
      const ids = async () => (await batches.unfinished()).map(({ id }) => id);
      await batches.create(sampleBatch('batch_2', { createdAtMs: T0 + 2, tenant: 'b' }));
      await batches.create(sampleBatch('batch_1', { createdAtMs: T0 + 1 }));
      expect(await ids()).toEqual(['batch_1', 'batch_2']);
      await batches.replace(sampleBatch('batch_1', { createdAtMs: T0 + 1, status: 'finalizing', version: 2 }));
      expect(await ids()).toEqual(['batch_1', 'batch_2']);
      await batches.replace(sampleBatch('batch_1', { createdAtMs: T0 + 1, status: 'completed', version: 3 }));
      expect(await ids()).toEqual(['batch_2']);
    });

    test('one holder at a time; another when the first gives it free, or goes silent', async () => {
      const { batches } = opened;
      await batches.create(sampleBatch('batch_1'));
      expect(await batches.claim('batch_1', 'x', 60_000)).toBe(true);
      expect(await batches.claim('batch_1', 'y', 60_000)).toBe(false);
      expect(await batches.claim('batch_1', 'x', 60_000)).toBe(true);
      await batches.release('batch_1', 'y');
      expect(await batches.claim('batch_1', 'y', 60_000)).toBe(false);
      await batches.release('batch_1', 'x');
      expect(await batches.claim('batch_1', 'y', 20)).toBe(true);
      for (let taken = false; !taken; ) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        taken = await batches.claim('batch_1', 'z', 60_000);
      }
      expect(await batches.claim('batch_1', 'y', 60_000)).toBe(false);
    });

    test('the first result of a line stays; they come in the order of lines', async () => {
      const { batches } = opened;
      await batches.putResults('batch_1', [result(300), result(2), result(70_000)]);
      await batches.putResults('batch_1', [{ ...result(2), text: '{"second":true}' }, result(1, false)]);
      await batches.putResults('batch_1', []);
      await batches.putResults('batch_2', [result(5)]);
      expect(await batches.results('batch_1', 1, 70_000)).toEqual([
        result(1, false),
        result(2),
        result(300),
        result(70_000),
      ]);
      expect(await batches.results('batch_1', 2, 299)).toEqual([result(2)]);
      expect(await batches.results('batch_1', 3, 299)).toEqual([]);
      expect(await batches.results('batch_2', 1, 100)).toEqual([result(5)]);
    });

    test('a result of any length comes back as it was', async () => {
      const { batches } = opened;
      const long = { line: 1, ok: true, text: JSON.stringify('ab\n'.repeat(400_000)) };
      await batches.putResults('batch_1', [long]);
      expect(await batches.results('batch_1', 1, 1)).toEqual([long]);
    });

    test('drops the results of one batch', async () => {
      const { batches } = opened;
      const many = Array.from({ length: 2500 }, (_, n) => result(n + 1));
      await batches.putResults('batch_1', many);
      await batches.putResults('batch_2', [result(1)]);
      await batches.dropResults('batch_1');
      expect(await batches.results('batch_1', 1, 3000)).toEqual([]);
      expect(await batches.results('batch_2', 1, 3000)).toEqual([result(1)]);
    });

    test('forgets old batches that have ended, and what belongs to them', async () => {
      const { batches } = opened;
      await batches.create(sampleBatch('batch_1', { createdAtMs: T0 }));
      await batches.create(sampleBatch('batch_2', { createdAtMs: T0, status: 'completed' }));
      await batches.create(sampleBatch('batch_3', { createdAtMs: T0 + 2, status: 'completed' }));
      await batches.putResults('batch_2', [result(1)]);
      expect(await batches.sweep(T0 + 1)).toBe(1);
      expect((await batches.list('a', { limit: 10 })).map(({ id }) => id)).toEqual(['batch_3', 'batch_1']);
      expect(await batches.get('batch_2')).toBeUndefined();
      expect(await batches.results('batch_2', 1, 10)).toEqual([]);
    });

    if (traits.persistent !== true) return;
    test('is there after a restart, free for another holder to go on with once the lease is over', async () => {
      await opened.batches.create(sampleBatch('batch_1', { status: 'in_progress' }));
      await opened.batches.claim('batch_1', 'x', 50);
      await opened.batches.putResults('batch_1', [result(1)]);
      await opened.close();
      opened = await open({ dir });
      expect((await opened.batches.unfinished()).map(({ id }) => id)).toEqual(['batch_1']);
      expect(await opened.batches.results('batch_1', 1, 10)).toEqual([result(1)]);
      for (let taken = false; !taken; ) {
        taken = await opened.batches.claim('batch_1', 'y', 60_000);
        if (!taken) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
  });
}
