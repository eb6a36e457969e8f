import { Worker } from 'node:worker_threads';
import type { TextPair } from '@nearhit/core';
import { newExitGate, shutGate } from './exit-gate.ts';
import type { FromWorker, RawEmbedding, ToWorker, WorkerData, WorkerSettings } from './protocol.ts';

/** Resolves from src/ and from dist/: a worker thread runs compiled JavaScript only. */
const WORKER_URL = new URL('../dist/worker.js', import.meta.url);
const CLOSE_TIMEOUT_MS = 5000;

export type Ready = Readonly<Omit<Extract<FromWorker, { kind: 'ready' }>, 'kind'>>;
type Answer = Extract<FromWorker, { kind: 'embedded' | 'scored' }>;

/** The thread is gone; the text may or may not be to blame. */
export class WorkerStopped extends Error {}

/** One worker thread with the model loaded, one request at a time. */
export class WorkerHandle {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #pending: { id: number; resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #lastId = 0;
  #ready = false;

  private constructor(settings: WorkerSettings, url: URL) {
    const workerData: WorkerData = { settings, gate: newExitGate() };
    // Flags such as --input-type would keep the worker from starting.
    this.#worker = new Worker(url, { workerData, execArgv: [], name: 'nearhit-embedding' });
    const onProcessExit = () => shutGate(workerData.gate);
    process.on('exit', onProcessExit);
    this.#exited = new Promise((resolve) =>
      this.#worker.once('exit', () => {
        process.off('exit', onProcessExit);
        resolve();
      }),
    );
  }

  /** Resolves when the model is loaded and warm; rejects with the worker's own line when it can't be. `onExit`: after that, however it ended. */
  static start(
    settings: WorkerSettings,
    options: { workerUrl?: URL | undefined; signal: AbortSignal; onExit(worker: WorkerHandle, cause: Error): void },
  ): Promise<{ handle: WorkerHandle; ready: Ready }> {
    return new Promise((resolve, reject) => {
      options.signal.throwIfAborted();
      const handle = new WorkerHandle(settings, options.workerUrl ?? WORKER_URL);
      const worker = handle.#worker;
      // Not terminate(): it would abort the process if it met onnxruntime at work.
      const abort = () => void handle.close();
      options.signal.addEventListener('abort', abort, { once: true });
      let cause: Error | undefined;
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          handle.#ready = true;
          options.signal.removeEventListener('abort', abort);
          resolve({ handle, ready: message });
        } else if (message.kind === 'failed') cause = new Error(message.message);
        else handle.#answer(message);
      });
      worker.on('error', (error) => {
        cause = error instanceof Error ? error : new Error(String(error));
      });
      worker.once('exit', (code) => {
        options.signal.removeEventListener('abort', abort);
        const reason = new WorkerStopped(cause?.message ?? `the embedding worker stopped with code ${code}`, { cause });
        reject(reason);
        handle.#pending?.reject(reason);
        handle.#pending = undefined;
        if (handle.#ready) options.onExit(handle, reason);
      });
    });
  }

  get idle(): boolean {
    return this.#pending === undefined;
  }

  /** One raw embedding per text. Rejects when the model refuses a text or the thread dies. */
  async embed(texts: readonly string[]): Promise<RawEmbedding[]> {
    const answer = await this.#ask((id) => ({ kind: 'embed', id, texts: [...texts] }));
    return answer.kind === 'embedded' ? answer.results : [];
  }

  /** A logit per pair; undefined where a text is too long. Rejects where there is no network, or the thread dies. */
  async score(pairs: readonly TextPair[]): Promise<(number | undefined)[]> {
    const answer = await this.#ask((id) => ({ kind: 'score', id, pairs: pairs.map(({ a, b }) => ({ a, b })) }));
    return answer.kind === 'scored' ? answer.logits : [];
  }

  /** Lets the request under way finish, frees the model, ends the thread. */
  async close(): Promise<void> {
    this.#send({ kind: 'close' });
    const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #ask(message: (id: number) => ToWorker): Promise<Answer> {
    if (this.#pending) throw new Error('worker busy');
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending = { id, resolve, reject };
      this.#send(message(id));
    });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #answer(message: Answer | Extract<FromWorker, { kind: 'refused' }>): void {
    const pending = this.#pending;
    if (pending?.id !== message.id) return;
    this.#pending = undefined;
    if (message.kind === 'refused') pending.reject(new Error(message.message));
    else pending.resolve(message);
  }
}
