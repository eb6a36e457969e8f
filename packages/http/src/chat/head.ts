import { type Exchange, type HitOutcome, overheadMs, type RouteDecision, type UpstreamOutcome } from '@nearhit/core';

/** name, value, name, value ...: what writeHead takes without building, and looking through, an object per reply. */
type HeaderList = string[];

const usd = (amount: number): string => (amount === 0 ? '0' : amount.toFixed(8).replace(/0{1,6}$/, ''));

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
function common(exchange: Exchange, startedAtMs: number): HeaderList {
  const overhead = overheadMs(exchange.outcome, startedAtMs, performance.now()).toFixed(3);
  const headers = ['x-request-id', exchange.requestId, 'x-nearhit-overhead-ms', overhead, ...exchange.headers()];
  const stages = stagesOf(exchange);
  if (stages !== undefined) headers.push('server-timing', stages);
  return headers;
}

export function hitHeaders(
  exchange: Exchange,
  outcome: HitOutcome,
  startedAtMs: number,
  contentType: string,
  length: number,
): HeaderList {
  const { entry } = outcome.cached;
  const headers = common(exchange, startedAtMs);
  headers.push('content-type', contentType, 'content-length', String(length));
  headers.push('x-nearhit-cache', outcome.stale === undefined ? 'hit' : 'stale', 'x-nearhit-layer', outcome.layer);
  headers.push('x-nearhit-entry', entry.id);
  if (outcome.stale !== undefined) headers.push('x-nearhit-reason', outcome.stale);
  if (outcome.similarity !== undefined) headers.push('x-nearhit-similarity', outcome.similarity.toFixed(4));
  headers.push('age', String(outcome.ageSeconds), 'x-nearhit-model', headerText(entry.upstreamModel));
  headers.push('x-nearhit-provider', entry.provider, 'x-nearhit-attempts', String(entry.attempts));
  headers.push('x-nearhit-cost-usd', '0', 'x-nearhit-saved-usd', usd(entry.costUsd));
  return headers;
}

export interface UpstreamHeaderOptions {
  /** Absent: not known yet, because the reply is still streaming. */
  readonly costUsd?: number | undefined;
  /** Of a body that is sent whole. Absent: as the provider announced it. */
  readonly length?: number | undefined;
  /** Of a body that was converted. */
  readonly contentType?: string | undefined;
  /** The body is another one than the provider's: what it says of its own body is left out. */
  readonly translated?: boolean | undefined;
}

const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-md5',
  'content-digest',
  'repr-digest',
  'digest',
  'etag',
]);

export function upstreamHeaders(
  exchange: Exchange,
  outcome: UpstreamOutcome,
  startedAtMs: number,
  { costUsd, length, contentType, translated }: UpstreamHeaderOptions,
): HeaderList {
  const { live } = outcome;
  const { head } = live;
  const headers = common(exchange, startedAtMs);
  const isLimited = exchange.headers().length > 0;
  for (const name in head?.headers) {
    // A header is sent once: what nearhit says itself wins over the provider's word.
    if (name.startsWith('x-nearhit-') || name === 'x-request-id' || name === 'server-timing') continue;
    if (translated === true && OF_THE_BODY.has(name)) continue;
    // The caller's limits are those of their key, not those of the house at its provider.
    if (isLimited && name.startsWith('x-ratelimit-')) continue;
    if ((name === 'content-length' && length !== undefined) || (name === 'content-type' && contentType !== undefined))
      continue;
    headers.push(name, head?.headers[name] as string);
  }
  if (length !== undefined) headers.push('content-length', String(length));
  if (contentType !== undefined) headers.push('content-type', contentType);
  headers.push('x-nearhit-cache', outcome.cache, 'x-nearhit-reason', outcome.reason);
  if (outcome.similarity !== undefined) headers.push('x-nearhit-similarity', outcome.similarity.toFixed(4));
  if (outcome.entryId !== undefined) headers.push('x-nearhit-entry', outcome.entryId);
  if (head !== undefined) {
    headers.push('x-nearhit-model', headerText(head.model), 'x-nearhit-provider', head.provider);
    headers.push('x-nearhit-attempts', String(head.attempts));
    const route = outcome.leader ? routeText(live.route) : undefined;
    if (route !== undefined) headers.push('x-nearhit-route', route);
  }
  if (costUsd !== undefined) headers.push('x-nearhit-cost-usd', outcome.leader ? usd(costUsd) : '0');
  headers.push('x-nearhit-saved-usd', outcome.leader ? '0' : usd(costUsd ?? 0));
  return headers;
}

/** Headers of an error that nearhit itself answers within an exchange. */
export function errorHeaders(exchange: Exchange, startedAtMs: number, length: number): HeaderList {
  const { outcome } = exchange;
  const headers = common(exchange, startedAtMs);
  headers.push('content-type', 'application/json', 'content-length', String(length));
  if (outcome.kind === 'hit') return headers;
  headers.push('x-nearhit-cache', outcome.kind === 'refused' ? 'miss' : outcome.cache);
  headers.push('x-nearhit-reason', outcome.reason);
  if (outcome.similarity !== undefined) headers.push('x-nearhit-similarity', outcome.similarity.toFixed(4));
  const route = outcome.kind === 'upstream' && outcome.leader ? routeText(outcome.live.route) : undefined;
  if (route !== undefined) headers.push('x-nearhit-route', route);
  return headers;
}

/** `balanced; main/gpt-4o=status-429, backup/gpt-4o=ok`; undefined where there was nothing to choose. */
function routeText(route: RouteDecision | undefined): string | undefined {
  if (route === undefined || (route.attempts.length < 2 && route.ranked.length < 2)) return undefined;
  const tried = route.attempts.map(({ provider, model, outcome }) => `${provider}/${model}=${outcome}`);
  return headerText(`${route.policy}; ${tried.join(', ')}`);
}

const UNPRINTABLE = /[^\x20-\x7e]/;

/** Model names come from clients: only what a header may carry goes into one. */
function headerText(text: string): string {
  return UNPRINTABLE.test(text) ? text.replace(/[^\x20-\x7e]/g, '?') : text;
}
