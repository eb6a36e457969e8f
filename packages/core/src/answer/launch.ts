import type { Scope } from '../ids.ts';
import type { SharedFlights } from '../ports/shared-flights.ts';
import type { CallAccount, Upstream } from '../ports/upstream.ts';
import { bodyForUpstream, type PreparedRequest } from '../request/prepare.ts';
import type { ChatCall } from './chat-call.ts';
import { guessOf } from './estimate.ts';
import type { Flight, FlightSource, Flights, Generation } from './flights.ts';
import { LiveReply } from './live-reply.ts';
import { mergeRouting } from './merge-routing.ts';
import type { Outcome, Settled } from './outcome.ts';
import type { PendingAnswers } from './pending-answers.ts';
import { type SettleDeps, type StorePlan, settle } from './settle.ts';

export interface LaunchDeps extends SettleDeps {
  readonly upstream: Upstream;
  readonly pending: PendingAnswers;
  /** Absent: this process shares its upstream calls with no other. */
  readonly sharedFlights?: SharedFlights | undefined;
}

/** Replies outside the cache are kept up to here for their usage figures. */
const BYPASS_RECORD_BYTES = 1_048_576;

type Started = Pick<Flight, 'live' | 'settled' | 'settledNow'>;

function start(recordBytesMax: number, onSettled: (live: LiveReply) => Settled): Started {
  let resolve!: (settled: Settled) => void;
  const settled = new Promise<Settled>((done) => {
    resolve = done;
  });
  let known: Settled | undefined;
  const live = new LiveReply(recordBytesMax, (reply) => {
    known = onSettled(reply);
    resolve(known);
  });
  return { live, settled, settledNow: () => known };
}

function send(call: ChatCall, request: PreparedRequest, live: LiveReply, deps: LaunchDeps): void {
  const { scope, model, stream, controls, prefix } = request;
  const { caller } = call;
  live.attach(
    deps.upstream.send(
      {
        path: '/chat/completions',
        model,
        body: bodyForUpstream(call.body, request.strip),
        madeOf: call.madeOf,
        stream,
        credential: caller.credential,
        headers: call.forward,
        callId: call.callId,
        account: accountOf(call, scope),
        provider: call.provider,
        upstreamKeys: caller.upstreamKeys,
        routing: mergeRouting(caller.routing, controls.routing),
        stickyKey: `${scope.tenant}\n${prefix}`,
        estimate: () => guessOf(request),
        priority: call.priority,
      },
      live,
    ),
  );
}

const accountOf = (
  { requestId, caller: { keyId }, endpoint }: ChatCall,
  { tenant, namespace }: Scope,
): CallAccount => ({ requestId, tenant, keyId, namespace, endpoint });

/** A call whose answer goes to the cache; or, where another process makes that call already, its reply. */
export function launchMiss(
  call: ChatCall,
  plan: StorePlan,
  generation: Generation,
  flights: Flights,
  deps: LaunchDeps,
): Flight {
  const { request } = plan;
  const from: Joined = {};
  const started = start(request.resolved.policy.answerBytesMax, (reply) => {
    deps.pending.end(pending);
    const outcome = settleJoined(reply, { ...plan, outdated: pending.outdated }, from, deps);
    flights.land(request.flightKey, reply);
    return outcome;
  });
  const pending = deps.pending.begin(request, deps.now());
  const { live } = started;
  const flight = { ...started, generation, isOutdated: () => pending.outdated };
  if (deps.sharedFlights !== undefined && generation !== 2 && isShared(request))
    return { ...flight, source: claim(call, request, live, from, deps, deps.sharedFlights) };
  send(call, request, live, deps);
  return { ...flight, source: { own: true, form: formOf(request) } };
}

/**
 * A shared reply may have ended some seconds ago: not for those who bound the age of their answer, nor for `shadow`,
 * which is answered from upstream.
 */
const isShared = ({ controls, resolved }: PreparedRequest): boolean =>
  controls.maxAgeSeconds === undefined && controls.cache !== 'shadow' && resolved.policy.mode !== 'shadow';

const formOf = ({ stream, includeUsage }: PreparedRequest) => ({ stream, includeUsage });

/** Filled in when the reply turns out to come from another process. */
interface Joined {
  role?: 'follower';
  /** It had ended before it was joined. */
  ended?: boolean;
}

async function claim(
  call: ChatCall,
  request: PreparedRequest,
  live: LiveReply,
  from: Joined,
  deps: LaunchDeps,
  sharedFlights: SharedFlights,
): Promise<FlightSource> {
  const form = formOf(request);
  const flight = await sharedFlights.claim(request.flightKey, form);
  live.startedAtMs = performance.now();
  if (flight.role === 'leader') {
    if (!live.done) send(call, request, live, deps);
    flight.share(live);
    return { own: true, form };
  }
  from.role = flight.role;
  from.ended = flight.ended === true;
  if (!live.done) live.attach(flight.follow(live));
  return { own: false, form: flight.form };
}

/**
 * What another process fetched, that one stores. Here it goes into L1, unless it had ended before: its life began then.
 */
function settleJoined(live: LiveReply, plan: StorePlan, from: Joined, deps: LaunchDeps): Settled {
  if (from.role === 'follower')
    return settle(live, { ...plan, follower: true, outdated: plan.outdated === true || from.ended === true }, deps);
  const settled = settle(live, plan, deps);
  const nowMs = deps.now();
  if (deps.sharedFlights !== undefined && settled.answer !== undefined && settled.notStored === undefined)
    live.servableUntilMs = deps.memory.get(plan.request.id, nowMs)?.entry.expiresAtMs ?? 0;
  return settled;
}

/** A call past the cache: nobody joins it. */
export function bypass(call: ChatCall, request: PreparedRequest, reason: string, deps: LaunchDeps): Outcome {
  const { live, settled, settledNow } = start(BYPASS_RECORD_BYTES, (reply) => settle(reply, { bypass: request }, deps));
  send(call, request, live, deps);
  const release = live.hold();
  return {
    kind: 'upstream',
    cache: 'bypass',
    reason,
    live,
    settled,
    settledNow,
    leader: true,
    sameForm: true,
    release,
  };
}
