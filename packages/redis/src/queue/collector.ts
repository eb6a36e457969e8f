import { type PendingWrite, type WriteDeps, writeUnlessVoid } from '@nearhit/core';

export interface CollectorOptions extends WriteDeps {
  /** The first one waits this long for others. */
  readonly collectMs: number;
  readonly batchMax: number;
  readonly onBatchFailure: (error: unknown) => void;
}

interface Waiting {
  readonly pending: PendingWrite;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Makes one write of those that come within a moment. */
export class Collector {
  readonly #options: CollectorOptions;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Resolves when it is written or was void. Rejects with its own failure: after a common one each is tried alone. */
  write(pending: PendingWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pending, resolve, reject });
      if (this.#waiting.length >= this.#options.batchMax) this.#go();
      else this.#timer ??= setTimeout(() => this.#go(), this.#options.collectMs);
    });
  }

  #go(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    void this.#write(batch);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      await writeUnlessVoid(
        batch.map(({ pending }) => pending),
        this.#options,
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      this.#options.onBatchFailure(error);
      if (batch.length === 1) return batch[0]?.reject(error);
      for (const { pending, resolve, reject } of batch) {
        writeUnlessVoid([pending], this.#options).then(resolve, reject);
      }
    }
  }
}
