import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import { embeddingModelFrom, openEmbedder } from '@nearhit/embedding';
import { createEmbeddingApp, createServiceMetrics, type Door, openServer } from '@nearhit/http';
import { Closers, createLogObserver, degradedOf, internalTokenOf } from '@nearhit/runtime';
import type { Logger } from 'pino';

/** Text to vector, over HTTP: the model in worker threads of this process. */
export async function startEmbeddingService(config: Config, log: Logger): Promise<Door> {
  const closers = new Closers();
  const { model, threads, queueMax } = config.embedding;
  const cacheDir = join(config.dataDir, 'models');
  const embedder = closers.add(await openEmbedder({ ...embeddingModelFrom(model), cacheDir, threads, queueMax }));
  const metrics = createServiceMetrics();
  const observer = createLogObserver(log, Date.now);
  const wire = createEmbeddingApp({
    ...{ embedder, log, metrics },
    token: internalTokenOf(config).secret,
    bodyBytesMax: config.server.bodyBytesMax,
    readiness: async () => {
      const probe = () => embedder.embed(['ready?'], { deadlineMs: Date.now() + 1000 });
      const degraded = await degradedOf([['model', probe]]);
      if (degraded.length > 0) observer.incident('model-slow');
      return { ready: true, degraded };
    },
  });
  const { url } = closers.add(await openServer(wire.app, config.server, wire.fast));
  log.info({ url, model: embedder.model.id, version: embedder.model.version }, 'embedding service listens');
  return { url, close: () => closers.close() };
}
