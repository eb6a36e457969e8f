import { once } from 'node:events';
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { ASKED_AT_MS, until, type WriteTarget } from '@nearhit/core/conformance/write-queue';
import { connectRedis, type RedisConnection } from '../src/connection.ts';
import { type RedisConsumerOptions, startRedisConsumer } from '../src/queue/consumer.ts';
import { createRedisWriteQueue, type RedisWriteQueue, type RedisWriteQueueOptions } from '../src/queue/write-queue.ts';
import { RedisServer } from './redis-server.ts';

const closers: (() => Promise<unknown>)[] = [];
/** Names, in order. */
export const incidents: string[] = [];
const observer = { record() {}, incident: (name: string) => void incidents.push(name) };
beforeEach(() => {
  incidents.length = 0;
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function closing<T extends { close(): Promise<unknown> }>(resource: T): T {
  closers.push(() => resource.close());
  return resource;
}

export const startServer = async (...args: string[]): Promise<RedisServer> =>
  closing(await RedisServer.start({ args }));
export const connect = (url: string, commandTimeoutMs = 500): RedisConnection =>
  closing(connectRedis({ url, commandTimeoutMs }));

export function startQueue(
  connection: RedisConnection,
  options: Partial<RedisWriteQueueOptions> = {},
): RedisWriteQueue {
  return closing(
    createRedisWriteQueue({ connection, observer, flushMs: 5, attemptsMax: 3, retryMs: 20, closeMs: 200, ...options }),
  );
}

export async function startConsumer(
  connection: RedisConnection,
  write: RedisConsumerOptions['write'],
  options: Partial<RedisConsumerOptions> = {},
) {
  return closing(await startRedisConsumer({ connection, observer, write, closeMs: 500, ...options }));
}

/** Passes bytes on until `blackHole`; connections of before then stay open and go nowhere, later ones work. */
export async function startProxy(port: number) {
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

export function enqueue(queue: RedisWriteQueue, from: number, count: number): void {
  for (let n = from; n < from + count; n++) expect(queue.enqueue(sampleEntry(n), ASKED_AT_MS)).toBe(true);
}

export const handedOn = (queue: RedisWriteQueue) =>
  until(
    () => queue.depth(),
    (depth) => depth === 0,
  );
export const written = (target: WriteTarget, count: number) =>
  until(
    () => target.entries.size,
    (size) => size === count,
    30_000,
  );
