import { BatchRunner, createAskChat, createAskEmbeddings, createSeal, openBatchRoom } from '@nearhit/batch';
import type { Config } from '@nearhit/config';
import type {
  BatchStore,
  ChatCall,
  Embedder,
  Exchange,
  FileStore,
  Observer,
  PolicyService,
  Upstream,
  WriteQueue,
} from '@nearhit/core';
import { createLocalEmbeddings } from '@nearhit/http';
import { internalTokenOf } from '@nearhit/runtime';

export interface BatchesDeps {
  readonly stores: { readonly files: FileStore; readonly batches: BatchStore };
  readonly answer: (call: ChatCall) => Promise<Exchange>;
  readonly upstream: Upstream;
  readonly embedder: Embedder;
  readonly policies: PolicyService;
  readonly queue: WriteQueue;
  readonly observer: Observer;
  readonly config: () => Config;
}

/** Files and batches, and who runs them here, beside the requests. */
export function openBatches({ stores, answer, upstream, embedder, config, ...deps }: BatchesDeps) {
  const seal = createSeal(internalTokenOf(config()).secret);
  const asks = {
    '/v1/chat/completions': createAskChat({ answer }),
    '/v1/embeddings': createAskEmbeddings({ upstream, local: createLocalEmbeddings(embedder) }),
  };
  const settings = () => ({ ...config().batches, lineBytesMax: config().server.bodyBytesMax });
  const runner = new BatchRunner({ ...deps, ...stores, embedder, seal, asks, settings, now: Date.now });
  const room = openBatchRoom({ ...stores, seal, settings, now: Date.now, onChange: () => runner.wake() });
  return { room, runner };
}
