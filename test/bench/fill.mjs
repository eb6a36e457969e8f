// Fills a store to a number of entries without asking them one by one:
//   fill.mjs <data folder | redis://...> <entries>
// New entries are like the ones that are there (same scope, fingerprint and embedding model), under texts and vectors
// of their own. In a data folder they wait for the log as after a crash: the gateway indexes them at its next start.
// In Redis they go into the log, which the cache service follows.
import { createHash } from 'node:crypto';
import { openLmdb } from '@nearhit/lmdb';
import { connectRedis, openRedisStores } from '@nearhit/redis';

const [where, wanted] = process.argv.slice(2);
const BATCH = 1000;
const PARENTS = 3;
const NOISE = 0.4;

/** mulberry32: the same fillers in every run. */
function createRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = createRandom(20_000);
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/**
 * Vectors where real sentence embeddings lie: each a blend of a few real ones and some noise. Vectors drawn from all
 * directions would make the real ones an island that a graph search reaches by luck.
 */
function createVectors(real) {
  const { length: dimensions } = real[0];
  const scale = NOISE / Math.sqrt(dimensions);
  return () => {
    const vector = Float32Array.from({ length: dimensions }, () => scale * gauss());
    for (let n = 0; n < PARENTS; n++) {
      const parent = real[Math.floor(random() * real.length)];
      const weight = 0.5 + random();
      for (let i = 0; i < dimensions; i++) vector[i] += weight * parent[i];
    }
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  };
}

async function openStores() {
  if (!where.startsWith('redis:')) return openLmdb({ dir: where });
  const connection = connectRedis({ url: where });
  if (!(await connection.ready(10_000))) throw new Error('Redis does not take commands');
  const { responses, upkeep, log, close } = openRedisStores(connection);
  return { responses, upkeep, log, close: () => close().then(() => connection.close()), followed: true };
}

const stores = await openStores();
const { entries } = await stores.responses.list({}, { limit: 1000 });
const asked = await stores.responses.getMany(entries.map(({ id }) => id));
const [model] = asked;
const vectorOf = createVectors(asked.map(({ vector }) => vector));
let count = 0;
for (const usage of await stores.upkeep.usage()) count += usage.entries;
while (count < Number(wanted)) {
  const batch = [];
  for (; batch.length < BATCH && count < Number(wanted); count++) {
    const query = `Filler question ${count} about nothing that anybody asks for in this benchmark`;
    const id = createHash('sha256').update(query).digest('hex');
    batch.push({ ...model, id, query, vector: vectorOf() });
  }
  await stores.responses.put(batch);
  if (stores.followed) await stores.log.append(batch.map(({ id, createdAtMs }) => ({ kind: 'add', id, createdAtMs })));
}
await stores.close();
