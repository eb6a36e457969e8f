import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditQueueConformance, sampleAudit } from '@nearhit/core/conformance/audit-queue';
import { until } from '@nearhit/core/conformance/write-queue';
import { RedisServer } from '../../testing/index.ts';
import { connectRedis } from '../connection.ts';
import { startRedisAuditConsumer } from './audit-consumer.ts';
import { createRedisAuditQueue } from './audit-queue.ts';

let server: RedisServer;
let opened = 0;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.close());

const incidents: string[] = [];
const observer = { incident: (name: string) => void incidents.push(name) };

auditQueueConformance('redis', async ({ run, jobsMax }) => {
  const connection = connectRedis({ url: server.url, keyPrefix: `test-${opened++}` });
  const queue = createRedisAuditQueue({ connection, observer, flushMs: 5, retryMs: 5, jobsMax });
  const consumer = await startRedisAuditConsumer({ connection, observer, run, closeMs: 500 });
  await until(
    () => queue.depth().catch(() => undefined),
    (depth) => depth === 0,
  );
  return {
    queue,
    async close() {
      await queue.close();
      await consumer.close();
      await connection.close();
    },
  };
});

test('where nobody takes them, no more wait than there may', async () => {
  const connection = connectRedis({ url: server.url, keyPrefix: `test-${opened++}` });
  const queue = createRedisAuditQueue({ connection, observer, flushMs: 5, sharedMax: 3 });
  try {
    for (let n = 0; n < 8; n += 1) queue.enqueue(sampleAudit(n));
    await until(
      () => queue.depth().catch(() => undefined),
      (depth) => depth === 3,
    );
    expect(incidents).toContain('audits-dropped');
  } finally {
    await queue.close();
    await connection.close();
  }
});
