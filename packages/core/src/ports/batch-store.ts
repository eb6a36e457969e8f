export type BatchStatus =
  | 'validating'
  | 'failed'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'expired'
  | 'cancelling'
  | 'cancelled';

/** What is wrong with an input file. `line` counts from 1; absent when it is the file as a whole. */
export interface BatchFault {
  readonly code: string;
  readonly message: string;
  readonly param?: string | undefined;
  readonly line?: number | undefined;
}

/** Tokens that a batch's answers report, hits included. */
export interface BatchUsage {
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** A batch as it is kept: plain JSON. */
export interface BatchRecord {
  /** `batch_` and letters or digits. */
  readonly id: string;
  readonly tenant: string;
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly completionWindow: string;
  readonly status: BatchStatus;
  /** Of the lines, once the file has been checked. */
  readonly model?: string | undefined;
  readonly counts: { readonly total: number; readonly completed: number; readonly failed: number };
  /** Number of the file's last line, blank ones counted; once it has been checked. */
  readonly lastLine?: number | undefined;
  /** As what it ends when its files are written; set when its last line has been answered or given up. */
  readonly endsAs?: 'completed' | 'expired' | 'cancelled' | undefined;
  readonly usage?: BatchUsage | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly faults?: readonly BatchFault[] | undefined;
  readonly outputFileId?: string | undefined;
  readonly errorFileId?: string | undefined;
  /** How long its files are kept after it has ended; absent: as configured. */
  readonly outputExpiresAfterSeconds?: number | undefined;
  /** Lines at once; absent: as configured. */
  readonly concurrency?: number | undefined;
  /** Headers of the request that made it which count for each of its lines (`x-nearhit-*`). */
  readonly headers: Readonly<Record<string, string>>;
  /** Whose requests its lines are; sealed, because a client's own key to a provider may be in it. */
  readonly caller: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly inProgressAtMs?: number | undefined;
  readonly finalizingAtMs?: number | undefined;
  readonly completedAtMs?: number | undefined;
  readonly failedAtMs?: number | undefined;
  readonly expiredAtMs?: number | undefined;
  readonly cancellingAtMs?: number | undefined;
  readonly cancelledAtMs?: number | undefined;
  /** Grows by one with each change. */
  readonly version: number;
}

const ENDED: readonly BatchStatus[] = ['failed', 'completed', 'expired', 'cancelled'];
export const hasEnded = ({ status }: Pick<BatchRecord, 'status'>): boolean => ENDED.includes(status);

/** The answer to one line of a batch. */
export interface LineResult {
  /** Of the input file, from 1. */
  readonly line: number;
  /** In the output file; else in the error file. */
  readonly ok: boolean;
  /** JSON, as it stands in that file; no line break. */
  readonly text: string;
}

/** Batches, the answers to their lines until they stand in files, and who works on which. */
export interface BatchStore {
  /** Throws TypeError when there is one of this id. */
  create(record: BatchRecord): Promise<void>;
  get(id: string): Promise<BatchRecord | undefined>;
  /** Stored when the one that is there has the version before it; false: somebody else was first, or it is gone. */
  replace(record: BatchRecord): Promise<boolean>;
  /** A tenant's, newest first, by id among those of one millisecond. `after`: as for files. */
  list(tenant: string, page: { after?: string | undefined; limit: number }): Promise<BatchRecord[]>;
  /** Those that have not ended, oldest first. */
  unfinished(): Promise<BatchRecord[]>;
  /** True: it is the holder's for `leaseMs` from now. False: somebody else's. Asked again, it is prolonged. */
  claim(id: string, holder: string, leaseMs: number): Promise<boolean>;
  /** Gives it free if it is the holder's. */
  release(id: string, holder: string): Promise<void>;
  /** Durable when it resolves. Of two results for a line the first one stays. */
  putResults(id: string, results: readonly LineResult[]): Promise<void>;
  /** Those of lines `fromLine` to `toLine`, both included, in order. */
  results(id: string, fromLine: number, toLine: number): Promise<LineResult[]>;
  dropResults(id: string): Promise<void>;
  /** Forgets batches that ended and were made before `beforeMs`, with all that belongs to them. Answers how many. */
  sweep(beforeMs: number): Promise<number>;
}
