import type { RoutingPolicy, TokenEstimate } from '@nearhit/core';
import type { RoutingWeights } from '../config.ts';
import type { FadingMean } from './statistics.ts';
import { costUsd, type Target } from './target.ts';

export interface Ranked {
  readonly target: Target;
  /** Lower is better. */
  readonly score?: number | undefined;
  readonly why: string;
}

export interface RankContext {
  readonly policy: RoutingPolicy;
  readonly weights: RoutingWeights;
  readonly stream: boolean;
  readonly estimate: () => TokenEstimate;
  readonly nowMs: number;
  readonly random: () => number;
}

export const DEFAULT_WEIGHTS: RoutingWeights = { cost: 0.4, latency: 0.3, reliability: 0.3 };
/** What is assumed of a target before anything is known of any. */
const LATENCY_MS_UNKNOWN = 1_000;
const ERROR_RATE_UNKNOWN = 0;
/** The assumption counts as much as so many calls. */
const PRIOR_WEIGHT = 5;
/** An error rate from which on reliability counts in full against a target. */
const ERROR_RATE_WORST = 0.2;
const ERROR_RATE_MAX = 0.95;

/** In the order in which they are to be asked; none left out. Equal ones stay as configured. */
export function rank(targets: readonly Target[], context: RankContext): Ranked[] {
  switch (context.policy) {
    case 'priority':
      return targets.map((target) => ({ target, why: 'as configured' }));
    case 'weighted':
      return byWeight(targets, context.random);
    case 'cost':
      return byScore(costs(targets, context).map((cost, i) => ranked(targets, i, cost, costText(cost))));
    case 'latency':
      return byScore(latencies(targets, context).map((ms, i) => ranked(targets, i, ms, latencyText(ms))));
    case 'balanced':
      return byScore(balanced(targets, context));
  }
}

function ranked(targets: readonly Target[], at: number, score: number, why: string): Ranked {
  return { target: targets[at] as Target, score, why };
}

/** Scores that differ by less differ by rounding. */
const EQUAL_SHARE = 1e-9;

function byScore(list: Ranked[]): Ranked[] {
  return list.sort(({ score: a = 0 }, { score: b = 0 }) => {
    if (a === b) return 0;
    const apart = Math.abs(a - b);
    return apart !== Number.POSITIVE_INFINITY && apart <= EQUAL_SHARE * Math.max(a, b) ? 0 : a - b;
  });
}

/** Drawn one after the other, each with its share of what is left; weight 0 only when nobody else is. */
function byWeight(targets: readonly Target[], random: () => number): Ranked[] {
  const left = [...targets];
  const order: Ranked[] = [];
  while (left.length > 0) {
    const [target] = left.splice(draw(left, random), 1) as [Target];
    order.push({ target, why: `weight ${target.weight}` });
  }
  return order;
}

function draw(targets: readonly Target[], random: () => number): number {
  const sum = targets.reduce((total, { weight }) => total + weight, 0);
  let rest = random() * sum;
  let last = 0;
  for (const [at, { weight }] of targets.entries()) {
    if (weight === 0) continue;
    rest -= weight;
    if (rest < 0) return at;
    // Rounding may leave a rest behind the last one.
    last = at;
  }
  return last;
}

/** Of the call, in USD; Infinity where the price is not known: nobody may count on its being cheap. */
function costs(targets: readonly Target[], { estimate }: RankContext): number[] {
  const tokens = estimate();
  return targets.map(({ price }) => costUsd(price, tokens) ?? Number.POSITIVE_INFINITY);
}

/** Expected milliseconds: of a stream until its first token, else until the end; retries after failures included. */
export function latencies(
  targets: readonly Target[],
  { stream, nowMs }: Pick<RankContext, 'stream' | 'nowMs'>,
): number[] {
  const means = targets.map(({ state }) => (stream ? state.statistics.firstTokenMs : state.statistics.totalMs));
  const expected = shrunk(means, LATENCY_MS_UNKNOWN, nowMs);
  const errors = errorRates(targets, nowMs);
  return targets.map(({ provider, state }, i) => {
    const busy = 1 + state.inFlight / provider.concurrencyMax;
    return ((expected[i] as number) * busy) / (1 - Math.min(ERROR_RATE_MAX, errors[i] as number));
  });
}

function errorRates(targets: readonly Target[], nowMs: number): number[] {
  return shrunk(
    targets.map(({ state }) => state.statistics.errors),
    ERROR_RATE_UNKNOWN,
    nowMs,
  );
}

/** Each mean drawn towards that of all, the more the less it rests on. */
function shrunk(means: readonly FadingMean[], unknown: number, nowMs: number): number[] {
  let weights = 0;
  let sum = 0;
  for (const each of means) {
    const weight = each.weight(nowMs);
    weights += weight;
    sum += weight * (each.mean ?? 0);
  }
  const prior = weights > 0 ? sum / weights : unknown;
  return means.map((each) => {
    const weight = each.weight(nowMs);
    return (weight * (each.mean ?? 0) + PRIOR_WEIGHT * prior) / (weight + PRIOR_WEIGHT);
  });
}

function balanced(targets: readonly Target[], context: RankContext): Ranked[] {
  const cost = costs(targets, context);
  const latency = latencies(targets, context);
  const errors = errorRates(targets, context.nowMs);
  const { weights } = context;
  const sum = weights.cost + weights.latency + weights.reliability;
  const dearest = Math.max(...cost.filter(Number.isFinite), 0);
  const slowest = Math.max(...latency);
  return targets.map((target, i) => {
    const costShare = Number.isFinite(cost[i]) ? share(cost[i] as number, dearest) : 1;
    const errorShare = Math.min(1, (errors[i] as number) / ERROR_RATE_WORST);
    const total =
      weights.cost * costShare +
      weights.latency * share(latency[i] as number, slowest) +
      weights.reliability * errorShare;
    const why = `${costText(cost[i] as number)}, ${latencyText(latency[i] as number)}, ${percent(errors[i] as number)} errors`;
    return { target, score: total / sum, why };
  });
}

const share = (value: number, most: number): number => (most === 0 ? 0 : value / most);

const costText = (usd: number): string => (Number.isFinite(usd) ? `${usd.toPrecision(3)} USD` : 'price unknown');
const latencyText = (ms: number): string => `${Math.round(ms)} ms expected`;
const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;
