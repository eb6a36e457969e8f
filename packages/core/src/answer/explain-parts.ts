import type { Bar } from '../decide/bar.ts';
import { policyWarnings } from '../policy/schema.ts';
import { volatileMatch } from '../policy/volatile.ts';
import { suggestQuery } from '../rag/suggest.ts';
import type { PreparedRequest } from '../request/prepare.ts';

/** What `explain` tells of a request before any candidate is looked at. */
export function requestParts(request: PreparedRequest): Record<string, unknown> {
  const { resolved, controls, query } = request;
  const warnings = policyWarnings(resolved.policy);
  const suggestion = controls.query === undefined ? suggestQuery(query) : undefined;
  return {
    conversation: conversationPart(request),
    volatile: volatilePart(request),
    ...(suggestion !== undefined && { suggestion }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function conversationPart({ conversation, resolved }: PreparedRequest) {
  const { mode, why, turns, pronoun } = conversation;
  return {
    value: resolved.policy.conversation,
    origin: resolved.origin.conversation,
    inForce: mode,
    why: why ?? null,
    pronoun: pronoun ?? null,
    turns: turns ?? null,
  };
}

function volatilePart({ query, resolved, controls }: PreparedRequest) {
  const match = volatileMatch(query);
  if (match === undefined) return null;
  const { policy, origin } = resolved;
  const ttlSeconds = policy.volatile === 'bypass' ? 0 : (controls.ttlSeconds ?? policy.volatileTtlSeconds);
  return { ...match, policy: policy.volatile, origin: origin.volatile, ttlSeconds };
}

/** The bar that the verifier's probability must reach, and what it rests on; null where it is not asked. */
export function verifierPart({ verified }: Bar, version: string | undefined, budgetOrigin: string) {
  if (verified === undefined) return null;
  const { probabilityMin, similarityWithout, calibration } = verified;
  return {
    version: version ?? null,
    probabilityMin: Number.isFinite(probabilityMin) ? probabilityMin : null,
    similarityWithout,
    calibration: calibration === undefined ? null : { ...calibration, bar: calibration.bar ?? null, budgetOrigin },
  };
}
