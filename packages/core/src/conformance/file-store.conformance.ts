import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FileRecord, FileStore } from '../ports/file-store.ts';
import { createMemoryFiles } from '../store/memory-files.ts';

/** `dir`: an empty folder of its own, the same one when a test opens again. */
export type OpenFiles = (options: { dir: string }) => Promise<{ files: FileStore; close(): Promise<unknown> }>;

const T0 = 1_700_000_000_000;
const DAY_MS = 86_400_000;

const headOf = (id: string, more: Partial<FileRecord> = {}): Omit<FileRecord, 'bytes'> => ({
  ...{ id, tenant: 'a', filename: 'questions.jsonl', purpose: 'batch' as const },
  ...{ createdAtMs: T0, expiresAtMs: T0 + DAY_MS },
  ...more,
});

async function stored(files: FileStore, id: string, content: string | Buffer, more: Partial<FileRecord> = {}) {
  const draft = await files.draft(id);
  await draft.append(Buffer.from(content));
  return draft.finish(headOf(id, more));
}

async function contentOf(files: FileStore, id: string, fromByte?: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of files.read(id, fromByte)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const memory: OpenFiles = async () => ({ files: createMemoryFiles(), close: async () => {} });

export function fileStoreConformance(
  name: string,
  open: OpenFiles = memory,
  traits: { readonly persistent?: boolean } = {},
): void {
  describe(`FileStore: ${name}`, () => {
    let dir: string;
    let opened: Awaited<ReturnType<OpenFiles>>;
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), 'nearhit-files-'));
      opened = await open({ dir });
    });
    afterEach(async () => {
      await opened.close();
      rmSync(dir, { recursive: true, force: true });
    });

    test('gives back what was appended, byte for byte, and says how much it was', async () => {
      const { files } = opened;
      const draft = await files.draft('file-1');
      const pieces = ['{"a":1}\n', 'ünï\u0000', '', '\ud83d\ude00'.repeat(1000)].map((text) => Buffer.from(text));
      for (const piece of pieces) await draft.append(piece);
      const whole = Buffer.concat(pieces);
      expect(await draft.finish(headOf('file-1'))).toEqual({ ...headOf('file-1'), bytes: whole.length });
      expect(await files.get('file-1')).toEqual({ ...headOf('file-1'), bytes: whole.length });
      expect(await contentOf(files, 'file-1')).toEqual(whole);
    });

    test('an empty file is a file', async () => {
      const { files } = opened;
      const draft = await files.draft('file-0');
      expect((await draft.finish(headOf('file-0'))).bytes).toBe(0);
      expect(await contentOf(files, 'file-0')).toHaveLength(0);
    });

    test('reads from any byte on, of a file of many pieces of any length', async () => {
      const { files } = opened;
      const draft = await files.draft('file-2');
      const whole = Buffer.alloc(5_000_003);
      for (let at = 0; at < whole.length; at += 4)
        whole.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, Math.min(at, whole.length - 4));
      for (let at = 0, step = 1; at < whole.length; at += step, step = (step * 7 + 13) % 700_001)
        await draft.append(whole.subarray(at, at + step));
      await draft.finish(headOf('file-2'));
      for (const from of [0, 1, 1_048_575, 1_048_576, 3_000_000, whole.length - 1, whole.length])
        expect((await contentOf(files, 'file-2', from)).equals(whole.subarray(from))).toBe(true);
    });

    test('nobody sees a file before it is finished, nor one that was discarded', async () => {
      const { files } = opened;
      const draft = await files.draft('file-3');
      await draft.append(Buffer.from('half'));
      expect(await files.get('file-3')).toBeUndefined();
      expect(await files.list('a', { order: 'desc', limit: 10 })).toEqual([]);
      await expect(contentOf(files, 'file-3')).rejects.toMatchObject({ kind: 'NOT_FOUND' });
      await draft.discard();
      await draft.discard();
      await expect(contentOf(files, 'file-3')).rejects.toMatchObject({ kind: 'NOT_FOUND' });
      await stored(files, 'file-3', 'anew');
      expect(String(await contentOf(files, 'file-3'))).toBe('anew');
    });

    test('discarding after the end takes nothing away', async () => {
      const { files } = opened;
      const draft = await files.draft('file-4');
      await draft.append(Buffer.from('kept'));
      await draft.finish(headOf('file-4'));
      await draft.discard();
      expect(String(await contentOf(files, 'file-4'))).toBe('kept');
    });

    test('a file that is written again takes the place of the first, a shorter one too', async () => {
      const { files } = opened;
      await stored(files, 'file-5', 'x'.repeat(3_000_000));
      await stored(files, 'file-5', 'short', { filename: 'b' });
      expect(String(await contentOf(files, 'file-5'))).toBe('short');
      expect(await files.list('a', { order: 'desc', limit: 10 })).toMatchObject([{ filename: 'b', bytes: 5 }]);
    });

    test('lists a tenant and no other, in pages, by creation', async () => {
      const { files } = opened;
      for (const n of [3, 1, 2, 5, 4])
        await stored(files, `file-${n}`, 'x', { createdAtMs: T0 + n, purpose: n === 2 ? 'batch_output' : 'batch' });
      await stored(files, 'file-b', 'x', { tenant: 'b' });
      const ids = async (listing: Partial<Parameters<FileStore['list']>[1]>) =>
        (await files.list('a', { order: 'desc', limit: 10, ...listing })).map(({ id }) => id);
      expect(await ids({})).toEqual(['file-5', 'file-4', 'file-3', 'file-2', 'file-1']);
      expect(await ids({ order: 'asc', limit: 2 })).toEqual(['file-1', 'file-2']);
      expect(await ids({ limit: 2, after: 'file-4' })).toEqual(['file-3', 'file-2']);
      expect(await ids({ after: 'file-1' })).toEqual([]);
      expect(await ids({ purpose: 'batch_output' })).toEqual(['file-2']);
      expect(await files.list('b', { order: 'desc', limit: 10 })).toHaveLength(1);
      expect(await files.list('c', { order: 'desc', limit: 10 })).toEqual([]);
    });

    test('deletes one, and says whether there was one', async () => {
      const { files } = opened;
      await stored(files, 'file-6', 'x');
      expect(await files.delete('file-6')).toBe(true);
      expect(await files.delete('file-6')).toBe(false);
      expect(await files.get('file-6')).toBeUndefined();
      expect(await files.list('a', { order: 'desc', limit: 10 })).toEqual([]);
      await expect(contentOf(files, 'file-6')).rejects.toMatchObject({ kind: 'NOT_FOUND' });
    });

    test('what is deleted while it is read ends in an error, not in a short file', async () => {
      const { files } = opened;
      const draft = await files.draft('file-7');
      for (let n = 0; n < 8; n++) await draft.append(Buffer.alloc(1_048_576, n));
      await draft.finish(headOf('file-7'));
      let read = 0;
      const reading = async () => {
        for await (const piece of files.read('file-7')) {
          if (read === 0) await files.delete('file-7');
          read += piece.length;
        }
      };
      // A medium may still hold what was opened: then it is read to its end.
      await reading().then(
        () => expect(read).toBe(8 * 1_048_576),
        (error) => expect(error).toMatchObject({ kind: 'NOT_FOUND' }),
      );
    });

    test('sweeps what has expired, and nothing else', async () => {
      const { files } = opened;
      await stored(files, 'file-8', 'x', { expiresAtMs: T0 + 10 });
      await stored(files, 'file-9', 'x', { expiresAtMs: T0 + 20 });
      expect(await files.sweep(T0 + 9)).toBe(0);
      expect(await files.sweep(T0 + 10)).toBe(1);
      expect(await files.get('file-8')).toBeUndefined();
      expect(String(await contentOf(files, 'file-9'))).toBe('x');
    });

    if (traits.persistent !== true) return;
    test('is there after a restart', async () => {
      await stored(opened.files, 'file-10', 'kept');
      await opened.close();
      opened = await open({ dir });
      expect(await opened.files.list('a', { order: 'desc', limit: 10 })).toHaveLength(1);
      expect(String(await contentOf(opened.files, 'file-10'))).toBe('kept');
    });
  });
}
