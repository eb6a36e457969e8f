import type { Change, ChangeLog, EntryId, LoggedChange } from '@nearhit/core';
import { idKey, int48, ROW_BYTES } from './keys.ts';
import { readNumber } from './rows.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

const LAST_SEQ = Buffer.from('seq');
const KINDS = ['add', 'delete'] as const;
const TRIM_CHUNK = 1024;

export class LmdbChangeLog implements ChangeLog {
  readonly #tables: Tables;
  readonly #writer: Writer;

  constructor(tables: Tables, writer: Writer) {
    this.#tables = tables;
    this.#writer = writer;
  }

  append(changes: readonly Change[]): Promise<number> {
    const { meta, log, unlogged } = this.#tables;
    return this.#writer.run((plan) => {
      let seq = readNumber(meta, LAST_SEQ);
      for (const { kind, id } of changes) {
        const key = idKey(id);
        if (key === undefined)
          throw new TypeError(`entry id must be 64 lower-case hex digits, got '${id.slice(0, 80)}'`);
        plan.append(log, int48(++seq), Buffer.concat([Buffer.from([KINDS.indexOf(kind)]), key]));
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
      change: { kind: KINDS[value[0] as 0 | 1], id: value.toString('hex', 1) as EntryId },
    }));
  }

  async bounds(): Promise<{ firstSeq: number; lastSeq: number }> {
    this.#writer.assertOpen();
    const lastSeq = readNumber(this.#tables.meta, LAST_SEQ);
    const [first] = [...this.#tables.log.getKeys({ limit: 1 })];
    return { firstSeq: first?.readUIntBE(0, ROW_BYTES) ?? lastSeq + 1, lastSeq };
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
