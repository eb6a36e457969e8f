import { afterAll, beforeAll } from '@jest/globals';
import { queueAdminConformance } from '@nearhit/core/conformance/queue-admin';
import { type OpenQueue, writeQueueConformance } from '@nearhit/core/conformance/write-queue';
import { RedisServer } from '../../testing/index.ts';
import { connectRedis } from '../connection.ts';
import { startRedisConsumer } from './consumer.ts';
import { createRedisWriteQueue } from './write-queue.ts';

let server: RedisServer;
let opened = 0;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.close());

const observer = { record() {}, incident() {} };

const openRedis: OpenQueue = async ({ write, invalidations, ...bounds }) => {
  const connection = connectRedis({ url: server.url, keyPrefix: `test-${opened++}` });
  const queue = createRedisWriteQueue({ connection, observer, flushMs: 5, attemptsMax: 2, retryMs: 20, ...bounds });
  const consumer = await startRedisConsumer({ connection, observer, write, invalidations });
  await queue.flush();
  return {
    queue,
    admin: queue.admin,
    async close() {
      await queue.close();
      await consumer.close();
      await connection.close();
    },
  };
};
writeQueueConformance('redis', openRedis);
queueAdminConformance('redis', openRedis);
