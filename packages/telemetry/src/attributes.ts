import type { DecisionRecord, RouteAttempt } from '@nearhit/core';
import type { Attributes } from '@opentelemetry/api';

/** Of the request as clients see it: HTTP's conventions, and what the cache decided. No prompt, no answer, no key. */
export function serverAttributes(decision: DecisionRecord): Attributes {
  const { layer, stage, reason, similarity, status } = decision;
  return {
    'http.request.method': 'POST',
    'http.route': routeOf(decision),
    'url.path': routeOf(decision),
    'http.response.status_code': status,
    ...(status >= 500 && { 'error.type': String(status) }),
    'nearhit.request_id': decision.requestId,
    'nearhit.tenant': decision.tenant,
    'nearhit.namespace': decision.namespace,
    'nearhit.cache.outcome': decision.outcome,
    ...(layer !== undefined && { 'nearhit.cache.layer': layer }),
    ...(stage !== undefined && { 'nearhit.cache.stage': stage }),
    ...(reason !== undefined && { 'nearhit.cache.reason': reason }),
    ...(similarity !== undefined && { 'nearhit.cache.similarity': similarity }),
    'nearhit.model': decision.model,
    'nearhit.stream': decision.stream,
    'nearhit.cost_usd': decision.costUsd,
    'nearhit.saved_usd': decision.savedUsd,
    'nearhit.overhead_ms': decision.overheadMs,
    ...(decision.attempts !== undefined && { 'nearhit.attempts': decision.attempts }),
  };
}

const ROUTES: Readonly<Record<string, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
  embeddings: '/v1/embeddings',
  batch: '/v1/batches',
};

export const routeOf = ({ endpoint = 'chat' }: DecisionRecord): string => ROUTES[endpoint] ?? '/v1';

export const operationOf = ({ endpoint }: DecisionRecord): string =>
  endpoint === 'embeddings' ? 'embeddings' : 'chat';

/** The GenAI conventions' names of providers, where an operator's name for one says which it is. */
const PROVIDERS: Readonly<Record<string, string>> = {
  gemini: 'gcp.gemini',
  azure: 'azure.ai.openai',
  'azure-openai': 'azure.ai.openai',
  mistral: 'mistral_ai',
  xai: 'x_ai',
};

/** Of one upstream call. `answers`: it is the one whose reply was passed on. */
export function attemptAttributes(decision: DecisionRecord, attempt: RouteAttempt, answers: boolean): Attributes {
  const { usage, cachedPromptTokens } = decision;
  const provider = PROVIDERS[attempt.provider] ?? attempt.provider;
  return {
    'gen_ai.operation.name': operationOf(decision),
    'gen_ai.provider.name': provider,
    'gen_ai.system': provider,
    'gen_ai.request.model': attempt.model,
    ...(answers && { 'gen_ai.response.model': decision.upstreamModel ?? attempt.model }),
    ...(answers &&
      usage !== undefined && {
        'gen_ai.usage.input_tokens': usage.promptTokens,
        'gen_ai.usage.output_tokens': usage.completionTokens,
      }),
    ...(answers && cachedPromptTokens !== undefined && { 'gen_ai.usage.cache_read.input_tokens': cachedPromptTokens }),
    ...(attempt.status !== undefined && { 'http.response.status_code': attempt.status }),
    ...(attempt.outcome !== 'ok' && { 'error.type': attempt.outcome }),
    'nearhit.provider': attempt.provider,
  };
}
