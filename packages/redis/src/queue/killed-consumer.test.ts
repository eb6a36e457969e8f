import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { EntryId } from '@nearhit/core';
import { entryId, sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { ASKED_AT_MS, until, WriteTarget } from '@nearhit/core/conformance/write-queue';
import { RedisServer } from '../../testing/index.ts';
import { connectRedis, type RedisConnection } from '../connection.ts';
import { startRedisConsumer } from './consumer.ts';
import { createRedisWriteQueue, type RedisWriteQueue } from './write-queue.ts';

const CONSUMER = fileURLToPath(new URL('../../fixtures/queue-consumer.mjs', import.meta.url));
const SPECIAL = entryId(3);
const PAGE = { offset: 0, limit: 100 };
const observer = { record() {}, incident() {} };

let server: RedisServer;
let connection: RedisConnection;
let queue: RedisWriteQueue;
const children: ChildProcess[] = [];

beforeEach(async () => {
  server = await RedisServer.start();
  connection = connectRedis({ url: server.url, keyPrefix: 'killed' });
  queue = createRedisWriteQueue({ connection, observer, flushMs: 5 });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await queue.close();
  await connection.close();
  await server.close();
});

interface Consumer {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  readonly taken: Set<EntryId>;
  readonly wrote: Set<EntryId>;
}

function startChild(fate: 'hang' | 'die'): Consumer {
  const child = spawn(process.execPath, [CONSUMER, server.url, 'killed', SPECIAL, fate], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  children.push(child);
  const consumer = { child, exited: once(child, 'exit'), taken: new Set<EntryId>(), wrote: new Set<EntryId>() };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, id] = line.split(' ') as [string, EntryId];
    if (word === 'taken') consumer.taken.add(id);
    if (word === 'wrote') consumer.wrote.add(id);
  });
  return consumer;
}

function enqueue(count: number): void {
  for (let n = 0; n < count; n++) queue.enqueue(sampleEntry(n), ASKED_AT_MS);
}

test('a consumer killed with jobs in hand: another one finishes them', async () => {
  enqueue(50);
  const first = startChild('hang');
  await until(
    () => first.taken,
    (taken) => taken.has(SPECIAL),
  );
  first.child.kill('SIGKILL');
  await first.exited;
  const target = new WriteTarget();
  const consumer = await startRedisConsumer({ connection, observer, write: target.write, stalledIntervalMs: 500 });
  try {
    await queue.flush({ timeoutMs: 30_000 });
  } finally {
    await consumer.close();
  }
  for (let n = 0; n < 50; n++) expect(first.wrote.has(entryId(n)) || target.entries.has(entryId(n))).toBe(true);
  expect(target.entries.has(SPECIAL)).toBe(true);
  expect(await queue.admin.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, dead: 0 });
}, 60_000);

test('a job that kills its consumer again and again is given up, and takes no other with it', async () => {
  enqueue(50);
  const wrote = new Set<EntryId>();
  let deaths = 0;
  let child = startChild('die');
  const supervise = async (): Promise<void> => {
    for (;;) {
      const { exited, wrote: last } = child;
      await exited;
      for (const id of last) wrote.add(id);
      if (child.child.signalCode !== 'SIGKILL' || stopped) return;
      deaths += 1;
      child = startChild('die');
    }
  };
  let stopped = false;
  const supervised = supervise();
  await queue.flush({ timeoutMs: 60_000 });
  stopped = true;
  child.child.kill('SIGKILL');
  await supervised;
  expect(await queue.admin.deadLetters(PAGE)).toMatchObject([
    { entryId: SPECIAL, namespace: 'default', reason: 'its worker died 3 times while it wrote this' },
  ]);
  for (let n = 0; n < 50; n++) expect([n, wrote.has(entryId(n))]).toEqual([n, entryId(n) !== SPECIAL]);
  // Once among others, three times alone.
  expect(deaths).toBe(4);
}, 90_000);
