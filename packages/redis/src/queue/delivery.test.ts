import { describe, expect, test } from '@jest/globals';
import type { Entry, EntryId } from '@nearhit/core';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { ASKED_AT_MS, KnownInvalidations, until, WriteTarget } from '@nearhit/core/conformance/write-queue';
import {
  closing,
  connect,
  enqueue,
  handedOn,
  startConsumer,
  startQueue,
  startServer,
} from '../../testing/queue-house.ts';
import { openBullQueue } from './bull-queue.ts';

describe('bounds', () => {
  test('an overflow is refused at once, throws nothing, and what was accepted is kept', async () => {
    const server = await startServer();
    await server.kill();
    const connection = connect(server.url);
    const queue = startQueue(connection, { entriesMax: 20 });
    const accepted = Array.from({ length: 30 }, (_, n) => queue.enqueue(sampleEntry(n), ASKED_AT_MS));
    expect(accepted.filter(Boolean)).toHaveLength(20);
    await server.run();
    const target = new WriteTarget();
    await startConsumer(connection, target.write);
    await queue.flush({ timeoutMs: 20_000 });
    expect(target.entries.size).toBe(20);
  }, 30_000);

  test('one batch is under way at a time', async () => {
    const server = await startServer();
    const connection = connect(server.url, 5000);
    const queue = startQueue(connection, { batchMax: 10 });
    await until(
      () => connection.client.status,
      (status) => status === 'ready',
    );
    server.signal('SIGSTOP');
    enqueue(queue, 0, 55);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(queue.depth()).toBe(55);
    server.signal('SIGCONT');
    await handedOn(queue);
    expect((await queue.admin.counts()).waiting).toBe(55);
  });
});

describe('delivery', () => {
  test('the same answer enqueued again before it is written is written once', async () => {
    const server = await startServer();
    const connection = connect(server.url);
    const queue = startQueue(connection);
    for (let time = 0; time < 3; time++) {
      enqueue(queue, 0, 20);
      await handedOn(queue);
    }
    const target = new WriteTarget();
    await startConsumer(connection, target.write);
    await queue.flush();
    expect(target.calls.flat()).toHaveLength(20);
  });

  test('jobs in hand together are one write; two consumers share the work, each job goes to one', async () => {
    const server = await startServer();
    const queue = startQueue(connect(server.url));
    enqueue(queue, 0, 400);
    await handedOn(queue);
    const targets = [new WriteTarget(), new WriteTarget()];
    for (const target of targets) {
      // Each holds its first jobs until both have some.
      target.block();
      await startConsumer(connect(server.url), target.write);
    }
    await until(
      () => Math.min(...targets.map(({ calls }) => calls.length)),
      (calls) => calls > 0,
    );
    for (const target of targets) target.unblock();
    await queue.flush();
    const calls = targets.flatMap((target) => target.calls);
    expect(calls.flat()).toHaveLength(400);
    expect(new Set(calls.flat().map(({ id }) => id)).size).toBe(400);
    for (const target of targets) expect(target.entries.size).toBeGreaterThan(0);
    expect(calls.length).toBeLessThan(120);
  });

  test('a rate holds for all consumers together', async () => {
    const server = await startServer();
    const queue = startQueue(connect(server.url));
    const target = new WriteTarget();
    for (let n = 0; n < 2; n++) await startConsumer(connect(server.url), target.write, { ratePerSecond: 20 });
    const startedAt = performance.now();
    enqueue(queue, 0, 45);
    await queue.flush({ timeoutMs: 15_000 });
    expect(performance.now() - startedAt).toBeGreaterThan(1500);
    expect(target.entries.size).toBe(45);
  });

  test('a job that cannot be read is given up at once, and the others are written', async () => {
    const server = await startServer();
    const connection = connect(server.url);
    const queue = startQueue(connection);
    const stranger = openBullQueue(connection, 'queue', () => {});
    closing(stranger.queue);
    await stranger.queue.add('write', 'a prompt that is no job', { jobId: 'odd-1', attempts: 8 });
    enqueue(queue, 0, 3);
    const target = new WriteTarget();
    await startConsumer(connection, target.write);
    await queue.flush();
    expect(target.entries.size).toBe(3);
    const letters = await queue.admin.deadLetters({ offset: 0, limit: 10 });
    expect(letters).toEqual([
      { id: 'odd-1', attempts: 1, failedAtMs: expect.any(Number), reason: 'the job cannot be read' },
    ]);
    expect(await queue.admin.redrive(['odd-1'])).toBe(1);
    await queue.flush();
    expect(await queue.admin.discard(['odd-1'])).toBe(1);
  });

  test('what is invalidated while it is written is taken back', async () => {
    const server = await startServer();
    const connection = connect(server.url);
    const queue = startQueue(connection);
    const invalidations = new KnownInvalidations();
    const forgotten: EntryId[] = [];
    await startConsumer(
      connection,
      (entries: readonly Entry[]) =>
        invalidations.add({ filter: { ids: entries.map(({ id }) => id) }, atMs: ASKED_AT_MS }),
      { invalidations, forget: async (ids) => void forgotten.push(...ids) },
    );
    enqueue(queue, 0, 1);
    await queue.flush();
    expect(forgotten).toEqual([entryId(0)]);
  });

  test('the barrier comes after the queue has emptied, and knows the deadline', async () => {
    const server = await startServer();
    const connection = connect(server.url);
    const target = new WriteTarget();
    const seen: [number, number | undefined][] = [];
    const queue = startQueue(connection, {
      now: () => 1000,
      barrier: async (deadlineMs) => void seen.push([target.entries.size, deadlineMs]),
    });
    await startConsumer(connection, target.write);
    enqueue(queue, 0, 5);
    await queue.flush({ timeoutMs: 10_000 });
    await queue.flush();
    expect(seen).toEqual([
      [5, 11_000],
      [5, undefined],
    ]);
  });

  test('closing a consumer finishes what is in hand and leaves the rest', async () => {
    const server = await startServer();
    const connection = connect(server.url);
    const queue = startQueue(connection);
    const target = new WriteTarget();
    target.block();
    const consumer = await startConsumer(connection, target.write, { concurrency: 4, closeMs: 20_000 });
    enqueue(queue, 0, 20);
    await until(
      () => target.calls.length,
      (calls) => calls > 0,
    );
    const closed = consumer.close();
    target.unblock();
    await closed;
    expect(target.entries.size).toBeLessThan(20);
    expect(await queue.admin.counts()).toEqual({ waiting: 20 - target.entries.size, active: 0, delayed: 0, dead: 0 });
  });
});
