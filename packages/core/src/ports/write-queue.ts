import type { Entry } from '../entry.ts';

/** Where an answer goes after its last byte. Nothing here is ever awaited by a request. */
export interface WriteQueue {
  /** False: full, the write was dropped and counted. Never throws. */
  enqueue(entry: Entry): boolean;
  /** Resolves when every entry accepted before the call is durable and searchable, or has failed for good. */
  flush(): Promise<void>;
  depth(): number;
  /** Flushes, then takes no more. */
  close(): Promise<void>;
}
