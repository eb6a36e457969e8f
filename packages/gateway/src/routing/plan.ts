import {
  NearhitError,
  type RouteDecision,
  type RoutingPolicy,
  type TokenEstimate,
  type UpstreamCall,
} from '@nearhit/core';
import type { RoutingWeights } from '../config.ts';
import type { Clock } from './clock.ts';
import { type RankContext, type Ranked, rank } from './rank.ts';
import { stickyChoice } from './sticky.ts';
import { costUsd, fitnessOf, type Target } from './target.ts';

/** Where the calls for one model may go. */
export interface Route {
  readonly policy: RoutingPolicy;
  readonly weights: RoutingWeights;
  readonly sticky: boolean;
  readonly hedgeAfterMs: number | undefined;
  /** The model's own targets, at least one. */
  readonly own: readonly Target[];
  /** Those of its fallbacks, in order. */
  readonly fallbacks: readonly Target[];
}

/** The order of one call. */
export interface Plan {
  readonly policy: RoutingPolicy;
  /** To be asked. Empty when none is fit to be. */
  readonly ranked: readonly Ranked[];
  /** To be asked when all of those have failed. */
  readonly reserve: readonly Ranked[];
  /** Not to be asked, and why. */
  readonly leftOut: readonly Ranked[];
}

/** Of the calls of a policy that goes by what is known, so many find out about a target of which little is. */
const EXPLORED_SHARE = 0.03;
/** A target whose statistics rest on less is cold. */
const COLD_SAMPLES = 5;
/** Statistics that rest on less exclude nobody. */
const TRUSTED_SAMPLES = 3;
/** Assumed where the call can't say. */
const ESTIMATE_UNKNOWN: TokenEstimate = { promptTokens: 1_000, completionTokens: 300 };
const NOBODY: readonly Ranked[] = [];

/** No target fits what the call allows. */
export class NothingFits extends Error {
  /** COST_LIMIT or LATENCY_LIMIT. */
  readonly error: NearhitError;
  readonly decision: RouteDecision;

  constructor(error: NearhitError, policy: RoutingPolicy, leftOut: readonly Ranked[]) {
    super(error.message);
    this.error = error;
    this.decision = { policy, ranked: leftOut.map(shown), attempts: [] };
  }
}

/** For the record. */
export function shown({ target, score, why }: Ranked): RouteDecision['ranked'][number] {
  const { provider, model } = target;
  return { provider: provider.id, model, score: Number.isFinite(score) ? score : undefined, why };
}

/** Throws NothingFits. */
export function planOf(route: Route, call: UpstreamCall, clock: Clock, nowMs: number): Plan {
  const { routing } = call;
  const policy = routing?.policy ?? route.policy;
  const only = route.own[0] as Target;
  const bounded = routing?.maxCostUsd !== undefined || routing?.maxLatencyMs !== undefined;
  if (route.own.length === 1 && route.fallbacks.length === 0 && !bounded) {
    const fitness = fitnessOf(only, usesCallersKey(only, call), nowMs);
    const lone = [{ target: only, why: 'the only one' }];
    if (fitness === 'well' || fitness === 'limited') return { policy, ranked: lone, reserve: NOBODY, leftOut: NOBODY };
    return { policy, ranked: NOBODY, reserve: lone, leftOut: NOBODY };
  }
  const context = contextOf(route, policy, call, clock, nowMs);
  const own = route.own.length === 1 ? [{ target: only, why: 'as configured' }] : rank(route.own, context);
  const all = route.fallbacks.length === 0 ? own : [...own, ...route.fallbacks.map(asFallback)];
  const { fitting, leftOut } = within(all, call, context);
  return settled(policy, fitting, leftOut, route, call, context);
}

function contextOf(route: Route, policy: RoutingPolicy, call: UpstreamCall, clock: Clock, nowMs: number): RankContext {
  let tokens: TokenEstimate | undefined;
  const estimate = () => {
    tokens ??= call.estimate?.() ?? ESTIMATE_UNKNOWN;
    return tokens;
  };
  return { policy, weights: route.weights, stream: call.stream, estimate, nowMs, random: clock.random };
}

function asFallback(target: Target): Ranked {
  return { target, why: `fallback ${target.fallback ?? ''}` };
}

export function usesCallersKey({ provider }: Target, call: UpstreamCall): boolean {
  return provider.keys.empty || call.upstreamKeys?.[provider.id] !== undefined;
}

/** `house`: what comes of its credential is the house's matter, because it has none of the caller's. */
export function keyFor({ provider, takesCredentials }: Target, call: UpstreamCall, nowMs: number) {
  const callersKey = call.upstreamKeys?.[provider.id];
  const house = callersKey === undefined && (!provider.keys.empty || !takesCredentials);
  return { apiKey: callersKey ?? provider.keys.pick(nowMs), house };
}

/** The call as this target hears of it: a client's credential goes only to whom it is meant for. */
export function callTo({ takesCredentials }: Target, call: UpstreamCall): UpstreamCall {
  return takesCredentials || call.credential === undefined ? call : { ...call, credential: undefined };
}

/** What the call may cost and take. */
function within(all: Ranked[], call: UpstreamCall, context: RankContext): { fitting: Ranked[]; leftOut: Ranked[] } {
  const { maxCostUsd, maxLatencyMs } = call.routing ?? {};
  if (maxCostUsd === undefined && maxLatencyMs === undefined) return { fitting: all, leftOut: [] };
  const leftOut: Ranked[] = [];
  let tooDear = false;
  const fitting = all.filter((each) => {
    const dear = maxCostUsd !== undefined && (costUsd(each.target.price, context.estimate()) ?? 0) > maxCostUsd;
    const slow = maxLatencyMs !== undefined && (totalMs(each.target, context.nowMs) ?? 0) > maxLatencyMs;
    if (!dear && !slow) return true;
    tooDear ||= dear;
    leftOut.push({ ...each, why: dear ? 'would cost too much' : 'would take too long' });
    return false;
  });
  if (fitting.length > 0) return { fitting, leftOut };
  const model = `No target of the model \`${call.model.slice(0, 100)}\``;
  const error = tooDear
    ? new NearhitError('COST_LIMIT', `${model} answers this request for ${maxCostUsd} USD or less.`)
    : new NearhitError('LATENCY_LIMIT', `${model} is expected to answer within ${maxLatencyMs} ms just now.`);
  throw new NothingFits(error, context.policy, leftOut);
}

function totalMs({ state }: Target, nowMs: number): number | undefined {
  const { totalMs } = state.statistics;
  return totalMs.weight(nowMs) < TRUSTED_SAMPLES ? undefined : totalMs.mean;
}

/** The well ones first, then those whose keys are limited; the others stay out while there are any of these. */
function settled(
  policy: RoutingPolicy,
  all: Ranked[],
  leftOut: Ranked[],
  route: Route,
  call: UpstreamCall,
  context: RankContext,
): Plan {
  const well: Ranked[] = [];
  const limited: Ranked[] = [];
  const broken: Ranked[] = [];
  const out: Ranked[] = [];
  const places = { well, limited, broken, out };
  for (const each of all) {
    places[fitnessOf(each.target, usesCallersKey(each.target, call), context.nowMs)].push(each);
  }
  if (well.length + limited.length === 0) return { policy, ranked: [], reserve: [...broken, ...out], leftOut };
  const first = chosen(well, route, call, context);
  const ranked = first === undefined ? well : [first, ...well.filter(({ target }) => target !== first.target)];
  return {
    policy,
    ranked: [...ranked, ...limited.map((each) => because(each, 'its keys are limited'))],
    reserve: broken.map((each) => because(each, 'its breaker is open')),
    leftOut: [...leftOut, ...out.map((each) => because(each, 'it refuses our keys'))],
  };
}

const because = (each: Ranked, why: string): Ranked => ({ ...each, why });

/** Who goes first although the policy would have another: for the provider's prompt cache, or to learn of a cold one. */
function chosen(well: readonly Ranked[], route: Route, call: UpstreamCall, context: RankContext): Ranked | undefined {
  const { policy, nowMs } = context;
  if (policy === 'priority') return undefined;
  const own = well.filter(({ target }) => target.fallback === undefined);
  if (route.sticky && call.stickyKey !== undefined) {
    const choice = stickyChoice(own, call.stickyKey, policy === 'weighted');
    return choice && { ...choice, why: `sticky, ${choice.why}` };
  }
  if (policy !== 'latency' && policy !== 'balanced') return undefined;
  const cold = own.filter(({ target }) => target.state.statistics.errors.weight(nowMs) < COLD_SAMPLES);
  if (cold.length === 0 || cold.length === own.length || context.random() >= EXPLORED_SHARE) return undefined;
  const choice = cold[Math.floor(context.random() * cold.length)];
  return choice && { ...choice, why: `to learn of it, ${choice.why}` };
}
