import type { DecisionRecord, Observer } from '@nearhit/core';
import type { Logger } from 'pino';
import { scrubbed } from './scrub.ts';

/** At most one line per incident and this long; the counters count the rest. */
const QUIET_MS = 10_000;

export interface LogSettings {
  /** One line per request at level info. */
  readonly requests: boolean;
  /** Its question goes with it. */
  readonly prompts: boolean;
}

const SILENT: LogSettings = { requests: false, prompts: false };

/**
 * Into the log: one line per request where `settings` says so, and incidents, with names and reasons and never a key or an
 * answer; a question only where `settings.prompts` is on. Where request lines are off, level debug has them all the same.
 */
export function createLogObserver(
  log: Logger,
  now: () => number,
  settings: () => LogSettings = () => SILENT,
): Observer {
  const lastAtMs = new Map<string, number>();
  return {
    record(decision) {
      const { requests, prompts } = settings();
      const level = requests ? 'info' : 'debug';
      if (log.isLevelEnabled(level)) log[level](lineOf(decision, prompts), 'request');
    },
    incident(name, detail) {
      const nowMs = now();
      if (nowMs - (lastAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
      lastAtMs.set(name, nowMs);
      log.warn({ incident: name, why: whyOf(detail) }, 'survived');
    },
  };
}

/** Absent fields are left out by pino. */
function lineOf(decision: DecisionRecord, prompts: boolean): object {
  const { usage, provider, upstreamModel, similarity } = decision;
  return {
    requestId: decision.requestId,
    callId: decision.id,
    tenant: decision.tenant,
    keyId: decision.keyId,
    namespace: decision.namespace,
    endpoint: decision.endpoint ?? 'chat',
    model: decision.model,
    target: provider === undefined ? undefined : `${provider}/${upstreamModel ?? decision.model}`,
    attempts: decision.attempts,
    outcome: decision.outcome,
    layer: decision.layer,
    stage: decision.stage,
    reason: decision.reason,
    similarity: similarity === undefined ? undefined : rounded(similarity, 4),
    shared: decision.shared,
    stream: decision.stream,
    status: decision.status,
    promptTokens: usage?.promptTokens,
    completionTokens: usage?.completionTokens,
    costUsd: decision.costUsd,
    savedUsd: decision.savedUsd,
    latencyMs: rounded(decision.latencyMs, 3),
    firstByteMs: rounded(decision.firstByteMs, 3),
    overheadMs: rounded(decision.overheadMs, 3),
    prompt: prompts ? decision.query : undefined,
  };
}

function rounded(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

function whyOf(detail: unknown): unknown {
  if (!(detail instanceof Error)) return typeof detail === 'string' ? scrubbed(detail) : detail;
  // What a caller is not told, and whoever reads the log needs most.
  const { detail: more } = detail as { readonly detail?: unknown };
  return scrubbed(typeof more === 'string' && more !== '' ? `${detail.message}: ${more}` : detail.message);
}
