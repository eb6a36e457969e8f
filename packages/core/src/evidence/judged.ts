import { type Feature, featureOf } from '../caller.ts';
import type { EntryId, Fingerprint, Scope, TenantId, UnitVector } from '../ids.ts';
import type { DecisionLog } from '../ports/decision-log.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { DecisionRecord } from '../ports/observer.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import { type PairSide, textKeyOf } from './pair.ts';

/** What a verdict is about. */
export interface Judged {
  /** Names it; with the verdict, names the sample. */
  readonly id: string;
  readonly requestId?: string | undefined;
  readonly scope: Scope;
  readonly fingerprint: Fingerprint | undefined;
  readonly feature: Feature;
  readonly asked: PairSide;
  readonly stored: PairSide;
  /** The stored answer was served for another question. Else it was the answer to the very same one, or a new one. */
  readonly byMeaning: boolean;
  /** Of the answer. */
  readonly entryId: EntryId | undefined;
  /** The answer was there then: a later one is another. */
  readonly untilMs: number;
  readonly similarity: number | undefined;
  readonly score?: number | undefined;
  readonly scorer?: string | undefined;
  readonly served: boolean;
  readonly savedUsd: number;
}

export interface JudgedDeps {
  readonly decisions: Pick<DecisionLog, 'find'>;
  readonly store: Pick<ResponseStore, 'getMany'>;
  readonly embedder: Pick<Embedder, 'embed' | 'model'>;
}

/** Undefined when it is not known (any more), or belongs to none of these tenants. */
export async function judgedDecision(
  requestId: string,
  tenants: readonly string[] | undefined,
  { decisions }: JudgedDeps,
): Promise<Judged | undefined> {
  const decision = await decisions.find(requestId, tenants);
  return decision === undefined ? undefined : ofDecision(decision);
}

function ofDecision(decision: DecisionRecord): Judged {
  const { tenant, namespace, model, layer, candidate, outcome, endpoint = 'chat' } = decision;
  const asked = { text: decision.query, key: decision.queryKey };
  const byMeaning = (outcome === 'hit' || outcome === 'stale') && layer === 'semantic' && candidate !== undefined;
  return {
    id: decision.id ?? `${tenant}:${decision.requestId}`,
    requestId: decision.requestId,
    scope: { tenant: tenant as TenantId, namespace, model },
    fingerprint: decision.fingerprint,
    feature: featureOf(endpoint),
    asked,
    stored: byMeaning ? { text: candidate.query, key: candidate.key } : asked,
    byMeaning,
    entryId: decision.entryId,
    untilMs: decision.atMs,
    similarity: decision.similarity,
    ...{ score: decision.score, scorer: decision.scorer },
    served: true,
    savedUsd: decision.savedUsd,
  };
}

/** By the answer, and the question that it was given for. */
export async function judgedEntry(
  { entryId, query }: { readonly entryId: EntryId; readonly query?: string | undefined },
  tenants: readonly string[] | undefined,
  deps: JudgedDeps,
): Promise<Judged | undefined> {
  const [entry] = await deps.store.getMany([entryId]);
  if (entry === undefined || tenants?.includes(entry.scope.tenant) === false) return undefined;
  const text = query ?? entry.query;
  const byMeaning = query !== undefined && query !== entry.query;
  return {
    id: `${entryId}:${textKeyOf(text)}`,
    scope: entry.scope,
    fingerprint: entry.fingerprint,
    feature: 'chat',
    asked: { text, key: textKeyOf(text) },
    stored: { text: entry.query, key: textKeyOf(entry.query) },
    byMeaning,
    entryId,
    untilMs: Number.POSITIVE_INFINITY,
    similarity: byMeaning ? await similarityTo(text, entry, deps) : undefined,
    served: true,
    savedUsd: entry.costUsd,
  };
}

/** A longer text is no question that could be found by meaning: it is not even tokenised. */
const QUERY_CHARS_MAX = 8192;

/** Undefined where the two can't be compared: then the verdict counts as a pair, and not in calibration. */
async function similarityTo(
  text: string,
  {
    vector,
    embeddingModel,
  }: { readonly vector?: UnitVector | undefined; readonly embeddingModel?: string | undefined },
  { embedder }: JudgedDeps,
): Promise<number | undefined> {
  if (vector === undefined || text.length > QUERY_CHARS_MAX) return undefined;
  const [embedding] = await embedder.embed([text]).catch(() => []);
  if (embedding === undefined || embedding.truncated || embedder.model.version !== embeddingModel) return undefined;
  return embedding.vector.reduce((sum, value, at) => sum + value * (vector[at] ?? 0), 0);
}
