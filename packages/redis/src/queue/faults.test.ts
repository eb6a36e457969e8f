import { describe, expect, test } from '@jest/globals';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { ASKED_AT_MS, until, WriteTarget } from '@nearhit/core/conformance/write-queue';
import { RedisCluster } from '../../testing/index.ts';
import {
  closing,
  connect,
  enqueue,
  handedOn,
  incidents,
  startConsumer,
  startProxy,
  startQueue,
  startServer,
  written,
} from '../../testing/queue-house.ts';

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
