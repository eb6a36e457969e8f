import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { sampleAudit } from '@nearhit/core/conformance/audit-queue';
import { until } from '@nearhit/core/conformance/write-queue';
import { RedisServer } from '../../testing/index.ts';
import { connectRedis } from '../connection.ts';
import { startRedisAuditConsumer } from './audit-consumer.ts';
import { createRedisAuditQueue } from './audit-queue.ts';

const CONSUMER = fileURLToPath(new URL('../../fixtures/audit-consumer.mjs', import.meta.url));
const observer = { incident() {} };

test('a consumer killed with an audit in hand: another one takes it over, with the verdict that was kept', async () => {
  const server = await RedisServer.start();
  const connection = connectRedis({ url: server.url, keyPrefix: 'killed' });
  const queue = createRedisAuditQueue({ connection, observer, flushMs: 5 });
  const child = spawn(process.execPath, [CONSUMER, server.url, 'killed'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const seen: unknown[] = [];
  try {
    queue.enqueue(sampleAudit(1));
    queue.enqueue(sampleAudit(2));
    await until(
      () => lines,
      ([line]) => line === 'kept call-1',
    );
    child.kill('SIGKILL');
    await exited;
    const consumer = await startRedisAuditConsumer({
      ...{ connection, observer, stalledIntervalMs: 500, closeMs: 500 },
      run: async ({ id }, { judged }) => void seen.push([id, judged]),
    });
    await until(
      () => seen.length,
      (count) => count === 2,
      30_000,
    );
    await consumer.close();
  } finally {
    child.kill('SIGKILL');
    await queue.close();
    await connection.close();
    await server.close();
  }
  expect(lines).toEqual(['kept call-1']);
  expect(new Map(seen as [string, unknown][])).toEqual(
    new Map([
      ['call-1', { verdict: 'agree', why: 'cosine' }],
      ['call-2', undefined],
    ]),
  );
}, 60_000);
