import { crc32 } from 'node:zlib';
import { type ContextDocument, type Entry, entryBytes } from '../entry.ts';
import type { EntryId, Fingerprint, IdentityKey, Scope, TenantId, UnitVector } from '../ids.ts';

const HEX_64 = /^[0-9a-f]{64}$/;

/** An entry without its payloads, and what a store needs to know of them. */
export interface EntryHead extends Omit<Entry, 'answer' | 'vector'> {
  readonly hasVector: boolean;
  /** As `entryBytes` accounts it. */
  readonly bytes: number;
  /** CRC-32 of the answer: a damaged one is a miss, never served. */
  readonly checksum: number;
}

/** A head as stores write it down: fixed order; a new field goes to the end, so that older ones stay readable. */
export type HeadTuple = readonly [
  id: Buffer,
  tenant: TenantId,
  namespace: string,
  model: string,
  fingerprint: Buffer | Fingerprint,
  query: string,
  semantic: boolean,
  hasVector: boolean,
  embeddingModel: string | null,
  tags: readonly string[],
  context: readonly (readonly [id: string, version?: string | number])[],
  provider: string,
  upstreamModel: string,
  attempts: number,
  costUsd: number,
  promptTokens: number,
  completionTokens: number,
  estimated: boolean | null,
  createdAtMs: number,
  expiresAtMs: number,
  staleUntilMs: number,
  bytes: number,
  checksum: number,
  identity?: Buffer | null,
  history?: readonly string[] | null,
];

export function headTuple(entry: Entry): HeadTuple {
  return [
    Buffer.from(entry.id, 'hex'),
    entry.scope.tenant,
    entry.scope.namespace,
    entry.scope.model,
    HEX_64.test(entry.fingerprint) ? Buffer.from(entry.fingerprint, 'hex') : entry.fingerprint,
    entry.query,
    entry.semantic,
    entry.vector !== undefined,
    entry.embeddingModel ?? null,
    entry.tags,
    entry.context.map(({ id, version }) => (version === undefined ? ([id] as const) : ([id, version] as const))),
    entry.provider,
    entry.upstreamModel,
    entry.attempts,
    entry.costUsd,
    entry.usage.promptTokens,
    entry.usage.completionTokens,
    entry.usage.estimated ?? null,
    entry.createdAtMs,
    entry.expiresAtMs,
    entry.staleUntilMs,
    entryBytes(entry),
    crc32(entry.answer),
    entry.identity === undefined ? null : Buffer.from(entry.identity, 'hex'),
    entry.history ?? null,
  ];
}

export function headOf(t: HeadTuple): EntryHead {
  const scope: Scope = { tenant: t[1], namespace: t[2], model: t[3] };
  return {
    id: t[0].toString('hex') as EntryId,
    scope,
    fingerprint: typeof t[4] === 'string' ? t[4] : (t[4].toString('hex') as Fingerprint),
    query: t[5],
    semantic: t[6],
    hasVector: t[7],
    embeddingModel: t[8] ?? undefined,
    tags: t[9],
    context: t[10].map(documentOf),
    provider: t[11],
    upstreamModel: t[12],
    attempts: t[13],
    costUsd: t[14],
    usage:
      t[17] === null
        ? { promptTokens: t[15], completionTokens: t[16] }
        : { promptTokens: t[15], completionTokens: t[16], estimated: t[17] },
    createdAtMs: t[18],
    expiresAtMs: t[19],
    staleUntilMs: t[20],
    bytes: t[21],
    checksum: t[22],
    // Older heads end before it.
    identity: t[23] == null ? undefined : (t[23].toString('hex') as IdentityKey),
    // Absent from what an older version wrote.
    history: t[24] ?? undefined,
  };
}

function documentOf([id, version]: readonly [id: string, version?: string | number]): ContextDocument {
  return version === undefined ? { id } : { id, version };
}

/** Undefined when the answer is not, byte for byte, what was stored. */
export function entryOf(head: EntryHead, answer: Buffer | undefined, vector?: UnitVector): Entry | undefined {
  if (answer === undefined || crc32(answer) !== head.checksum) return undefined;
  // Field by field: on the hot path, `...rest` costs more than the two reads together.
  return {
    id: head.id,
    scope: head.scope,
    fingerprint: head.fingerprint,
    identity: head.identity,
    query: head.query,
    history: head.history,
    semantic: head.semantic,
    answer,
    vector,
    embeddingModel: head.embeddingModel,
    tags: head.tags,
    context: head.context,
    provider: head.provider,
    upstreamModel: head.upstreamModel,
    attempts: head.attempts,
    costUsd: head.costUsd,
    usage: head.usage,
    createdAtMs: head.createdAtMs,
    expiresAtMs: head.expiresAtMs,
    staleUntilMs: head.staleUntilMs,
  };
}
