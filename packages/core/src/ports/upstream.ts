import type { NearhitError } from '../errors.ts';

export interface UpstreamCall {
  readonly path: '/chat/completions' | '/embeddings';
  /** As the client asked for it. */
  readonly model: string;
  /** JSON to send, byte for byte unless the route renames the model. */
  readonly body: Buffer;
  readonly stream: boolean;
  /** The client's own bearer token, used when the provider has no key of the house. */
  readonly credential?: string | undefined;
  /** Client headers that may go on (`accept-language`, `openai-organization`, `openai-project`, `x-request-id`, ...). */
  readonly headers: Readonly<Record<string, string>>;
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
}

/** Called in order: onHead once, onData any number of times, then onEnd or onError once. Or onError alone. */
export interface UpstreamSink {
  onHead(head: UpstreamHead): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: NearhitError): void;
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
}

export interface ModelPrice {
  readonly inputUsdPerMTok: number;
  readonly cachedInputUsdPerMTok?: number | undefined;
  readonly outputUsdPerMTok: number;
}

export interface Upstream {
  /** Never throws and never calls the sink before it returns: failures reach `onError`, MODEL_NOT_FOUND too. */
  send(call: UpstreamCall, sink: UpstreamSink): UpstreamFlow;
  /** Models that clients may name, from configuration and, where a provider lists them, from it (cached a while). */
  models(): Promise<ModelInfo[]>;
  /** Undefined when unknown: the call is then counted with 0 USD. */
  price(model: string): ModelPrice | undefined;
  /** True when the model's provider is called with the client's own credential because the house has none. */
  usesClientCredential(model: string): boolean;
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
}
