import type { ModelPrice, TargetStatus, TokenEstimate } from '@nearhit/core';
import type { BreakerConfig } from '../config.ts';
import { KEY_OUT_MS, keyName } from '../provider/key-ring.ts';
import type { Provider } from '../provider/provider.ts';
import { CircuitBreaker } from './breaker.ts';
import { TargetStatistics } from './statistics.ts';

/** One provider's model as a route names it. */
export interface Target {
  readonly provider: Provider;
  /** The provider's name for it. */
  readonly model: string;
  readonly weight: number;
  readonly price: ModelPrice | undefined;
  /** A client's own credential, where it sent one, is meant for it. */
  readonly takesCredentials: boolean;
  readonly state: TargetState;
  /** The model whose target it is, where that is not the one asked for. */
  readonly fallback?: string | undefined;
}

/** What is known of a provider's model; shared by all routes that lead there. */
export class TargetState {
  readonly model: string;
  readonly breaker: CircuitBreaker;
  readonly statistics = new TargetStatistics();
  inFlight = 0;
  #outUntilMs = 0;
  #refusal: string | undefined;

  constructor(model: string, breaker: BreakerConfig) {
    this.model = model;
    this.breaker = new CircuitBreaker(breaker);
  }

  /** The provider does not let the house have this model. True when that is news. */
  refuse(secret: string, status: number, nowMs: number): boolean {
    const news = this.#refusal === undefined;
    this.#refusal = `model ${this.model} was refused to ${keyName(secret)} (${status})`;
    this.#outUntilMs = nowMs + KEY_OUT_MS;
    return news;
  }

  forgive(): void {
    this.#refusal = undefined;
    this.#outUntilMs = 0;
  }

  isOut(nowMs: number): boolean {
    return this.#outUntilMs > nowMs;
  }

  /** What is wrong with it, for an operator. */
  get alarm(): string | undefined {
    return this.#refusal;
  }

  status(nowMs: number): TargetStatus {
    const { firstTokenMs, totalMs, errors } = this.statistics;
    return {
      model: this.model,
      breaker: this.breaker.state(nowMs),
      samples: Math.round(errors.weight(nowMs) * 100) / 100,
      firstTokenMs: firstTokenMs.mean,
      totalMs: totalMs.mean,
      errorRate: errors.mean,
      inFlight: this.inFlight,
    };
  }
}

/**
 * How fit a target is to be asked. `limited`: its keys have had their share; `broken`: its breaker is open;
 * `out`: it does not take the house's keys.
 */
export type Fitness = 'well' | 'limited' | 'broken' | 'out';

/** `callersKey`: it is called with a credential that is not the house's. */
export function fitnessOf({ provider, state }: Target, callersKey: boolean, nowMs: number): Fitness {
  if (!callersKey && (state.isOut(nowMs) || provider.keys.out(nowMs))) return 'out';
  if (!state.breaker.allows(nowMs)) return 'broken';
  return callersKey || provider.keys.ready(nowMs) ? 'well' : 'limited';
}

/** Undefined when nobody knows its price. */
export function costUsd(price: ModelPrice | undefined, tokens: TokenEstimate): number | undefined {
  if (price === undefined) return undefined;
  return (price.inputUsdPerMTok * tokens.promptTokens + price.outputUsdPerMTok * tokens.completionTokens) / 1_000_000;
}

/** States that are kept; clients of a provider without a model list can name as many models as they like. */
const STATES_MAX = 1_000;

type Located = Pick<Provider, 'id' | 'baseUrl'>;

/** What was known of a provider was known of its address. */
const keyOf = ({ id, baseUrl }: Located): string => `${id}\n${baseUrl}`;

/** By provider and model; outlives a change of the configuration. */
export class TargetStates {
  readonly #byProvider = new Map<string, Map<string, TargetState>>();
  breaker: BreakerConfig;

  constructor(breaker: BreakerConfig) {
    this.breaker = breaker;
  }

  of(provider: Located, model: string): TargetState {
    const key = keyOf(provider);
    const states = this.#byProvider.get(key) ?? new Map<string, TargetState>();
    this.#byProvider.set(key, states);
    let state = states.get(model);
    if (state === undefined) {
      state = new TargetState(model, this.breaker);
      states.set(model, state);
      if (states.size > STATES_MAX) dropOldest(states);
    }
    return state;
  }

  /** Of one provider, those that a route leads to. */
  list(provider: Located): TargetState[] {
    return [...(this.#byProvider.get(keyOf(provider))?.values() ?? [])];
  }

  /** Forgets all other providers. */
  keepOnly(providers: readonly Located[]): void {
    const kept = new Set(providers.map(keyOf));
    for (const key of this.#byProvider.keys()) if (!kept.has(key)) this.#byProvider.delete(key);
  }

  configure(breaker: BreakerConfig): void {
    this.breaker = breaker;
    for (const states of this.#byProvider.values()) {
      for (const state of states.values()) {
        state.breaker.config = breaker;
        state.forgive();
      }
    }
  }
}

function dropOldest(states: Map<string, TargetState>): void {
  for (const [model, state] of states) {
    if (state.inFlight > 0) continue;
    states.delete(model);
    return;
  }
}
