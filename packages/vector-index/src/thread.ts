import { Worker } from 'node:worker_threads';
import type { PartitionKey } from '@nearhit/core';
import { Gate } from './gate.ts';
import type { Call, Message, Reply, Request, WorkerOptions } from './protocol.ts';

/** Vectors pass through as short-lived arrays; left alone, V8 lets 10 MB more of them lie about. */
const YOUNG_GENERATION_MB = 4;

export interface ThreadEvents {
  /** It answers calls from now on; `position` is that of the snapshot it has read. */
  readonly onReady: (position: number) => void;
  readonly onLost: (partition: PartitionKey, reason: string) => void;
  /** It is gone; every call that waited has been rejected. */
  readonly onEnd: (reason: string) => void;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** One life of the worker thread. */
export class Thread {
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  readonly #waiting = new Map<number, Waiting>();
  /** Calls of this turn of the event loop; they travel in one message. */
  #outbox: Call[] = [];
  #transfers: ArrayBuffer[] = [];
  #calls = 0;
  #failure: string | undefined;

  constructor(options: Omit<WorkerOptions, 'gate'>, events: ThreadEvents) {
    this.#events = events;
    const gate = new Gate();
    // From src/ and from dist/ alike: a thread runs compiled code only.
    this.#worker = new Worker(new URL('../dist/worker.js', import.meta.url), {
      workerData: { ...options, gate: gate.cells } satisfies WorkerOptions,
      name: 'nearest-index',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on('message', (message: Message) => this.#receive(message));
    this.#worker.on('messageerror', (error) => this.#fail(error.message));
    this.#worker.on('error', (error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)));
    const shut = () => gate.shut();
    process.on('exit', shut);
    this.exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        process.off('exit', shut);
        this.#fail(`its thread ended with code ${code}`);
        events.onEnd(this.#failure as string);
        resolve();
      });
    });
  }

  call<T>(request: Request, payload?: Float32Array): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(stopped(this.#failure));
      const call = ++this.#calls;
      this.#waiting.set(call, { resolve, reject });
      if (payload) this.#transfers.push(payload.buffer as ArrayBuffer);
      if (this.#outbox.push({ call, request }) === 1) queueMicrotask(() => this.#flush());
    });
  }

  #flush(): void {
    const calls = this.#outbox;
    const transfers = this.#transfers;
    this.#outbox = [];
    this.#transfers = [];
    this.#worker.postMessage(calls, transfers);
  }

  #receive(message: Message): void {
    if ('ready' in message) this.#events.onReady(message.position);
    else if ('lost' in message) this.#events.onLost(message.lost, message.reason);
    else this.#settle(message);
  }

  #settle({ call, value, error }: Reply): void {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (error === undefined) waiting?.resolve(value as never);
    else waiting?.reject(new Error(`nearest index: ${error}`));
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    for (const { reject } of this.#waiting.values()) reject(stopped(this.#failure));
    this.#waiting.clear();
  }
}

export function stopped(reason: string): Error {
  return new Error(`nearest index stopped: ${reason}`);
}
