import { randomUUID } from 'node:crypto';
import { type FileDraft, type FileListing, type FileRecord, type FileStore, noSuchFile } from '@nearhit/core';
import type { Commands } from '../commands.ts';
import type { RedisConnection } from '../connection.ts';
import { deflated, inflated } from '../gzip.ts';
import { DELETE_FILE, FILE_SCRIPTS, FINISH_FILE } from './scripts.ts';

/** Of a file, before gzip. Every piece but the last has this length, so that a byte's piece can be told. */
const PIECE_BYTES = 1_048_576;
/** A draft that nobody has added to for so long is what a crash left behind. */
const LEFT_MS = 86_400_000;
const LIST_CHUNK = 200;
const SWEEP_CHUNK = 500;

/** As it is kept: with the draft that its pieces belong to. */
interface KeptRecord extends FileRecord {
  readonly draft: string;
}

/**
 * Files in pieces of a megabyte, compressed: ingress and worker need no disk that they share. Pieces have no time to live,
 * so that a full Redis evicts answers and never a client's file; what has expired is swept.
 */
export class RedisFiles implements FileStore {
  readonly #commands: Commands;
  readonly #connection: RedisConnection;
  readonly #base: string;

  constructor(commands: Commands, connection: RedisConnection) {
    this.#commands = commands;
    this.#connection = connection;
    this.#base = connection.key('files', '');
    for (const script of FILE_SCRIPTS) commands.define(script);
  }

  async draft(id: string): Promise<FileDraft> {
    const draft = `${id} ${randomUUID()}`;
    let [pending, pendingBytes, pieces, bytes] = [[] as Buffer[], 0, 0, 0];
    let isOpen = true;
    await this.#seen(draft);
    const writePiece = async (piece: Buffer): Promise<void> => {
      const packed = await deflated(piece);
      await this.#commands.run((client) => client.set(this.#piece(draft, pieces), packed));
      pieces += 1;
      if (pieces % 16 === 0) await this.#seen(draft);
    };
    return {
      append: async (piece) => {
        bytes += piece.length;
        for (let at = 0; at < piece.length; ) {
          const part = piece.subarray(at, at + PIECE_BYTES - pendingBytes);
          // A copy: the caller may use its buffer again.
          pending.push(Buffer.from(part));
          pendingBytes += part.length;
          at += part.length;
          if (pendingBytes < PIECE_BYTES) continue;
          const whole = Buffer.concat(pending);
          [pending, pendingBytes] = [[], 0];
          await writePiece(whole);
        }
      },
      finish: async (file) => {
        if (pendingBytes > 0) await writePiece(Buffer.concat(pending));
        isOpen = false;
        const record: FileRecord = { ...file, id, bytes };
        await this.#finish(record, draft);
        return record;
      },
      discard: async () => {
        if (!isOpen) return;
        isOpen = false;
        // What can't be taken back now is swept.
        await this.#dropPieces(draft, pieces)
          .then(() => this.#commands.run((client) => client.zrem(`${this.#base}drafts`, draft)))
          .catch(() => undefined);
      },
    };
  }

  async get(id: string): Promise<FileRecord | undefined> {
    const kept = await this.#kept(id);
    return kept && recordOf(kept);
  }

  async *read(id: string, fromByte = 0): AsyncGenerator<Buffer> {
    const kept = await this.#kept(id);
    if (kept === undefined) throw noSuchFile(id);
    for (let n = Math.floor(fromByte / PIECE_BYTES); n * PIECE_BYTES < kept.bytes; n++) {
      const packed = await this.#commands.run((client) => client.getBuffer(this.#piece(kept.draft, n)));
      if (packed === null) throw noSuchFile(id);
      const piece = (await inflated(packed)).subarray(Math.max(0, fromByte - n * PIECE_BYTES));
      if (piece.length > 0) yield piece;
    }
  }

  async list(tenant: string, { purpose, order, after, limit }: FileListing): Promise<FileRecord[]> {
    const key = `${this.#base}of:${tenant}`;
    const found: FileRecord[] = [];
    for (let from = await this.#rankAfter(key, order, after); ; from += LIST_CHUNK) {
      const ids = await this.#commands.run((client) =>
        order === 'asc'
          ? client.zrange(key, from, from + LIST_CHUNK - 1)
          : client.zrevrange(key, from, from + LIST_CHUNK - 1),
      );
      if (ids.length === 0) return found;
      const texts = await this.#commands.run((client) => client.hmget(`${this.#base}records`, ...ids));
      for (const text of texts) {
        if (text === null) continue;
        const record = recordOf(JSON.parse(text) as KeptRecord);
        if (purpose === undefined || record.purpose === purpose) found.push(record);
        if (found.length === limit) return found;
      }
    }
  }

  async delete(id: string): Promise<boolean> {
    const kept = await this.#kept(id);
    if (kept === undefined) return false;
    const text = await this.#commands.script<Buffer | null>(DELETE_FILE, this.#base, id, kept.tenant);
    if (text === null) return false;
    await this.#dropPiecesOf(JSON.parse(String(text)) as KeptRecord);
    return true;
  }

  async sweep(nowMs: number): Promise<number> {
    const expired = await this.#commands.run((client) =>
      client.zrangebyscore(`${this.#base}expiry`, '-inf', nowMs, 'LIMIT', 0, SWEEP_CHUNK),
    );
    let deleted = 0;
    for (const id of expired) if (await this.delete(id)) deleted += 1;
    await this.#dropLeftovers(Date.now() - LEFT_MS);
    return deleted;
  }

  async #finish(record: FileRecord, draft: string): Promise<void> {
    const kept: KeptRecord = { ...record, draft };
    const { id, tenant, createdAtMs, expiresAtMs } = record;
    const before = await this.#commands.script<Buffer | null>(
      ...([FINISH_FILE, this.#base, id, tenant, JSON.stringify(kept), createdAtMs, expiresAtMs, draft] as const),
    );
    if (before !== null) await this.#dropPiecesOf(JSON.parse(String(before)) as KeptRecord);
  }

  async #kept(id: string): Promise<KeptRecord | undefined> {
    const text = await this.#commands.run((client) => client.hget(`${this.#base}records`, id));
    return text === null ? undefined : (JSON.parse(text) as KeptRecord);
  }

  /** Where a page begins. */
  async #rankAfter(key: string, order: FileListing['order'], after: string | undefined): Promise<number> {
    if (after === undefined) return 0;
    const rank = await this.#commands.run((client) =>
      order === 'asc' ? client.zrank(key, after) : client.zrevrank(key, after),
    );
    return rank === null ? 0 : rank + 1;
  }

  /** So that what a crash leaves can be found. */
  async #seen(draft: string): Promise<void> {
    await this.#commands.run((client) => client.zadd(`${this.#base}drafts`, Date.now(), draft));
  }

  async #dropLeftovers(beforeMs: number): Promise<void> {
    const drafts = await this.#commands.run((client) =>
      client.zrangebyscore(`${this.#base}drafts`, '-inf', beforeMs, 'LIMIT', 0, SWEEP_CHUNK),
    );
    for (const draft of drafts) {
      for (let n = 0, found = 1; found > 0; n++)
        found = await this.#commands.run((client) => client.unlink(this.#piece(draft, n)));
      await this.#commands.run((client) => client.zrem(`${this.#base}drafts`, draft));
    }
  }

  #dropPiecesOf({ draft, bytes }: KeptRecord): Promise<void> {
    return this.#dropPieces(draft, Math.ceil(bytes / PIECE_BYTES));
  }

  async #dropPieces(draft: string, pieces: number): Promise<void> {
    for (let n = 0; n < pieces; n++) await this.#commands.run((client) => client.unlink(this.#piece(draft, n)));
  }

  #piece(draft: string, n: number): string {
    return this.#connection.key(`file:${draft}`, String(n));
  }
}

function recordOf({ draft: _, ...record }: KeptRecord): FileRecord {
  return record;
}
