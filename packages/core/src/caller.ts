import { hash } from 'node:crypto';
import { DEFAULT_TENANT, type TenantId } from './ids.ts';
import type { Endpoint } from './ports/endpoint.ts';
import type { RoutingPreference, TokenEstimate } from './ports/upstream.ts';

/** What may be done with a key beside chat completions; all of it where a key names none. */
export const FEATURES = ['chat', 'embeddings', 'batches', 'files', 'messages', 'responses', 'models'] as const;
export type Feature = (typeof FEATURES)[number];

/** What a key needs to be granted for a door. An audit asks what a chat had asked. */
export function featureOf(endpoint: Endpoint): Feature {
  if (endpoint === 'batch') return 'batches';
  return endpoint === 'audit' ? 'chat' : endpoint;
}

/** Absent: everything. */
export interface Grants {
  /** Names as clients write them; `gpt-4o*` stands for all that begin so. */
  readonly models?: readonly string[] | undefined;
  readonly namespaces?: readonly string[] | undefined;
  readonly features?: readonly Feature[] | undefined;
  /** False: always answered from upstream. */
  readonly cacheRead?: boolean | undefined;
  /** False: what it brings about is never stored, and no other key's request is answered from its calls. */
  readonly cacheWrite?: boolean | undefined;
}

/** What may be used. Absent: no limit. */
export interface LimitSettings {
  /** Requests per minute. */
  readonly rpm?: number | undefined;
  /** Tokens per minute, prompt and completion together. */
  readonly tpm?: number | undefined;
  /** Requests at once. */
  readonly concurrent?: number | undefined;
  /** Per calendar day and month, UTC. */
  readonly budgetUsdDay?: number | undefined;
  readonly budgetUsdMonth?: number | undefined;
}

/** Who makes a request, and what they may do. */
export interface Caller {
  readonly tenant: TenantId;
  /** The API key's id; absent without one. */
  readonly keyId?: string | undefined;
  readonly grants: Grants;
  /** Of the key and of its tenant. */
  readonly keyLimits?: LimitSettings | undefined;
  readonly tenantLimits?: LimitSettings | undefined;
  /** A request's own threshold can't go below it. */
  readonly thresholdFloor?: number | undefined;
  readonly routing?: RoutingPreference | undefined;
  /** What the client sent as its bearer token and may go on to a provider that the house has no key for. */
  readonly credential?: string | undefined;
  /** By provider id: the tenant's own credentials. */
  readonly upstreamKeys?: Readonly<Record<string, string>> | undefined;
}

/** Whoever comes with a credential of their own, and no key of the house, shares with nobody what it brought about. */
export const tenantOfCredential = (credential: string): TenantId =>
  `own-${hash('sha256', credential).slice(0, 32)}` as TenantId;

export const ANYONE: Caller = Object.freeze({ tenant: DEFAULT_TENANT, grants: Object.freeze({}) });

/** What a request has used in the end. */
export interface Spent {
  /** Served from the cache, or shared with a call that somebody else pays. */
  readonly hit: boolean;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costUsd: number;
}

export const NOTHING_SPENT: Spent = Object.freeze({ hit: false, promptTokens: 0, completionTokens: 0, costUsd: 0 });

/** One request's share of its caller's limits. */
export interface Allowance {
  /** name, value, name, value ...: `x-ratelimit-*` as known now; empty when nothing is limited. */
  headers(): readonly string[];
  /**
   * Before an upstream call: tokens and money are set aside, atomically over all replicas. Throws RATE_LIMITED or
   * BUDGET_EXCEEDED. Resolves at once where neither is limited. `costUsd`: of an estimate, at the price of the model.
   * `guess`: enough of an estimate while the limits are far away.
   */
  reserve(
    estimate: () => TokenEstimate | Promise<TokenEstimate>,
    costUsd: (estimate: TokenEstimate) => number,
    guess?: () => TokenEstimate,
  ): Promise<void>;
  /** Once, when the request is over: gives its place back and books what it really used. Never throws. */
  settle(spent: Spent): void;
}

export const UNLIMITED: Allowance = Object.freeze({
  headers: () => [],
  reserve: async () => {},
  settle: () => {},
});
