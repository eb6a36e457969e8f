import type { EntryId, Fingerprint, IndexStats, NearestQuery, PartitionKey } from '@nearhit/core';
import type { HnswOptions } from './graph.ts';

export interface WorkerOptions {
  readonly dir: string | undefined;
  readonly dimensions: number;
  readonly flatMax: number;
  readonly hnsw: HnswOptions;
  readonly bytesMax: number | undefined;
  readonly idleMs: number;
  readonly waitingMax: number;
  /** Cells of the `Gate`. */
  readonly gate: Int32Array<SharedArrayBuffer>;
}

/** Changes of one `apply`; their vectors lie side by side in `vectors`, in the order of the adds. */
export interface PackedChanges {
  readonly changes: readonly PackedChange[];
  readonly vectors: Float32Array;
  /** Changes that were left out for their vector. */
  readonly rejected: number;
}

/** A remove when it has no place. */
export interface PackedChange {
  readonly id: EntryId;
  readonly place?: { readonly partition: PartitionKey; readonly fingerprint: Fingerprint };
}

export type Request =
  | { readonly op: 'nearest'; readonly query: NearestQuery }
  | { readonly op: 'apply'; readonly packed: PackedChanges; readonly seq: number }
  | { readonly op: 'rebuilt'; readonly partition: PartitionKey }
  | { readonly op: 'position' | 'ids' | 'snapshot' | 'clear' | 'stats' | 'close' };

export interface Call {
  readonly call: number;
  readonly request: Request;
}

export interface Reply {
  readonly call: number;
  readonly value?: unknown;
  /** The call failed, the index goes on. */
  readonly error?: string;
}

/** Sent once, when the snapshot has been read. */
export interface Ready {
  readonly ready: true;
  readonly position: number;
}

/** The files of a partition turned out to be unusable. */
export interface Lost {
  readonly lost: PartitionKey;
  readonly reason: string;
}

export type Message = Reply | Ready | Lost;

export interface VectorIndexStats extends IndexStats {
  readonly partitionsOpen: number;
  readonly partitionsClosed: number;
  /** Not whole before `partitionRebuilt` says so. */
  readonly partitionsLost: number;
  /** Changes that closed partitions have yet to hear of. */
  readonly changesWaiting: number;
  /** Groups of open partitions that are searched through an HNSW graph, and the vectors in them. */
  readonly graphs: number;
  readonly inGraphs: number;
  /** No upkeep is due: everything that belongs into a graph is in one, and none has too many deleted points. */
  readonly settled: boolean;
  /** Changes left out since it was opened because their vector was not a unit vector of the right length. */
  readonly rejected: number;
  /** Why the snapshot that lay there at the start was not used; null when it was, or when there was none. */
  readonly snapshotIgnored: string | null;
}
