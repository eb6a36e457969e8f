import type { EntryId } from '@nearhit/core';
import type { Partition, Pending, PendingAdd } from './partition.ts';

export interface WaitingOptions {
  /** Changes that wait for one closed partition, or a sixteenth of its ids where that is more. */
  readonly waitingMax: number;
  /** What waits for all of them. */
  readonly waitingBytesMax: number;
}

const LARGE_SHARE = 16;
/** The id, the record and its place in a map. */
const CHANGE_BYTES = 250;

/** Keeps count of the changes that wait for closed partitions. */
export class Waiting {
  readonly #options: WaitingOptions;
  readonly #addBytes: number;
  readonly #partitions = new Set<Partition>();
  /** Those for which too many wait. */
  readonly #crowded = new Set<Partition>();
  #adds = 0;
  count = 0;
  /** Another number after every change of what waits. */
  version = 0;

  constructor(dimensions: number, options: WaitingOptions) {
    this.#options = options;
    this.#addBytes = dimensions * 4;
  }

  get bytes(): number {
    return this.count * CHANGE_BYTES + this.#adds * this.#addBytes;
  }

  put(partition: Partition, id: EntryId, add: PendingAdd | undefined): void {
    const { pending } = partition;
    if (!pending.has(id)) this.count++;
    else if (pending.get(id)) this.#adds--;
    if (add) this.#adds++;
    pending.set(id, add);
    this.#partitions.add(partition);
    if (pending.size > Math.max(this.#options.waitingMax, partition.size / LARGE_SHARE)) this.#crowded.add(partition);
    this.version++;
  }

  takeAll(partition: Partition): Pending {
    const { pending } = partition;
    const taken: Pending = new Map(pending);
    this.count -= pending.size;
    for (const add of pending.values()) if (add) this.#adds--;
    pending.clear();
    this.#partitions.delete(partition);
    this.#crowded.delete(partition);
    if (taken.size > 0) this.version++;
    return taken;
  }

  /** A partition that must be opened before more can wait. It is named once, then again after its next change. */
  crowded(): Partition | undefined {
    for (const partition of this.#crowded) {
      this.#crowded.delete(partition);
      return partition;
    }
    if (this.bytes <= this.#options.waitingBytesMax) return undefined;
    let most: Partition | undefined;
    for (const partition of this.#partitions) {
      if (partition.pending.size > (most?.pending.size ?? 0)) most = partition;
    }
    return most;
  }

  /** As of this moment, whatever changes afterwards. */
  copy(): [Partition, [EntryId, PendingAdd | undefined][]][] {
    return [...this.#partitions].map((partition) => [partition, [...partition.pending]]);
  }

  clear(): void {
    this.#partitions.clear();
    this.#crowded.clear();
    this.#adds = 0;
    this.count = 0;
    this.version++;
  }
}
