import { newCallId } from '../answer/call-id.ts';
import type { ChatCall } from '../answer/chat-call.ts';
import type { Client } from '../answer/flights.ts';
import type { Exchange } from '../answer/outcome.ts';
import { NearhitError } from '../errors.ts';
import type { Scope } from '../ids.ts';
import type { FrontApi } from '../ports/endpoint.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import { isObject } from '../reply/answer.ts';
import { AuditAllowance } from './allowance.ts';

/** A question of the house's own. */
export interface AuditCall {
  readonly requestId: string;
  readonly scope: Pick<Scope, 'tenant' | 'namespace'>;
  /** JSON of a chat completion request that neither streams nor says anything about the cache. */
  readonly body: Record<string, unknown>;
  readonly madeOf?: FrontApi | undefined;
  readonly provider?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly budgetUsdDay: number;
  readonly signal: AbortSignal;
}

export interface AuditReply {
  /** The whole `chat.completion` object; absent: there was none, and `why` says why. */
  readonly answer?: Buffer | undefined;
  readonly why?: string | undefined;
  readonly costUsd: number;
}

/** Throws BUDGET_EXCEEDED before anything is asked, STORE_UNAVAILABLE where the budget can't be looked up. */
export type AskAudit = (call: AuditCall) => Promise<AuditReply>;

export interface AskAuditDeps {
  /** With an observer that accounts, and counts no request of a client. */
  readonly answer: (call: ChatCall) => Promise<Exchange>;
  readonly limits: LimitStore;
  readonly onLost: (error: unknown) => void;
}

/** Upstream past the cache, behind all live traffic, on the house's own account. */
export function createAskAudit({ answer, limits, onLost }: AskAuditDeps): AskAudit {
  return async (call) => {
    const { tenant, namespace } = call.scope;
    const callId = newCallId();
    const allowance = new AuditAllowance({ limits, namespace, budgetUsdDay: call.budgetUsdDay, lease: callId, onLost });
    const exchange = await answer({
      ...{ requestId: call.requestId, callId, allowance, endpoint: 'audit', priority: 'batch' },
      ...{ body: bodyOf(call), madeOf: call.madeOf, provider: call.provider },
      headers: call.headers ?? {},
      caller: { tenant, grants: {} },
      forward: { 'x-request-id': callId },
      startedAtMs: performance.now(),
      client: NOBODY,
    });
    try {
      return await replyOf(exchange, call.signal);
    } finally {
      await allowance.settled();
    }
  };
}

const bodyOf = ({ body, scope }: AuditCall): Buffer => {
  const { stream: _, stream_options: __, nearhit, ...asked } = body;
  const routing = isObject(nearhit) ? pick(nearhit, ['routing', 'maxLatencyMs', 'maxCostUsd']) : {};
  return Buffer.from(JSON.stringify({ ...asked, nearhit: { ...routing, cache: 'off', namespace: scope.namespace } }));
};

const pick = (from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));

async function replyOf(exchange: Exchange, signal: AbortSignal): Promise<AuditReply> {
  const { outcome } = exchange;
  if (outcome.kind !== 'upstream') throw new NearhitError('INTERNAL', 'An audit was answered from the cache.');
  const { live, release } = outcome;
  if (signal.aborted) release();
  signal.addEventListener('abort', release, { once: true });
  const settled = await outcome.settled;
  signal.removeEventListener('abort', release);
  release();
  const status = live.head?.status ?? 502;
  exchange.finish({ status, firstByteAtMs: live.headAtMs, endAtMs: live.endAtMs, failed: live.failed });
  if (live.failed || settled.answer === undefined)
    return { why: live.failed ? `status-${status}` : (settled.notStored ?? 'no-answer'), costUsd: settled.costUsd };
  return { answer: settled.answer, costUsd: settled.costUsd };
}

/** It is given up by letting go of its call. */
const NOBODY: Client = { gone: false, onGone() {} };
