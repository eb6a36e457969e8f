import type { BatchStore, Caller, FileStore, Observer, WriteQueue } from '@nearhit/core';
import type { Seal } from '../seal.ts';
import type { GroupsDeps } from './groups.ts';
import type { LineDialect } from './line-dialect.ts';
import type { Ask } from './line-reply.ts';

export interface BatchSettings {
  /** Lines at once in this process, of all batches together. */
  readonly concurrency: number;
  readonly linesMax: number;
  /** Longest line of an input file. */
  readonly lineBytesMax: number;
  readonly fileDays: number;
}

export interface RunnerDeps extends GroupsDeps {
  readonly files: FileStore;
  readonly batches: BatchStore;
  readonly seal: Seal;
  /** By endpoint: who answers its lines. */
  readonly asks: Readonly<Record<string, Ask>>;
  /** By endpoint: the API of its lines, where it is not chat completions. */
  readonly dialects?: Readonly<Record<string, LineDialect>> | undefined;
  /** Flushed between those who ask first and those who ask the same. */
  readonly queue: Pick<WriteQueue, 'flush'>;
  readonly observer: Pick<Observer, 'incident'>;
  readonly settings: () => BatchSettings;
  readonly now: () => number;
  /** The caller as it is now: its limits may have changed since. Throws UNAUTHORIZED when it may do nothing any more. */
  readonly renew?: ((caller: Caller) => Caller | Promise<Caller>) | undefined;
  /** How often open batches are looked for. Default 1000. */
  readonly pollMs?: number | undefined;
  /** How long a batch stays with a runner that gives no sign. Default 15,000. */
  readonly leaseMs?: number | undefined;
}
