import type { Observer } from '@nearhit/core';
import type { Logger } from 'pino';

/** At most one line per incident and this long; the counters count the rest. */
const QUIET_MS = 10_000;

/** Incidents into the log: names and reasons, never a prompt, a key or an answer. Requests at level debug. */
export function createLogObserver(log: Logger, now: () => number): Observer {
  const lastAtMs = new Map<string, number>();
  return {
    record(decision) {
      if (!log.isLevelEnabled('debug')) return;
      const { requestId, namespace, model, outcome, layer, reason, status, latencyMs, overheadMs } = decision;
      log.debug({ requestId, namespace, model, outcome, layer, reason, status, latencyMs, overheadMs }, 'request');
    },
    incident(name, detail) {
      const nowMs = now();
      if (nowMs - (lastAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
      lastAtMs.set(name, nowMs);
      log.warn({ incident: name, why: whyOf(detail) }, 'survived');
    },
  };
}

function whyOf(detail: unknown): unknown {
  if (!(detail instanceof Error)) return detail;
  // What a caller is not told, and whoever reads the log needs most.
  const { detail: more } = detail as { readonly detail?: unknown };
  return typeof more === 'string' && more !== '' ? `${detail.message}: ${more}` : detail.message;
}
