import { BatchRunner, createAskChat, createAskEmbeddings, createSeal, openBatchRoom } from '@nearhit/batch';
import type { Config } from '@nearhit/config';
import type {
  Allowance,
  BatchStore,
  Caller,
  ChatCall,
  Embedder,
  Exchange,
  FileStore,
  Observer,
  PolicyService,
  Upstream,
  WriteQueue,
} from '@nearhit/core';
import { messagesDialect, responsesDialect } from '@nearhit/dialects';
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
  /** Whose limits a line counts against, and whether its caller may still act. */
  readonly access: {
    readonly enter: (caller: Caller) => Allowance | Promise<Allowance>;
    readonly countEmbeddings: (body: Buffer) => Promise<number>;
    readonly keyring: { renew(caller: Caller): Promise<Caller> };
  };
}

type BatchStores = BatchesDeps['stores'];

const sealOf = (config: Config) => createSeal(internalTokenOf(config).secret);
const settingsOf = ({ batches, server }: Config) => ({ ...batches, lineBytesMax: server.bodyBytesMax });

/** Files and batches of a door behind which nobody runs them: workers do. */
export function openFiles({ files, batches }: BatchStores, config: () => Config) {
  return openBatchRoom({ files, batches, seal: sealOf(config()), settings: () => settingsOf(config()), now: Date.now });
}

/** Files and batches, and who runs them in this process. To be started, and closed before what it rests on. */
export function openBatches({
  stores: { files, batches },
  answer,
  upstream,
  embedder,
  config,
  access,
  ...deps
}: BatchesDeps) {
  const seal = sealOf(config());
  const { enter, keyring } = access;
  const renew = (caller: Caller) => keyring.renew(caller);
  const asks = {
    '/v1/chat/completions': createAskChat({ answer, enter }),
    '/v1/messages': createAskChat({ answer, enter, dialect: messagesDialect }),
    '/v1/responses': createAskChat({ answer, enter, dialect: responsesDialect }),
    '/v1/embeddings': createAskEmbeddings({
      ...{ upstream, enter, observer: deps.observer },
      local: createLocalEmbeddings(embedder),
      countTokens: access.countEmbeddings,
    }),
  };
  const dialects = { '/v1/messages': messagesDialect, '/v1/responses': responsesDialect };
  const settings = () => settingsOf(config());
  const runner = new BatchRunner({
    ...{ ...deps, files, batches, embedder, seal, asks, dialects, settings, renew, now: Date.now },
  });
  const room = openBatchRoom({ files, batches, seal, settings, now: Date.now, onChange: () => runner.wake() });
  return { room, runner };
}
