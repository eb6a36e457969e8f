import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { openEnvironment } from './data-file.ts';
import { bringToFormat } from './format.ts';
import { type LmdbOptions, type LmdbStores, openLmdb } from './index.ts';
import { int48 } from './keys.ts';
import { readNumber } from './rows.ts';
import { openMeta } from './tables.ts';

let dir: string;
let file: string;
const opened: LmdbStores[] = [];
let child: ChildProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-folder-'));
  file = join(dir, 'nearhit.mdb');
});
afterEach(async () => {
  child?.kill('SIGKILL');
  for (const stores of opened.splice(0)) await stores.close();
  chmodSync(dir, 0o700);
  rmSync(dir, { recursive: true, force: true });
});

async function start(options: Partial<LmdbOptions> = {}): Promise<LmdbStores> {
  const stores = await openLmdb({ dir, ...options });
  opened.push(stores);
  return stores;
}

/** The message, which must be one line that names the place. */
async function refusal(at = dir): Promise<string> {
  const error = await openLmdb({ dir: at }).then(
    (stores) => {
      opened.push(stores);
      return new Error('it opened');
    },
    (reason: unknown) => reason as Error,
  );
  expect(error.message).not.toContain('\n');
  expect(error.message).toContain(at);
  return error.message;
}

async function filled(entries = 50): Promise<void> {
  const stores = await start();
  for (let n = 0; n < entries; n += 50) {
    await stores.responses.put(Array.from({ length: 50 }, (_, i) => sampleEntry(n + i)));
  }
  await stores.close();
}

describe('a folder', () => {
  test('is made when it is missing', async () => {
    const deep = join(dir, 'a', 'b');
    opened.push(await openLmdb({ dir: deep }));
    expect(existsSync(join(deep, 'nearhit.mdb'))).toBe(true);
  });

  test('that is a file, or lies under one, is refused', async () => {
    const path = join(dir, 'file');
    writeFileSync(path, 'x');
    expect(await refusal(path)).toMatch(/cannot be written \(EEXIST\).*NEARHIT_DATA_DIR/);
    expect(await refusal(join(path, 'below'))).toMatch(/cannot be written \(ENOTDIR\)/);
  });

  test('where no folder can be made is refused, instead of trying for ever', async () => {
    await expect(openLmdb({ dir: '/proc/nearhit/data' })).rejects.toThrow(/cannot be written \(ENOENT\)/);
  });

  test('that this user may not write is refused', async () => {
    chmodSync(dir, 0o555);
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      expect(await refusal()).toMatch(/cannot be written \(EACCES\).*write access/);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });

  test('of a newer format is refused and left as it is', async () => {
    await filled();
    await editMeta((meta) => meta.put(Buffer.from('format'), int48(2)));
    const before = readFileSync(file);
    expect(await refusal()).toMatch(/newer nearhit \(format 2, this one knows 1\): upgrade nearhit/);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(existsSync(join(dir, 'nearhit.lock'))).toBe(false);
  });

  test('of an older format is lifted step by step, each step whole', async () => {
    const root = openEnvironment(file, undefined);
    const meta = openMeta(root);
    await bringToFormat(root, meta, dir, { format: 1 });
    const format = (): number => readNumber(meta, Buffer.from('format'));
    const key = Buffer.from('seen');
    const steps = [2, 3].map((to): Parameters<typeof bringToFormat>[3] => ({
      format: to,
      migrations: [
        (_, plan) => plan.put(meta, key, int48(10)),
        (_, plan) => {
          plan.put(meta, key, int48(readNumber(meta, key) + 1));
          if (to === 3 && format() === 2 && readNumber(meta, key) === 99) throw new Error('no');
        },
      ],
    }));
    await bringToFormat(root, meta, dir, steps[0]);
    expect([format(), readNumber(meta, key)]).toEqual([2, 10]);
    await meta.put(key, int48(99));
    await expect(bringToFormat(root, meta, dir, steps[1])).rejects.toThrow('no');
    expect([format(), readNumber(meta, key)]).toEqual([2, 99]);
    await meta.put(key, int48(10));
    await bringToFormat(root, meta, dir, steps[1]);
    expect([format(), readNumber(meta, key)]).toEqual([3, 11]);
    await root.close();
  });
});

async function editMeta(edit: (meta: ReturnType<typeof openMeta>) => Promise<unknown>): Promise<void> {
  const root = openEnvironment(file, undefined);
  await edit(openMeta(root));
  await root.close();
}

describe('a damaged file', () => {
  test.each([
    ['text', Buffer.from('hello, this is no database\n'.repeat(1000))],
    ['noise', Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7919 + (i >> 3)) % 256))],
    ['a few bytes', Buffer.from([0, 1, 2])],
    ['zeros', Buffer.alloc(40_960)],
  ])('of %s is refused', async (_, bytes) => {
    writeFileSync(file, bytes);
    expect(await refusal()).toMatch(/damaged or not nearhit's .*restore it from a copy, or move it away/);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    rmSync(file);
    await start();
  });

  test.each([0.2, 0.5, 0.9])('cut to %d of its length is refused', async (share) => {
    await filled(1000);
    const pages = Math.floor((statSync(file).size * share) / 4096);
    truncateSync(file, pages * 4096);
    expect(await refusal()).toMatch(/is damaged .*restore it from a copy/);
  });

  test('an empty one is begun anew', async () => {
    writeFileSync(file, '');
    const { responses } = await start();
    await responses.put([sampleEntry(1)]);
    expect(await responses.get(entryId(1))).toBeDefined();
  });

  test('a changed answer is a miss, its neighbours are not', async () => {
    const { responses, close } = await start({ compressAboveBytes: 1e6 });
    const text = 'the very answer that will be spoilt';
    await responses.put([sampleEntry(1), sampleEntry(2, { answer: Buffer.from(text) }), sampleEntry(3)]);
    await close();
    const bytes = readFileSync(file);
    const at = bytes.indexOf(text);
    expect(at).toBeGreaterThan(0);
    bytes[at + 4] = (bytes[at + 4] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const again = await start();
    expect(await again.responses.get(entryId(2))).toBeUndefined();
    expect((await again.responses.getMany([1, 2, 3].map(entryId))).map((entry) => entry?.id)).toEqual([
      entryId(1),
      undefined,
      entryId(3),
    ]);
    // It can be replaced and removed like any other.
    await again.responses.put([sampleEntry(2)]);
    expect(await again.responses.get(entryId(2))).toBeDefined();
  });
});

test('a full disk fails the write, clearly and wholly; with room again the store goes on', async () => {
  const fixture = new URL('../fixtures/full-disk.mjs', import.meta.url).pathname;
  // A limit on file size stands in for the disk; the signal that comes with it is ignored.
  const script = `trap '' XFSZ; ulimit -f 6000; exec "$0" "$@"`;
  const writer = spawn('sh', ['-c', script, process.execPath, fixture, dir], {
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  child = writer;
  const [report] = await once(writer, 'message');
  expect(report).toMatchObject({ failure: expect.stringMatching(/^the store could not write/), torn: 0, swept: 100 });
  const { stored, readable, counted, after } = report as Record<string, number>;
  expect(stored).toBeGreaterThan(0);
  expect([readable, counted, after]).toEqual([stored, stored, (stored as number) - 99]);
});

describe('the file', () => {
  const life = (n: number) => sampleEntry(n, { staleUntilMs: 1, answer: Buffer.alloc(1500 + (n % 7) * 300, `${n} `) });

  test('does not grow when entries come and go', async () => {
    const { responses, upkeep, log } = await start();
    const sizes: number[] = [];
    for (let cycle = 0; cycle < 15; cycle++) {
      const entries = Array.from({ length: 300 }, (_, i) => life(cycle * 300 + i));
      await responses.put(entries);
      await log.append(entries.map(({ id }) => ({ kind: 'add', id })));
      const gone = await upkeep.sweep(1, 1000);
      expect(gone).toHaveLength(300);
      await log.trim(await log.append(gone.map((id) => ({ kind: 'delete', id }))));
      sizes.push(statSync(file).size);
    }
    expect(sizes.at(-1)).toBeLessThanOrEqual((sizes[4] as number) * 1.1);
  });

  test('is written anew at open when most of it is free', async () => {
    const stores = await start();
    await stores.responses.put(Array.from({ length: 500 }, (_, n) => (n < 450 ? life(n) : sampleEntry(n))));
    await stores.upkeep.sweep(1, 1000);
    await stores.log.append([{ kind: 'delete', id: entryId(1) }]);
    const { epoch } = await stores.log.bounds();
    await stores.close();
    const before = statSync(file).size;
    writeFileSync(`${file}.compact`, 'left behind by a crash');
    const again = await start({ compactAboveBytes: 1 });
    expect(statSync(file).size).toBeLessThan(before / 3);
    expect(existsSync(`${file}.compact`)).toBe(false);
    const kept = Array.from({ length: 50 }, (_, i) => sampleEntry(450 + i));
    expect(await again.responses.getMany(kept.map(({ id }) => id))).toEqual(kept);
    expect(await again.log.bounds()).toEqual({ epoch, firstSeq: 1, lastSeq: 1 });
    await again.responses.put([sampleEntry(1000)]);
    await again.close();
    const last = await start();
    expect(await last.upkeep.usage()).toMatchObject([{ entries: 51 }]);
  });
});
