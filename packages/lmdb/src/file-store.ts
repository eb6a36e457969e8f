import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, statSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileDraft, type FileListing, type FileRecord, type FileStore, noSuchFile } from '@nearhit/core';
import { pack, unpack } from './entry-codec.ts';
import { int48, prefixRange, term } from './keys.ts';
import { NOTHING } from './rows.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

const READ_BYTES = 262_144;
/** A draft or a file without a record that nobody has written to for so long is what a crash left behind. */
const LEFT_MS = 86_400_000;
const FILE_ID = /^file-[A-Za-z0-9]{1,64}$/;
const LIST_TAIL_BYTES = 6 + 70;

const idKey = (id: string): Buffer => term('file', id);
const tenantKey = (tenant: string): Buffer => term('files-of', tenant);
const listKey = ({ tenant, createdAtMs, id }: Omit<FileRecord, 'bytes'>): Buffer =>
  Buffer.concat([tenantKey(tenant), int48(createdAtMs), Buffer.from(id)]);

/**
 * Bytes in plain files of a folder, records in LMDB. A file is what its record says: written, synced and in its place
 * before there is a record, and its record is gone before it is.
 */
export class LmdbFiles implements FileStore {
  readonly #dir: string;
  readonly #tables: Tables;
  readonly #writer: Writer;

  constructor(dir: string, tables: Tables, writer: Writer) {
    this.#dir = dir;
    this.#tables = tables;
    this.#writer = writer;
  }

  async draft(id: string): Promise<FileDraft> {
    this.#writer.assertOpen();
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const path = `${this.#path(id)}.${randomUUID()}.part`;
    const handle = await open(path, 'wx', 0o600);
    let bytes = 0;
    let isOpen = true;
    const end = async (): Promise<void> => {
      isOpen = false;
      await handle.close();
    };
    return {
      append: async (piece) => {
        for (let at = 0; at < piece.length; ) at += (await handle.write(piece, at)).bytesWritten;
        bytes += piece.length;
      },
      finish: async (file) => {
        await handle.sync();
        await end();
        await rename(path, this.#path(id));
        await syncFolder(this.#dir);
        const record: FileRecord = { ...file, id, bytes };
        await this.#put(record);
        return record;
      },
      discard: async () => {
        if (!isOpen) return;
        await end();
        await rm(path, { force: true });
      },
    };
  }

  async get(id: string): Promise<FileRecord | undefined> {
    this.#writer.assertOpen();
    const bytes = this.#tables.files.getBinary(idKey(id));
    return bytes && unpack<FileRecord>(bytes);
  }

  async *read(id: string, fromByte = 0): AsyncGenerator<Buffer> {
    const record = await this.get(id);
    if (record === undefined) throw noSuchFile(id);
    if (fromByte >= record.bytes) return;
    try {
      yield* createReadStream(this.#path(id), { start: fromByte, highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>;
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? noSuchFile(id) : error;
    }
  }

  async list(tenant: string, { purpose, order, after, limit }: FileListing): Promise<FileRecord[]> {
    const { start, end } = prefixRange(tenantKey(tenant), LIST_TAIL_BYTES);
    const from = after === undefined ? undefined : await this.get(after);
    const reverse = order === 'desc';
    const begin = from === undefined ? (reverse ? end : start) : listKey(from);
    const keys = this.#tables.fileLists.getKeys({ start: begin, end: reverse ? start : end, reverse });
    const found: FileRecord[] = [];
    for (const key of keys) {
      if (found.length === limit) break;
      const record = await this.get(key.toString('utf8', 22));
      if (record === undefined || record.id === after) continue;
      if (purpose === undefined || record.purpose === purpose) found.push(record);
    }
    return found;
  }

  async delete(id: string): Promise<boolean> {
    const had = await this.#writer.run((plan) => {
      const bytes = this.#tables.files.getBinary(idKey(id));
      if (bytes === undefined) return false;
      plan.remove(this.#tables.files, idKey(id));
      plan.remove(this.#tables.fileLists, listKey(unpack<FileRecord>(bytes)));
      return true;
    });
    if (had) await rm(this.#path(id), { force: true });
    return had;
  }

  async sweep(nowMs: number): Promise<number> {
    this.#writer.assertOpen();
    let deleted = 0;
    for (const { value } of [...this.#tables.files.getRange({})]) {
      const { id, expiresAtMs } = unpack<FileRecord>(value);
      if (expiresAtMs <= nowMs && (await this.delete(id))) deleted += 1;
    }
    await this.#dropLeftovers();
    return deleted;
  }

  #put(record: FileRecord): Promise<void> {
    const { files, fileLists } = this.#tables;
    return this.#writer.run((plan) => {
      const before = files.getBinary(idKey(record.id));
      if (before !== undefined) plan.remove(fileLists, listKey(unpack<FileRecord>(before)));
      plan.put(files, idKey(record.id), pack(record));
      plan.put(fileLists, listKey(record), NOTHING);
    });
  }

  /** By the clock that the file system wrote with. */
  async #dropLeftovers(): Promise<void> {
    if (statSync(this.#dir, { throwIfNoEntry: false }) === undefined) return;
    for (const name of await readdir(this.#dir)) {
      const path = join(this.#dir, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
      const isKnown = FILE_ID.test(name) && (await this.get(name)) !== undefined;
      if (!isKnown && Date.now() - mtimeMs > LEFT_MS) await rm(path, { force: true });
    }
  }

  #path(id: string): string {
    if (!FILE_ID.test(id)) throw new TypeError(`file id must be file- and letters or digits, got '${id.slice(0, 80)}'`);
    return join(this.#dir, id);
  }
}

/** A renamed file is in its place after a loss of power, too. */
async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
