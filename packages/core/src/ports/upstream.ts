import type { NearhitError } from '../errors.ts';
import type { Endpoint, FrontApi } from './endpoint.ts';

/** How a target is chosen among those that may answer. */
export type RoutingPolicy = 'priority' | 'weighted' | 'cost' | 'latency' | 'balanced';

/** What a request, its key or its tenant says about where it may go. Absent: as the model has it. */
export interface RoutingPreference {
  readonly policy?: RoutingPolicy | undefined;
  /** Expected total latency of a target at most this. */
  readonly maxLatencyMs?: number | undefined;
  /** Estimated cost of the call at most this. */
  readonly maxCostUsd?: number | undefined;
}

/** Tokens that a call will need, before it is made. */
export interface TokenEstimate {
  readonly promptTokens: number;
  /** The request's own limit, else a guess. */
  readonly completionTokens: number;
}

/** For whom a call is made. */
export interface CallAccount {
  readonly requestId: string;
  readonly tenant: string;
  readonly keyId?: string | undefined;
  readonly namespace: string;
  readonly endpoint: Endpoint;
}

export interface UpstreamCall {
  readonly path: '/chat/completions' | '/embeddings';
  /** As the client asked for it. */
  readonly model: string;
  /** JSON to send, byte for byte unless the route renames the model or the provider speaks another dialect. */
  readonly body: Buffer;
  /**
   * The API of the request that `body` was made of here: it may hold what OpenAI has no field for. Absent: a client of
   * chat completions wrote it.
   */
  readonly madeOf?: FrontApi | undefined;
  readonly stream: boolean;
  /** The client's own bearer token, used when the provider has no key of the house. */
  readonly credential?: string | undefined;
  /** Client headers that may go on (`accept-language`, `openai-organization`, `openai-project`, `x-request-id`, ...). */
  readonly headers: Readonly<Record<string, string>>;
  /** Names this call in accounts and traces; unique. */
  readonly callId?: string | undefined;
  /** On whose account it goes, should nothing more be heard of it. */
  readonly account?: CallAccount | undefined;
  /** The one provider that may answer, whatever the model (`/{provider}/v1/...`). */
  readonly provider?: string | undefined;
  /** By provider id: credentials of the caller's tenant, instead of the house's. */
  readonly upstreamKeys?: Readonly<Record<string, string>> | undefined;
  readonly routing?: RoutingPreference | undefined;
  /** Equal keys go to the same target while it is well, for the provider's own prompt cache. */
  readonly stickyKey?: string | undefined;
  /** Asked for only when something depends on it. */
  readonly estimate?: (() => TokenEstimate) | undefined;
  /** `batch` waits behind `live` where places are few. */
  readonly priority?: 'live' | 'batch' | undefined;
}

/** One upstream call of those that a reply took. */
export interface RouteAttempt {
  readonly provider: string;
  /** The provider's name for the model. */
  readonly model: string;
  /** `ok`, or why it was given up: `status-429`, `timeout`, `connection`, `invalid`, `hedged` ... */
  readonly outcome: string;
  readonly status?: number | undefined;
  readonly startedAtMs: number;
  readonly latencyMs: number;
}

/** Why a reply came from where it came. */
export interface RouteDecision {
  readonly policy: RoutingPolicy;
  /** In the order in which they were to be asked. `score`: lower is better; `why`: what spoke for or against it. */
  readonly ranked: readonly {
    readonly provider: string;
    readonly model: string;
    readonly score?: number | undefined;
    readonly why?: string | undefined;
  }[];
  readonly attempts: readonly RouteAttempt[];
}

export interface UpstreamHead {
  readonly status: number;
  /** Lower-case names; hop-by-hop headers, cookies and `content-length` of a changed body are gone. */
  readonly headers: Readonly<Record<string, string>>;
  readonly provider: string;
  /** The provider's name for the model. */
  readonly model: string;
  /** Upstream calls made for this reply, retries included. */
  readonly attempts: number;
  /** Of the target that answers; absent when it has none. */
  readonly price?: ModelPrice | undefined;
}

/** Called in order: onHead once, onData any number of times, then onEnd or onError once. Or onError alone. */
export interface UpstreamSink {
  onHead(head: UpstreamHead): void;
  onData(chunk: Buffer): void;
  /**
   * `json`: what JSON.parse gives for the whole body, where it had to be read before it was passed on, so that nobody has
   * to parse it again. Not to be changed. Absent: nobody has read it.
   */
  onEnd(json?: unknown): void;
  onError(error: NearhitError): void;
  /** Once, before onHead or a lone onError, when a route was looked for. */
  onRoute?(decision: RouteDecision): void;
}

/** Control over a running call. All are safe to call at any time and more than once. */
export interface UpstreamFlow {
  pause(): void;
  resume(): void;
  /** Cancels the call upstream; the sink hears nothing more. */
  abort(): void;
}

export interface ModelInfo {
  readonly id: string;
  readonly provider: string;
  readonly created: number;
  /** Another name of this model. */
  readonly aliasOf?: string | undefined;
  readonly contextTokens?: number | undefined;
  readonly price?: ModelPrice | undefined;
}

/** USD per million tokens. */
export interface ModelPrice {
  readonly inputUsdPerMTok: number;
  readonly cachedInputUsdPerMTok?: number | undefined;
  readonly outputUsdPerMTok: number;
}

export interface Upstream {
  /** Never throws and never calls the sink before it returns: failures reach `onError`, MODEL_NOT_FOUND too. */
  send(call: UpstreamCall, sink: UpstreamSink): UpstreamFlow;
  /**
   * Models that clients may name, from configuration and, where a provider lists them, from it (cached a while).
   * `provider`: those that may be asked of this one by its path.
   */
  models(provider?: string): Promise<ModelInfo[]>;
  /**
   * Undefined when unknown: the call is then counted with 0 USD. Of the target asked first, where they differ. `provider`:
   * the one that the call is pinned to.
   */
  price(model: string, provider?: string): ModelPrice | undefined;
  /**
   * True when the model's provider, or the one named, is called with the client's own credential because the house has
   * none.
   */
  usesClientCredential(model: string, provider?: string): boolean;
  /** For /readyz, the banner and the admin plane. */
  providers(): ProviderStatus[];
  close(): Promise<void>;
}

export interface ProviderStatus {
  readonly id: string;
  readonly kind: string;
  readonly baseUrl: string;
  readonly requests: number;
  readonly errors: number;
  readonly inFlight: number;
  /** What is known of its targets. Empty where nothing was asked yet. */
  readonly targets?: readonly TargetStatus[] | undefined;
  /** What is wrong with it, for an operator: `key ...3f was refused (401)`. */
  readonly alarms?: readonly string[] | undefined;
}

/** One provider's model as the router sees it. */
export interface TargetStatus {
  readonly model: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Weighted number of calls that the figures rest on. */
  readonly samples: number;
  readonly firstTokenMs?: number | undefined;
  readonly totalMs?: number | undefined;
  /** 0..1 */
  readonly errorRate?: number | undefined;
  readonly inFlight: number;
}
