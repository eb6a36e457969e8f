import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { ASKED_AT_MS, until, WriteTarget } from '@nearhit/core/conformance/write-queue';
import { RedisServer } from '../../testing/index.ts';
import { connectRedis } from '../connection.ts';
import { createQueueBoard } from './board.ts';
import { startRedisConsumer } from './consumer.ts';
import { createRedisWriteQueue } from './write-queue.ts';

const BASE = '/admin/queues';
const ENTRY = sampleEntry(1, { scope: { ...sampleEntry(1).scope, namespace: 'team-a' } });
const SECRET = /Question number|Answer \d|UXVlc3Rpb24/;
const observer = { record() {}, incident() {} };

let redis: RedisServer;
let origin: string;
let jobId: string;
let target: WriteTarget;
let queue: ReturnType<typeof createRedisWriteQueue>;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  redis = await RedisServer.start();
  const connection = connectRedis({ url: redis.url });
  queue = createRedisWriteQueue({ connection, observer, flushMs: 5, attemptsMax: 1, closeMs: 100 });
  target = new WriteTarget();
  target.poison.add(entryId(1));
  const consumer = await startRedisConsumer({ connection, observer, write: target.write, closeMs: 1000 });
  const board = createQueueBoard({ connection, basePath: BASE });
  const server = createServer((req, res) => {
    req.url = req.url?.slice(BASE.length);
    board.handler(req, res, (error) => res.writeHead(error === undefined ? 404 : 500).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE}`;
  closers.push(
    () => server.close(),
    () => board.close(),
    () => queue.close(),
    () => consumer.close(),
    () => connection.close(),
    () => redis.close(),
  );
  queue.enqueue(ENTRY, ASKED_AT_MS);
  await queue.flush();
  jobId = `${ENTRY.id}-${ENTRY.createdAtMs}`;
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const call = async (path: string, method = 'GET', body?: unknown): Promise<[number, string]> => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${origin}${path}`, {
    method,
    ...(body !== undefined && { headers, body: JSON.stringify(body) }),
  });
  return [response.status, await response.text()];
};

describe('createQueueBoard', () => {
  test('serves its page and its files from where it is mounted', async () => {
    const [status, page] = await call('/');
    expect([status, page.includes(`<base href="${BASE}/"`)]).toEqual([200, true]);
    const script = /src="(static\/[^"]+\.js)"/.exec(page)?.[1];
    expect((await call(`/${script}`))[0]).toBe(200);
  });

  test('shows jobs by id, sizes and scope; no word of a prompt or an answer', async () => {
    const [, list] = await call('/api/queues?activeQueue=writes&status=failed&page=1&jobsPerPage=10');
    expect(list).toContain(jobId);
    expect(list).toContain('"namespace":"team-a"');
    const [status, job] = await call(`/api/queues/writes/${jobId}`);
    expect(status).toBe(200);
    expect(JSON.parse(job).job.data).toMatchObject({ entryId: entryId(1), queryChars: 18, dimensions: 8 });
    expect(JSON.parse(job).job.stacktrace).toEqual([]);
    for (const path of ['logs', 'flow']) {
      const [, more] = await call(`/api/queues/writes/${jobId}/${path}`);
      expect(more).not.toMatch(SECRET);
    }
    for (const text of [list, job]) expect(text).not.toMatch(SECRET);
  });

  test('says so at once while Redis is away', async () => {
    await redis.kill();
    const [status, text] = await until(
      () => call('/api/queues'),
      ([code]) => code === 503,
    );
    expect([status, JSON.parse(text)]).toEqual([503, { error: expect.any(String) }]);
    expect((await call('/'))[0]).toBe(200);
  });

  test('drives a job again, and lets nobody put other data into one', async () => {
    expect((await call('/api/queues/writes/add', 'POST', { name: 'write', data: 'forged' }))[0]).toBe(403);
    expect((await call(`/api/queues/writes/${jobId}/update-data`, 'PATCH', { jobData: 'forged' }))[0]).toBe(403);
    for (const path of [
      'api/Queues/writes/%s/Update-Data/',
      'api/queues/writes/%s/%75pdate-data',
      'api//queues/writes/%s/update-data',
    ])
      expect((await call(`/${path.replace('%s', jobId)}`, 'PATCH', { jobData: 'forged' }))[0]).toBeGreaterThan(399);
    expect((await call('/api/queues/writes/add/?x=1', 'POST', { name: 'write', data: 'forged' }))[0]).toBe(403);
    target.poison.clear();
    expect((await call(`/api/queues/writes/${jobId}/retry`, 'PUT'))[0]).toBe(204);
    await queue.flush();
    expect([...target.entries.values()]).toEqual([ENTRY]);
  });
});
