import {
  DEFAULT_NAMESPACE,
  DEFAULT_TENANT,
  guessedPromptTokens,
  type Upstream,
  type UpstreamCall,
  type UsageRecord,
} from '@nearhit/core';
import type { Accounts } from './accounts.ts';

/** Of an answer nobody saw the end of. */
const COMPLETION_TOKENS = 256;

/** Writes down each call before it goes upstream, so that one cut off by the end of the process is accounted all the same. */
export function accounted(upstream: Upstream, accounts: Pick<Accounts, 'begin'>, now: () => number): Upstream {
  return {
    send(call, sink) {
      if (call.callId !== undefined) accounts.begin(interrupted(call, call.callId, upstream, now()));
      return upstream.send(call, sink);
    },
    models: (provider) => upstream.models(provider),
    price: (model, provider) => upstream.price(model, provider),
    usesClientCredential: (model, provider) => upstream.usesClientCredential(model, provider),
    providers: () => upstream.providers(),
    close: () => upstream.close(),
  };
}

/** The record of a call of which nothing more is heard. Its tokens are a guess by the length of what was sent. */
function interrupted(call: UpstreamCall, id: string, upstream: Pick<Upstream, 'price'>, atMs: number): UsageRecord {
  const { account, model, body } = call;
  const embeds = call.path === '/embeddings';
  const promptTokens = guessedPromptTokens(body.length);
  const completionTokens = embeds ? 0 : COMPLETION_TOKENS;
  const price = upstream.price(model, call.provider);
  const usdPerMTok =
    price === undefined ? 0 : promptTokens * price.inputUsdPerMTok + completionTokens * price.outputUsdPerMTok;
  return {
    id,
    requestId: account?.requestId ?? call.headers['x-request-id'] ?? id,
    atMs,
    tenant: account?.tenant ?? DEFAULT_TENANT,
    keyId: account?.keyId ?? '',
    namespace: account?.namespace ?? DEFAULT_NAMESPACE,
    endpoint: account?.endpoint ?? (embeds ? 'embeddings' : 'chat'),
    model,
    provider: call.provider ?? '',
    upstreamModel: '',
    attempts: 1,
    outcome: 'interrupted',
    status: 0,
    promptTokens,
    cachedPromptTokens: 0,
    completionTokens,
    costUsd: usdPerMTok / 1e6,
    estimated: true,
    savedUsd: 0,
    savedTokens: 0,
    latencyMs: 0,
    firstByteMs: 0,
    overheadMs: 0,
  };
}
