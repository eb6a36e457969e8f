/** A file that a client uploaded, or that a batch wrote. */
export interface FileRecord {
  /** `file-` and letters or digits; it may stand in a path or a key. */
  readonly id: string;
  readonly tenant: string;
  readonly filename: string;
  readonly purpose: 'batch' | 'batch_output';
  readonly bytes: number;
  readonly createdAtMs: number;
  /** From then on it is gone, swept or not. */
  readonly expiresAtMs: number;
}

/** A file that is being written: nobody sees it before `finish`. What is left unfinished is swept after a day. */
export interface FileDraft {
  /** Resolves when the bytes are taken: whoever waits for it never has more than one piece in memory. */
  append(bytes: Buffer): Promise<void>;
  /** Durable and readable from now on, in the place of a file that had its id. */
  finish(file: Omit<FileRecord, 'bytes'>): Promise<FileRecord>;
  /** Safe to call at any time, after `finish` too (it does nothing then). */
  discard(): Promise<void>;
}

export interface FileListing {
  readonly purpose?: FileRecord['purpose'] | undefined;
  readonly order: 'asc' | 'desc';
  /** Id of the file that the page begins after; one that is not there any more begins at the start. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Files of any size, in pieces. Whoever knows an id can read its file: that a tenant reads only its own is the caller's part. */
export interface FileStore {
  draft(id: string): Promise<FileDraft>;
  get(id: string): Promise<FileRecord | undefined>;
  /** The bytes from `fromByte` (default 0) on. Throws NOT_FOUND when the file is gone, in the middle of it too. */
  read(id: string, fromByte?: number): AsyncIterable<Buffer>;
  /** A tenant's, by creation and then by id; at most `limit`. */
  list(tenant: string, listing: FileListing): Promise<FileRecord[]>;
  /** False when there was none. */
  delete(id: string): Promise<boolean>;
  /** Deletes what has expired by `nowMs`, and drafts that nobody goes on with. Answers how many files were deleted. */
  sweep(nowMs: number): Promise<number>;
}
