import type { Config } from '@nearhit/config';
import { combineObservers, PolicyService } from '@nearhit/core';
import { createEmbeddingClient, createOpsApp, createServiceMetrics, type Door, openServer } from '@nearhit/http';
import { connectRedis, createLease, openRedisStores, redisSettings, startRedisConsumer } from '@nearhit/redis';
import {
  Chores,
  Closers,
  createLogObserver,
  createWriter,
  degradedOf,
  embedderProbe,
  internalTokenOf,
  keepUsageInBounds,
  requiredUrls,
  startHeartbeat,
  VERSION,
} from '@nearhit/runtime';
import { openTracing } from '@nearhit/wiring';
import type { Logger } from 'pino';
import { openBatchWork } from './batches.ts';

/** Writes answers and vectors behind the requests, and keeps the shared store in bounds. */
export async function startWorker(config: Config, log: Logger): Promise<Door & { reconfigure(next: Config): void }> {
  const urls = requiredUrls('EMBEDDING_URL', config.services.embeddingUrls);
  const closers = new Closers();
  const now = Date.now;
  let written = 0;
  let live = config;
  const tracing = await openTracing(config, log, closers);
  const metrics = createServiceMetrics({
    sources: [
      {
        name: 'nearhit_entries_written_total',
        help: 'Answers stored by this worker.',
        kind: 'counter',
        read: () => written,
      },
    ],
  });
  const observer = combineObservers(metrics, createLogObserver(log, now));
  const connection = closers.add(
    connectRedis(redisSettings(config.redis), (error) => observer.incident('redis', error)),
  );
  await connection.ready(1000);
  const stores = closers.add(openRedisStores(connection));
  const token = internalTokenOf(config).secret;
  const embedder = closers.add(createEmbeddingClient({ urls, token, observer }));
  const policies = new PolicyService(stores.policies, config.policies);
  const lease = closers.add(createLease(connection, 'upkeep'));
  const chores = closers.add(new Chores(observer));
  const writer = createWriter({ stores, embedder, observer, policies, lease, chores });
  const { concurrency, ratePerSecond } = config.queue;
  const consumer = closers.add(
    await startRedisConsumer({
      ...{ connection, observer, concurrency, ratePerSecond },
      invalidations: stores.invalidations,
      onTraced: tracing.worked,
      forget: writer.forget,
      write: async (entries) => {
        await writer.write(entries);
        written += entries.length;
      },
    }),
  );
  writer.startUpkeep();
  keepUsageInBounds({ store: stores.usage, chores, lease, now, settings: () => live.usage });
  const batches = await openBatchWork(config, token, log, closers, tracing.observers, metrics);
  const report = async () => ({
    detail: { running: consumer.running(), written, model: embedder.model.version, ...batches?.status() },
  });
  closers.add(startHeartbeat({ registry: stores.registry, kind: 'worker', version: VERSION, now, report }, chores));
  const readiness = async () => {
    const degraded = await degradedOf([['redis', () => connection.client.ping()], embedderProbe(embedder)]);
    return { ready: consumer.running() && !degraded.includes('redis'), degraded };
  };
  const { url } = closers.add(await openServer(createOpsApp({ readiness, metrics, log }), config.server));
  log.info({ url }, 'worker runs');
  return {
    url,
    reconfigure(next) {
      // First what may refuse it: then the old configuration stays in force as a whole.
      batches?.reconfigure(next);
      live = next;
      policies.useFile(next.policies);
    },
    close: () => closers.close(),
  };
}
