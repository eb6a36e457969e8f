import { entryBytes } from '../entry.ts';
import type { DeadLetter } from '../ports/queue-admin.ts';
import type { PendingWrite } from './voided.ts';

interface Letter extends DeadLetter {
  readonly pending: PendingWrite;
}

export interface DeadLettersOptions {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** Writes that were given up, in memory. Beyond its bounds the oldest go. */
export class DeadLetters {
  readonly #letters = new Map<string, Letter>();
  readonly #options: DeadLettersOptions;
  #bytes = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#letters.size;
  }

  add(pending: PendingWrite, failure: Pick<DeadLetter, 'attempts' | 'failedAtMs' | 'reason'>): void {
    const { id: entryId, scope, createdAtMs } = pending.entry;
    const id = `${entryId}-${createdAtMs}`;
    this.take(id);
    this.#letters.set(id, { id, entryId, namespace: scope.namespace, model: scope.model, ...failure, pending });
    this.#bytes += entryBytes(pending.entry);
    for (const [oldest] of this.#letters) {
      if (this.#letters.size <= this.#options.entriesMax && this.#bytes <= this.#options.bytesMax) break;
      this.take(oldest);
    }
  }

  take(id: string): PendingWrite | undefined {
    const letter = this.#letters.get(id);
    if (letter === undefined) return undefined;
    this.#letters.delete(id);
    this.#bytes -= entryBytes(letter.pending.entry);
    return letter.pending;
  }

  peek(id: string): PendingWrite | undefined {
    return this.#letters.get(id)?.pending;
  }

  ids(): string[] {
    return [...this.#letters.keys()];
  }

  /** Newest first. */
  list({ offset, limit }: { readonly offset: number; readonly limit: number }): DeadLetter[] {
    const newestFirst = [...this.#letters.values()].reverse().slice(offset, offset + limit);
    return newestFirst.map(({ pending: _, ...letter }) => letter);
  }
}
