import { randomUUID } from 'node:crypto';
import type { ChangeLog, EntryChange, EntryId, LogBounds, LoggedChange } from '@nearhit/core';
import { idKey, int48, ROW_BYTES } from './keys.ts';
import { readNumber } from './rows.ts';
import type { Table, Tables } from './tables.ts';
import type { Writer } from './writer.ts';

const LAST_SEQ = Buffer.from('seq');
const EPOCH = Buffer.from('epoch');
const KINDS = ['add', 'delete', 'expire'] as const;
const TRIM_CHUNK = 1024;
const CREATED_AT = 33;

/** A new folder begins a log of its own. Within a transaction. */
export function beginEpoch(meta: Table): void {
  if (!meta.doesExist(EPOCH)) meta.put(EPOCH, Buffer.from(randomUUID()));
}

export class LmdbChangeLog implements ChangeLog {
  readonly #tables: Tables;
  readonly #writer: Writer;

  constructor(tables: Tables, writer: Writer) {
    this.#tables = tables;
    this.#writer = writer;
  }

  append(changes: readonly EntryChange[]): Promise<number> {
    const { meta, log, unlogged } = this.#tables;
    return this.#writer.run((plan) => {
      let seq = readNumber(meta, LAST_SEQ);
      for (const change of changes) {
        const { id } = change;
        const key = idKey(id);
        if (key === undefined)
          throw new TypeError(`entry id must be 64 lower-case hex digits, got '${id.slice(0, 80)}'`);
        plan.append(log, int48(++seq), encodeChange(change, key));
        plan.remove(unlogged, key);
      }
      if (changes.length > 0) plan.put(meta, LAST_SEQ, int48(seq));
      return seq;
    });
  }

  async read(afterSeq: number, limit: number): Promise<LoggedChange[]> {
    this.#writer.assertOpen();
    const range = this.#tables.log.getRange({ start: int48(Math.max(afterSeq, 0) + 1), limit });
    return [...range].map(({ key, value }) => ({
      seq: key.readUIntBE(0, ROW_BYTES),
      change: decodeChange(value),
    }));
  }

  async bounds(): Promise<LogBounds> {
    this.#writer.assertOpen();
    const lastSeq = readNumber(this.#tables.meta, LAST_SEQ);
    const [first] = [...this.#tables.log.getKeys({ limit: 1 })];
    const epoch = this.#tables.meta.getBinary(EPOCH)?.toString() ?? '';
    return { epoch, firstSeq: first?.readUIntBE(0, ROW_BYTES) ?? lastSeq + 1, lastSeq };
  }

  async trim(uptoSeq: number): Promise<void> {
    for (let left = true; left; ) {
      left = await this.#writer.run((plan) => {
        const end = int48(Math.max(uptoSeq, 0) + 1);
        const keys = [...this.#tables.log.getKeys({ end, limit: TRIM_CHUNK })];
        for (const key of keys) plan.remove(this.#tables.log, key);
        return keys.length === TRIM_CHUNK;
      });
    }
  }
}

function encodeChange(change: EntryChange, id: Buffer): Buffer {
  const createdAtMs = change.kind === 'add' ? change.createdAtMs : undefined;
  const bytes = Buffer.alloc(CREATED_AT + (createdAtMs === undefined ? 0 : 8), KINDS.indexOf(change.kind));
  id.copy(bytes, 1);
  if (createdAtMs !== undefined) bytes.writeDoubleBE(createdAtMs, CREATED_AT);
  return bytes;
}

function decodeChange(bytes: Buffer): EntryChange {
  const kind = KINDS[bytes[0] as 0 | 1 | 2];
  const id = bytes.toString('hex', 1, CREATED_AT) as EntryId;
  if (kind !== 'add' || bytes.length === CREATED_AT) return { kind, id };
  return { kind, id, createdAtMs: bytes.readDoubleBE(CREATED_AT) };
}
