import { type Exchange, type HitOutcome, overheadMs, type UpstreamOutcome } from '@nearhit/core';

type Headers = Record<string, string | number>;

const usd = (amount: number): string => amount.toFixed(8).replace(/0{1,6}$/, '');

function stagesOf(exchange: Exchange): string | undefined {
  let text: string | undefined;
  for (const stage in exchange.stages) {
    if (stage === '') continue;
    const part = `${stage};dur=${(exchange.stages[stage] ?? 0).toFixed(3)}`;
    text = text === undefined ? part : `${text}, ${part}`;
  }
  return text;
}

/** Headers of every reply, whatever its outcome. */
function common(exchange: Exchange, startedAtMs: number): Headers {
  const headers: Headers = {
    'x-request-id': exchange.requestId,
    'x-nearhit-overhead-ms': overheadMs(exchange.outcome, startedAtMs, performance.now()).toFixed(3),
  };
  const stages = stagesOf(exchange);
  if (stages !== undefined) headers['server-timing'] = stages;
  return headers;
}

export function hitHeaders(
  exchange: Exchange,
  outcome: HitOutcome,
  startedAtMs: number,
  contentType: string,
  length: number,
): Headers {
  const { entry } = outcome.cached;
  const headers = common(exchange, startedAtMs);
  headers['content-type'] = contentType;
  headers['content-length'] = length;
  headers['x-nearhit-cache'] = 'hit';
  headers['x-nearhit-layer'] = outcome.layer;
  if (outcome.similarity !== undefined) headers['x-nearhit-similarity'] = outcome.similarity.toFixed(4);
  headers['x-nearhit-entry'] = entry.id;
  headers.age = outcome.ageSeconds;
  headers['x-nearhit-model'] = headerText(entry.upstreamModel);
  headers['x-nearhit-provider'] = entry.provider;
  headers['x-nearhit-attempts'] = entry.attempts;
  headers['x-nearhit-cost-usd'] = '0';
  headers['x-nearhit-saved-usd'] = usd(entry.costUsd);
  return headers;
}

/** `costUsd` undefined: not known yet, because the reply is still streaming. */
export function upstreamHeaders(
  exchange: Exchange,
  outcome: UpstreamOutcome,
  startedAtMs: number,
  costUsd: number | undefined,
): Headers {
  const { head } = outcome.live;
  const headers: Headers = { ...head?.headers, ...common(exchange, startedAtMs) };
  headers['x-nearhit-cache'] = outcome.cache;
  headers['x-nearhit-reason'] = outcome.reason;
  if (outcome.similarity !== undefined) headers['x-nearhit-similarity'] = outcome.similarity.toFixed(4);
  if (outcome.entryId !== undefined) headers['x-nearhit-entry'] = outcome.entryId;
  if (head !== undefined) {
    headers['x-nearhit-model'] = headerText(head.model);
    headers['x-nearhit-provider'] = head.provider;
    headers['x-nearhit-attempts'] = head.attempts;
  }
  if (costUsd !== undefined) {
    headers['x-nearhit-cost-usd'] = outcome.leader ? usd(costUsd) : '0';
    headers['x-nearhit-saved-usd'] = outcome.leader ? '0' : usd(costUsd);
  } else headers['x-nearhit-saved-usd'] = '0';
  return headers;
}

/** Headers of an error that nearhit itself answers within an exchange. */
export function errorHeaders(exchange: Exchange, startedAtMs: number): Headers {
  const { outcome } = exchange;
  const headers = common(exchange, startedAtMs);
  if (outcome.kind === 'hit') return headers;
  headers['x-nearhit-cache'] = outcome.kind === 'refused' ? 'miss' : outcome.cache;
  headers['x-nearhit-reason'] = outcome.reason;
  if (outcome.similarity !== undefined) headers['x-nearhit-similarity'] = outcome.similarity.toFixed(4);
  return headers;
}

/** Model names come from clients: only what a header may carry goes into one. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
