import type { ModelPrice } from '@nearhit/core';

/** What a gateway is made from; `@nearhit/config`'s Config has this shape. */
export interface GatewayConfig {
  readonly providers: readonly ProviderConfig[];
  readonly models: readonly ModelConfig[];
  readonly retry: RetryConfig;
}

export interface ProviderConfig {
  /** Unique. */
  readonly id: string;
  readonly kind: 'openai' | 'demo';
  /** Path included (`https://api.openai.com/v1`), with or without a trailing slash. Not looked at for `demo`. */
  readonly baseUrl: string;
  /** Taken in turn. None: the client's own credential is passed on. */
  readonly apiKeys: readonly string[];
  readonly timeoutsMs: ProviderTimeouts;
  /** Connections, and with them calls at once. */
  readonly concurrencyMax: number;
}

export interface ProviderTimeouts {
  readonly connect: number;
  /** From the request written to the response's head. */
  readonly firstByte: number;
  /** Longest silence within the body, while it is being read. */
  readonly idle: number;
  /** From send() to the last byte, retries and waiting for a connection included. */
  readonly total: number;
}

export interface ModelConfig {
  /** What clients ask for. */
  readonly id: string;
  readonly aliases: readonly string[];
  /** The first is used. None: the only provider, under the same name. */
  readonly targets: readonly { readonly provider: string; readonly model: string }[];
  readonly price?: ModelPrice | undefined;
}

export interface RetryConfig {
  /** Upstream calls for one reply. 1 = no retry. */
  readonly attemptsMax: number;
  readonly backoffMs: number;
  readonly backoffMsMax: number;
}
