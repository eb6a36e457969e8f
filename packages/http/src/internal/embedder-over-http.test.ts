import { afterAll } from '@jest/globals';
import { embedderConformance } from '@nearhit/core/conformance/embedder';
import { closeServices, INTERNAL_TOKEN, startEmbedding, watcher } from '../../test/internal.ts';
import { WordEmbedder } from '../../test/word-embedder.ts';
import { createEmbeddingClient } from './embedding-client.ts';

embedderConformance('over HTTP', async () => {
  const { url } = await startEmbedding({ embedder: new WordEmbedder() });
  const client = createEmbeddingClient({ urls: [url], token: INTERNAL_TOKEN, observer: watcher() });
  await client.ready();
  return client;
});

afterAll(closeServices);
