import { type Entry, type EntryId, type IdentityKey, tagTerms } from '@nearhit/core';
import { decodeHead, encodeHead, encodeVector, type Head, pack, unpack } from './entry-codec.ts';
import { ALL_ENTRIES, contextTerm, idKey, int48, modelTerm, namespaceTerm, orderedKey, tagTerm } from './keys.ts';
import { putInOrder, takeFromOrder } from './order.ts';
import type { Table, Tables } from './tables.ts';
import type { Plan } from './writer.ts';

export const NOTHING = Buffer.alloc(0);
const LAST_ROW = Buffer.from('row');

interface Named {
  readonly row: number;
  readonly createdAtMs: number;
}

export type UsageRow = [tenant: string, namespace: string, entries: number, bytes: number];

/** Plans the arrival and departure of rows in every table at once; `finish` writes the counters that moved. */
export class RowChanges {
  readonly #tables: Tables;
  readonly #plan: Plan;
  readonly #usage = new Map<string, { key: Buffer; row: UsageRow }>();
  /** Identities that another row stands for from now on, or none. */
  readonly #identities = new Map<string, Named | undefined>();
  readonly #firstRow: number;
  #lastRow: number;

  constructor(tables: Tables, plan: Plan) {
    this.#tables = tables;
    this.#plan = plan;
    this.#firstRow = readNumber(tables.meta, LAST_ROW);
    this.#lastRow = this.#firstRow;
  }

  /** The caller has removed an older row of the same id. */
  insert(entry: Entry, uses: number): void {
    const { ids, heads, bodies, vectors, expiry, lists, embedded, unlogged } = this.#tables;
    const plan = this.#plan;
    const id = idKey(entry.id) as Buffer;
    const row = ++this.#lastRow;
    const rowKey = int48(row);
    const headBytes = encodeHead(entry);
    const head = decodeHead(headBytes);
    plan.put(ids, id, rowKey);
    plan.append(heads, rowKey, headBytes);
    plan.append(bodies, rowKey, entry.answer);
    if (entry.vector !== undefined) plan.append(vectors, rowKey, encodeVector(entry.vector));
    putInOrder(this.#tables, plan, row, head, uses);
    plan.put(expiry, orderedKey(undefined, entry.staleUntilMs, row), NOTHING);
    for (const term of listTerms(head)) plan.put(lists, orderedKey(term, entry.createdAtMs, row), NOTHING);
    if (entry.semantic) plan.put(embedded, embeddedKey(head, rowKey), NOTHING);
    plan.put(unlogged, id, NOTHING);
    this.#name(head, row);
    this.#account(head, 1);
  }

  remove(row: number, head: Head): void {
    const { ids, heads, bodies, vectors, expiry, lists, embedded, unlogged } = this.#tables;
    const plan = this.#plan;
    const id = idKey(head.id) as Buffer;
    const rowKey = int48(row);
    plan.remove(ids, id);
    plan.remove(heads, rowKey);
    plan.remove(bodies, rowKey);
    if (head.hasVector) plan.remove(vectors, rowKey);
    takeFromOrder(this.#tables, plan, row, head);
    plan.remove(expiry, orderedKey(undefined, head.staleUntilMs, row));
    for (const term of listTerms(head)) plan.remove(lists, orderedKey(term, head.createdAtMs, row));
    if (head.semantic) plan.remove(embedded, embeddedKey(head, rowKey));
    plan.put(unlogged, id, NOTHING);
    this.#unname(head, row);
    this.#account(head, -1);
  }

  finish(): void {
    if (this.#lastRow !== this.#firstRow) this.#plan.put(this.#tables.meta, LAST_ROW, int48(this.#lastRow));
    for (const [identity, named] of this.#identities) {
      const key = Buffer.from(identity, 'hex');
      if (named === undefined) this.#plan.remove(this.#tables.identities, key);
      else this.#plan.put(this.#tables.identities, key, int48(named.row));
    }
    for (const { key, row } of this.#usage.values()) {
      if (row[2] === 0) this.#plan.remove(this.#tables.usage, key);
      else this.#plan.put(this.#tables.usage, key, pack(row));
    }
  }

  /** The newest is found. */
  #name({ identity, createdAtMs }: Head, row: number): void {
    if (identity === undefined) return;
    const other = this.#named(identity);
    if (other === undefined || other.createdAtMs <= createdAtMs) this.#identities.set(identity, { row, createdAtMs });
  }

  #unname({ identity }: Head, row: number): void {
    if (identity !== undefined && this.#named(identity)?.row === row) this.#identities.set(identity, undefined);
  }

  #named(identity: IdentityKey): Named | undefined {
    return this.#identities.has(identity) ? this.#identities.get(identity) : readNamed(this.#tables, identity);
  }

  #account({ scope, bytes }: Head, sign: 1 | -1): void {
    const key = namespaceTerm(scope.tenant, scope.namespace);
    const name = key.toString('latin1');
    const held = this.#usage.get(name) ?? {
      key,
      row: readUsage(this.#tables, key) ?? [scope.tenant, scope.namespace, 0, 0],
    };
    held.row[2] += sign;
    held.row[3] += sign * bytes;
    this.#usage.set(name, held);
  }
}

export function readRow(tables: Tables, id: string): number | undefined {
  const key = idKey(id);
  return key && tables.ids.getBinaryFast(key)?.readUIntBE(0, 6);
}

/** Undefined for a row that is gone, or that has another identity by now. */
function readNamed(tables: Tables, identity: IdentityKey): Named | undefined {
  const row = tables.identities.getBinaryFast(Buffer.from(identity, 'hex'))?.readUIntBE(0, 6);
  const head = row === undefined ? undefined : readHead(tables, int48(row));
  return row === undefined || head === undefined ? undefined : { row, createdAtMs: head.createdAtMs };
}

/** Of the newest entry with this identity. */
export function readIdentity(tables: Tables, identity: IdentityKey): EntryId | undefined {
  const row = tables.identities.getBinaryFast(Buffer.from(identity, 'hex'))?.readUIntBE(0, 6);
  return row === undefined ? undefined : readHead(tables, int48(row))?.id;
}

export function readHead(tables: Tables, rowKey: Buffer): Head | undefined {
  const bytes = tables.heads.getBinaryFast(rowKey);
  return bytes && decodeHead(bytes);
}

/** A buffer of its own. */
export function readBody(tables: Tables, rowKey: Buffer): Buffer | undefined {
  const bytes = tables.bodies.getBinary(rowKey);
  // Empty and large ones come with properties of lmdb-js's own on them, `length` among these.
  if (bytes === undefined || !Object.hasOwn(bytes, 'maxLength')) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function readUsage(tables: Tables, namespaceKey: Buffer): UsageRow | undefined {
  const bytes = tables.usage.getBinaryFast(namespaceKey);
  return bytes && unpack<UsageRow>(bytes);
}

/** 0 when it was never written. */
export function readNumber(table: Table, key: Buffer): number {
  return table.getBinaryFast(key)?.readUIntBE(0, 6) ?? 0;
}

function listTerms({ scope, tags, context }: Head): Buffer[] {
  const tagged = new Set(tags.flatMap(tagTerms));
  const documents = new Set(context.map(({ id }) => id));
  return [
    ALL_ENTRIES,
    namespaceTerm(scope.tenant, scope.namespace),
    ...[...tagged].map(tagTerm),
    ...[...documents].map(contextTerm),
  ];
}

function embeddedKey(head: Head, rowKey: Buffer): Buffer {
  return Buffer.concat([modelTerm(head.hasVector ? head.embeddingModel : undefined), rowKey]);
}
