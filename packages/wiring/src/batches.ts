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

type BatchStores = BatchesDeps['stores'];

const sealOf = (config: Config) => createSeal(internalTokenOf(config).secret);
const settingsOf = ({ batches, server }: Config) => ({ ...batches, lineBytesMax: server.bodyBytesMax });

/** Files and batches of a door behind which nobody runs them: workers do. */
export function openFiles({ files, batches }: BatchStores, config: () => Config) {
  return openBatchRoom({ files, batches, seal: sealOf(config()), settings: () => settingsOf(config()), now: Date.now });
}

/** Files and batches, and who runs them in this process. To be started, and closed before what it rests on. */
export function openBatches({ stores: { files, batches }, answer, upstream, embedder, config, ...deps }: BatchesDeps) {
  const seal = sealOf(config());
  const asks = {
    '/v1/chat/completions': createAskChat({ answer }),
    '/v1/embeddings': createAskEmbeddings({ upstream, local: createLocalEmbeddings(embedder) }),
  };
  const settings = () => settingsOf(config());
  const runner = new BatchRunner({ ...deps, files, batches, embedder, seal, asks, settings, now: Date.now });
  const room = openBatchRoom({ files, batches, seal, settings, now: Date.now, onChange: () => runner.wake() });
  return { room, runner };
}
