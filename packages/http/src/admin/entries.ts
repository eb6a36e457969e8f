import { type Entry, type EntryFilter, type EntryId, entryBytes, NearhitError } from '@nearhit/core';
import type { z } from 'zod';
import {
  type EntrySummary,
  entriesAnswer,
  entriesQuery,
  entryAnswer,
  entryParams,
  invalidateAnswer,
  invalidateBody,
} from './entry-schemas.ts';
import { type Operation, operation } from './operation.ts';
import type { CacheAdmin, EntryReader } from './ports.ts';

export interface EntryDeps {
  readonly entries: EntryReader;
  readonly cache: CacheAdmin;
  readonly now: () => number;
}

export function entryOperations({ entries, cache, now }: EntryDeps): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/entries',
      id: 'listEntries',
      summary: 'Stored answers without the answers themselves: newest first, or the nearest to a text by meaning.',
      query: entriesQuery,
      answer: entriesAnswer,
      handle: async ({ query }) => {
        const { cursor, limit, text, match } = query;
        const filter = listedBy(query);
        if (match === 'meaning' && text !== undefined) {
          const { found, complete } = await cache.search(text, filter, limit);
          return {
            entries: found.map(({ entry, similarity }) => ({ ...summaryOf(entry, now()), similarity })),
            complete,
          };
        }
        const page = await entries.list({ ...filter, text }, { cursor, limit });
        return { entries: page.entries.map((entry) => summaryOf(entry, now())), cursor: page.cursor };
      },
    }),
    operation({
      method: 'get',
      path: '/entries/{id}',
      id: 'getEntry',
      summary: 'One stored answer.',
      params: entryParams,
      answer: entryAnswer,
      handle: async ({ params: { id } }) => {
        const entry = await entries.get(id as EntryId);
        if (entry === undefined) throw noEntry(id);
        const { fingerprint, embeddingModel = null, answer, history } = entry;
        const told = { fingerprint, embeddingModel, ...(history !== undefined && { history: [...history] }) };
        return { ...summaryOf(entry, now()), ...told, answer: JSON.parse(answer.toString()) };
      },
    }),
    operation({
      method: 'delete',
      path: '/entries/{id}',
      id: 'deleteEntry',
      summary: 'Drops one stored answer.',
      params: entryParams,
      handle: async ({ params: { id } }) => {
        if (!(await cache.deleteEntry(id as EntryId))) throw noEntry(id);
      },
    }),
    operation({
      method: 'post',
      path: '/invalidate',
      id: 'invalidate',
      summary: 'Drops the answers that meet every criterion given. Reports only, unless `dryRun` is false.',
      body: invalidateBody,
      answer: invalidateAnswer,
      handle: async ({ body }) => {
        const result = await cache.invalidate(filterOf(body, now()), body.dryRun);
        return { dryRun: body.dryRun, ...result };
      },
    }),
  ];
}

function listedBy({ namespace, model, tenant, tag, tags, ...query }: z.output<typeof entriesQuery>): EntryFilter {
  const any = [...(tag === undefined ? [] : [tag]), ...(tags?.split(',').filter((one) => one !== '') ?? [])];
  const { context: id, contextVersionBelow: versionBelow } = query;
  return {
    ...{ namespace, model, tenant },
    ...(any.length > 0 && { tags: any }),
    ...(id !== undefined && { context: { id, versionBelow } }),
  };
}

function filterOf(body: z.output<typeof invalidateBody>, nowMs: number): EntryFilter {
  const { dryRun: _, olderThanSeconds, age, ...filter } = body;
  const seconds = Math.max(olderThanSeconds ?? -1, age ?? -1);
  return seconds < 0 ? filter : { ...filter, createdBeforeMs: nowMs - seconds * 1000 };
}

function noEntry(id: string): NearhitError {
  return new NearhitError('NOT_FOUND', `There is no entry ${id}.`, { param: 'id' });
}

function summaryOf(entry: Entry, nowMs: number): EntrySummary {
  return {
    id: entry.id,
    ...entry.scope,
    query: entry.query,
    semantic: entry.semantic,
    // Listings come without the vectors themselves.
    embedded: entry.embeddingModel !== undefined,
    tags: [...entry.tags],
    context: [...entry.context],
    provider: entry.provider,
    upstreamModel: entry.upstreamModel,
    costUsd: entry.costUsd,
    usage: entry.usage,
    createdAtMs: entry.createdAtMs,
    expiresAtMs: entry.expiresAtMs,
    staleUntilMs: entry.staleUntilMs,
    expired: nowMs >= entry.expiresAtMs,
    bytes: entryBytes(entry),
  };
}
