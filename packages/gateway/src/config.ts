import type { ModelPrice, RoutingPolicy } from '@nearhit/core';

/** What a gateway is made from; `@nearhit/config`'s Config has this shape. */
export interface GatewayConfig {
  readonly providers: readonly ProviderConfig[];
  readonly models: readonly ModelConfig[];
  readonly retry: RetryConfig;
  /** Default 5 failures, 10 s. */
  readonly breaker?: BreakerConfig | undefined;
}

export type ProviderKind = 'openai' | 'anthropic' | 'gemini' | 'azure-openai' | 'demo';

export interface ProviderConfig {
  /** Unique. */
  readonly id: string;
  readonly kind: ProviderKind;
  /** Path included (`https://api.openai.com/v1`), with or without a trailing slash. Not looked at for `demo`. */
  readonly baseUrl: string;
  /** Taken in turn. None: the client's own credential is passed on. */
  readonly apiKeys: readonly string[];
  readonly timeoutsMs: ProviderTimeouts;
  /** Connections, and with them calls at once; more wait, first come, first served, batches behind all others. */
  readonly concurrencyMax: number;
  /** `azure-openai`: the `api-version` of its query. */
  readonly apiVersion?: string | undefined;
  /** Sent with every call, before everything else said here. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What is known of models without a configuration: list prices, context lengths. */
export interface Catalogue {
  model(
    provider: Pick<ProviderConfig, 'kind' | 'baseUrl'>,
    model: string,
  ): { readonly contextTokens?: number | undefined; readonly price?: ModelPrice | undefined } | undefined;
  /** Names of those a provider is known to have. */
  models(provider: Pick<ProviderConfig, 'kind' | 'baseUrl'>): readonly string[];
}

export interface ProviderTimeouts {
  readonly connect: number;
  /** From the request written to the response's head. */
  readonly firstByte: number;
  /** Longest silence within the body, while it is being read. */
  readonly idle: number;
  /** Of a reply: from send() to the last byte, waiting, retries and other targets included. The first target's counts. */
  readonly total: number;
}

export interface ModelConfig {
  /** What clients ask for. */
  readonly id: string;
  readonly aliases: readonly string[];
  /** None: the only provider, under the same name. */
  readonly targets: readonly TargetConfig[];
  readonly price?: ModelPrice | undefined;
  /** Default `priority`. */
  readonly routing?: RoutingPolicy | undefined;
  /** Models whose targets are asked when all of this one's have failed, in order; docs/routing.md. */
  readonly fallbacks?: readonly string[] | undefined;
  readonly contextTokens?: number | undefined;
  /** Of `balanced`; default 0.4, 0.3, 0.3. */
  readonly weights?: RoutingWeights | undefined;
  /** Equal beginnings of prompts go to one target while it is well. */
  readonly sticky?: boolean | undefined;
  /** No first byte after this long: the next target is asked as well, and the first to answer is taken. */
  readonly hedgeAfterMs?: number | undefined;
}

export interface TargetConfig {
  readonly provider: string;
  readonly model: string;
  /** Share of the calls under `weighted`; 0: only when the others have failed. Default 1. */
  readonly weight?: number | undefined;
  /** Where it differs from the model's. */
  readonly price?: ModelPrice | undefined;
}

/** Of equal scale: what counts is their share of the sum. */
export interface RoutingWeights {
  readonly cost: number;
  readonly latency: number;
  readonly reliability: number;
}

/** Of one target. */
export interface BreakerConfig {
  /** Failures in a row after which it is not asked any more. */
  readonly failures: number;
  /** Then one call after this long finds out whether it is back. */
  readonly openMs: number;
}

export interface RetryConfig {
  /** Calls to one target for one reply. 1 = no retry; other targets and fallbacks are asked all the same. */
  readonly attemptsMax: number;
  readonly backoffMs: number;
  readonly backoffMsMax: number;
}
