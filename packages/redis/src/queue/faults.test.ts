import { once } from 'node:events';
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Entry, EntryId } from '@nearhit/core';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { ASKED_AT_MS, KnownInvalidations, until, WriteTarget } from '@nearhit/core/conformance/write-queue';
import { RedisCluster, RedisServer } from '../../testing/index.ts';
import { connectRedis, type RedisConnection } from '../connection.ts';
import { openBullQueue } from './bull-queue.ts';
import { type RedisConsumerOptions, startRedisConsumer } from './consumer.ts';
import { createRedisWriteQueue, type RedisWriteQueue, type RedisWriteQueueOptions } from './write-queue.ts';

const closers: (() => Promise<unknown>)[] = [];
let incidents: string[];
const observer = { record() {}, incident: (name: string) => void incidents.push(name) };
beforeEach(() => {
  incidents = [];
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function closing<T extends { close(): Promise<unknown> }>(resource: T): T {
  closers.push(() => resource.close());
  return resource;
}

const startServer = async (...args: string[]): Promise<RedisServer> => closing(await RedisServer.start({ args }));
const connect = (url: string, commandTimeoutMs = 500): RedisConnection =>
  closing(connectRedis({ url, commandTimeoutMs }));

function startQueue(connection: RedisConnection, options: Partial<RedisWriteQueueOptions> = {}): RedisWriteQueue {
  return closing(
    createRedisWriteQueue({ connection, observer, flushMs: 5, attemptsMax: 3, retryMs: 20, closeMs: 200, ...options }),
  );
}

async function startConsumer(
  connection: RedisConnection,
  write: RedisConsumerOptions['write'],
  options: Partial<RedisConsumerOptions> = {},
) {
  return closing(await startRedisConsumer({ connection, observer, write, closeMs: 500, ...options }));
}

/** Passes bytes on until `blackHole`; connections of before then stay open and go nowhere, later ones work. */
async function startProxy(port: number) {
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = netConnect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    near.pipe(far);
    far.pipe(near);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    blackHole() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

function enqueue(queue: RedisWriteQueue, from: number, count: number): void {
  for (let n = from; n < from + count; n++) expect(queue.enqueue(sampleEntry(n), ASKED_AT_MS)).toBe(true);
}

const handedOn = (queue: RedisWriteQueue) =>
  until(
    () => queue.depth(),
    (depth) => depth === 0,
  );
const written = (target: WriteTarget, count: number) =>
  until(
    () => target.entries.size,
    (size) => size === count,
    30_000,
  );

describe('Redis', () => {
  test('killed and started again: nothing that was handed on is lost', async () => {
    const server = await startServer('--appendonly', 'yes', '--appendfsync', 'always');
    const connection = connect(server.url);
    const queue = startQueue(connection);
    enqueue(queue, 0, 250);
    await handedOn(queue);
    await server.kill();
    await server.run();
    const target = new WriteTarget();
    await startConsumer(connection, target.write);
    await written(target, 250);
  }, 40_000);

  test('killed while jobs are written: all are written when it is back', async () => {
    const server = await startServer('--appendonly', 'yes', '--appendfsync', 'always');
    const connection = connect(server.url);
    const queue = startQueue(connection);
    const target = new WriteTarget();
    target.block();
    await startConsumer(connection, target.write, { lockDurationMs: 1000, stalledIntervalMs: 500 });
    enqueue(queue, 0, 40);
    await until(
      () => target.calls.length,
      (calls) => calls > 0,
    );
    await server.kill();
    target.unblock();
    await server.run();
    await written(target, 40);
    await queue.flush({ timeoutMs: 20_000 });
    expect(await queue.admin.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, dead: 0 });
  }, 60_000);

  test('away while answers come in, from the start too: none is dropped, all are written afterwards', async () => {
    const server = await startServer();
    await server.kill();
    const connection = connect(server.url);
    const queue = startQueue(connection);
    const target = new WriteTarget();
    const consumer = await startConsumer(connection, target.write);
    await expect(queue.flush({ timeoutMs: 100 })).rejects.toMatchObject({ kind: 'FLUSH_TIMEOUT' });
    await expect(queue.admin.counts()).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    enqueue(queue, 0, 150);
    await expect(queue.flush({ timeoutMs: 300 })).rejects.toMatchObject({ kind: 'FLUSH_TIMEOUT' });
    expect([queue.depth(), consumer.running()]).toEqual([150, true]);
    await server.run();
    enqueue(queue, 150, 50);
    await queue.flush({ timeoutMs: 20_000 });
    expect(target.entries.size).toBe(200);
    await server.kill();
    enqueue(queue, 200, 100);
    await until(
      () => incidents.length,
      (count) => count > 0,
    );
    await server.run();
    await queue.flush({ timeoutMs: 20_000 });
    expect(target.entries.size).toBe(300);
    expect(incidents).not.toContain('write-dropped');
  }, 60_000);

  test('that accepts and never answers: the batch is sent again, each answer is written', async () => {
    const server = await startServer();
    const connection = connect(server.url);
    const queue = startQueue(connection);
    const target = new WriteTarget();
    await startConsumer(connection, target.write);
    enqueue(queue, 0, 10);
    await queue.flush();
    server.signal('SIGSTOP');
    enqueue(queue, 10, 90);
    await until(
      () => incidents,
      (all) => all.includes('queue-unavailable'),
    );
    expect(queue.depth()).toBe(90);
    server.signal('SIGCONT');
    await queue.flush({ timeoutMs: 20_000 });
    expect(target.entries.size).toBe(100);
    expect((await queue.admin.counts()).dead).toBe(0);
  }, 60_000);

  test('whose connections went dead without a word: both sides make new ones', async () => {
    const server = await startServer();
    const proxy = closing(await startProxy(server.port));
    const connection = connect(proxy.url);
    const queue = startQueue(connection);
    const target = new WriteTarget();
    await startConsumer(connection, target.write, { aliveMs: 300 });
    enqueue(queue, 0, 10);
    await queue.flush();
    proxy.blackHole();
    enqueue(queue, 10, 30);
    await queue.flush({ timeoutMs: 25_000 });
    expect(target.entries.size).toBe(40);
  }, 40_000);

  test('that refuses to store: answers wait, and it is not asked without end', async () => {
    const server = await startServer();
    const connection = connect(server.url);
    const queue = startQueue(connection);
    enqueue(queue, 0, 50);
    await handedOn(queue);
    const { client } = connection;
    await client.config('SET', 'maxmemory', '1');
    const target = new WriteTarget();
    await startConsumer(connection, target.write);
    enqueue(queue, 50, 50);
    await until(
      () => incidents,
      (all) => all.length === 2,
    );
    await client.config('RESETSTAT');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const refused = /errorstat_OOM:count=(\d+)/.exec(await client.info('errorstats'))?.[1];
    expect(Number(refused)).toBeLessThan(1000);
    expect(incidents).toEqual(['queue-unavailable', 'queue-unavailable']);
    await client.config('SET', 'maxmemory', '0');
    await queue.flush({ timeoutMs: 20_000 });
    expect(target.entries.size).toBe(100);
  }, 30_000);

  test('gone for good: closing takes its bounded time and counts what is lost', async () => {
    const server = await startServer();
    await server.kill();
    const connection = connect(server.url);
    const queue = startQueue(connection);
    const consumer = await startConsumer(connection, async () => {});
    enqueue(queue, 0, 3);
    await Promise.all([queue.close(), consumer.close()]);
    expect(incidents).toContain('write-dropped');
    expect(queue.enqueue(sampleEntry(9), ASKED_AT_MS)).toBe(false);
    expect(consumer.running()).toBe(false);
  });

  test('as a cluster: all keys of the queue are in one slot', async () => {
    const cluster = closing(await RedisCluster.start());
    const connection = connect(cluster.url, 2000);
    const queue = startQueue(connection);
    const target = new WriteTarget();
    target.poison.add(entryId(7));
    await startConsumer(connection, target.write);
    enqueue(queue, 0, 120);
    await queue.flush({ timeoutMs: 20_000 });
    expect(target.entries.size).toBe(119);
    target.poison.clear();
    expect(await queue.admin.redrive()).toBe(1);
    await queue.flush({ timeoutMs: 20_000 });
    expect(target.entries.size).toBe(120);
  }, 60_000);
});

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
    closers.push(() => stranger.queue.close());
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
