import { ERRORS, type ErrorName, NearhitError } from '@nearhit/core';
import { type Exchange, type ExchangeReply, ExchangeTimeout } from './exchange.ts';
import { type Ask, describe, isConnectionLost, type Replica } from './replica.ts';
import type { ReplicaSet } from './replicas.ts';
import { DEADLINE_HEADER, errorAnswer, PATHS, parseAs } from './wire.ts';

/** One idempotent call of a service, whichever replica answers. */
export interface ServiceCall<Facts, Answer>
  extends Pick<Exchange, 'method' | 'path' | 'headers' | 'body' | 'bytesMax'> {
  /** Absolute, on the `Date.now()` clock. Absent: `patienceMs` from now, and the service hears of no deadline. */
  readonly deadlineMs: number | undefined;
  readonly patienceMs: number;
  /** Of the time left, for the first attempt while a second replica stands ready. */
  readonly firstShare: number;
  /** Which one to ask, `tried` left out. */
  readonly pick: (live: readonly Replica<Facts>[], tried?: Replica<Facts>) => Replica<Facts> | undefined;
  /** Undefined: not an answer as it should be; the replica is taken out until it has been asked anew. */
  readonly read: (reply: ExchangeReply, replica: Replica<Facts>) => Answer | undefined;
}

/** How a service's failures are told. `what`: its name in a sentence. */
export interface ServiceFaults {
  readonly what: string;
  readonly unavailable: Extract<ErrorName, 'EMBEDDER_BUSY' | 'STORE_UNAVAILABLE'>;
}

const ATTEMPTS_MAX = 2;
const REFUSES_TOKEN = 'it refuses the internal token';

/**
 * Asks one replica, then another when the first can't answer, all within the deadline. Throws INVALID_REQUEST and
 * BODY_TOO_LARGE as the service said; `unavailable` when nobody answered in time, which is at once when nobody is there.
 */
export async function callService<Facts, Answer>(
  replicas: ReplicaSet<Facts>,
  call: ServiceCall<Facts, Answer>,
  faults: ServiceFaults,
): Promise<Answer> {
  const endMs = call.deadlineMs ?? Date.now() + call.patienceMs;
  if (!(await isInTime(replicas, endMs))) throw tooLate(faults, replicas);
  let tried: Replica<Facts> | undefined;
  let failure: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const replica = call.pick(replicas.live, tried) ?? (isConnectionLost(failure) && tried?.live ? tried : undefined);
    if (replica === undefined) break;
    const leftMs = endMs - Date.now();
    if (leftMs <= 0) throw tooLate(faults, replicas);
    try {
      const reply = await attemptAt(replica, { replicas, call, leftMs, isLast: attempt === ATTEMPTS_MAX });
      const answer = reply.status === 200 ? call.read(reply, replica) : undefined;
      if (answer !== undefined) return answer;
      failure = refusalOf(reply, replica, faults);
    } catch (error) {
      failure = error;
    }
    if (failure instanceof NearhitError && !ERRORS[failure.kind].retryable) throw failure;
    tried = replica;
  }
  throw giveUp(failure, faults, replicas);
}

interface Attempt<Facts> {
  readonly replicas: ReplicaSet<Facts>;
  readonly call: ServiceCall<Facts, unknown>;
  readonly leftMs: number;
  readonly isLast: boolean;
}

/** All the time that is left, or its share while another replica, there from the start or come meanwhile, could try. */
function attemptAt<Facts>(
  replica: Replica<Facts>,
  { replicas, call, leftMs, isLast }: Attempt<Facts>,
): Promise<ExchangeReply> {
  const { method, path, body, bytesMax } = call;
  const hasSpare = (): boolean => call.pick(replicas.live, replica) !== undefined;
  const timeoutMs = isLast ? leftMs : leftMs * call.firstShare;
  const headers = headersFor(call, hasSpare() ? timeoutMs : leftMs);
  const extendMs = (): number => (hasSpare() ? 0 : leftMs - timeoutMs);
  return replica.send({ method, path, body, bytesMax, headers, timeoutMs, extendMs });
}

async function isInTime<Facts>(replicas: ReplicaSet<Facts>, endMs: number): Promise<boolean> {
  const leftMs = endMs - Date.now();
  // Written so that NaN is no time at all.
  return leftMs > 0 && (await replicas.settled(leftMs));
}

/** The service is told a little less, so that its refusal arrives before it is taken for dead. */
function headersFor<F, A>({ headers, deadlineMs }: ServiceCall<F, A>, timeoutMs: number): Record<string, string> {
  if (deadlineMs === undefined) return headers;
  const toldMs = Math.max(1, Math.floor(timeoutMs - Math.min(5, timeoutMs / 10)));
  return { ...headers, [DEADLINE_HEADER]: String(toldMs) };
}

/** What a reply that is no answer means. Not retryable: it would be the same elsewhere. */
function refusalOf<Facts>(
  { status, body }: ExchangeReply,
  replica: Replica<Facts>,
  { what, unavailable }: ServiceFaults,
): NearhitError {
  const error = parseAs(errorAnswer, body)?.error;
  if (status === 400 || status === 413) {
    const kind = status === 413 ? 'BODY_TOO_LARGE' : 'INVALID_REQUEST';
    return new NearhitError(kind, error?.message ?? `${what} refused the request.`, { param: error?.param ?? null });
  }
  if (status === 503 && error?.code !== ERRORS.SHUTTING_DOWN.code) {
    return new NearhitError(unavailable, error?.message ?? `${what} is busy.`);
  }
  const problem = status === 401 ? REFUSES_TOKEN : `it answered ${status} (${error?.code ?? 'not as it should'})`;
  replica.suspend(problem);
  return new NearhitError(unavailable, `${what} can not answer now.`, { detail: `${replica.address}: ${problem}` });
}

function giveUp<Facts>(failure: unknown, faults: ServiceFaults, replicas: ReplicaSet<Facts>): NearhitError {
  if (replicas.closed) return new NearhitError('SHUTTING_DOWN', `The client of ${faults.what} is closed.`);
  if (failure instanceof NearhitError) return failure;
  if (failure instanceof ExchangeTimeout) return tooLate(faults, replicas);
  const problems = replicas.problems();
  const detail = failure === undefined ? problems : `${describe(failure)}; ${problems}`;
  return new NearhitError(faults.unavailable, `${faults.what} can not be reached.`, { detail });
}

function tooLate<Facts>({ what, unavailable }: ServiceFaults, replicas: ReplicaSet<Facts>): NearhitError {
  if (replicas.closed) return new NearhitError('SHUTTING_DOWN', `The client of ${what} is closed.`);
  return new NearhitError(unavailable, `${what} did not answer by the deadline.`, { detail: replicas.problems() });
}

/** What a replica answers at `path`. Rejects unless it says that it can serve, and knows the internal token. */
export async function inspect(ask: Ask, path: string, authorization: string): Promise<Buffer> {
  const readiness = await ask(PATHS.readyz);
  if (readiness.status !== 200) throw new Error(`${PATHS.readyz} answered ${readiness.status}`);
  const { status, body } = await ask(path, { authorization });
  if (status !== 200) throw new Error(status === 401 ? REFUSES_TOKEN : `${path} answered ${status}`);
  return body;
}
