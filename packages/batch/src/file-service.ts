import {
  type Caller,
  type FileListing,
  type FileRecord,
  type FileStore,
  NearhitError,
  noSuchFile,
} from '@nearhit/core';
import { FILE_ID, newFileId } from './ids.ts';
import type { OwnerOf } from './owner.ts';

export interface FileServiceDeps {
  readonly files: FileStore;
  readonly ownerOf: OwnerOf;
  readonly now: () => number;
  readonly fileBytesMax: () => number;
  /** How long a file is kept that does not say so itself. */
  readonly fileDays: () => number;
  /** The batch that still reads this file; undefined when none does. */
  readonly usedBy: (file: FileRecord) => Promise<string | undefined>;
}

/** A file on its way in. */
export interface Upload {
  /** For whoever learns of it before the bytes come. */
  tooLarge(): NearhitError;
  /** Throws BODY_TOO_LARGE as soon as the file exceeds its bound. */
  append(bytes: Buffer): Promise<void>;
  finish(about: { readonly filename: string; readonly expiresAfterSeconds?: number | undefined }): Promise<FileRecord>;
  /** Safe to call at any time. */
  discard(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** A tenant's files. What belongs to another tenant, or has expired, is not there: NOT_FOUND. */
export class FileService {
  readonly #deps: FileServiceDeps;

  constructor(deps: FileServiceDeps) {
    this.#deps = deps;
  }

  get bytesMax(): number {
    return this.#deps.fileBytesMax();
  }

  async upload(caller: Caller): Promise<Upload> {
    const { files, now } = this.#deps;
    const id = newFileId();
    const bytesMax = this.bytesMax;
    const draft = await files.draft(id);
    let bytes = 0;
    return {
      tooLarge: () => fileTooLarge(bytesMax),
      append: async (piece) => {
        bytes += piece.length;
        if (bytes > bytesMax) throw fileTooLarge(bytesMax);
        await draft.append(piece);
      },
      finish: ({ filename, expiresAfterSeconds }) => {
        const createdAtMs = now();
        const keptMs = expiresAfterSeconds === undefined ? this.#deps.fileDays() * DAY_MS : expiresAfterSeconds * 1000;
        return draft.finish({
          id,
          tenant: this.#deps.ownerOf(caller),
          filename,
          purpose: 'batch',
          createdAtMs,
          expiresAtMs: createdAtMs + keptMs,
        });
      },
      discard: () => draft.discard(),
    };
  }

  /** Throws NOT_FOUND. */
  async get(caller: Caller, id: string): Promise<FileRecord> {
    const file = FILE_ID.test(id) ? await this.#deps.files.get(id) : undefined;
    if (file === undefined || file.tenant !== this.#deps.ownerOf(caller) || file.expiresAtMs <= this.#deps.now())
      throw noSuchFile(id);
    return file;
  }

  /** Throws INVALID_REQUEST when there is no file to go on after. */
  async list(caller: Caller, listing: FileListing): Promise<{ files: FileRecord[]; hasMore: boolean }> {
    const { after, limit } = listing;
    if (after !== undefined) await this.get(caller, after).catch(() => Promise.reject(noSuchAfter(after)));
    const some = await this.#deps.files.list(this.#deps.ownerOf(caller), { ...listing, limit: limit + 1 });
    const now = this.#deps.now();
    const files = some.slice(0, limit).filter(({ expiresAtMs }) => expiresAtMs > now);
    return { files, hasMore: some.length > limit };
  }

  /** Throws NOT_FOUND, in the middle too. */
  async content(caller: Caller, id: string): Promise<{ file: FileRecord; pieces: AsyncIterable<Buffer> }> {
    const file = await this.get(caller, id);
    return { file, pieces: this.#deps.files.read(id) };
  }

  /** Throws NOT_FOUND; INVALID_REQUEST while a batch reads it. */
  async delete(caller: Caller, id: string): Promise<void> {
    const file = await this.get(caller, id);
    const user = await this.#deps.usedBy(file);
    if (user !== undefined) {
      const message = `The file ${id} is the input of the batch ${user}, which has not ended: cancel that first.`;
      throw new NearhitError('INVALID_REQUEST', message, { param: 'file_id' });
    }
    if (!(await this.#deps.files.delete(id))) throw noSuchFile(id);
  }
}

function fileTooLarge(bytesMax: number): NearhitError {
  return new NearhitError('BODY_TOO_LARGE', `The file is larger than the limit of ${bytesMax} bytes.`, {
    param: 'file',
  });
}

export function noSuchAfter(after: string): NearhitError {
  const message = `There is nothing of the name ${after.slice(0, 100)} to go on after.`;
  return new NearhitError('INVALID_REQUEST', message, { param: 'after' });
}
