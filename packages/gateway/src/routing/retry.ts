import type { RetryConfig } from '../config.ts';

/**
 * What a provider's status means for the call.
 * `answer`: the client's; `limited`: this key has had its share; `refused`: the house's credential is not good;
 * `failed`: another try may do better.
 */
export type Verdict = 'answer' | 'limited' | 'refused' | 'failed';

/** The request's own fault: no other call would fare better. */
const NEVER = new Set([400, 404, 413, 422]);
const REFUSED = new Set([401, 402, 403]);
const FAILED = new Set([408, 409, 425]);

type Headers = Readonly<Record<string, string>>;

/** `houseKey`: the credential was the house's, not the caller's. */
export function verdictOf(status: number, headers: Headers, houseKey: boolean): Verdict {
  if (status < 400 || NEVER.has(status)) return 'answer';
  if (REFUSED.has(status)) return houseKey ? 'refused' : 'answer';
  if (status === 429) return 'limited';
  if (FAILED.has(status) || status >= 500 || headers['x-should-retry'] === 'true') return 'failed';
  return 'answer';
}

/** True when the provider says that asking it again is of no use. */
export const forbidsRetry = (headers: Headers): boolean => headers['x-should-retry'] === 'false';

/** From `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. Undefined when it says nothing of use. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const inMs = Number.parseFloat(headers['retry-after-ms'] ?? '');
  if (inMs >= 0) return inMs;
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  // HTTP dates begin with the day's name (RFC 9110, 5.6.7); Date.parse would take much that is none.
  const at = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** Before round 2, 3 ... of the targets: exponential, full jitter (anything from nothing up to the bound). */
export function backoffMs({ backoffMs, backoffMsMax }: RetryConfig, round: number, random: () => number): number {
  return random() * Math.min(backoffMsMax, backoffMs * 2 ** (round - 2));
}
