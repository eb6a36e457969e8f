import { totalUsage } from '@nearhit/core';
import {
  decisionsAnswer,
  decisionsQuery,
  explainAnswer,
  explainBody,
  flushAnswer,
  modelsAnswer,
  providersAnswer,
  seriesAnswer,
  statsAnswer,
  statsQuery,
} from './observe-schemas.ts';
import { type Operation, operation } from './operation.ts';
import type { CacheAdmin, StatsReader, UpstreamReader, UsageReader } from './ports.ts';
import { FLUSH_TIMEOUT_MS, flushBody, flushQuery } from './service-schemas.ts';

export interface ObserveDeps {
  readonly stats: StatsReader;
  readonly upkeep: UsageReader;
  readonly cache: CacheAdmin;
  readonly upstream: UpstreamReader;
}

/** Looking at what happens: stats, decisions, explanations, providers; and waiting until all is written. */
export function observeOperations(deps: ObserveDeps): Operation[] {
  return [...recorded(deps), ...ofTheCache(deps), ...upstreams(deps)];
}

function recorded({ stats, upkeep }: ObserveDeps): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/stats',
      id: 'getStats',
      summary: 'Requests, hits, misses, tokens, money and latencies of a window.',
      query: statsQuery,
      answer: statsAnswer,
      handle: async ({ query }) => {
        const all = await upkeep.usage();
        const usage = all.filter(({ namespace }) => query.namespace === undefined || namespace === query.namespace);
        return { ...stats.summary(query), ...totalUsage(usage) };
      },
    }),
    operation({
      method: 'get',
      path: '/series',
      id: 'getSeries',
      summary: 'The same span by span, for charts.',
      query: statsQuery,
      answer: seriesAnswer,
      handle: ({ query }) => stats.series(query),
    }),
    operation({
      method: 'get',
      path: '/decisions',
      id: 'listDecisions',
      summary: 'The recent requests as they were decided, near misses included.',
      query: decisionsQuery,
      answer: decisionsAnswer,
      handle: async ({ query: { cursor, limit, ...filter } }) => stats.decisions(filter, { cursor, limit }),
    }),
  ];
}

function ofTheCache({ cache }: ObserveDeps): Operation[] {
  return [
    operation({
      method: 'post',
      path: '/explain',
      id: 'explain',
      summary: 'What would be decided for a chat request, and why. Nothing is served or stored.',
      body: explainBody,
      rawBody: true,
      answer: explainAnswer,
      handle: async ({ raw, headers }) => ({ ...(await cache.explain(raw, headers)) }),
    }),
    operation({
      method: 'post',
      path: '/flush',
      id: 'flush',
      summary: 'Answers when every write accepted before the call is durable and searchable.',
      query: flushQuery,
      body: flushBody,
      optionalBody: true,
      answer: flushAnswer,
      handle: async ({ query, body }) => {
        const startedAtMs = performance.now();
        await cache.flush({ timeoutMs: body.timeoutMs ?? query.timeoutMs ?? FLUSH_TIMEOUT_MS });
        return { flushed: true as const, tookMs: Math.round(performance.now() - startedAtMs) };
      },
    }),
  ];
}

function upstreams({ upstream }: ObserveDeps): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/providers',
      id: 'listProviders',
      summary: 'The configured providers and how they do.',
      answer: providersAnswer,
      handle: () => ({
        providers: upstream.providers().map(({ targets, alarms, ...provider }) => ({
          ...provider,
          targets: targets?.map((target) => ({ ...target })),
          alarms: alarms && [...alarms],
        })),
      }),
    }),
    operation({
      method: 'get',
      path: '/models',
      id: 'listModels',
      summary: 'The models that clients may name, with their limits and prices.',
      answer: modelsAnswer,
      handle: async () => {
        const models = await upstream.models();
        return {
          models: models.map((model) => ({ ...model, price: model.price ?? upstream.price(model.id) ?? null })),
        };
      },
    }),
  ];
}
