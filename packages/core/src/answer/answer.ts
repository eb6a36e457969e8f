import { hash } from 'node:crypto';
import type { TenantId } from '../ids.ts';
import type { PolicyService } from '../policy/service.ts';
import type { CachedEntry, Memo } from '../ports/memory-cache.ts';
import type { Layer } from '../ports/observer.ts';
import type { Upstream } from '../ports/upstream.ts';
import { CONTROL_HEADERS } from '../request/controls.ts';
import { type PreparedRequest, prepare } from '../request/prepare.ts';
import type { ChatCall } from './chat-call.ts';
import { type Flight, Flights, type Generation } from './flights.ts';
import { bypass, type LaunchDeps, launchMiss } from './launch.ts';
import { exactInMemory, type Found, type LookUpDeps, lookUp } from './look-up.ts';
import type { Exchange, HitOutcome, Outcome } from './outcome.ts';
import { recordOf } from './record.ts';
import type { StorePlan } from './settle.ts';

export interface AnswerDeps extends LookUpDeps, Omit<LaunchDeps, 'price'> {
  readonly policies: PolicyService;
  /** What the same bytes meant last time. */
  readonly prepared: Memo<{ request: PreparedRequest; policyVersion: number }>;
  readonly lookupTimeoutMs: () => number;
}

/** Bodies above this are prepared anew each time: the memo is for many small ones. */
const MEMO_BODY_BYTES_MAX = 65_536;

/** The use case. Throws NearhitError for a request that is wrong in itself; the cache never makes it throw. */
export function createAnswer(deps: AnswerDeps): (call: ChatCall) => Promise<Exchange> {
  const flights = new Flights();
  const launchDeps: LaunchDeps = { ...deps, price: (model) => deps.upstream.price(model) };
  const aloneDeps: LaunchDeps = { ...launchDeps, sharedFlights: undefined };

  return async function answer(call: ChatCall): Promise<Exchange> {
    const request = prepared(call, deps);
    const stages: Record<string, number> = {};
    const end = (outcome: Outcome, nearest?: { id: string; query: string }): Exchange => ({
      requestId: call.requestId,
      request,
      outcome,
      stages,
      rateHeaders: () => call.allowance.headers(),
      finish: (delivery) =>
        void recordOf(call, request, outcome, delivery, nearest).then((record) => deps.observer.record(record)),
    });

    const mode = modeOf(request);
    if (mode === 'off' || request.notCacheable !== undefined) {
      const reason = mode === 'off' ? offReason(request) : `not-cacheable:${request.notCacheable}`;
      if (request.controls.cache === 'only') return end({ kind: 'refused', reason });
      return end(bypass(call, request, reason, launchDeps));
    }
    let found: Found = { kind: 'none', reason: mode };
    if (mode !== 'refresh') {
      const cached = exactInMemory(request, deps);
      if (cached !== undefined) found = { kind: 'hit', layer: 'l1', cached };
      else found = await lookUp(request, deps, deps.now() + deps.lookupTimeoutMs(), stages);
    }
    if (found.kind === 'hit' && mode !== 'shadow') return end(hit(found.layer, found.cached, found.similarity, deps));
    if (found.kind === 'hit') found = { kind: 'none', reason: `shadow:${found.layer}`, nearest: shadowed(found) };
    const { nearest } = found;
    if (request.controls.cache === 'only')
      return end({ kind: 'refused', reason: found.reason, similarity: nearest?.similarity }, nearest);

    // Between the look-up and here nothing is awaited: whoever has just finished has left the answer in L1.
    if (mode === 'on') {
      const late = exactInMemory(request, deps);
      if (late !== undefined) return end(hit('l1', late, undefined, deps));
    }
    const { vector, embeddingModel, exactOnly, storeAway } = found;
    const plan: StorePlan = { request, vector, embeddingModel, exactOnly };
    // The look-up has cost its deadline: to ask for a shared flight where the store is would cost as much again.
    const launching = storeAway ? aloneDeps : launchDeps;
    const launch = (generation: Generation) => launchMiss(call, plan, generation, flights, launching);
    const boarded = await boardOrFly(flights, mode, call, request, launch);
    return end(
      {
        kind: 'upstream',
        cache: 'miss',
        reason: boarded.leader ? found.reason : `joined:${found.reason}`,
        similarity: nearest?.similarity,
        entryId: request.id,
        live: boarded.flight.live,
        leader: boarded.leader,
        sameForm: boarded.sameForm,
        release: boarded.release,
        settled: boarded.flight.settled,
      },
      nearest,
    );
  };
}

/** `refresh` wants an answer of its own; everyone else shares. */
async function boardOrFly(
  flights: Flights,
  mode: string,
  call: ChatCall,
  request: PreparedRequest,
  launch: (generation: Generation) => Flight,
) {
  if (mode !== 'refresh') return flights.board(request.flightKey, request, call.client, launch);
  const flight = launch(2);
  return { flight, leader: true, sameForm: true, release: flight.live.hold() };
}

type Mode = 'on' | 'off' | 'refresh' | 'only' | 'shadow';

/** The operator's `off` and `shadow` stand; within them the request chooses, and `only` never goes upstream. */
function modeOf({ controls, resolved }: PreparedRequest): Mode {
  const { mode } = resolved.policy;
  if (mode === 'off' || controls.cache === 'off') return 'off';
  if (mode === 'shadow') return 'shadow';
  return controls.cache ?? 'on';
}

const offReason = ({ resolved }: PreparedRequest): string =>
  resolved.policy.mode === 'off' ? 'policy-off' : 'cache-off';

const shadowed = ({ cached, similarity }: Extract<Found, { kind: 'hit' }>) => ({
  id: cached.entry.id,
  query: cached.entry.query,
  similarity: similarity ?? 1,
});

function hit(layer: Layer, cached: CachedEntry, similarity: number | undefined, deps: AnswerDeps): HitOutcome {
  const nowMs = deps.now();
  deps.upkeep.touch([cached.entry.id], nowMs);
  return {
    kind: 'hit',
    layer,
    cached,
    similarity,
    ageSeconds: Math.max(0, Math.floor((nowMs - cached.entry.createdAtMs) / 1000)),
  };
}

/** The same bytes under the same controls, credential and policies mean the same request. */
function prepared(call: ChatCall, deps: AnswerDeps): PreparedRequest {
  const tenantOf = (model: string) => tenant(call, model, deps.upstream);
  if (call.body.length > MEMO_BODY_BYTES_MAX)
    return prepare({ body: call.body, headers: call.headers, tenantOf }, deps.policies);
  let controls = callerKey(call);
  for (const name of CONTROL_HEADERS) controls += `\n${call.headers[name] ?? ''}`;
  const key = hash('sha256', call.body, 'base64') + hash('sha256', controls, 'base64');
  const known = deps.prepared.get(key);
  if (known?.policyVersion === deps.policies.version) return known.request;
  const request = prepare({ body: call.body, headers: call.headers, tenantOf }, deps.policies);
  deps.prepared.set(key, { request, policyVersion: deps.policies.version });
  return request;
}

/** Whoever pays the provider with a key of their own has a cache of their own. */
function tenant(call: ChatCall, model: string, upstream: Upstream): TenantId {
  const { tenant: own, credential } = call.caller;
  if (credential === undefined || !upstream.usesClientCredential(model)) return own;
  return `own-${hash('sha256', credential).slice(0, 32)}` as TenantId;
}

/** What of the caller and the door shapes a prepared request. */
const callerKey = ({ caller: { tenant: own, credential = '', thresholdFloor = 0 }, provider = '' }: ChatCall): string =>
  `${own}\n${credential}\n${provider}\n${thresholdFloor}`;
