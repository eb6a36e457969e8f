import {
  type ModelInfo,
  type ModelPrice,
  NearhitError,
  type ProviderStatus,
  type Upstream,
  type UpstreamCall,
  type UpstreamFlow,
  type UpstreamSink,
} from '@nearhit/core';
import { catalogueModel, catalogueModels } from './catalogue/lookup.ts';
import type { BreakerConfig, Catalogue, GatewayConfig } from './config.ts';
import { type Installation, Installations } from './installation.ts';
import { failedFlow, type Provider } from './provider/provider.ts';
import type { ProviderAlarm } from './routing/bookkeeping.ts';
import type { Clock } from './routing/clock.ts';
import { NothingFits, type Plan, planOf } from './routing/plan.ts';
import { RoutedCall } from './routing/routed-call.ts';
import { TargetStates } from './routing/target.ts';

export interface GatewayOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds that never jump. */
  readonly elapsed?: () => number;
  /** 0..1; spreads retries and draws targets. */
  readonly random?: () => number;
  /** What is known of models that no configuration describes. */
  readonly catalogue?: Catalogue;
  /** A provider does not take a key of the house; once until it does again. Must not throw. */
  readonly onAlarm?: (alarm: ProviderAlarm) => void;
}

export interface Gateway extends Upstream {
  /**
   * Calls in flight end as they began; providers that did not change keep their connections.
   * Throws TypeError on a configuration that can't be used, and goes on with the old one.
   */
  reconfigure(config: GatewayConfig): void;
}

const BREAKER: BreakerConfig = { failures: 5, openMs: 10_000 };
const SHIPPED: Catalogue = { model: catalogueModel, models: catalogueModels };
const NOBODY_TOLD = (): void => {};

/** Throws TypeError on a base URL or a target that can't be used. */
export function createUpstream(config: GatewayConfig, options: GatewayOptions = {}): Gateway {
  return new ProviderGateway(config, options);
}

class ProviderGateway implements Gateway {
  readonly #clock: Clock;
  readonly #catalogue: Catalogue;
  readonly #onAlarm: (alarm: ProviderAlarm) => void;
  readonly #states: TargetStates;
  readonly #installations: Installations;
  #installed: Installation;
  #config: GatewayConfig;
  #configuredAt: number;
  #closed = false;

  constructor(config: GatewayConfig, options: GatewayOptions) {
    const { now = Date.now, elapsed = () => performance.now(), random = Math.random } = options;
    this.#clock = { now, elapsed, random };
    this.#catalogue = options.catalogue ?? SHIPPED;
    this.#onAlarm = options.onAlarm ?? NOBODY_TOLD;
    this.#config = config;
    this.#configuredAt = Math.floor(now() / 1000);
    this.#states = new TargetStates(config.breaker ?? BREAKER);
    this.#installations = new Installations(this.#clock, this.#catalogue, this.#states);
    this.#installed = this.#installations.install(config);
  }

  send(call: UpstreamCall, sink: UpstreamSink): UpstreamFlow {
    if (this.#closed) return failedFlow(sink, new NearhitError('SHUTTING_DOWN', 'nearhit is being shut down.'));
    const { routes, ongoing } = this.#installed;
    const route = call.provider === undefined ? routes.find(call.model) : routes.pinned(call.provider, call.model);
    if (route === undefined) return failedFlow(sink, this.#noRoute(call));
    let plan: Plan;
    try {
      plan = planOf(route, call, this.#clock, this.#clock.elapsed());
    } catch (error) {
      return unplanned(sink, error);
    }
    const deps = { clock: this.#clock, retry: this.#config.retry, onAlarm: this.#onAlarm, ongoing };
    return new RoutedCall(deps, call, plan, sink, route.hedgeAfterMs);
  }

  async models(provider?: string): Promise<ModelInfo[]> {
    const { routes } = this.#installed;
    if (provider !== undefined) {
      const named = routes.provider(provider);
      return named === undefined ? [] : [...(await this.#modelsOf(named))];
    }
    const models = new Map<string, ModelInfo>();
    for (const { id, aliases } of this.#config.models) {
      const known = { provider: routes.find(id)?.own[0]?.provider.id ?? '', created: this.#configuredAt };
      models.set(id, { id, ...known });
      for (const alias of aliases) models.set(alias, { id: alias, ...known, aliasOf: id });
    }
    const listed = await this.#nameable();
    for (const model of listed.flat()) if (!models.has(model.id)) models.set(model.id, model);
    return [...models.values()].map((model) =>
      withFacts(model, routes.contextTokens(model.id), routes.price(model.id)),
    );
  }

  price(model: string, provider?: string): ModelPrice | undefined {
    return this.#installed.routes.price(model, provider);
  }

  usesClientCredential(model: string, provider?: string): boolean {
    return this.#installed.routes.usesClientCredential(model, provider);
  }

  providers(): ProviderStatus[] {
    const nowMs = this.#clock.elapsed();
    return this.#installed.providers.map((provider) => {
      const { id, kind, baseUrl, counters, keys } = provider;
      const states = this.#states.list(provider);
      const alarms = [...keys.alarms(), ...states.flatMap(({ alarm }) => alarm ?? [])];
      const targets = states.map((state) => state.status(nowMs)).filter(wasAsked);
      const { requests, errors, inFlight } = counters;
      return { id, kind, baseUrl, requests, errors, inFlight, targets, alarms };
    });
  }

  reconfigure(config: GatewayConfig): void {
    if (this.#closed) return;
    this.#installed = this.#installations.install(config);
    this.#config = config;
    this.#states.keepOnly(this.#installed.providers);
    this.#states.configure(config.breaker ?? BREAKER);
    for (const { keys } of this.#installed.providers) keys.forgive();
    this.#configuredAt = Math.floor(this.#clock.now() / 1000);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#installations.close();
  }

  /** As it says itself; of one that can't be asked, what the catalogue knows. */
  async #modelsOf(provider: Provider): Promise<readonly ModelInfo[]> {
    const listed = await provider.models();
    return listed.length > 0 ? listed : this.#catalogued(provider);
  }

  #catalogued(provider: Provider): ModelInfo[] {
    return this.#catalogue.models(provider).map((id) => ({ id, provider: provider.id, created: 0 }));
  }

  /** Where there are several real providers, a name needs a route, or a place in the catalogue. */
  #nameable(): Promise<(readonly ModelInfo[])[]> {
    const { providers, routes } = this.#installed;
    const takesAny = (provider: Provider) => provider.kind === 'demo' || provider === routes.fallback;
    return Promise.all(
      providers.map((provider) => (takesAny(provider) ? this.#modelsOf(provider) : this.#catalogued(provider))),
    );
  }

  #noRoute({ model, provider }: UpstreamCall): NearhitError {
    if (provider !== undefined) {
      const known = this.#installed.providers.map(({ id }) => `\`${id}\``).join(', ');
      return new NearhitError('NOT_FOUND', `There is no provider \`${shortName(provider)}\` here; known are ${known}.`);
    }
    const near = this.#installed.routes.nearest(model);
    const hint = near.length === 0 ? '' : ` Did you mean ${near.map((name) => `\`${name}\``).join(' or ')}?`;
    return new NearhitError('MODEL_NOT_FOUND', `The model \`${shortName(model)}\` is not known here.${hint}`, {
      param: 'model',
    });
  }
}

function withFacts(model: ModelInfo, contextTokens: number | undefined, price: ModelPrice | undefined): ModelInfo {
  return { ...model, ...(contextTokens !== undefined && { contextTokens }), ...(price !== undefined && { price }) };
}

const wasAsked = ({ samples, inFlight, breaker }: { samples: number; inFlight: number; breaker: string }): boolean =>
  samples > 0 || inFlight > 0 || breaker !== 'closed';

function unplanned(sink: UpstreamSink, cause: unknown): UpstreamFlow {
  if (!(cause instanceof NothingFits))
    return failedFlow(
      sink,
      new NearhitError('INTERNAL', 'Where the request is to go could not be found out.', { cause }),
    );
  const onError = (error: NearhitError): void => {
    sink.onRoute?.(cause.decision);
    sink.onError(error);
  };
  return failedFlow({ onError }, cause.error);
}

function shortName(model: string): string {
  return model.length <= 100 ? model : `${model.slice(0, 100)}...`;
}
