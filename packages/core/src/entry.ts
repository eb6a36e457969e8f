import type { EntryId, Fingerprint, IdentityKey, Scope, UnitVector } from './ids.ts';

/** A document that an answer rests on. */
export interface ContextDocument {
  readonly id: string;
  readonly version?: string | number;
}

/** Tokens as the provider counted them; `estimated` when it did not and nearhit guessed from the text's length. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly estimated?: boolean;
}

/** One stored answer. The same bytes serve JSON and SSE clients. */
export interface Entry {
  readonly id: EntryId;
  readonly scope: Scope;
  readonly fingerprint: Fingerprint;
  /** Under which it is found by whoever asks the same; absent where it is found by its exact key or by meaning only. */
  readonly identity?: IdentityKey | undefined;
  /** The text that is matched on, well-formed Unicode. */
  readonly query: string;
  /** Earlier user texts that are no part of the fingerprint, in order: they are compared by meaning (policy `conversation`). */
  readonly history?: readonly string[] | undefined;
  /** False: found by its exact key only (tool calls, long queries, policy). */
  readonly semantic: boolean;
  /** UTF-8 JSON of an OpenAI `chat.completion` object. */
  readonly answer: Buffer;
  /** Absent until embedded. */
  readonly vector?: UnitVector | undefined;
  /** `EmbeddingModel.version` that made `vector`. */
  readonly embeddingModel?: string | undefined;
  readonly tags: readonly string[];
  readonly context: readonly ContextDocument[];
  readonly provider: string;
  readonly upstreamModel: string;
  readonly attempts: number;
  readonly costUsd: number;
  readonly usage: TokenUsage;
  readonly createdAtMs: number;
  /** Not served as fresh from this instant on. */
  readonly expiresAtMs: number;
  /** May be served as `stale` until then; equals `expiresAtMs` when policy keeps nothing. */
  readonly staleUntilMs: number;
}

/** Bytes an entry is accounted with against `maxBytes` and the L1 bound: its payloads plus a flat share for the rest. */
export function entryBytes(entry: Entry): number {
  const chars = (entry.history ?? []).reduce((sum, turn) => sum + turn.length, entry.query.length);
  return entry.answer.byteLength + 2 * chars + (entry.vector?.byteLength ?? 0) + 400;
}
