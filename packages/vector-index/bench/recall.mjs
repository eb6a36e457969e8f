// Recall and latency of the index on real embeddings, beside an exact scan. Build first, then:
//   node packages/vector-index/bench/recall.mjs stored.f32 queries.f32 [dimensions=384] [ef,ef,...]
// The files hold unit vectors as raw little-endian float32, one after the other.
import { readFileSync } from 'node:fs';
import { openNearestIndex } from '../dist/index.js';

const [, , storedFile, queriesFile, dimensionsText = '384', efs = '16,32,48,64,96,128'] = process.argv;
const dimensions = Number(dimensionsText);
const stored = vectorsOf(storedFile);
const queries = vectorsOf(queriesFile).slice(0, 2000);
const place = { partition: 'bench', fingerprint: 'bench' };

function vectorsOf(file) {
  const bytes = readFileSync(file);
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return Array.from({ length: all.length / dimensions }, (_, i) => all.subarray(i * dimensions, (i + 1) * dimensions));
}

async function filled(options) {
  const index = await openNearestIndex({ dimensions, ...options });
  const started = performance.now();
  await index.apply(
    stored.map((vector, i) => ({ kind: 'add', id: String(i), ...place, vector })),
    1,
  );
  while (!(await index.stats()).settled) await new Promise((resolve) => setTimeout(resolve, 50));
  const { bytes, vectors } = await index.stats();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${JSON.stringify(options)}: ${vectors} vectors in ${seconds} s, ${Math.round(bytes / vectors)} bytes each`,
  );
  return index;
}

async function answers(index) {
  const found = [];
  const ms = [];
  for (const vector of queries) {
    const started = performance.now();
    found.push(await index.nearest({ ...place, vector, k: 5 }));
    ms.push(performance.now() - started);
  }
  ms.sort((a, b) => a - b);
  const at = (share) => ms[Math.floor(share * (ms.length - 1))].toFixed(3);
  return { found, latency: `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms` };
}

const exactIndex = await filled({ flatMax: stored.length });
const exact = await answers(exactIndex);
await exactIndex.close();
console.log(`exact: ${exact.latency}`);
for (const efSearch of efs.split(',').map(Number)) {
  const index = await filled({ hnsw: { efSearch } });
  const { found, latency } = await answers(index);
  await index.close();
  const hit = (i) => found[i][0]?.similarity > exact.found[i][0].similarity - 1e-5;
  const close = queries.map((_, i) => i).filter((i) => exact.found[i][0].similarity >= 0.8);
  const share = (of) => (of.filter(hit).length / of.length).toFixed(4);
  const all = queries.map((_, i) => i);
  console.log(`ef ${efSearch}: recall@1 ${share(all)}, where the nearest has 0.8 or more ${share(close)}; ${latency}`);
}
