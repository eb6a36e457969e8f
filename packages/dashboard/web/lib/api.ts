import { t } from './i18n.ts';
import { loggedOut, session } from './session.ts';

/** The gateway refused, or nobody answered (`status` 0). The message is for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;

  constructor(status: number, code: string | null, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface CallOptions {
  readonly query?: Query | undefined;
  readonly body?: unknown;
  /** Lines of JSON, sent as they are; instead of `body`. */
  readonly lines?: Blob | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** `path` with those parameters that say something. */
export function withQuery(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0
    ? path
    : `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** A request of the logged-in operator; the answer as it came, whatever its status. Throws ApiError when nobody answers. */
export async function send(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (options.lines !== undefined) headers['content-type'] = 'application/x-ndjson';
  if (method !== 'GET') headers['x-nearhit-csrf'] = session.value.csrf ?? '';
  try {
    const response = await fetch(withQuery(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      ...(options.lines !== undefined && { body: options.lines }),
      ...(options.signal && { signal: options.signal }),
    });
    if (response.status === 401) loggedOut();
    return response;
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new ApiError(0, null, t('error.unreachable'));
  }
}

/** The answer's JSON; undefined for 204. Throws ApiError. */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  if (!response.ok) throw await refusalOf(response);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** What a refusal says, in its own words where it has any. */
export async function refusalOf(response: Response): Promise<ApiError> {
  const said: unknown = await response.json().catch(() => undefined);
  const error = (said as { error?: { message?: string; code?: string | null } } | undefined)?.error;
  const message = response.status === 401 ? t('error.session') : error?.message;
  return new ApiError(response.status, error?.code ?? null, message ?? t('error.status', { status: response.status }));
}

/** What to tell people of whatever was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof ApiError ? error.message : t('error.unexpected', { what: String(error) });
}

const ADMIN = '/admin/v1';
export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  call('GET', ADMIN + path, { query, signal });
export const post = <T>(path: string, body: unknown = {}): Promise<T> => call('POST', ADMIN + path, { body });
export const put = <T>(path: string, body: unknown): Promise<T> => call('PUT', ADMIN + path, { body });
export const patch = <T>(path: string, body: unknown): Promise<T> => call('PATCH', ADMIN + path, { body });
export const remove = (path: string): Promise<void> => call('DELETE', ADMIN + path);
