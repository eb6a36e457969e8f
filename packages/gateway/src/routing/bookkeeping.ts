import type { ErrorName, NearhitError } from '@nearhit/core';
import { keyName } from '../provider/key-ring.ts';
import type { Attempt } from './attempt.ts';
import { retryAfterMs, type Verdict } from './retry.ts';

/** A house's credential that a provider does not take. */
export interface ProviderAlarm {
  readonly provider: string;
  readonly model: string;
  readonly status: number;
  /** For an operator: which key, and what became of it. */
  readonly message: string;
}

/** A limit of which the provider does not say when it ends. */
const COOL_MS = 1_000;
/** Nothing that a provider says keeps a key out for longer. */
const COOL_MS_MAX = 3_600_000;

/** Faults that say nothing of the target. */
const NOT_ITS_FAULT: ReadonlySet<ErrorName> = new Set([
  'INVALID_REQUEST',
  'INTERNAL',
  'SHUTTING_DOWN',
  'UPSTREAM_BUSY',
]);

const OUTCOMES: Partial<Record<ErrorName, string>> = {
  UPSTREAM_TIMEOUT: 'timeout',
  UPSTREAM_UNREACHABLE: 'connection',
  UPSTREAM_ENDED_EARLY: 'cut',
  UPSTREAM_INVALID: 'invalid',
  UPSTREAM_BUSY: 'busy',
  INVALID_REQUEST: 'unsupported',
};

export const outcomeOf = ({ kind }: NearhitError): string => OUTCOMES[kind] ?? 'failed';

/** The attempt goes out. `wallMs`: since 1970, for the record. */
export function open(attempt: Attempt, nowMs: number, wallMs: number): void {
  const { state } = attempt.link.target;
  attempt.sentAtMs = nowMs;
  attempt.startedAtMs = wallMs;
  attempt.probe = state.breaker.begin(nowMs);
  state.inFlight++;
}

/** The attempt is over, whatever came of it. */
export function close(attempt: Attempt, outcome: string, nowMs: number): void {
  attempt.outcome = outcome;
  attempt.latencyMs = attempt.tookMs(nowMs);
  if (attempt.sentAtMs !== undefined) attempt.link.target.state.inFlight--;
}

/** A reply goes to the client: its target is there, and takes the key. */
export function noteAnswer(attempt: Attempt): void {
  const { provider, state } = attempt.link.target;
  state.breaker.succeeded(attempt.probe);
  attempt.probe = false;
  if (!attempt.houseKey) return;
  provider.keys.accepted(attempt.apiKey);
  if (state.alarm !== undefined) state.forgive();
}

/** A reply has gone to the client as a whole. */
export function noteEnd(attempt: Attempt, nowMs: number): void {
  if (attempt.refused) return;
  const { statistics } = attempt.link.target.state;
  statistics.errors.add(0, nowMs);
  // How fast it says no is nothing to choose it for.
  if (attempt.status >= 300) return;
  statistics.totalMs.add(attempt.tookMs(nowMs), nowMs);
  if (attempt.streamed) statistics.firstTokenMs.add(attempt.tookMs(attempt.firstDataAtMs ?? nowMs), nowMs);
}

export function noteError(attempt: Attempt, error: NearhitError, nowMs: number): void {
  const { breaker, statistics } = attempt.link.target.state;
  if (NOT_ITS_FAULT.has(error.kind)) breaker.undecided(attempt.probe);
  else {
    statistics.errors.add(1, nowMs);
    breaker.failed(attempt.probe, nowMs);
  }
  attempt.probe = false;
}

/** The attempt was given up before anybody could know. */
export function noteGivenUp(attempt: Attempt): void {
  attempt.link.target.state.breaker.undecided(attempt.probe);
  attempt.probe = false;
}

/** A status that is no answer. `wallMs`: since 1970, for dates. Answers an alarm that is news. */
export function noteVerdict(
  attempt: Attempt,
  verdict: Exclude<Verdict, 'answer'>,
  nowMs: number,
  wallMs: number,
): ProviderAlarm | undefined {
  const { provider, state } = attempt.link.target;
  attempt.refused = true;
  const waitMs = retryAfterMs(attempt.headers, wallMs);
  if (waitMs !== undefined) attempt.link.notBeforeMs = nowMs + waitMs;
  if (verdict === 'refused') {
    state.breaker.undecided(attempt.probe);
    attempt.probe = false;
    return refused(attempt, nowMs);
  }
  state.statistics.errors.add(1, nowMs);
  if (verdict === 'failed') state.breaker.failed(attempt.probe, nowMs);
  else {
    // Whoever counts our calls is there.
    state.breaker.succeeded(attempt.probe);
    if (attempt.houseKey) provider.keys.limit(attempt.apiKey, nowMs + Math.min(waitMs ?? COOL_MS, COOL_MS_MAX));
  }
  attempt.probe = false;
  return undefined;
}

/** 403 is about this model; 401 and 402 are about the key, whatever it is used for. */
function refused({ apiKey = '', status, link }: Attempt, nowMs: number): ProviderAlarm | undefined {
  const { provider, model, state } = link.target;
  const news = status === 403 ? state.refuse(apiKey, status, nowMs) : provider.keys.refuse(apiKey, status, nowMs);
  if (!news) return undefined;
  const what = status === 403 ? `model ${model} was refused to ${keyName(apiKey)}` : `${keyName(apiKey)} was refused`;
  const message = `Provider ${provider.id}: ${what} (${status}); others are asked while there are any.`;
  return { provider: provider.id, model, status, message };
}
