import type { Embedder, Embedding, EmbeddingModel, PairNetwork, UnitVector } from '@nearhit/core';
import { type ModelSource, workerSettings } from './model-source.ts';
import type { NetworkSettings, RawEmbedding } from './protocol.ts';
import { busy, RESTARTING, Scheduler } from './scheduler.ts';
import { WorkerNetwork } from './worker-network.ts';
import { type PoolOptions, WorkerPool } from './worker-pool.ts';

export interface EmbedderOptions extends ModelSource {
  /** Worker threads, each with a model of its own (about 100 MB). Default 1. */
  threads?: number;
  /** Texts that may wait; a call that would exceed it is refused. Default 4096. */
  queueMax?: number;
  /** Another worker script, for fault tests. */
  workerUrl?: URL;
  /** One that can't be loaded is done without; `onNetworkFault` is told why. */
  onNetworkFault?: ((fault: string) => void) | undefined;
}

export interface LocalEmbedder extends Embedder {
  /** In the same threads, on the same model. Undefined where none was asked for, it is for another model, or could not be loaded. */
  readonly network: PairNetwork | undefined;
}

/** Characters looked at per token of the window; longer texts are truncated before they are tokenised. English has about 4.5. */
const CHARS_PER_TOKEN_MAX = 32;

/**
 * Embedder on worker threads of this process. Resolves when the model is loaded and warm.
 * Throws an Error of one line when the model folder is incomplete or broken, or can't be downloaded.
 */
export async function openEmbedder(options: EmbedderOptions = {}): Promise<LocalEmbedder> {
  const settings = workerSettings(options);
  const pool: PoolOptions = {
    settings,
    threads: Math.max(1, options.threads ?? 1),
    workerUrl: options.workerUrl,
    onIdle: () => scheduler?.dispatch(),
    onAllDead: (cause) => scheduler?.rejectAll(busy(RESTARTING, cause.message)),
  };
  let scheduler: Scheduler | undefined;
  const opened = await WorkerPool.open(pool);
  const { model, msPerToken, network } = opened.ready;
  scheduler = new Scheduler(opened.pool, msPerToken, options.queueMax ?? 4096);
  if (network !== undefined && 'fault' in network) options.onNetworkFault?.(network.fault);
  const loaded = network !== undefined && 'version' in network ? settings.network : undefined;
  return new WorkerEmbedder(scheduler, model, loaded);
}

class WorkerEmbedder implements LocalEmbedder {
  readonly model: EmbeddingModel;
  readonly network: PairNetwork | undefined;
  readonly #scheduler: Scheduler;
  readonly #charsMax: number;

  constructor(scheduler: Scheduler, model: EmbeddingModel, network: NetworkSettings | undefined) {
    this.#scheduler = scheduler;
    this.model = model;
    this.#charsMax = model.tokensMax * CHARS_PER_TOKEN_MAX;
    const cost = (text: string) => this.#cost(text);
    this.network = network && new WorkerNetwork({ ...network, scheduler, cost });
  }

  async embed(texts: readonly string[], options: { deadlineMs?: number } = {}): Promise<Embedding[]> {
    this.#scheduler.assertOpen();
    const cut = texts.map((text) => cutChars(text, this.#charsMax));
    const embeddings = await this.#scheduler.do<string, RawEmbedding>({
      items: cut,
      costs: cut.map((text) => this.#cost(text)),
      deadlineMs: options.deadlineMs ?? Number.POSITIVE_INFINITY,
      run: (worker, items) => worker.embed(items),
    });
    return embeddings.map(({ vector, tokens, truncated }, i) => ({
      vector: new Float32Array(vector) as UnitVector,
      tokens,
      truncated: truncated || (cut[i] as string).length < (texts[i] as string).length,
    }));
  }

  close(): Promise<void> {
    return this.#scheduler.close();
  }

  /** Tokens, estimated from UTF-8 bytes: right for English, and of the right size for scripts of one token per character. */
  #cost(text: string): number {
    return Math.min(this.model.tokensMax, 2 + Buffer.byteLength(text) / 4);
  }
}

function cutChars(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? charsMax - 1 : charsMax);
}
