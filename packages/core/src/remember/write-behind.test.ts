import { beforeEach, describe, expect, test } from '@jest/globals';
import { KnownInvalidations, type OpenQueue } from '../conformance/queue.samples.ts';
import { queueAdminConformance } from '../conformance/queue-admin.conformance.ts';
import { sampleEntry, T0 } from '../conformance/storage.samples.ts';
import { writeQueueConformance } from '../conformance/write-queue.conformance.ts';
import type { Entry } from '../entry.ts';
import { NearhitError } from '../errors.ts';
import { failureReason } from './failure-reason.ts';
import { writeUnlessVoid } from './voided.ts';
import { createWriteBehind } from './write-behind.ts';

const incidents: [string, unknown][] = [];
const observer = { record() {}, incident: (name: string, detail?: unknown) => void incidents.push([name, detail]) };
beforeEach(() => {
  incidents.length = 0;
});

const openMemory: OpenQueue = async (options) => {
  const queue = createWriteBehind({ ...options, observer, retryDelaysMs: [1, 1] });
  return { queue, admin: queue.admin, close: () => queue.close() };
};
writeQueueConformance('memory', openMemory);
queueAdminConformance('memory', openMemory);

describe('createWriteBehind', () => {
  test('writes in batches in the order of arrival', async () => {
    const written: string[][] = [];
    const write = async (batch: readonly Entry[]) => void written.push(batch.map(({ query }) => query));
    const queue = createWriteBehind({ write, observer, batchMax: 3 });
    for (const query of ['a', 'b', 'c', 'd']) queue.enqueue(sampleEntry(query.charCodeAt(0), { query }), T0);
    await queue.close();
    expect(written).toEqual([['a', 'b', 'c'], ['d']]);
    expect(incidents).toEqual([]);
  });

  test('tells what it gives up, and keeps no more of it than it may', async () => {
    const write = async () => {
      throw new Error('disk full');
    };
    const queue = createWriteBehind({ write, observer, retryDelaysMs: [0], deadLettersMax: 2, now: () => T0 });
    for (const n of [1, 2, 3]) queue.enqueue(sampleEntry(n), T0);
    await queue.flush();
    expect(incidents.map(([name]) => name)).toEqual(['write-failed', 'write-failed', 'write-given-up']);
    expect(incidents.at(-1)).toEqual(['write-given-up', 3]);
    expect((await queue.admin.deadLetters({ offset: 0, limit: 9 })).map(({ id }) => id)).toEqual(
      [3, 2].map((n) => `${sampleEntry(n).id}-${T0 + n}`),
    );
    await queue.close();
  });

  test('what is driven again into a full queue stays a dead letter', async () => {
    let broken = true;
    let pass = (): void => {};
    const open = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const write = async () => {
      if (broken) throw new Error('disk full');
      await open;
    };
    const queue = createWriteBehind({ write, observer, retryDelaysMs: [], entriesMax: 1 });
    queue.enqueue(sampleEntry(1), T0);
    await queue.flush();
    broken = false;
    queue.enqueue(sampleEntry(2), T0);
    expect(await queue.admin.redrive()).toBe(0);
    pass();
    await queue.flush();
    expect(await queue.admin.redrive()).toBe(1);
    await queue.close();
  });
});

test('what is invalidated while it is being written is taken back', async () => {
  const invalidations = new KnownInvalidations();
  const forgotten: string[] = [];
  await writeUnlessVoid(
    [1, 2].map((n) => ({ entry: sampleEntry(n, { tags: [`doc:${n}`] }), askedAtMs: T0 })),
    {
      write: () => invalidations.add({ filter: { tags: ['doc:2'] }, atMs: T0 + 1 }),
      invalidations,
      forget: async (ids) => void forgotten.push(...ids),
    },
  );
  expect(forgotten).toEqual([sampleEntry(2).id]);
});

test('what was invalidated while it was being written is taken back by the next try when this one fails after the write', async () => {
  const invalidations = new KnownInvalidations();
  const stored = new Set<string>();
  let failures = 1;
  const deps = {
    write: async (entries: readonly Entry[]) => {
      for (const { id } of entries) stored.add(id);
      if (failures > 0) await invalidations.add({ filter: { tags: ['doc:1'] }, atMs: T0 + 1 });
    },
    invalidations,
    forget: async (ids: readonly string[]) => {
      if (failures-- > 0) throw new Error('not now');
      for (const id of ids) stored.delete(id);
    },
  };
  const outdated = { entry: sampleEntry(1, { tags: ['doc:1'] }), askedAtMs: T0 };
  await expect(writeUnlessVoid([outdated], deps)).rejects.toThrow('not now');
  await writeUnlessVoid([outdated], deps);
  expect([...stored]).toEqual([]);
  // One that was asked for afterwards is no part of it, whatever comes with it.
  const later = { entry: sampleEntry(1, { tags: ['doc:1'] }), askedAtMs: T0 + 2 };
  await writeUnlessVoid([outdated, later], deps);
  expect([...stored]).toEqual([later.entry.id]);
});

test('a failure is told by its kind, never by its words', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'ECONNREFUSED' });
  const reply = Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
  const odd = Object.assign(new Error('a prompt'), { code: 'a prompt' });
  expect([refused, reply, odd, new NearhitError('STORE_UNAVAILABLE', 'x'), 'a prompt'].map(failureReason)).toEqual([
    'Error ECONNREFUSED',
    'ReplyError OOM',
    'Error',
    'STORE_UNAVAILABLE',
    'unknown error',
  ]);
});
