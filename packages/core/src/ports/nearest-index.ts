import type { EntryId, Fingerprint, PartitionKey, UnitVector } from '../ids.ts';

export interface Neighbour {
  readonly id: EntryId;
  /** Cosine similarity, -1..1. */
  readonly similarity: number;
}

export interface NearestQuery {
  readonly partition: PartitionKey;
  readonly fingerprint: Fingerprint;
  readonly vector: UnitVector;
  readonly k: number;
  /** Absolute, on the `Date.now()` clock: an index behind a network gives up then. Absent: the index's own patience. */
  readonly deadlineMs?: number;
  /** Whose search it is, for the log of an index in another process. */
  readonly requestId?: string | undefined;
  /** W3C trace context that it belongs to. */
  readonly traceparent?: string | undefined;
}

export type IndexChange =
  | {
      readonly kind: 'add';
      readonly id: EntryId;
      readonly partition: PartitionKey;
      readonly fingerprint: Fingerprint;
      readonly vector: UnitVector;
    }
  | { readonly kind: 'remove'; readonly id: EntryId };

export interface IndexStats {
  readonly vectors: number;
  readonly partitions: number;
  /** In memory. */
  readonly bytes: number;
  /** Of `partitions`, those whose vectors are in memory, and those that the next search reads from the disk. Absent: all are open. */
  readonly partitionsOpen?: number;
  readonly partitionsClosed?: number;
}

/**
 * Nearest stored queries. A view of the change log that can be thrown away and built again.
 * HNSW: Malkov & Yashunin, 2018 (arXiv 1603.09320).
 */
export interface NearestIndex {
  /**
   * At most k, sorted by falling similarity, of the same partition and fingerprint. Empty when there is none.
   * Throws on a vector of the wrong length or with a value that is not finite, and when `deadlineMs` has passed.
   */
  nearest(query: NearestQuery): Promise<Neighbour[]>;
  /** In order; adding an id again replaces it, removing an unknown id does nothing. `seq`: position in the change log after these. */
  apply(changes: readonly IndexChange[], seq: number): Promise<void>;
  /** Position in the change log that the restored snapshot stands for; 0 when there was none. */
  position(): Promise<number>;
  /** Every id it holds: for comparing with the store at start. */
  ids(): Promise<EntryId[]>;
  /** Writes a snapshot for the next start. Answers the position that it stands for. */
  snapshot(): Promise<number>;
  /** Forgets everything, snapshots too, and stands at position 0. */
  clear(): Promise<void>;
  stats(): Promise<IndexStats>;
  close(): Promise<void>;
}
