import { join } from 'node:path';
import type { Config } from '@nearhit/config';
import type { Embedder, Observer, PairNetwork } from '@nearhit/core';
import { embeddingModelFrom, openEmbedder } from '@nearhit/embedding';
import { createEmbeddingClient, createNetworkClient } from '@nearhit/http';
import { type Closers, internalTokenOf } from '@nearhit/runtime';
import type { openJoint } from '@nearhit/wiring';
import type { Logger } from 'pino';

/** The network reads states of the bundled model. What a service elsewhere has, it says itself. */
export const canRead = ({ embedding, services }: Config): boolean =>
  services.embeddingUrls.length > 0 || Object.keys(embeddingModelFrom(embedding.model)).length === 0;

export interface OwnEmbedderDeps {
  readonly joint: ReturnType<typeof openJoint>;
  readonly observer: Observer;
  readonly closers: Closers;
  /** There is a model, or another one: what the index holds is of no use. */
  readonly onModel: () => void;
}

/** In this process, or the client of a service; with the network that is there. */
export async function openOwnEmbedder(
  config: Config,
  log: Logger,
  { joint, observer, closers, onModel }: OwnEmbedderDeps,
): Promise<{ readonly embedder: Embedder; readonly network: PairNetwork | undefined }> {
  const { embedding, services, dataDir } = config;
  const { embeddingUrls: urls, cacheUrls } = services;
  if (urls.length > 0) {
    const token = internalTokenOf(config).secret;
    const embedder = closers.add(createEmbeddingClient({ urls, token, observer, onModel }));
    const network = joint && closers.add(createNetworkClient({ urls, token, observer, version: joint.version }));
    // The index of this process needs to know how long its vectors are.
    if (cacheUrls.length === 0) await embedder.ready();
    return { embedder, network };
  }
  const { model, threads, queueMax } = embedding;
  const onNetworkFault = (why: string) => log.error({ why }, 'no network: the verifier decides without');
  const cacheDir = join(dataDir, 'models');
  const source = { ...embeddingModelFrom(model), cacheDir, network: joint };
  const embedder = closers.add(await openEmbedder({ ...source, threads, queueMax, onNetworkFault }));
  return { embedder, network: embedder.network };
}
