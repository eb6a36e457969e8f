// Run by the tests as a process of its own: `node replica.mjs <what> <port>`. Says its port when it listens.
import { MemoryNearestIndex } from '@nearhit/core';
import { createEmbeddingApp } from '../dist/internal/embedding-app.js';
import { createNearestApp } from '../dist/internal/nearest-app.js';
import { closeServer, createServer } from '../dist/server.js';

const [, , what, port] = process.argv;
const common = {
  token: process.env.TOKEN,
  readiness: () => ({ ready: true, degraded: [] }),
  metrics: { contentType: 'text/plain', render: async () => '' },
  log: console,
};

function embedding() {
  const model = { id: 'm', version: 'v1', dimensions: 4, tokensMax: 16 };
  const one = { vector: Float32Array.of(1, 0, 0, 0), tokens: 3, truncated: false };
  return createEmbeddingApp({
    ...common,
    bodyBytesMax: 1_000_000,
    embedder: { model, embed: async (texts) => texts.map(() => one) },
  });
}

async function nearest() {
  const dimensions = Number(process.env.DIMENSIONS ?? 4);
  const index = new MemoryNearestIndex({ dimensions });
  const vector = Float32Array.from({ length: dimensions }, (_, i) => (i === 0 ? 1 : 0));
  const changes = [1, 2, 3, 4, 5].map((n) => {
    return { kind: 'add', id: String(n).repeat(64), partition: 'p', fingerprint: 'f'.repeat(64), vector };
  });
  await index.apply(changes, 5);
  return createNearestApp({ ...common, index, position: () => index.position() });
}

const { app, fast } = await (what === 'embedding' ? embedding() : nearest());
const server = createServer(app, { fast });
server.listen(Number(port ?? 0), '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
process.on('SIGTERM', () => void closeServer(server, 1_000));
