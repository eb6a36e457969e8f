import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import { embeddingModelFrom, openEmbedder } from '@nearhit/embedding';
import { createEmbeddingApp, createServiceMetrics, type Door, openServer } from '@nearhit/http';
import { Chores, Closers, createLogObserver, internalTokenOf, VERSION } from '@nearhit/runtime';
import { openTelemetry } from '@nearhit/telemetry';
import { findJoint } from '@nearhit/verifier';
import type { Logger } from 'pino';
import { counted } from './counted.ts';

const CHECK_MS = 5000;
/** A client sends as many texts at once as fit into this. */
const BODY_BYTES_MIN = 4_194_304;

/** Text to vector, over HTTP: the model in worker threads of this process. */
export async function startEmbeddingService(config: Config, log: Logger): Promise<Door> {
  const closers = new Closers();
  const telemetry = await openTelemetry({
    ...{ ...config.telemetry, version: VERSION },
    onError: (why) => log.warn({ why }, 'traces can not be sent'),
  });
  if (telemetry !== undefined) closers.add(telemetry);
  const { model, threads, queueMax } = config.embedding;
  const cacheDir = join(config.dataDir, 'models');
  const onNetworkFault = (why: string) => log.error({ why }, 'there is no network of pairs');
  // Who decides may have one, too, and asks for none but its own version.
  const joint = findJoint(config.cache.verifierDir, (error) =>
    log.error({ err: error }, 'there is no network of pairs'),
  );
  const source = { ...embeddingModelFrom(model), cacheDir, network: joint };
  const opened = closers.add(await openEmbedder({ ...source, threads, queueMax, onNetworkFault }));
  const { embedder, network, sources } = counted(opened);
  const metrics = createServiceMetrics({ sources });
  const chores = closers.add(new Chores(createLogObserver(log, Date.now)));
  // Beside the calls, and not at each question whether it is ready: those come every second from every client.
  let slow = false;
  chores.every(CHECK_MS, 'model-slow', async () => {
    const check = opened.embed(['ready?'], { deadlineMs: Date.now() + CHECK_MS });
    slow = await check.then(
      () => false,
      () => true,
    );
    if (slow) throw new Error(`no text was embedded within ${CHECK_MS} ms`);
  });
  const wire = createEmbeddingApp({
    onTraced: telemetry?.served,
    ...{ embedder, network, log, metrics },
    token: internalTokenOf(config).secret,
    bodyBytesMax: Math.max(config.server.bodyBytesMax, BODY_BYTES_MIN),
    readiness: () => ({ ready: true, degraded: slow ? ['model'] : [] }),
  });
  const { url } = closers.add(await openServer(wire.app, config.server, wire.fast));
  log.info(
    { url, model: embedder.model.id, version: embedder.model.version, network: network?.version },
    'embedding service listens',
  );
  return { url, close: () => closers.close() };
}
