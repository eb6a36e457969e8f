import type { DecisionRecord } from '../ports/observer.ts';
import type { UsageRecord } from '../ports/usage-store.ts';
import { isUsageSaved } from '../stats/tally.ts';

/** One request as it is accounted for, out of how it was decided. `prompts`: the question goes with it. */
export function usageRecordOf(decision: DecisionRecord, id: string, { prompts }: { prompts: boolean }): UsageRecord {
  const { usage } = decision;
  const saved = decision.shared === true || isUsageSaved(decision);
  const promptTokens = usage?.promptTokens ?? 0;
  const completionTokens = usage?.completionTokens ?? 0;
  return {
    id,
    requestId: decision.requestId,
    atMs: decision.atMs,
    tenant: decision.tenant,
    keyId: decision.keyId ?? '',
    namespace: decision.namespace,
    endpoint: decision.endpoint ?? 'chat',
    model: decision.model,
    provider: decision.provider ?? '',
    upstreamModel: decision.upstreamModel ?? '',
    attempts: saved ? 0 : (decision.attempts ?? (decision.provider === undefined ? 0 : 1)),
    outcome: decision.outcome,
    layer: decision.layer,
    reason: decision.reason,
    status: decision.status,
    promptTokens: saved ? 0 : promptTokens,
    cachedPromptTokens: saved ? 0 : (decision.cachedPromptTokens ?? 0),
    completionTokens: saved ? 0 : completionTokens,
    costUsd: decision.costUsd,
    estimated: !saved && usage?.estimated === true ? true : undefined,
    savedUsd: decision.savedUsd,
    savedTokens: saved ? promptTokens + completionTokens : 0,
    latencyMs: rounded(decision.latencyMs),
    firstByteMs: rounded(decision.firstByteMs),
    overheadMs: rounded(decision.overheadMs),
    query: prompts && decision.query !== '' ? decision.query : undefined,
  };
}

/** To the microsecond: the digits behind cost more to keep than they tell. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
