import { type ApiKeyRecord, type Grants, type LimitSettings, NearhitError, type SubjectUse } from '@nearhit/core';
import type { z } from 'zod';
import {
  type KeyAnswer,
  keyAnswer,
  keyBody,
  keyParams,
  keyPatchBody,
  keysAnswer,
  keysQuery,
  madeKeyAnswer,
  rotateBody,
} from './key-schemas.ts';
import { type Operation, operation } from './operation.ts';
import type { KeyChange, KeysAdmin } from './ports.ts';

export interface KeyDeps {
  /** Absent: there are no API keys. */
  readonly keys?: KeysAdmin | undefined;
}

export function keyOperations(keys: KeysAdmin, now: () => number): Operation[] {
  const shown = async (record: ApiKeyRecord): Promise<KeyAnswer> =>
    answerOf(record, (await keys.uses([record]))[0], now());
  return [
    operation({
      method: 'get',
      path: '/keys',
      id: 'listKeys',
      summary: 'API keys, newest first, with what they have used; never their secrets.',
      query: keysQuery,
      answer: keysAnswer,
      handle: async ({ query: { tenant, ...page } }) => {
        const { keys: records, cursor } = await keys.list({ tenant }, page);
        const uses = await keys.uses(records);
        return { keys: records.map((record, at) => answerOf(record, uses[at], now())), cursor };
      },
    }),
    operation({
      method: 'post',
      path: '/keys',
      id: 'createKey',
      summary: 'A new API key. The answer is the only place where its secret is ever shown.',
      body: keyBody,
      answer: madeKeyAnswer,
      handle: async ({ body }) => {
        const { name, tenant, thresholdFloor, routing, upstreamKeys, expiresAt } = body;
        const expiresAtMs = expiresAt === undefined ? undefined : Date.parse(expiresAt);
        if (expiresAtMs !== undefined && expiresAtMs <= now())
          throw new NearhitError('INVALID_REQUEST', "Invalid request: 'expiresAt': expected a time to come.", {
            param: 'expiresAt',
          });
        const settings = { name, tenant, thresholdFloor, routing, upstreamKeys, expiresAtMs };
        const { record, secret } = await keys.create({ ...settings, grants: grantsOf(body), limits: limitsOf(body) });
        return { ...(await shown(record)), key: secret };
      },
    }),
    operation({
      method: 'get',
      path: '/keys/{id}',
      id: 'getKey',
      summary: 'One API key, with what it has used.',
      params: keyParams,
      answer: keyAnswer,
      handle: async ({ params }) => shown(await keys.get(params.id)),
    }),
    ...changes(keys, shown, now),
  ];
}

function changes(keys: KeysAdmin, shown: (record: ApiKeyRecord) => Promise<KeyAnswer>, now: () => number): Operation[] {
  return [
    operation({
      method: 'patch',
      path: '/keys/{id}',
      id: 'changeKey',
      summary: 'Sets some fields and leaves the others; null takes one off. In force everywhere within a second.',
      params: keyParams,
      body: keyPatchBody,
      answer: keyAnswer,
      handle: async ({ params, body }) =>
        shown(await keys.change(params.id, (record) => changeOf(record, body, now()))),
    }),
    operation({
      method: 'delete',
      path: '/keys/{id}',
      id: 'deleteKey',
      summary: 'The key opens nothing any more, and is forgotten. To keep it in the list, PATCH `{"revoked": true}`.',
      params: keyParams,
      handle: ({ params }) => keys.delete(params.id),
    }),
    operation({
      method: 'post',
      path: '/keys/{id}/rotate',
      id: 'rotateKey',
      summary: 'A new secret for a key. The one before goes on opening it for `graceSeconds`, default 0.',
      params: keyParams,
      body: rotateBody,
      optionalBody: true,
      answer: madeKeyAnswer,
      handle: async ({ params, body }) => {
        const { record, secret } = await keys.rotate(params.id, body.graceSeconds);
        return { ...(await shown(record)), key: secret };
      },
    }),
  ];
}

type Patch = z.output<typeof keyPatchBody>;

function changeOf({ grants, limits }: ApiKeyRecord, patch: Patch, nowMs: number): KeyChange {
  const { name, thresholdFloor, routing, upstreamKeys, expiresAt, revoked } = patch;
  return {
    ...(name !== undefined && { name }),
    grants: grantsOf({ ...grants, ...given(patch) }),
    limits: limitsOf({ ...limits, ...given(patch) }),
    ...(thresholdFloor !== undefined && { thresholdFloor: thresholdFloor ?? undefined }),
    ...(routing !== undefined && { routing: routing ?? undefined }),
    ...(expiresAt !== undefined && { expiresAtMs: expiresAt === null ? undefined : Date.parse(expiresAt) }),
    ...(upstreamKeys !== undefined && { upstreamKeys }),
    ...(revoked === true && { revokedAtMs: nowMs }),
  };
}

/** Null: as if it had never been set. */
type Fields<T> = { readonly [F in keyof T]?: T[F] | null | undefined };

const given = <T extends object>(patch: T): T =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as T;

function grantsOf({ models, namespaces, features, cacheRead, cacheWrite }: Fields<Grants>): Grants {
  return {
    ...(models != null && { models }),
    ...(namespaces != null && { namespaces }),
    ...(features != null && { features }),
    ...(cacheRead === false && { cacheRead }),
    ...(cacheWrite === false && { cacheWrite }),
  };
}

export function limitsOf({ rpm, tpm, concurrent, budgetUsdDay, budgetUsdMonth }: Fields<LimitSettings>): LimitSettings {
  return {
    ...(rpm != null && { rpm }),
    ...(tpm != null && { tpm }),
    ...(concurrent != null && { concurrent }),
    ...(budgetUsdDay != null && { budgetUsdDay }),
    ...(budgetUsdMonth != null && { budgetUsdMonth }),
  };
}

const NANO = 1e9;

export function useOf(use: SubjectUse | undefined): KeyAnswer['use'] {
  if (use === undefined) return null;
  return {
    requestsThisMinute: use.milliRequests / 1000,
    tokensThisMinute: use.tokens,
    inFlight: use.inFlight,
    spentUsdDay: use.spentDay / NANO,
    spentUsdMonth: use.spentMonth / NANO,
    reservedUsd: use.reserved / NANO,
  };
}

const isoOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

const LIMITS = { rpm: null, tpm: null, concurrent: null, budgetUsdDay: null, budgetUsdMonth: null };
export const limitsOrNull = (limits: LimitSettings): { [L in keyof typeof LIMITS]: number | null } =>
  ({ ...LIMITS, ...limits }) as { [L in keyof typeof LIMITS]: number | null };

function answerOf(record: ApiKeyRecord, use: SubjectUse | undefined, nowMs: number): KeyAnswer {
  const { id, name, tenant, hint, grants, limits, thresholdFloor, routing, upstreamKeys, hashes } = record;
  const { createdAtMs, expiresAtMs, revokedAtMs } = record;
  const graceMs = Math.max(0, ...hashes.flatMap(({ validUntilMs }) => validUntilMs ?? []));
  const isExpired = expiresAtMs !== undefined && expiresAtMs <= nowMs;
  return {
    ...{ id, name, tenant, hint },
    status: revokedAtMs !== undefined ? 'revoked' : isExpired ? 'expired' : 'active',
    models: grants.models === undefined ? null : [...grants.models],
    namespaces: grants.namespaces === undefined ? null : [...grants.namespaces],
    features: grants.features === undefined ? null : [...grants.features],
    ...{ cacheRead: grants.cacheRead ?? true, cacheWrite: grants.cacheWrite ?? true },
    ...limitsOrNull(limits),
    ...{ thresholdFloor: thresholdFloor ?? null, routing: routing ?? null },
    upstreamKeys: Object.keys(upstreamKeys ?? {}).sort(),
    ...{ createdAt: isoOf(createdAtMs) as string, expiresAt: isoOf(expiresAtMs), revokedAt: isoOf(revokedAtMs) },
    graceUntil: graceMs > nowMs ? isoOf(graceMs) : null,
    use: useOf(use),
  };
}
