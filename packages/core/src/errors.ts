/** The one table of what can go wrong as a caller sees it. `docs/errors.md` is checked against it by a test. */
export const ERRORS = {
  INVALID_REQUEST: { status: 400, type: 'invalid_request_error', code: null, retryable: false },
  INVALID_JSON: { status: 400, type: 'invalid_request_error', code: 'invalid_json', retryable: false },
  UNSUPPORTED_CONTENT_TYPE: {
    status: 415,
    type: 'invalid_request_error',
    code: 'unsupported_content_type',
    retryable: false,
  },
  BODY_TOO_LARGE: { status: 413, type: 'invalid_request_error', code: 'body_too_large', retryable: false },
  BODY_TIMEOUT: { status: 408, type: 'invalid_request_error', code: 'request_timeout', retryable: true },
  UNAUTHORIZED: { status: 401, type: 'authentication_error', code: 'invalid_api_key', retryable: false },
  FORBIDDEN: { status: 403, type: 'permission_error', code: 'forbidden', retryable: false },
  NOT_FOUND: { status: 404, type: 'invalid_request_error', code: 'not_found', retryable: false },
  NOT_REPLAYABLE: { status: 409, type: 'invalid_request_error', code: 'not_replayable', retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, type: 'invalid_request_error', code: 'method_not_allowed', retryable: false },
  MODEL_NOT_FOUND: { status: 404, type: 'invalid_request_error', code: 'model_not_found', retryable: false },
  RATE_LIMITED: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', retryable: true },
  BUDGET_EXCEEDED: { status: 429, type: 'insufficient_quota', code: 'budget_exceeded', retryable: false },
  COST_LIMIT: { status: 402, type: 'invalid_request_error', code: 'max_cost_exceeded', retryable: false },
  LATENCY_LIMIT: { status: 503, type: 'server_error', code: 'max_latency_unmet', retryable: true },
  CACHE_MISS: { status: 504, type: 'cache_error', code: 'cache_miss', retryable: false },
  CLIENT_GONE: { status: 499, type: 'invalid_request_error', code: 'client_closed_request', retryable: false },
  UPSTREAM_UNREACHABLE: { status: 502, type: 'upstream_error', code: 'upstream_unreachable', retryable: true },
  UPSTREAM_INVALID: { status: 502, type: 'upstream_error', code: 'upstream_invalid_response', retryable: true },
  UPSTREAM_ENDED_EARLY: { status: 502, type: 'upstream_error', code: 'upstream_ended_early', retryable: true },
  UPSTREAM_BUSY: { status: 503, type: 'upstream_error', code: 'upstream_busy', retryable: true },
  UPSTREAM_TIMEOUT: { status: 504, type: 'upstream_error', code: 'upstream_timeout', retryable: true },
  EMBEDDER_BUSY: { status: 503, type: 'server_error', code: 'embedder_busy', retryable: true },
  FLUSH_TIMEOUT: { status: 503, type: 'server_error', code: 'flush_timeout', retryable: true },
  STORE_UNAVAILABLE: { status: 503, type: 'server_error', code: 'store_unavailable', retryable: true },
  SHUTTING_DOWN: { status: 503, type: 'server_error', code: 'shutting_down', retryable: true },
  INTERNAL: { status: 500, type: 'server_error', code: 'internal_error', retryable: true },
} as const satisfies Record<string, { status: number; type: string; code: string | null; retryable: boolean }>;

export type ErrorName = keyof typeof ERRORS;

/** `message` is for the caller: what was wrong, where, what to do. `detail` is for the log and never leaves the house. */
export class NearhitError extends Error {
  readonly kind: ErrorName;
  readonly param: string | null;
  readonly detail: string | undefined;
  /** For how long it is no use to try again; `Retry-After`. */
  readonly retryAfterMs: number | undefined;
  /** name, value, ...: headers that an answer with this error carries beside (`x-ratelimit-*`). */
  readonly headers: readonly string[];

  constructor(
    kind: ErrorName,
    message: string,
    options: {
      param?: string | null;
      detail?: string;
      cause?: unknown;
      retryAfterMs?: number | undefined;
      headers?: readonly string[];
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NearhitError';
    this.kind = kind;
    this.param = options.param ?? null;
    this.detail = options.detail;
    this.retryAfterMs = options.retryAfterMs;
    this.headers = options.headers ?? [];
  }

  get status(): number {
    return ERRORS[this.kind].status;
  }

  /** OpenAI's error object. */
  toBody(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    const { type, code } = ERRORS[this.kind];
    return { error: { message: this.message, type, param: this.param, code } };
  }
}
