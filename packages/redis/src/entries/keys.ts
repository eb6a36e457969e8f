import { hash } from 'node:crypto';
import { clockKey, type Entry, type EntryHead, type EntryId, type IdentityKey, tagTerms } from '@nearhit/core';

/** One shard per first digit of the id; its name is the hash tag of all its keys. */
export const SHARDS = [...'0123456789abcdef'] as const;
export const shardOf = (id: EntryId | IdentityKey): string => id[0] as string;

const CLOCK_BYTES = 6;
const POSITION_BYTES = 44;
const TERM_BYTES = 16;
const ENTRY_ID = /^[0-9a-f]{64}$/;

export const isEntryId = (id: string): id is EntryId => ENTRY_ID.test(id);

/** Told from a term by its beginning. */
export const identityName = (identity: IdentityKey): string =>
  `i:${Buffer.from(identity, 'hex').toString('base64url')}`;

export const identityOfName = (name: string): IdentityKey =>
  Buffer.from(name.slice(2), 'base64url').toString('hex') as IdentityKey;

/** Id (32 bytes), creation (double). */
export function encodeNamed({ id, createdAtMs }: Entry): Buffer {
  const bytes = Buffer.allocUnsafe(40);
  bytes.write(id, 0, 'hex');
  bytes.writeDoubleBE(createdAtMs, 32);
  return bytes;
}

/** Undefined for bytes that are none. */
export function decodeNamed(bytes: Buffer | null): EntryId | undefined {
  return bytes?.length === 40 ? (bytes.toString('hex', 0, 32) as EntryId) : undefined;
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** Calls once per shard, in parallel, with what falls to it. */
export async function perShard<T, R>(
  items: Iterable<T>,
  idOf: (item: T) => EntryId | IdentityKey,
  call: (shard: string, items: T[]) => Promise<R>,
): Promise<R[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const shard = shardOf(idOf(item));
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [item]);
    else group.push(item);
  }
  return Promise.all([...groups].map(([shard, group]) => call(shard, group)));
}

/** 22 characters for a text of any length. A collision would only widen what is tried: what is found is compared in full. */
function term(kind: string, ...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify([kind, ...parts]), 'buffer')
    .subarray(0, TERM_BYTES)
    .toString('base64url');
}

export const ALL_ENTRIES = 'all';
export const namespaceTerm = (tenant: string, namespace: string): string => term('namespace', tenant, namespace);
export const tagTerm = (tag: string): string => term('tag', tag);
export const contextTerm = (id: string): string => term('context', id);
/** As long as any term, and none of them. */
const NO_MODEL = '.'.repeat(22);
export const modelTerm = (model: string | undefined): string =>
  model === undefined ? NO_MODEL : term('embedding-model', model);

/** The lists by tag and by document that an entry is in, beside those of all entries and of its namespace. */
export function listTerms({ tags, context }: Pick<EntryHead, 'tags' | 'context'>): string[] {
  const tagged = new Set(tags.flatMap(tagTerms));
  const documents = new Set(context.map(({ id }) => id));
  return [...[...tagged].map(tagTerm), ...[...documents].map(contextTerm)];
}

/**
 * Creation (6 bytes), row (6 bytes), id (32 bytes), so that byte order is the order of lists. Without the creation it
 * is the member of the sets that are ordered by a score.
 */
export function encodePosition(createdAtMs: number, row: number, id: EntryId): Buffer {
  const bytes = Buffer.allocUnsafe(POSITION_BYTES);
  bytes.writeUIntBE(clockKey(createdAtMs), 0, CLOCK_BYTES);
  bytes.writeUIntBE(row, CLOCK_BYTES, CLOCK_BYTES);
  bytes.write(id, 2 * CLOCK_BYTES, 'hex');
  return bytes;
}

export function decodePosition(position: Buffer): { createdAtMs: number; row: number; id: EntryId } {
  return {
    createdAtMs: position.readUIntBE(0, CLOCK_BYTES),
    row: position.readUIntBE(CLOCK_BYTES, CLOCK_BYTES),
    id: position.toString('hex', 2 * CLOCK_BYTES) as EntryId,
  };
}

/** An index row begins with its position. */
export function splitRow(row: Buffer): { position: Buffer; rest: Buffer } {
  return { position: row.subarray(0, POSITION_BYTES), rest: row.subarray(POSITION_BYTES) };
}

/** Id of a member: row (6 bytes), id (32 bytes). */
export const idOfMember = (member: Buffer): EntryId => member.toString('hex', member.length - 32) as EntryId;

/** The first place after every position of `createdAtMs`. */
export function afterInstant(createdAtMs: number): Buffer {
  const bytes = Buffer.alloc(2 * CLOCK_BYTES, 0xff);
  bytes.writeUIntBE(clockKey(createdAtMs), 0, CLOCK_BYTES);
  return bytes;
}
