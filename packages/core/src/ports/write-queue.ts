import type { Entry } from '../entry.ts';

/** Where an answer goes after its last byte. Nothing here is ever awaited by a request. */
export interface WriteQueue {
  /**
   * `askedAtMs`: when its upstream call began; what is invalidated from then on is not stored. False: full, the write was
   * dropped and counted. Never throws. `traceparent`: W3C trace context, for the traces of a consumer in another process.
   */
  enqueue(entry: Entry, askedAtMs: number, traceparent?: string): boolean;
  /**
   * Resolves when every entry accepted before the call is durable and searchable, or has failed for good. Throws
   * FLUSH_TIMEOUT when that takes longer than `timeoutMs` (absent: as long as it takes).
   */
  flush(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
  /** Accepted here and not yet handed on or written. */
  depth(): number;
  /** Flushes, then takes no more. */
  close(): Promise<void>;
}
