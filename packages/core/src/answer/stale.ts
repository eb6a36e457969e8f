import type { Entry } from '../entry.ts';
import { documentKey } from '../key/fingerprint.ts';
import type { Layer, Stage } from '../ports/observer.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import type { LiveReply } from './live-reply.ts';

/** An answer past its life that its policy still lets be served when there is no other. */
export interface StaleFound {
  readonly layer: Layer;
  readonly entry: Entry;
  readonly similarity?: number | undefined;
  readonly stage?: Stage | undefined;
}

/** Why an entry may not be served to this request, or undefined. */
export function unservable(entry: Entry, request: PreparedRequest, nowMs: number): string | undefined {
  if (entry.expiresAtMs <= nowMs) return 'expired';
  const { maxAgeSeconds } = request.controls;
  if (maxAgeSeconds !== undefined && nowMs - entry.createdAtMs > maxAgeSeconds * 1000) return 'expired';
  return restsOnGiven(entry, request) ? undefined : 'context';
}

/** Expired and kept. Whoever bounds the age of an answer wants none that is past its life. */
export function isStaleServable(entry: Entry, request: PreparedRequest, nowMs: number): boolean {
  return (
    entry.expiresAtMs <= nowMs &&
    nowMs < entry.staleUntilMs &&
    request.controls.maxAgeSeconds === undefined &&
    restsOnGiven(entry, request)
  );
}

/** Whoever found it, an answer never leaves its scope and fingerprint. */
export function sameScope(entry: Entry, request: PreparedRequest): boolean {
  const { tenant, namespace, model } = request.scope;
  return (
    entry.fingerprint === request.fingerprint &&
    entry.scope.tenant === tenant &&
    entry.scope.namespace === namespace &&
    entry.scope.model === model
  );
}

function restsOnGiven(entry: Entry, request: PreparedRequest): boolean {
  if (request.resolved.policy.contextMatch !== 'subset') return true;
  const given = new Set(request.context.map(documentKey));
  return entry.context.every((document) => given.has(documentKey(document)));
}

/** Nobody upstream could answer, and nothing of an answer has gone out. */
export function isUpstreamDown({ state, head }: LiveReply): boolean {
  if (head === undefined) return state === 'failed';
  return head.status === 408 || head.status === 429 || head.status >= 500;
}
