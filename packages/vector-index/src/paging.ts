import type { Fingerprint, PartitionKey } from '@nearhit/core';
import type { Gate } from './gate.ts';
import type { Group } from './group.ts';
import type { Partition } from './partition.ts';
import type { Partitions } from './partitions.ts';
import { isDamage } from './snapshot-files.ts';
import type { PartitionReader } from './snapshot-read.ts';
import type { SnapshotWriter } from './snapshot-write.ts';

export interface PagingOptions {
  readonly bytesMax: number;
  readonly idleMs: number;
  readonly onLost: (partition: PartitionKey, reason: string) => void;
}

/** Read at the same time; more would only take each other's memory and disk. */
const OPENING_MAX = 4;
const LOOK_MS_MAX = 1000;
/** Above this, partitions are closed before their upkeep is done. */
const HARD_SHARE = 1.25;
/** After a write has failed. */
const RETRY_MS = 5000;

/** Keeps the memory near a bound: opens partitions when they are asked for, closes those that are not. */
export class Paging {
  readonly #options: PagingOptions;
  readonly #partitions: Partitions;
  readonly #reader: PartitionReader;
  readonly #writer: SnapshotWriter;
  readonly #gate: Gate;
  readonly #openings = new Map<Partition, Promise<void>>();
  #reading = 0;
  readonly #queue: (() => void)[] = [];
  /** To be closed from the end on. */
  #idle: Partition[] = [];
  #lookAgainMs = 0;

  constructor(
    options: PagingOptions,
    parts: { partitions: Partitions; reader: PartitionReader; writer: SnapshotWriter; gate: Gate },
  ) {
    this.#options = options;
    this.#partitions = parts.partitions;
    this.#reader = parts.reader;
    this.#writer = parts.writer;
    this.#gate = parts.gate;
  }

  /** How often idle partitions are looked for. */
  get lookMs(): number {
    return Math.min(this.#options.idleMs / 4, LOOK_MS_MAX);
  }

  /**
   * Resolves when it is open, or gone. Rejects when its files cannot be read: for this time, or, when they are damaged,
   * for good, and the partition is lost.
   */
  open(partition: Partition): Promise<void> {
    let opening = this.#openings.get(partition);
    if (!opening) {
      opening = this.#open(partition).finally(() => this.#openings.delete(partition));
      this.#openings.set(partition, opening);
    }
    return opening;
  }

  /** Closes one partition when memory is short. False when there was nothing to do. Nothing else may change meanwhile. */
  async relieve(): Promise<boolean> {
    const { bytesMax } = this.#options;
    const nowMs = performance.now();
    if (this.#idle.length === 0 && nowMs < this.#lookAgainMs) return false;
    const inUse = this.#partitions.bytesInUse;
    if (inUse <= bytesMax) {
      this.#idle = [];
      return false;
    }
    if (this.#idle.length === 0) {
      this.#lookAgainMs = nowMs + this.lookMs;
      this.#idle = this.#mostRecentFirst(inUse <= HARD_SHARE * bytesMax ? this.#partitions.busy() : undefined);
    }
    const partition = this.#idle.pop();
    if (!partition) return false;
    if (!this.#mayClose(partition)) return true;
    try {
      await this.#writer.writeOne(partition);
    } catch {
      // It stays open. The next snapshot meets the same disk and says what is wrong with it.
      this.#idle = [];
      this.#lookAgainMs = nowMs + RETRY_MS;
      return false;
    }
    // It may have been searched while it was written.
    if (this.#mayClose(partition)) this.#gate.run(() => this.#partitions.close(partition));
    return true;
  }

  /** All that wait for a partition have their answer. */
  async settled(): Promise<void> {
    while (this.#openings.size > 0) await Promise.allSettled(this.#openings.values());
  }

  #mostRecentFirst(busy: ReadonlySet<Partition> | undefined): Partition[] {
    return [...this.#partitions.partitions.values()]
      .filter((partition) => this.#mayClose(partition) && !busy?.has(partition))
      .sort((a, b) => (a.searchedAtMs === b.searchedAtMs ? 0 : b.searchedAtMs - a.searchedAtMs));
  }

  #mayClose(partition: Partition): boolean {
    const { open, lost, searchedAtMs } = partition;
    return open && !lost && this.#holds(partition) && searchedAtMs <= performance.now() - this.#options.idleMs;
  }

  #holds(partition: Partition): boolean {
    return this.#partitions.partitions.get(partition.key) === partition;
  }

  async #open(partition: Partition): Promise<void> {
    while (this.#reading >= OPENING_MAX) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#reading++;
    try {
      if (!partition.open && this.#holds(partition)) await this.#read(partition);
    } finally {
      this.#reading--;
      this.#queue.shift()?.();
    }
  }

  async #read(partition: Partition): Promise<void> {
    let groups: Map<Fingerprint, Group> | undefined;
    try {
      groups = await this.#reader.read(partition);
      const read = groups;
      this.#gate.run(() => {
        if (this.#holds(partition)) this.#partitions.open(partition, read);
        else release(read);
      });
    } catch (error) {
      if (groups) release(groups);
      // Its last id may have gone meanwhile, and with it the need for the files.
      if (!this.#holds(partition)) return;
      if (isDamage(error)) {
        this.#gate.run(() => this.#partitions.lose(partition));
        this.#options.onLost(partition.key, (error as Error).message);
      }
      throw error;
    }
  }
}

function release(groups: ReadonlyMap<Fingerprint, Group>): void {
  for (const group of groups.values()) group.release();
}
