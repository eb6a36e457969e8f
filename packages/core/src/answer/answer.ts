import type { AuditChoice, ShadowedEntry } from '../audit/choose.ts';
import { featureOf, NOTHING_SPENT, UNLIMITED } from '../caller.ts';
import { assertGranted } from '../grants.ts';
import type { StoreUpkeep } from '../ports/response-store.ts';
import type { Upstream } from '../ports/upstream.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { newCallId } from './call-id.ts';
import { charged } from './charged.ts';
import type { ChatCall } from './chat-call.ts';
import { estimateOf, guessOf, type TokenCounter } from './estimate.ts';
import { type Client, type Flight, Flights, type Generation } from './flights.ts';
import { Floods } from './floods.ts';
import { thresholdOf } from './judging.ts';
import { bypass, type LaunchDeps, launchMiss } from './launch.ts';
import { exactInMemory, type Found, type LookUpDeps, lookUp } from './look-up.ts';
import { apart, type Mode, mayWrite, modeOf, offReason } from './mode.ts';
import type { Delivery, Exchange, HitOutcome, Outcome, Settled, UpstreamOutcome } from './outcome.ts';
import { type PreparedDeps, prepared } from './prepared.ts';
import { type Looked, recordOf, spentOf } from './record.ts';
import type { StorePlan } from './settle.ts';
import { isUpstreamDown, type StaleFound } from './stale.ts';

export interface AnswerDeps extends LookUpDeps, Omit<LaunchDeps, 'price'>, PreparedDeps {
  readonly upstream: Upstream;
  readonly upkeep: Pick<StoreUpkeep, 'touch'>;
  /** Chooses what is compared with a second answer. Absent: nothing is. */
  readonly audits?: Pick<AuditChoice, 'ofHit' | 'ofShadow'> | undefined;
  readonly lookupTimeoutMs: () => number;
  /** For limits, before a call is made. Absent: guessed from the length of the texts. */
  readonly countTokens?: TokenCounter | undefined;
}

/**
 * The use case. Throws NearhitError for a request that is wrong in itself, that its caller may not make, or that is over
 * its caller's limits; the cache never makes it throw.
 */
export function createAnswer(deps: AnswerDeps): (call: ChatCall) => Promise<Exchange> {
  const answering = new Answering(deps);
  return async (call) => {
    try {
      return await answering.answer(call);
    } catch (error) {
      call.allowance.settle(NOTHING_SPENT);
      throw error;
    }
  };
}

/** One request on its way: what was asked, and where the time went. */
interface Asked {
  readonly call: ChatCall;
  readonly request: PreparedRequest;
  readonly stages: Record<string, number>;
}

class Answering {
  readonly #deps: AnswerDeps;
  readonly #flights = new Flights();
  readonly #floods = new Floods();
  readonly #launching: LaunchDeps;
  /** Shares its calls with no other process. */
  readonly #alone: LaunchDeps;

  constructor(deps: AnswerDeps) {
    this.#deps = deps;
    this.#launching = { ...deps, price: (...of) => deps.upstream.price(...of) };
    this.#alone = { ...this.#launching, sharedFlights: undefined };
  }

  async answer(call: ChatCall): Promise<Exchange> {
    const request = prepared(call, this.#deps);
    const { model, scope } = request;
    assertGranted(call.caller.grants, { feature: featureOf(call.endpoint), model, namespace: scope.namespace });
    const asked = { call, request, stages: {} };
    const mode = modeOf(request, call.caller.grants);
    if (mode === 'off' || request.notCacheable !== undefined) {
      const reason = mode === 'off' ? offReason(request) : `not-cacheable:${request.notCacheable}`;
      if (request.controls.cache === 'only') return this.#end(asked, { kind: 'refused', reason });
      if (call.allowance !== UNLIMITED) await this.#reserve(call, request);
      return this.#end(asked, bypass(call, request, reason, this.#launching));
    }
    const found = await this.#look(asked, mode);
    if (found.kind === 'hit') return this.#end(asked, hit(found, this.#deps));
    if (request.controls.cache === 'only') {
      const { reason, nearest } = found;
      return this.#end(asked, { kind: 'refused', reason, similarity: nearest?.similarity }, found);
    }
    return this.#miss(asked, mode, found);
  }

  /** What may be served from the cache now. Where nothing may, it is still told what lies near: floods are counted by it. */
  async #look({ call, request, stages }: Asked, mode: Mode): Promise<Found> {
    const deps = this.#deps;
    const reads = mode !== 'refresh' && call.caller.grants.cacheRead !== false;
    const cached = reads ? exactInMemory(request, deps) : undefined;
    const found: Found =
      cached === undefined
        ? await lookUp(request, deps, deps.now() + deps.lookupTimeoutMs(), stages, {
            requestId: call.requestId,
            traceparent: call.span,
          })
        : { kind: 'hit', layer: 'l1', cached };
    if (!reads) return unread(found, call.caller.grants.cacheRead === false ? 'key-no-read' : mode);
    if (found.kind === 'none' || mode !== 'shadow') return found;
    const { layer, basis } = found;
    return { kind: 'none', reason: `shadow:${layer}`, nearest: nearestOf(found), basis, shadowed: shadowedOf(found) };
  }

  async #miss(asked: Asked, mode: Mode, found: Missed): Promise<Exchange> {
    const { call, request } = asked;
    const { stale } = found;
    const { staleMode } = request.resolved.policy;
    if (stale !== undefined && mode === 'on' && staleMode === 'while-revalidate' && mayWrite(call)) {
      this.#revalidate(asked, found);
      return this.#end(
        { ...asked, call: { ...call, allowance: told(call) } },
        staleHit(stale, 'revalidating', this.#deps),
      );
    }
    if (call.allowance !== UNLIMITED) await this.#reserve(call, request);
    // Between the look-up and here only limits are awaited: whoever has just finished has left the answer in L1.
    if (mode === 'on') {
      const late = exactInMemory(request, this.#deps);
      if (late !== undefined) return this.#end(asked, hit({ layer: 'l1', cached: late }, this.#deps));
    }
    const outcome = await this.#fly(asked, mode, found, call.client);
    if (stale !== undefined && mode !== 'shadow') {
      await outcome.live.headOrFailure();
      if (isUpstreamDown(outcome.live)) {
        outcome.release();
        return this.#end(asked, staleHit(stale, 'upstream-failed', this.#deps));
      }
    }
    return this.#end(asked, outcome, mode === 'shadow' ? found : { ...found, shadowed: undefined });
  }

  /** One upstream call for all who ask the same at the same time; `refresh` wants one of its own. */
  async #fly({ call, request: asked }: Asked, mode: Mode, found: Missed, client: Client): Promise<UpstreamOutcome> {
    const request = mayWrite(call) ? asked : apart(asked, call);
    const { vector, embeddingModel, exactOnly, storeAway, nearest } = found;
    // The look-up has cost its deadline: to ask for a shared flight where the store is would cost as much again.
    const deps = storeAway ? this.#alone : this.#launching;
    const launch = (generation: Generation): Flight => {
      const plan: StorePlan = {
        traceparent: call.span,
        request,
        vector,
        embeddingModel,
        exactOnly: exactOnly ?? this.#flood(call, request, found),
      };
      return launchMiss(call, plan, generation, this.#flights, deps);
    };
    const { flight, leader, sameForm, release } =
      mode === 'refresh' ? ownFlight(launch(2)) : await this.#flights.board(request.flightKey, request, client, launch);
    return {
      kind: 'upstream',
      cache: 'miss',
      similarity: nearest?.similarity,
      entryId: request.notStored === undefined ? request.id : undefined,
      reason: leader ? found.reason : `joined:${found.reason}`,
      live: flight.live,
      leader,
      sameForm,
      release,
      settled: flight.settled,
      settledNow: flight.settledNow,
    };
  }

  /** Why this answer must not be found by meaning, although its question could be. */
  #flood({ caller }: ChatCall, { id, scope, notStored }: PreparedRequest, found: Missed): string | undefined {
    const { nearest, reason } = found;
    // What would have been served in shadow is asked again by honest people.
    if (notStored !== undefined || reason.startsWith('shadow:')) return undefined;
    const { tenant, namespace, model } = scope;
    const writer = JSON.stringify([caller.keyId ?? '', tenant, namespace, model]);
    const verdict = this.#floods.check({ writer, id, nearest }, this.#deps.now());
    if (verdict === 'calm') return undefined;
    if (verdict === 'begins')
      this.#deps.observer.incident('near-duplicate-flood', { tenant, namespace, model, keyId: caller.keyId });
    return 'flood';
  }

  /** A new answer behind the back of the client, which has got the old one. It counts as a call of whoever asked. */
  #revalidate(asked: Asked, found: Missed): void {
    const call: ChatCall = { ...asked.call, callId: newCallId(), client: NOBODY };
    const refresh = async (): Promise<void> => {
      if (call.allowance !== UNLIMITED) await this.#reserve(call, asked.request);
      const outcome = await this.#fly({ ...asked, call }, 'on', { ...found, reason: 'revalidate' }, NOBODY);
      await outcome.settled;
      outcome.release();
      const { live } = outcome;
      const delivery = { status: live.head?.status ?? 502, firstByteAtMs: live.headAtMs, endAtMs: live.endAtMs };
      this.#end({ ...asked, call }, outcome).finish({ ...delivery, failed: live.failed });
    };
    refresh().catch((error: unknown) => {
      call.allowance.settle({ ...NOTHING_SPENT, hit: true });
      this.#deps.observer.incident('revalidate-failed', error);
    });
  }

  #reserve(call: ChatCall, request: PreparedRequest): Promise<void> {
    const { upstream, countTokens } = this.#deps;
    return call.allowance.reserve(
      () => estimateOf(call.body, request, countTokens),
      (tokens) => charged(tokens, upstream.price(request.model, call.provider)).costUsd,
      () => guessOf(request),
    );
  }

  #end({ call, request, stages }: Asked, outcome: Outcome, found?: Ended): Exchange {
    const threshold = thresholdOf(request, this.#deps);
    const looked: Looked = { nearest: found?.nearest, basis: found?.basis, threshold };
    const finish = (delivery: Delivery, settled?: Settled) => {
      const record = recordOf(call, request, outcome, delivery, looked, settled);
      this.#deps.observer.record(record);
      call.allowance.settle(spentOf(record));
      this.#audit(call, request, outcome, found?.shadowed, settled);
    };
    return {
      requestId: call.requestId,
      request,
      outcome,
      stages,
      headers: () => call.allowance.headers(),
      finish: (delivery) => {
        if (outcome.kind !== 'upstream') return finish(delivery);
        const settled = outcome.settledNow();
        if (settled !== undefined) finish(delivery, settled);
        // Its client has left, and others wait for the end: only then is its cost known.
        else void outcome.settled.then((later) => finish(delivery, later));
      },
    };
  }

  #audit(
    call: ChatCall,
    request: PreparedRequest,
    outcome: Outcome,
    shadowed: ShadowedEntry | undefined,
    settled: Settled | undefined,
  ): void {
    if (outcome.kind === 'hit') this.#deps.audits?.ofHit(call, request, outcome);
    else if (shadowed !== undefined && settled !== undefined)
      this.#deps.audits?.ofShadow(call, request, shadowed, settled);
  }
}

type Missed = Extract<Found, { kind: 'none' }>;
/** What of a look-up is of interest in the end. */
type Ended = Pick<Missed, 'nearest' | 'basis' | 'shadowed'>;

/** Who waits for an answer that nobody waits for. */
const NOBODY: Client = { gone: false, onGone() {} };

/** The same headers; what is used is settled by the call behind. */
const told = ({ allowance }: ChatCall): ChatCall['allowance'] => ({
  ...UNLIMITED,
  headers: () => allowance.headers(),
});

const ownFlight = (flight: Flight) => ({ flight, leader: true, sameForm: true, release: flight.live.hold() });

function unread(found: Found, reason: string): Missed {
  if (found.kind === 'hit') return { kind: 'none', reason, nearest: nearestOf(found), basis: found.basis };
  const { nearest, vector, embeddingModel, exactOnly, storeAway, basis } = found;
  return { kind: 'none', reason, nearest, vector, embeddingModel, exactOnly, storeAway, basis };
}

const nearestOf = ({ cached, similarity }: Extract<Found, { kind: 'hit' }>) => ({
  id: cached.entry.id,
  query: cached.entry.query,
  similarity: similarity ?? 1,
});

/** What would have been served by meaning. */
function shadowedOf({ stage, cached, similarity, score, scorer }: Extract<Found, { kind: 'hit' }>) {
  if (stage !== undefined || similarity === undefined) return undefined;
  return { entry: cached.entry, similarity, score, scorer, served: true };
}

type Served = Pick<HitOutcome, 'layer' | 'cached' | 'similarity' | 'stage' | 'score' | 'scorer' | 'basis'>;

function hit({ layer, cached, similarity, stage, score, scorer, basis }: Served, deps: AnswerDeps): HitOutcome {
  const nowMs = deps.now();
  deps.upkeep.touch([cached.entry.id]);
  const ageSeconds = Math.max(0, Math.floor((nowMs - cached.entry.createdAtMs) / 1000));
  return { kind: 'hit', layer, cached, similarity, stage, score, scorer, basis, ageSeconds };
}

/** Not kept in memory: that gives nothing past its life. */
function staleHit(
  { entry, ...found }: StaleFound,
  stale: NonNullable<HitOutcome['stale']>,
  deps: AnswerDeps,
): HitOutcome {
  return { ...hit({ ...found, cached: { entry, rendered: new Map() } }, deps), stale };
}
