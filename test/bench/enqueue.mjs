// What handing one answer to the queue costs this process:
//   enqueue.mjs <redis url>
// Answers {cpuUs} per entry over IPC. The Redis is emptied before.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis, createRedisWriteQueue } from '@nearhit/redis';

const ENTRIES = 20_000;
const WARM_UP = 2000;
/** A full batch of the queue: enqueued at once, then waited for. */
const BURST = 100;
const DIMENSIONS = 384;
const ANSWER_BYTES = 1024;

const [url] = process.argv.slice(2);
const now = Date.now();
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

function entryAt(n) {
  const query = `Question ${n} whose answer goes into the queue`;
  const vector = Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(n + i) * Math.sqrt(2 / DIMENSIONS));
  return {
    id: sha256(query),
    scope: { tenant: 'default', namespace: 'default', model: 'bench' },
    fingerprint: sha256('fingerprint'),
    query,
    semantic: true,
    answer: Buffer.from(randomBytes(ANSWER_BYTES / 2).toString('hex')),
    vector,
    embeddingModel: 'bench@1',
    tags: [],
    context: [],
    provider: 'openai',
    upstreamModel: 'bench',
    attempts: 1,
    costUsd: 0.001,
    usage: { promptTokens: 180, completionTokens: 160 },
    createdAtMs: now,
    expiresAtMs: now + 86_400_000,
    staleUntilMs: now + 86_400_000,
  };
}

const connection = connectRedis({ url });
if (!(await connection.ready(10_000))) throw new Error('Redis does not take commands');
await connection.client.flushall();
let measured = false;
const incident = (kind, error) => {
  if (measured) throw new Error(`${kind}: ${error}`);
};
const queue = createRedisWriteQueue({ connection, observer: { record() {}, incident } });
const entries = Array.from({ length: WARM_UP + ENTRIES }, (_, n) => entryAt(n));
// Its connection is made behind the first batches.
await enqueue(entries.splice(0, WARM_UP));
measured = true;
const before = process.cpuUsage();
await enqueue(entries);
const { user, system } = process.cpuUsage(before);
process.send({ cpuUs: (user + system) / ENTRIES });
await queue.close();
await connection.close();

async function enqueue(list) {
  for (let at = 0; at < list.length; at += BURST) {
    for (const entry of list.slice(at, at + BURST))
      if (!queue.enqueue(entry, now)) throw new Error('the queue is full');
    while (queue.depth() > 0) await sleep(1);
  }
}
